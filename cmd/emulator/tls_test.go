package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		t.Errorf("with another server's key: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
}

// A certificate from files is shown as it is.
func TestServeGivenCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	for file, text := range map[string][]byte{certFile: certificate, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	service, admin, ended := launch(ctx, output{make(chan string, 10)}, "--tls-cert", certFile, "--tls-key", keyFile)
	if shown := fetch(t, http.MethodGet, admin+"ca.pem", ""); shown != string(certificate) {
		t.Errorf("the authority to trust is %s", shown)
	}
	settings, err := emapi.TLSConfig(certFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := emapi.New(emapi.Config{URL: service, AppID: "deskd", Password: emapi.NewSecret("emulator"), HTTP: emapi.NewTransport(settings)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context(), emulator.DeviceName(1)); err != nil {
		t.Errorf("logout: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("end: %v", err)
	}
}

// The help text has every knob, and shows the defaults that matter.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	cmd := newSettings().command(&out)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range emulator.Knobs(&emulator.Options{}) {
		if !strings.Contains(out.String(), "--"+k.Name+" ") || !strings.Contains(out.String(), k.Usage) {
			t.Errorf("the help text lacks %s", k.Name)
		}
	}
	for _, want := range []string{"(default emulator)", "(default random)", "(default not-allowed)", "Examples:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help text lacks %s:\n%s", want, out.String())
		}
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
