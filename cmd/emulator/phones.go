package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"deskd/cmd/emulator/house"
	service "deskd/emapi/emulator"
	"deskd/emapi/emulator/admin"
	"deskd/phone/emulator"
)

// mostPhones is how many phones get a port: each takes a file.
const mostPhones = 500

func (s *settings) checkPhones() error {
	at, err := netip.ParseAddrPort(s.phones)
	switch {
	case err != nil:
		return fmt.Errorf("--phones %q: expected ADDRESS:PORT, such as 127.16.0.1:8082", s.phones)
	case at.Port() == 0:
		return errors.New("--phones: all phones have the same port, which cannot be 0")
	case s.devices < 1 || s.devices > mostPhones:
		return fmt.Errorf("--phones takes 1 to %d --devices, not %d", mostPhones, s.devices)
	}
	return nil
}

// openPhones returns the phones of e's devices, nil if there are to be none. They take
// pushes of the application user.
func (s *settings) openPhones(e *service.Emulator) (*house.House, error) {
	if s.phones == "" {
		return nil, nil
	}
	at, err := netip.ParseAddrPort(s.phones)
	if err != nil {
		return nil, err
	}
	return house.New(e, house.Options{First: at.Addr(), Subscribe: s.service, Phones: emulator.Options{
		Service:      house.Transport(),
		Authenticate: func(user, password, _ string) bool { return user == s.options.AppID && password == s.options.Password },
	}})
}

// startPhones serves each phone at its address.
func (s *settings) startPhones(ctx context.Context, phones *house.House, failed chan<- error) ([]*http.Server, error) {
	if phones == nil {
		return nil, nil
	}
	at, err := netip.ParseAddrPort(s.phones)
	if err != nil {
		return nil, err
	}
	open, err := phones.Listen(ctx, at.Port())
	if err != nil {
		return nil, fmt.Errorf("listen for the phones: %w", err)
	}
	var servers []*http.Server
	for home, l := range open {
		servers = append(servers, start(l, phones.Handler(home), failed))
	}
	return servers, nil
}

// serviceOf is the EM service, with the one at which people log in if there are phones.
func serviceOf(e *service.Emulator, phones *house.House) http.Handler {
	if phones == nil {
		return e
	}
	mux := http.NewServeMux()
	mux.Handle("/", e)
	mux.Handle(house.LoginPath, phones.Login())
	return mux
}

// adminOf is the admin port, with the hands at the phones if there are any.
func (s *settings) adminOf(e *service.Emulator, phones *house.House) http.Handler {
	calls := admin.Handler(e, s.adminHosts...)
	if phones == nil {
		return calls
	}
	mux := http.NewServeMux()
	mux.Handle("/", calls)
	mux.Handle("/phones", calls) // not sent on to the hands
	mux.Handle("/phones/", admin.Guard(phones.Hand(), s.adminHosts...))
	return mux
}
