package main

import (
	"strings"
	"testing"
	"time"

	"deskd/configs/certificate/certificatetest"
)

// The check of the configuration and doctor say how the certificate of the pages stands; only one that
// cannot be used is a mistake.
func TestCertificateIsJudged(t *testing.T) {
	w := newWorld(t).furnish()
	ca := certificatetest.NewAuthority(t)
	w.write("deskd.yaml", strings.Replace(w.config(), "listen: 127.0.0.1:0", `listen: 127.0.0.1:0
tls: {listen: "127.0.0.1:0", cert_file: page.pem, key_file: page.key}
phones: {base_url: "https://localhost:8443"}`, 1))
	now := time.Now()
	sign := func(from, to time.Duration, names ...string) {
		made := ca.Sign(t, now.Add(from), now.Add(to), names...)
		w.write("page.pem", made.Cert)
		w.write("page.key", made.Key)
	}
	w.contains(w.run("check", "config"), 2, "tls.cert_file: open ", "page.pem: no such file", "tls.key_file: open ")
	w.contains(w.run("serve"), 2, "tls.cert_file: open ")
	for _, c := range []struct {
		from, to    time.Duration
		name        string
		note, grade string
		says        string
	}{
		{-day, 90 * day, "localhost", "", "ok", "page.pem is for localhost, until " + now.Add(90*day).UTC().Format("2006-01-02")},
		{-day, 13 * day, "localhost", "the certificate ends at ", "odd", "page.pem: the certificate ends at "},
		{-9 * day, -day, "localhost", "the certificate ended at ", "wrong", "page.pem: the certificate ended at "},
		{-day, 90 * day, "desks.example.com", "the certificate is for desks.example.com, not for localhost", "wrong", "page.pem: the certificate is for desks.example.com, not for localhost"},
	} {
		sign(c.from, c.to, c.name)
		checked := w.run("check", "config")
		w.contains(checked, 0, "is right: ")
		if noted := strings.Contains(checked.out, "note: tls.cert_file: DIR/page.pem: "+c.note); noted != (c.note != "") {
			t.Errorf("%s: %s", c.says, checked.out)
		}
		found := ""
		for line := range strings.Lines(w.run("doctor").out) {
			if words := strings.Fields(line); len(words) > 1 && words[1] == "certificate" {
				found += words[0] + line
			}
		}
		if !strings.HasPrefix(found, c.grade) || !strings.Contains(found, c.says) {
			t.Errorf("doctor says %q, want %s %q", found, c.grade, c.says)
		}
	}
	w.write("page.key", ca.Sign(t, now, now).Key)
	w.contains(w.run("doctor"), 1, "tls.key_file: DIR/page.key is not the key of the certificate in ")
}
