package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deskd/configs"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "check", Short: "Check a feed or the configuration", Args: verbOf,
		// A script that forgets what to check must not take silence for yes.
		RunE: func(*cobra.Command, []string) error {
			return usage("expected config or feed; see deskd check --help")
		}}
	cmd.AddCommand(checkConfigCommand(), checkFeedCommand())
	return cmd
}

func checkConfigCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Tell every mistake in the configuration, with its line",
		Long:  "Tell every mistake in the configuration and in the files it names, each with its line.\nExit code 2: there are some.",
		Args:  takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := configPath(cmd)
			if err != nil {
				return err
			}
			c, err := configs.Check(path)
			if err != nil {
				return usageError{err}
			}
			for _, note := range c.Notes() {
				fmt.Fprintln(cmd.OutOrStdout(), "note: "+note)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is right: %s, %s, %s\n", path,
				count(len(c.Sites), "site", "sites"), count(len(c.Clusters), "cluster", "clusters"), count(len(c.Feeds), "feed", "feeds"))
			return err
		},
	}
}
