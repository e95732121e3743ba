package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/configs/certificate"
	"deskd/configs/certificate/certificatetest"
)

// What is said of TLS has to go together; each mistake is told at its key.
func TestTLS(t *testing.T) {
	const both = "tls: {listen: \"127.0.0.1:8443\", cert_file: a.pem, key_file: b.pem}\n"
	for text, want := range map[string]string{
		both: "",
		both + "phones: {base_url: \"https://desks.example.com:8443\"}\n":                                               "",
		both + "phones: {base_url: \"HTTPS://desks.example.com:8443\", plain_url: \"http://desks.example.com:8484\"}\n": "",
		both + "phones: {base_url: \"http://desks.example.com:8484\"}\n":                                                "",
		"phones: {base_url: \"https://desks.example.com\"}\n":                                                           `phones.base_url: is https, and deskd listens for none (write tls: {listen: ":8443", cert_file: FILE, key_file: FILE}`,
		"phones: {plain_url: \"http://desks.example.com\"}\n":                                                           "phones.plain_url: stands alone",
		"phones: {base_url: \"http://a\", plain_url: \"http://b\"}\n":                                                   "phones.plain_url: stands beside a base_url that is http itself",
		both + "phones: {base_url: \"https://a\", plain_url: \"https://b\"}\n":                                          "phones.plain_url: is https, and stands for the address by http",
		both + "phones: {base_url: \"https://a\", plain_url: \"http://b/phone\"}\n":                                     "phones.plain_url: has a path",
		"tls: {cert_file: a.pem}\n":                                                                                     "tls.listen: missing: without it nothing is served by TLS",
		"tls: {listen: \"127.0.0.1:8443\", cert_file: a.pem}\n":                                                         "tls.key_file: missing",
		"tls: {listen: \"127.0.0.1:8443\", key_file: a.pem}\n":                                                          "tls.cert_file: missing",
		"tls: {listen: \"8443\", cert_file: a.pem, key_file: b.pem}\n":                                                  "tls.listen: \"8443\" is a port without host",
		"tls: {listen: \":8443\", cert_file: a.pem, key_file: b.pem}\n":                                                 "tls.listen: :8443 is reached from other machines, and the pages tell everyone there who sits where (write pages: token",
		"pages: token\ntls: {listen: \":8443\", cert_file: a.pem, key_file: b.pem}\n":                                   "",
		"listen: 127.0.0.1:8443\n" + both:                                                                               "tls.listen: is where listen is, by http",
		"pages: token\nlisten: 127.0.0.1:8443\ntls: {listen: \":8443\", cert_file: a.pem, key_file: b.pem}\n":           "tls.listen: is where listen is, by http",
		"listen: 127.0.0.1:0\ntls: {listen: \"127.0.0.1:0\", cert_file: a.pem, key_file: b.pem}\n":                      "",
	} {
		_, err := Parse("deskd.yaml", []byte(text))
		if got := messages(t, err); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// Files of the certificate that cannot be used keep deskd from beginning, each with its key; one that
// others refuse is told of, and is no reason.
func TestTLSFiles(t *testing.T) {
	folder := t.TempDir()
	now := time.Now()
	write(t, filepath.Join(folder, "deskd.yaml"), 0o600, "sites: [{name: berlin, timezone: Europe/Berlin}]\ntls: {listen: 127.0.0.1:8443, cert_file: a.pem, key_file: b.pem}\n"+
		"phones: {base_url: \"https://desks.example.com:8443\"}\nclusters: [{name: main, url: \"https://cucm/\", app_id: deskd, app_password_env: PATH}]\n")
	ca := certificatetest.NewAuthority(t)
	content := func(names []string, from, to time.Time) certificate.Content { return ca.Sign(t, from, to, names...) }
	fine := content([]string{"desks.example.com"}, now, now.Add(90*24*time.Hour))
	check := func(what string, c certificate.Content, mistakes, notes string) {
		t.Helper()
		for name, text := range map[string]string{"a.pem": c.Cert, "b.pem": c.Key} {
			write(t, filepath.Join(folder, name), 0o600, text)
		}
		c2, err := Check(filepath.Join(folder, "deskd.yaml"))
		if got := messages(t, err); !strings.Contains(got, mistakes) || (got == "") != (mistakes == "") {
			t.Errorf("%s: mistakes %q, want %q", what, got, mistakes)
		}
		got := ""
		for _, r := range c2.Expiry(now) {
			got += r.String() + "\n"
		}
		if !strings.Contains(got, notes) || (got == "") != (notes == "") {
			t.Errorf("%s: notes %q, want %q", what, got, notes)
		}
	}
	check("all is well", fine, "", "")
	check("another's key", certificate.Content{Cert: fine.Cert, Key: content(nil, now, now).Key}, "deskd.yaml:2:49: tls.key_file: "+filepath.Join(folder, "b.pem")+" is not the key of the certificate in", "")
	check("no certificate", certificate.Content{Cert: "", Key: fine.Key}, "deskd.yaml:2:31: tls.cert_file: "+filepath.Join(folder, "a.pem")+" holds no certificate in PEM", "")
	check("it is over", content([]string{"desks.example.com"}, now.Add(-time.Hour*48), now.Add(-time.Hour)), "", "the certificate ended at ")
	check("another name", content([]string{"other.example.com"}, now, now.Add(90*24*time.Hour)), "", "the certificate is for other.example.com, not for desks.example.com")
	check("all is well again", fine, "", "")

	c, err := Load(filepath.Join(folder, "deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.TLS.KeyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	want := []string{"the key of tls is open to everybody on this machine: chmod o= " + c.TLS.KeyFile}
	if diff := cmp.Diff(want, c.Notes()[:1]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, file := range []string{c.TLS.CertFile, c.TLS.KeyFile} {
		if !strings.Contains(strings.Join(c.Files(), "\n"), file) {
			t.Errorf("%s is not looked after", file)
		}
	}
	for _, file := range []string{c.TLS.CertFile, c.TLS.KeyFile} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if got := messages(t, c.CheckFiles()); !strings.Contains(got, "tls.cert_file: open "+c.TLS.CertFile+": no such file or directory") || !strings.Contains(got, "tls.key_file: open "+c.TLS.KeyFile+": no such file or directory (expected a PEM file with the key") {
		t.Errorf("no key: %s", got)
	}
}

// Browsers may call the pages by the name that is listened on for TLS.
func TestPageHostsOfTLS(t *testing.T) {
	c := Config{Listen: "127.0.0.1:8484", TLS: TLS{Listen: "desks.example.com:8443"}}
	if diff := cmp.Diff([]string{"127.0.0.1", "desks.example.com"}, c.PageHosts()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
