package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/bookings"
	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/feeds"
	"deskd/cmd/deskd/phones"
	"deskd/configs"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "check", Short: "Check a feed, the configuration, a list of phones, or the rules of a booking", Args: cli.VerbOf,
		// A script that forgets what to check must not take silence for yes.
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("expected config, feed, phones or rules; see deskd check --help")
		}}
	cmd.AddCommand(checkConfigCommand(), feeds.CheckCommand(), bookings.CheckRules(), phones.Check())
	return cmd
}

func checkConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Tell every mistake in the configuration, with its line",
		Long:  "Tell every mistake in the configuration and in the files it names, each with its line.\nExit code 2: there are some.",
		Args:  cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := cli.ConfigPath(cmd)
			if err != nil {
				return err
			}
			return checkConfig(cmd, path)
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

// checkedConfig is what was found out about a configuration, for programs.
type checkedConfig struct {
	File     string           `json:"file"`
	Right    bool             `json:"right"`
	Sites    int              `json:"sites"`
	Clusters int              `json:"clusters"`
	Feeds    int              `json:"feeds"`
	Notes    []string         `json:"notes"`
	Mistakes configs.Mistakes `json:"mistakes"`
}

func checkConfig(cmd *cobra.Command, path string) error {
	c, err := configs.Check(path)
	found := checkedConfig{path, err == nil, len(c.Sites), len(c.Clusters), len(c.Feeds), []string{}, configs.Mistakes{}}
	if mistakes, ok := errors.AsType[configs.Mistakes](err); ok {
		found.Mistakes = mistakes
	}
	if err != nil {
		return errors.Join(cli.Usage(err), cli.Answer(cmd, found, ""))
	}
	found.Notes = append(found.Notes, c.Notes()...)
	for _, remark := range c.Expiry(time.Now()) {
		found.Notes = append(found.Notes, fmt.Sprintf("tls.cert_file: %s: %s", c.TLS.CertFile, remark))
	}
	text := ""
	for _, note := range found.Notes {
		text += "note: " + note + "\n"
	}
	return cli.Answer(cmd, found, text+fmt.Sprintf("%s is right: %s, %s, %s\n", path,
		console.Count(found.Sites, "site", "sites"), console.Count(found.Clusters, "cluster", "clusters"), console.Count(found.Feeds, "feed", "feeds")))
}
