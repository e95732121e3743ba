package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

func TestFlagsAreChecked(t *testing.T) {
	tests := map[string]struct{ args, want string }{
		"remote service":  {"--listen 0.0.0.0:0", `"0.0.0.0:0": not a loopback address`},
		"every address":   {"--listen :0", "not a loopback address"},
		"remote admin":    {"--listen 127.0.0.1:0 --admin [2001:db8::1]:0", "not a loopback address; --admin-anywhere"},
		"one is enough":   {"--allow-remote --admin :0", "not a loopback address; --admin-anywhere"},
		"host name":       {"--listen cucm.example.com:0", "not a loopback address"},
		"no port":         {"--listen localhost", "expected HOST:PORT"},
		"two mistakes":    {"--listen :0 --users -1", "--listen"},
		"both named":      {"--listen :0 --users -1", "--users -1"},
		"wrong word":      {"--multiple-login perhaps", "expected not-allowed, allowed or auto-logout"},
		"dialect":         {"--dialect 9", `dialect to "9": expected 12 or 8.5`},
		"duration":        {"--login-time 3", "expected a duration such as 90s"},
		"prefix":          {"--trusted 192.0.2.0/40", "expected addresses or prefixes"},
		"key alone":       {"--tls-key k.pem", "need each other"},
		"no such key":     {"--tls-cert c.pem --tls-key k.pem", "--tls-cert"},
		"negative number": {"--devices -1", "--devices -1"},
		"phones anywhere": {"--phones 10.0.0.1:8082", `"10.0.0.1:8082": not a loopback address; --allow-remote`},
		"phones' name":    {"--phones localhost:8082", "expected ADDRESS:PORT"},
		"phones' port":    {"--phones 127.16.0.1:0", "cannot be 0"},
		"many phones":     {"--phones 127.16.0.1:8082 --devices 501", "takes 1 to 500 --devices"},
		"service alone":   {"--phone-service http://127.0.0.1/", "needs --phones"},
		"argument":        {"now", `"now"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cmd := newSettings().command(io.Discard)
			cmd.SetArgs(strings.Fields(tt.args))
			if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, expected %s", err, tt.want)
			}
		})
	}
}

// launch runs the program on free ports, and returns the addresses it prints and
// where its end will be told.
func launch(ctx context.Context, out output, args ...string) (service, admin string, ended chan error) {
	s := newSettings()
	s.shutdownTimeout = 50 * time.Millisecond
	cmd := s.command(out)
	cmd.SetArgs(append(args, "--listen", "127.0.0.1:0", "--admin", "localhost:0"))
	ended = make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	address := regexp.MustCompile(`https?://\S+`)
	service, admin = address.FindString(<-out.lines), address.FindString(<-out.lines)
	<-out.lines
	return service, admin, ended
}

// output hands on what the program prints, line by line.
type output struct{ lines chan string }

func (o output) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		o.lines <- string(line)
	}
	return len(p), nil
}

// A run over real connections: a login, the admin's view of it, and an end in
// spite of a request that hangs.
func TestServe(t *testing.T) {
	out := output{make(chan string, 10)}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	service, admin, ended := launch(ctx, out, "--devices", "2", "--users", "2", "--app-password", "secret", "--time-unit", "seconds")

	c, err := emapi.New(emapi.Config{URL: service, AppID: "deskd", Password: emapi.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(t.Context(), emapi.LoginRequest{Device: emulator.DeviceName(1), User: emulator.UserName(1), Exclusive: 60}); err != nil {
		t.Fatal(err)
	}
	if text := fetch(t, http.MethodGet, admin+"phones", ""); !strings.Contains(text, `"user": "user0001"`) {
		t.Errorf("admin shows %s", text)
	}
	fetch(t, http.MethodPost, admin+"faults", `{"action":"hang"}`)
	hanging := make(chan error, 1)
	go func() { hanging <- c.Logout(t.Context(), emulator.DeviceName(1)) }()
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(fetch(t, http.MethodGet, admin+"stats", ""), `"logout": 1`); {
		if time.Now().After(deadline) {
			t.Fatal("the logout never came")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
	if err := <-hanging; !errors.Is(err, emapi.ErrUnknownOutcome) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging request: %v", err)
	}
}

func fetch(t *testing.T, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: HTTP %d %s (%v)", method, url, resp.StatusCode, text, err)
	}
	return string(text)
}
