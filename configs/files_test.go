package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPassword(t *testing.T) {
	folder := t.TempDir()
	for name, tc := range map[string]struct {
		text, want string
		fails      string
	}{
		"plain":            {text: "s3cret", want: "s3cret"},
		"newline":          {text: "s3cret\n", want: "s3cret"},
		"Windows newline":  {text: "s3cret\r\n", want: "s3cret"},
		"blanks stay":      {text: " s3 cret \n", want: " s3 cret "},
		"empty":            {text: "", fails: "is empty"},
		"newline only":     {text: "\n", fails: "is empty"},
		"several lines":    {text: "s3cret\nother\n", fails: "has more than one line"},
		"a second newline": {text: "s3cret\n\n", fails: "has more than one line"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
			write(t, path, 0o600, tc.text)
			t.Setenv("DESKD_TEST_PASSWORD", tc.text)
			for _, c := range []Cluster{{Name: "main", AppPasswordFile: path}, {Name: "main", AppPasswordEnv: "DESKD_TEST_PASSWORD"}} {
				got, err := c.Password()
				if got != tc.want || (err != nil) != (tc.fails != "") {
					t.Fatalf("%q, %v", got, err)
				}
				if err == nil {
					continue
				}
				if !strings.Contains(err.Error(), tc.fails) || !strings.Contains(err.Error(), `cluster "main"`) {
					t.Errorf("error %q does not say which cluster and that the password %s", err, tc.fails)
				}
				if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error repeats the password: %v", err)
				}
			}
		})
	}
}

// The name of a variable is not repeated either: it may be a password that
// a person put into the wrong key.
func TestPasswordUnset(t *testing.T) {
	_, err := Cluster{Name: "main", AppPasswordEnv: "DESKD_S3CRET"}.Password()
	if err == nil || strings.Contains(err.Error(), "S3CRET") {
		t.Errorf("variable that is not set: %v", err)
	}
	if _, err := (Cluster{Name: "main"}).Password(); err == nil {
		t.Error("a cluster without any has a password")
	}
}

// A password is read again each time: it can be changed under a running daemon.
func TestPasswordChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "em-password")
	c := Cluster{AppPasswordFile: path}
	for _, want := range []string{"one", "two"} {
		write(t, path, 0o600, want+"\n")
		if got, err := c.Password(); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	folder := t.TempDir()
	c := Config{Clusters: []Cluster{{AppPasswordFile: filepath.Join(folder, "em-password"), CAFile: filepath.Join(folder, "cucm.pem")}}}
	if m, ok := errors.AsType[Mistakes](c.CheckFiles()); !ok || len(m) != 2 {
		t.Errorf("both missing: %v", m)
	}
	write(t, c.Clusters[0].AppPasswordFile, 0o600, "s3cret\n")
	write(t, c.Clusters[0].CAFile, 0o600, certificatePEM(t))
	if err := c.CheckFiles(); err != nil {
		t.Errorf("both there: %v", err)
	}
}

func TestNotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "em-password")
	c := Config{Clusters: []Cluster{{Name: "main", AppPasswordFile: path}, {Name: "lab", AppPasswordEnv: "EM_PASSWORD"}}}
	if got := c.Notes(); got != nil {
		t.Errorf("missing file: %q", got)
	}
	write(t, path, 0o640, "s3cret\n")
	if got := c.Notes(); got != nil {
		t.Errorf("readable by a group: %q", got)
	}
	write(t, path, 0o644, "s3cret\n")
	want := []string{`the password of cluster "main" is open to everybody on this machine: chmod o= ` + path}
	if diff := cmp.Diff(want, c.Notes()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What lets in more than its owner may think is noted, and what is usual is not.
func TestWide(t *testing.T) {
	for network, wide := range map[string]bool{"127.0.0.0/8": false, "10.0.0.0/8": false, "fd00::/8": false, "0.0.0.0/0": true, "128.0.0.0/1": true, "::/0": true, "10.0.0.0/7": true, "::ffff:0:0/96": true, "::ffff:10.0.0.0/104": false} {
		c := Config{Feeds: []Feed{{Name: "rooms", AllowNetworks: []string{"192.0.2.0/24", network}}}}
		if got := c.Notes(); len(got) > 0 != wide {
			t.Errorf("allow_networks %q: %q", network, got)
		}
	}
}

// Pages that other machines reach are open only where someone has said so.
func TestPages(t *testing.T) {
	for listen, wide := range map[string]bool{
		"127.0.0.1:8484": false, "localhost:8484": false, "[::1]:0": false, "127.3.2.1:1": false,
		":8484": true, "0.0.0.0:8484": true, "[::]:8484": true, "192.0.2.1:8484": true, "desks.example.com:8484": true,
	} {
		for pages, open := range map[string]bool{"": true, "pages: open\n": true, "pages: token\n": false, "pages: proxy\n": false} {
			_, err := Parse("deskd.yaml", []byte("listen: \""+listen+"\"\n"+pages+"sites: [{name: berlin, timezone: Europe/Berlin}]\n"))
			if refused := err != nil && strings.Contains(err.Error(), "deskd.yaml:1:1: listen: "); refused != (wide && open) {
				t.Errorf("listen %q, %q: %v", listen, pages, err)
			}
		}
	}
}

// Phones that are sent to where deskd does not listen are told of, with what to write.
func TestUnreached(t *testing.T) {
	const secure = "https://desks.example.com:8443"
	for base, c := range map[string]struct {
		listen, want string
	}{
		"http://desks.example.com:8484": {"127.0.0.1:8484", `write listen: ":8484", and pages: token`},
		"http://10.0.0.1":               {"localhost:8484", `write listen: ":80", and pages: token`},
		"http://desks.example.com":      {":8484", ""},
		"http://127.0.0.1:8484":         {"127.0.0.1:8484", ""},
		"":                              {"127.0.0.1:8484", ""},
	} {
		var one Config
		one.Listen, one.Phones.BaseURL = c.listen, base
		if got := strings.Join(one.Notes(), "\n"); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s, listening on %s: %q, want %q", base, c.listen, got, c.want)
		}
		one.Phones.PlainURL, one.Phones.BaseURL = base, secure
		one.TLS.Listen = ":8443"
		if got := strings.Join(one.Notes(), "\n"); !strings.Contains(got, strings.Replace(c.want, "base_url", "plain_url", 1)) || (got == "") != (c.want == "") {
			t.Errorf("%s beside https, listening on %s: %q, want %q", base, c.listen, got, c.want)
		}
		one.TLS.Listen = "127.0.0.1:8443"
		if got := strings.Join(one.Notes(), "\n"); !strings.Contains(got, `phones.base_url sends phones to desks.example.com:8443, and deskd listens on 127.0.0.1:8443, which other machines do not reach: write tls.listen: ":8443"`) {
			t.Errorf("by TLS on loopback: %q", got)
		}
	}
}

// certificatePEM returns a certificate in PEM, made for the occasion.
func certificatePEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// A feed's password needs a user; without one the secret is a token.
func TestFeedSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, 0o600, "s3cret\n")
	t.Setenv("DESKD_TEST_SECRET", "s3cret")
	for name, f := range map[string]Feed{
		"password file":     {Username: "jane", PasswordFile: path},
		"password variable": {Username: "jane", PasswordEnv: "DESKD_TEST_SECRET"},
		"token file":        {TokenFile: path},
		"token variable":    {TokenEnv: "DESKD_TEST_SECRET"},
	} {
		if got, err := f.Secret(); !f.HasSecret() || got != "s3cret" || err != nil {
			t.Errorf("%s: %v, %q, %v", name, f.HasSecret(), got, err)
		}
	}
	if (Feed{}).HasSecret() {
		t.Error("a feed without keys has a secret")
	}
	write(t, path, 0o600, "")
	_, err := Feed{Name: "hall", TokenFile: path}.Secret()
	if err == nil || !strings.Contains(err.Error(), `read token of feed "hall"`) || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("empty token: error %v", err)
	}
}

func TestFeedNetworks(t *testing.T) {
	got := Feed{AllowNetworks: []string{"10.1.0.0/16", "x", "fd00::/8"}}.Networks()
	if len(got) != 2 || got[0].String() != "10.1.0.0/16" || got[1].String() != "fd00::/8" {
		t.Errorf("%v", got)
	}
}
