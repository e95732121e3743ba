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
		"remote admin":    {"--listen 127.0.0.1:0 --admin [2001:db8::1]:0", "not a loopback address"},
		"host name":       {"--listen cucm.example.com:0", "not a loopback address"},
		"no port":         {"--listen localhost", "expected HOST:PORT"},
		"two mistakes":    {"--time-unit hours --multiple-login perhaps", `--time-unit "hours"`},
		"both named":      {"--time-unit hours --multiple-login perhaps", `--multiple-login "perhaps"`},
		"dialect":         {"--dialect 9", `--dialect "9"`},
		"negative number": {"--devices -1", "--devices -1"},
		"argument":        {"now", `"now"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cmd := command(io.Discard)
			cmd.SetArgs(strings.Fields(tt.args))
			if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, expected %s", err, tt.want)
			}
		})
	}
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
	s := settings{
		listen: "127.0.0.1:0", admin: "localhost:0", devices: 2, users: 2, shutdownTimeout: 50 * time.Millisecond,
		multiple: "not-allowed", dialect: "12", timeUnit: "seconds", options: emulator.Options{AppID: "deskd", Password: "secret"},
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, out) }()
	address := regexp.MustCompile(`http://\S+`)
	service, admin := address.FindString(<-out.lines), address.FindString(<-out.lines)
	<-out.lines

	c, err := emapi.New(emapi.Config{URL: service, AppID: "deskd", Password: emapi.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(t.Context(), emapi.LoginRequest{Device: emulator.DeviceName(1), User: emulator.UserName(1), Exclusive: 60}); err != nil {
		t.Fatal(err)
	}
	if text := fetch(t, http.MethodGet, admin, ""); !strings.Contains(text, `"user": "user0001"`) {
		t.Errorf("admin shows %s", text)
	}
	fetch(t, http.MethodPost, strings.Replace(admin, "/phones", "/faults", 1), `{"action":"hang"}`)
	hanging := make(chan error, 1)
	go func() { hanging <- c.Logout(t.Context(), emulator.DeviceName(1)) }()
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(fetch(t, http.MethodGet, strings.Replace(admin, "/phones", "/stats", 1), ""), `"logout": 1`); {
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
