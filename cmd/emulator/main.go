// Command emulator serves an emulated Extension Mobility service, with an admin
// port to play the people at the phones and to break things.
//
// It is for development and tests: it holds a made-up cluster in memory,
// forgets it at the end, and speaks plain HTTP on loopback unless told
// otherwise.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newSettings().command(os.Stdout).ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "emulator: %v\n", err)
		stop()
		os.Exit(2)
	}
}
