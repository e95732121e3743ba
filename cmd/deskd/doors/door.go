package doors

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen opens a door at an address, which key of the configuration names. Its error says what to
// do.
func Listen(ctx context.Context, key, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (key %s): %w%s", address, key, err, whatToDo(err))
	}
	return l, nil
}

// whatToDo is what helps against a door that does not open, in brackets; empty where nobody knows.
func whatToDo(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return " (another program listens there, or another deskd: end that, or take another port)"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return " (this machine does not have that address: take one that it has, or write the port alone, as :8484, for all)"
	case errors.Is(err, syscall.EACCES):
		return " (ports below 1024 are root's: take a higher one, as 8484 or 8443, and have a proxy or the firewall lead to it)"
	}
	return ""
}
