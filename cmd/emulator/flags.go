package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskd/emapi/emulator"
)

// settings are the flags.
type settings struct {
	listen, admin              string
	allowRemote, adminAnywhere bool
	adminHosts                 []string
	tls                        bool
	tlsCert, tlsKey            string
	tlsHosts                   []string
	devices, users             int
	phones, service            string
	realTimes                  bool
	options                    emulator.Options
	shutdownTimeout            time.Duration
}

func newSettings() *settings {
	return &settings{
		shutdownTimeout: 5 * time.Second,
		// Any run can be repeated with --seed: the seed is printed at the start.
		options: emulator.Options{AppID: "deskd", Password: defaultPassword, Seed: uint64(rand.Uint32())}, //nolint:gosec // no secret
	}
}

const defaultPassword = "emulator" //nolint:gosec // known to everybody

const long = `Serve an emulated Extension Mobility service with a made-up cluster of phones.

It answers as real servers of 11.5 and 12.0 were seen to answer, and breaks on
demand. The cluster is in memory and gone at the end. A second port, without any
authentication, plays the people at the phones, turns every knob below at run
time, and sets faults: open it for the list of calls.

With --phones the devices are phones, too: each has a port at an address of its own,
shows pages, takes pushes and keeps a call list, and shows whoever the service has
logged in. /phones/ of the admin port has hands to press their keys.`

const examples = `  emulator                                          20 phones and 20 users
  emulator --devices 5000 --users 5000 --real-times a large site as slow as a real one
  emulator --dialect 8.5 --time-unit seconds        an old server
  emulator --tls --tls-host cucm.example.com        with a certificate for that name
  emulator --phones 127.16.0.1:8082                 with phones that show pages and take pushes
  curl -s http://127.0.0.1:8081/                    what the admin port can do`

func (s *settings) command(out io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "emulator",
		Short:         "Serve an emulated Extension Mobility service",
		Long:          long,
		Example:       examples,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.slowDown(cmd.Flags())
			return s.run(cmd.Context(), out)
		},
	}
	cmd.SetOut(out)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "address of the service")
	f.BoolVar(&s.allowRemote, "allow-remote", false, "the service may be on other addresses than loopback")
	f.BoolVar(&s.tls, "tls", false, "serve HTTPS with a made-up certificate; the admin port hands out /ca.pem")
	f.StringVar(&s.tlsCert, "tls-cert", "", "PEM file with the certificate to serve HTTPS with instead")
	f.StringVar(&s.tlsKey, "tls-key", "", "PEM file with its key")
	f.StringSliceVar(&s.tlsHosts, "tls-host", []string{"localhost"}, "names in made-up certificates, beside the address of the service")
	f.StringVar(&s.admin, "admin", "127.0.0.1:8081", "address of the admin port, empty for none")
	f.BoolVar(&s.adminAnywhere, "admin-anywhere", false, "the admin port may be on other addresses than loopback: anyone who reaches it may do anything")
	f.StringSliceVar(&s.adminHosts, "admin-host", nil, "names by which the admin port is called, beside localhost and addresses")
	f.IntVar(&s.devices, "devices", 20, "number of phones, SEP000000000001 and on, counted in hexadecimal")
	f.IntVar(&s.users, "users", 20, "number of users, user0001 and on")
	f.StringVar(&s.phones, "phones", "", "serve the phones themselves too: `ADDRESS:PORT` of the first, such as 127.16.0.1:8082; the others count on")
	f.StringVar(&s.service, "phone-service", "", "`URL` of a service that every phone has; #DEVICENAME# stands for its name")
	f.BoolVar(&s.realTimes, "real-times", false, "real values for those of the five times below that are not given")
	for _, k := range emulator.Knobs(&s.options) {
		flag := f.VarPF(knob{k}, k.Name, "", k.Usage)
		switch {
		case k.Bool:
			flag.NoOptDefVal = "true"
		case k.Secret:
			flag.DefValue = defaultPassword
		case k.Name == "seed":
			flag.DefValue = "random"
		case flag.DefValue == "0s":
			flag.DefValue = ""
		}
	}
	return cmd
}

// knob is one of the emulator's knobs as a flag.
type knob struct{ emulator.Knob }

// Type is what the help text calls the value.
func (k knob) Type() string {
	if k.Bool {
		return "bool"
	}
	return "value"
}

// slowDown sets real times where the flags leave them open.
func (s *settings) slowDown(f *pflag.FlagSet) {
	if !s.realTimes {
		return
	}
	times, restarts := emulator.RealTimes(), emulator.RealRestarts()
	real := map[string]struct{ to, from *time.Duration }{
		"login-time":     {&s.options.Times.Login, &times.Login},
		"logout-time":    {&s.options.Times.Logout, &times.Logout},
		"query-time":     {&s.options.Times.Query, &times.Query},
		"login-restart":  {&s.options.Restart.Login, &restarts.Login},
		"logout-restart": {&s.options.Restart.Logout, &restarts.Logout},
	}
	for name, d := range real {
		if !f.Changed(name) {
			*d.to = *d.from
		}
	}
}

// check finds what a single flag cannot know is wrong.
func (s *settings) check() error {
	problems := []error{loopback("--listen", s.listen, s.allowRemote, "--allow-remote")}
	if s.admin != "" {
		problems = append(problems, loopback("--admin", s.admin, s.adminAnywhere, "--admin-anywhere"))
	}
	if s.phones != "" {
		problems = append(problems, loopback("--phones", s.phones, s.allowRemote, "--allow-remote"), s.checkPhones())
	}
	if s.service != "" && s.phones == "" {
		problems = append(problems, errors.New("--phone-service needs --phones"))
	}
	if s.devices < 0 || s.users < 0 {
		problems = append(problems, fmt.Errorf("--devices %d and --users %d may not be negative", s.devices, s.users))
	}
	if (s.tlsCert == "") != (s.tlsKey == "") {
		problems = append(problems, errors.New("--tls-cert and --tls-key need each other"))
	}
	s.tls = s.tls || s.tlsCert != ""
	return errors.Join(problems...)
}

// loopback reports an address that others can reach, unless they are allowed to:
// the service has a known password and the admin port none.
func loopback(flag, address string, allowed bool, how string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s %q: expected HOST:PORT", flag, address)
	}
	if ip := net.ParseIP(host); !allowed && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s %q: not a loopback address; %s allows it", flag, address, how)
	}
	return nil
}
