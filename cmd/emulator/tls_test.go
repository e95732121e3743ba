package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// With TLS the program tells a client all it needs to trust it, and stops
// deserving that trust on demand.
func TestServeTLS(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	service, admin, ended := launch(ctx, output{make(chan string, 10)}, "--tls")
	if !strings.HasPrefix(service, "https://") {
		t.Fatalf("the service is at %q", service)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(fetch(t, http.MethodGet, admin+"ca.pem", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	logout := func() error {
		settings, err := emapi.TLSConfig(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := emapi.New(emapi.Config{URL: service, AppID: "deskd", Password: emapi.NewSecret("emulator"), HTTP: emapi.NewTransport(settings)})
		if err != nil {
			t.Fatal(err)
		}
		return c.Logout(t.Context(), emulator.DeviceName(1))
	}
	if err := logout(); err != nil {
		t.Errorf("with the authority: %v", err)
	}
	fetch(t, http.MethodPatch, admin+"settings", `{"certificate":"other-key"}`)
	if err := logout(); !errors.Is(err, emapi.ErrNotSent) || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("with somebody else's key: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
}

// Every knob is a flag, and real times give way to those that are given.
func TestRealTimes(t *testing.T) {
	s := newSettings()
	cmd := s.command(&bytes.Buffer{})
	if err := cmd.ParseFlags([]string{"--real-times", "--login-time", "1s", "--count-queries", "--trusted", "192.0.2.1,2001:db8::/32"}); err != nil {
		t.Fatal(err)
	}
	s.slowDown(cmd.Flags())
	want := map[string]string{
		"login-time": "1s", "query-time": "30ms", "login-restart": "16s", "logout-restart": "12s",
		"count-queries": "true", "trusted": "192.0.2.1/32,2001:db8::/32", "lenient": "false", "app-password": "***",
	}
	for name, value := range want {
		if got := cmd.Flag(name).Value.String(); got != value {
			t.Errorf("--%s is %q, expected %q", name, got, value)
		}
	}
}
