package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"deskd/emapi/emulator"
)

// settings are the flags.
type settings struct {
	listen, admin   string
	allowRemote     bool
	devices, users  int
	options         emulator.Options
	multiple        string
	timeUnit        string
	dialect         string
	realTimes       bool
	shutdownTimeout time.Duration
}

func command(out io.Writer) *cobra.Command {
	s := settings{shutdownTimeout: 5 * time.Second}
	cmd := &cobra.Command{
		Use:           "emulator",
		Short:         "Serve an emulated Extension Mobility service",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), out) },
	}
	cmd.SetOut(out)
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "address of the service")
	f.StringVar(&s.admin, "admin", "127.0.0.1:8081", "address of the admin interface, empty for none")
	f.BoolVar(&s.allowRemote, "allow-remote", false, "allow addresses other than loopback")
	f.IntVar(&s.devices, "devices", 20, "number of phones, SEP000000000001 and on, counted in hexadecimal")
	f.IntVar(&s.users, "users", 20, "number of users, user0001 and on")
	f.StringVar(&s.options.AppID, "app-id", "deskd", "application user that requests must name")
	f.StringVar(&s.options.Password, "app-password", "emulator", "its password; everybody on this host can read it")
	f.IntVar(&s.options.MaxConcurrent, "max-concurrent", 0, "logins and logouts at once before code 26; 0 for the dialect's default of 5 or 3, -1 for any number")
	f.StringVar(&s.multiple, "multiple-login", string(emulator.NotAllowed), "not-allowed, allowed or auto-logout")
	f.StringVar(&s.timeUnit, "time-unit", "minutes", "what exclusiveDuration counts in: minutes or seconds")
	f.StringVar(&s.dialect, "dialect", string(emulator.Dialect12), "generation of the replies: 12 or 8.5")
	f.BoolVar(&s.realTimes, "real-times", false, "take as long as a real server, phones restart for 15s")
	return cmd
}

// finish turns the flags into options, or says which flag is wrong.
func (s *settings) finish() error {
	var problems []error
	switch m := emulator.MultipleLogin(s.multiple); m {
	case emulator.NotAllowed, emulator.Allowed, emulator.AutoLogout:
		s.options.MultipleLogin = m
	default:
		problems = append(problems, fmt.Errorf("--multiple-login %q: expected not-allowed, allowed or auto-logout", s.multiple))
	}
	switch d := emulator.Dialect(s.dialect); d {
	case emulator.Dialect12, emulator.Dialect85:
		s.options.Dialect = d
	default:
		problems = append(problems, fmt.Errorf("--dialect %q: expected 12 or 8.5", s.dialect))
	}
	switch s.timeUnit {
	case "minutes":
		s.options.TimeUnit = time.Minute
	case "seconds":
		s.options.TimeUnit = time.Second
	default:
		problems = append(problems, fmt.Errorf("--time-unit %q: expected minutes or seconds", s.timeUnit))
	}
	if s.devices < 0 || s.users < 0 {
		problems = append(problems, fmt.Errorf("--devices %d and --users %d may not be negative", s.devices, s.users))
	}
	if s.realTimes {
		s.options.Times = emulator.RealTimes()
		s.options.RestartTime = 15 * time.Second
	}
	return errors.Join(problems...)
}

// run serves both ports until ctx ends or one of them fails.
func (s *settings) run(ctx context.Context, out io.Writer) error {
	if err := s.finish(); err != nil {
		return err
	}
	service, err := s.bind(ctx, s.listen)
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	e := emulator.New(s.options)
	e.Populate(s.devices, s.users)
	failed := make(chan error, 2)
	servers := []*http.Server{start(service, e, failed)}
	_, _ = fmt.Fprintf(out, "EM service    http://%s%s\n", service.Addr(), emulator.Path)
	if s.admin != "" {
		admin, err := s.bind(ctx, s.admin)
		if err != nil {
			return err
		}
		defer func() { _ = admin.Close() }()
		servers = append(servers, start(admin, e.Admin(), failed))
		_, _ = fmt.Fprintf(out, "admin         http://%s/phones\n", admin.Addr())
	}
	_, _ = fmt.Fprintf(out, "%d phones, %d users, application user %q\n", s.devices, s.users, s.options.AppID)
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, s.stop(servers))
}

// bind listens on address, on loopback only unless remote ones are allowed: the
// service has a known password and the admin interface none.
func (s *settings) bind(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: expected HOST:PORT", address)
	}
	if ip := net.ParseIP(host); !s.allowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %q: not a loopback address; --allow-remote allows it", address)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
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
