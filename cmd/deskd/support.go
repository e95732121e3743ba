package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/doctor"
)

func supportCommand() *cobra.Command {
	var b doctor.Bundle
	cmd := &cobra.Command{
		Use:   "support-bundle [FILE.tar.gz]",
		Short: "Collect what support needs to know, without secrets",
		Long: `Write an archive that tells others how this installation stands: versions, the
configuration without anything that may be a secret, what deskd doctor finds on this
machine, counts of the database, and how clusters, feeds and the attempts of the last
day went. Nothing is sent anywhere: look into it before you do.

It holds no password, token or calendar address, no log, and no booking. People are
replaced by pseudonyms which mean nothing outside of the archive; --with-names leaves
them as they are. Names of desks, sites, hosts and files stay. Phones, clusters and
calendars are asked nothing, unless --ask says so.

A part that cannot be had is replaced by the reason, and the rest goes on.`,
		Args: func(cmd *cobra.Command, args []string) error { return cli.Takes(min(1, len(args)))(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cli.LoadConfig(cmd)
			if err != nil {
				return err
			}
			b.Config, b.Now = c, time.Now().UTC()
			file := "deskd-support-" + b.Now.Format("20060102T150405Z") + ".tar.gz"
			if len(args) > 0 {
				file = args[0]
			}
			if err := writeBundle(cmd, &b, file); err != nil {
				return err
			}
			return cli.Answer(cmd, map[string]string{"file": file}, file+" holds no secrets; look into it before you hand it on\n")
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().BoolVar(&b.Ask, "ask", false, "let doctor ask clusters and calendars, too")
	cmd.Flags().BoolVar(&b.Names, "with-names", false, "leave people as they are")
	return cmd
}

// writeBundle makes the archive. What is there already is never replaced.
func writeBundle(cmd *cobra.Command, b *doctor.Bundle, file string) (err error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return cli.Usagef("%w; name another file", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef("%w; name a file in a folder that is there", err)
	}
	if err != nil {
		return err
	}
	err = b.Write(out, func(run func(context.Context, *daemon.Parts) error) error {
		return cli.OpenWith(cmd, b.Config, true, func(ctx context.Context, a *cli.App) error { return run(ctx, a.Parts) })
	})
	if err = errors.Join(err, out.Close()); err != nil {
		err = errors.Join(err, os.Remove(file)) // half an archive helps nobody
	}
	return err
}
