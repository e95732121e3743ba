package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"deskd/emapi/emulator"
)

// run serves both ports until ctx ends or one of them fails.
func (s *settings) run(ctx context.Context, out io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	e := emulator.New(s.options)
	e.Populate(s.devices, s.users)
	failed := make(chan error, 2+s.devices) // each server may say so once
	service, err := s.openService(ctx, e, out)
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	phones, err := s.openPhones(e)
	if err != nil {
		return err
	}
	servers, err := s.startPhones(ctx, phones, failed)
	if err != nil {
		return err
	}
	servers = append(servers, start(service, serviceOf(e, phones), failed))
	if s.admin != "" {
		var config net.ListenConfig
		port, err := config.Listen(ctx, "tcp", s.admin)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		defer func() { _ = port.Close() }()
		servers = append(servers, start(port, s.adminOf(e, phones), failed))
		_, _ = fmt.Fprintf(out, "admin         http://%s/\n", port.Addr())
	}
	_, _ = fmt.Fprintf(out, "%d phones, %d users, application user %q, seed %d\n", s.devices, s.users, s.options.AppID, s.options.Seed)
	if phones != nil {
		all := phones.Homes()
		_, _ = fmt.Fprintf(out, "phones        %s to %s, pushed to as that user; screens at /phones/ of the admin port\n", s.phones, all[len(all)-1].Address)
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, s.stop(servers))
}

// openService opens the port of the EM service, with TLS if that was asked for.
func (s *settings) openService(ctx context.Context, e *emulator.Emulator, out io.Writer) (net.Listener, error) {
	given, err := s.given()
	if err != nil {
		return nil, err
	}
	l, err := e.Listen(ctx, s.listen)
	if err != nil {
		return nil, err
	}
	if !s.tls {
		_, _ = fmt.Fprintf(out, "EM service    http://%s%s\n", l.Addr(), emulator.Path)
		return l, nil
	}
	hosts := slices.Clone(s.tlsHosts)
	if host, _, _ := net.SplitHostPort(s.listen); host != "" {
		hosts = append(hosts, host)
	}
	id, err := emulator.NewIdentity(given, hosts, time.Now())
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	_, _ = fmt.Fprintf(out, "EM service    https://%s%s with the key sha256//%s\n", l.Addr(), emulator.Path, id.Pin())
	return tls.NewListener(l, e.TLSConfig(id)), nil
}

// given loads the certificate that was named, nil for none.
func (s *settings) given() (*tls.Certificate, error) {
	if s.tlsCert == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(s.tlsCert, s.tlsKey)
	if err != nil {
		return nil, fmt.Errorf("read --tls-cert and --tls-key: %w", err)
	}
	return &c, nil
}

func start(l net.Listener, h http.Handler, failed chan<- error) *http.Server {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 20 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
	return server
}

// stop lets requests under way finish for a while and then cuts them off, as
// one that hangs on purpose never finishes.
func (s *settings) stop(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.shutdownTimeout)
	defer cancel()
	var problems []error
	for _, server := range servers {
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
