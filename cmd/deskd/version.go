package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
)

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version of deskd and of the Go it was built with. With --licenses, the licences
and notices of everything that is linked into it.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all, err := cmd.Flags().GetBool("licenses"); err != nil || all {
				return errors.Join(err, cli.Answer(cmd, map[string]string{"licenses": thirdParties}, thirdParties))
			}
			system := runtime.GOOS + "/" + runtime.GOARCH
			return cli.Answer(cmd, map[string]string{"deskd": daemon.Version(), "go": runtime.Version(), "system": system},
				fmt.Sprintf("deskd %s, %s %s\n", daemon.Version(), runtime.Version(), system))
		},
	}
	cmd.Flags().Bool("licenses", false, "the licences of what is linked into deskd")
	cli.AddOutput(cmd)
	return cmd
}

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the commented default configuration",
		Long: `Print the commented default configuration, as YAML: the file to begin with. With
-o json, its values without the comments; of addresses and names of variables only what
can be no secret.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil || !asJSON {
				return cli.Answer(cmd, nil, configs.Example())
			}
			c, err := configs.Parse("deskd.yaml", []byte(configs.Example()))
			if err != nil {
				return err
			}
			tree, err := c.Redacted()
			return errors.Join(err, cli.Finish(cmd, tree))
		},
	}
	cli.AddOutput(cmd)
	return cmd
}
