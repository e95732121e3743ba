package main

import (
	"context"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
)

// app is an opened installation, with what the verbs of this package do with it.
type app struct{ *cli.App }

// openApp is [cli.Open] for these verbs.
func openApp(cmd *cobra.Command, readOnly bool, run func(ctx context.Context, a *app) error) error {
	return cli.Open(cmd, readOnly, func(ctx context.Context, opened *cli.App) error { return run(ctx, &app{opened}) })
}
