package emapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTLSConfig(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, okReply) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
	s.StartTLS()
	defer s.Close()
	cert := s.Certificate()
	ca := writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
	key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	pin, other := base64.StdEncoding.EncodeToString(key[:]), base64.StdEncoding.EncodeToString(make([]byte, 32))
	byAddress := s.URL
	byName := strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // the certificate does not name it
	tests := map[string]struct {
		url, ca string
		pins    []string
		ok      bool
	}{
		"CA":                     {byAddress, ca, nil, true},
		"CA, other name":         {byName, ca, nil, false},
		"nothing":                {byAddress, "", nil, false},
		"pin":                    {byAddress, "", []string{pin}, true},
		"pin, other name":        {byName, "", []string{pin}, true},
		"pin as curl writes it":  {byAddress, "", []string{"sha256//" + pin}, true},
		"pin in hexadecimal":     {byAddress, "", []string{hex.EncodeToString(key[:])}, true},
		"one of two pins":        {byAddress, "", []string{other, pin}, true},
		"wrong pin":              {byAddress, "", []string{other}, false},
		"CA and pin":             {byAddress, ca, []string{pin}, true},
		"CA and wrong pin":       {byAddress, ca, []string{other}, false},
		"CA and pin, other name": {byName, ca, []string{pin}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			secure, err := TLSConfig(tt.ca, tt.pins)
			if err != nil {
				t.Fatal(err)
			}
			transport := NewTransport(secure)
			defer transport.CloseIdleConnections()
			c, err := New(Config{URL: tt.url, AppID: "deskd", Password: NewSecret(testPassword), HTTP: transport})
			if err != nil {
				t.Fatal(err)
			}
			err = c.Logout(t.Context(), testDevice)
			if (err == nil) != tt.ok || err != nil && !(errors.Is(err, ErrNotSent) && errors.Is(err, ErrCertificate)) {
				t.Errorf("error is %v, expected success: %v", err, tt.ok)
			}
		})
	}
}

func TestTLSConfigRefusesWhatItCannotRead(t *testing.T) {
	for name, call := range map[string]struct {
		ca   string
		pins []string
		want string
	}{
		"missing file": {filepath.Join(t.TempDir(), "none.pem"), nil, "no such file"},
		"no PEM":       {writeFile(t, "hello"), nil, "no certificate"},
		"short pin":    {"", []string{"c2hvcnQ="}, `"c2hvcnQ="`},
		"every pin":    {"", []string{"x", "y"}, `"y"`},
		"empty pin":    {"", []string{""}, `""`},
	} {
		if cfg, err := TLSConfig(call.ca, call.pins); err == nil || cfg != nil || !strings.Contains(err.Error(), call.want) {
			t.Errorf("%s: config %v, error %v, expected %s", name, cfg != nil, err, call.want)
		}
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
