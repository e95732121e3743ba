package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// unpack reads a support bundle: name → text.
func (w *world) unpack(file string) map[string]string {
	w.t.Helper()
	f, err := os.Open(w.path(file))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		w.t.Fatal(err)
	}
	parts := make(map[string]string)
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			w.t.Fatal(err)
		}
		if !json.Valid(text) {
			w.t.Errorf("%s is no JSON:\n%s", header.Name, text)
		}
		parts[strings.TrimSuffix(strings.TrimPrefix(header.Name, "deskd-support/"), ".json")] = string(text)
	}
}

// A configuration with a secret in every place, right and wrong, where one can
// stand, and people in every place where one is named.
const secretFeeds = `  - {name: t, url: "https://127.0.0.1:1/canary-path/x.ics?token=canary-query", site: berlin, allow_networks: [127.0.0.0/8], token_file: canary-token}
  - {name: p, url: "caldav+https://127.0.0.1:1/canary-path/", site: berlin, allow_networks: [127.0.0.0/8], username: canary-user, password_env: CANARY_VARIABLE}
  - {name: own, url: "file:hall.ics", site: berlin, person: {fixed: user0003}, allow_people: ["user0003"]}
`

func TestSupportBundle(t *testing.T) {
	w := newWorld(t).furnish()
	t.Setenv("CANARY_VARIABLE", "canary-in-environment")
	w.write("canary-token", "canary-token-text\n")
	w.write("em-password", "canary-password\n") // a wrong one: the refusal is part of the bundle
	started := time.Now().Add(-time.Minute).UTC().Format(":20060102T150405Z")
	w.write("hall.ics", calendar(booking{uid: "a", location: "D2", attendee: "visitor@example.com", start: started}))
	w.write("deskd.yaml", w.config()+secretFeeds)
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at, note) VALUES ('D3', 'ghost', '2030-01-01T08:00:00Z', '2030-01-01T09:00:00Z', 'private')")
	d := w.serve()
	eventually(t, 10*time.Second, "the refusal is recorded", func() bool { return strings.Contains(w.must("list", "clusters"), "refused") })
	eventually(t, 10*time.Second, "the feeds have failed", func() bool { return strings.Count(w.must("list", "feeds"), "127.0.0.1:1") > 0 })
	defer d.stop()

	for _, ask := range []string{"", "--ask"} {
		got := w.run(slices.DeleteFunc([]string{"support-bundle", w.path("b" + ask + ".tgz"), ask}, func(s string) bool { return s == "" })...)
		w.contains(got, 0, "holds no secrets")
		parts := w.unpack("b" + ask + ".tgz")
		names := slices.Sorted(maps.Keys(parts))
		want := []string{"attempts", "clusters", "configuration", "database", "doctor", "feeds", "version"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		for name, text := range parts {
			text = strings.ReplaceAll(text, w.path("canary-token"), "")
			for _, secret := range []string{"canary", testPassword, "user0001", "user0002", "user0003", "one@example.com", "visitor", "ghost", "private"} {
				if strings.Contains(strings.ToLower(text), secret) {
					t.Errorf("%s: %s tells %q:\n%s", ask, name, secret, text)
				}
			}
		}
		for name, part := range map[string]string{
			"version": `"deskd"`, "configuration": `"max_per_minute": 6000`, "database": `"people": 3`, "doctor": "is sound",
			"clusters": `"cluster": "main"`, "feeds": `"name": "hall"`,
		} {
			if !strings.Contains(parts[name], part) {
				t.Errorf("%s: %s lacks %s:\n%s", ask, name, part, parts[name])
			}
		}
		if asked := strings.Contains(parts["doctor"], `"feed hall"`); asked != (ask != "") {
			t.Errorf("%q: a calendar was asked: %t", ask, asked)
		}
	}
	w.contains(w.run("support-bundle", w.path("b.tgz")), 2, "file exists; name another file")
	if stat, err := os.Stat(w.path("b.tgz")); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
}

// The same person is the same pseudonym in all parts, and another in the next
// bundle; --with-names hides nobody.
func TestSupportBundlePeople(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	eventually(t, 5*time.Second, "the login is recorded", func() bool { return strings.Contains(w.must("list", "attempts"), "done") })
	d.stop()
	w.must("support-bundle", w.path("a.tgz"))
	w.must("support-bundle", w.path("b.tgz"))
	w.must("support-bundle", w.path("c.tgz"), "--with-names")
	person := func(file string) string {
		var all []struct{ Person, Why string }
		if err := json.Unmarshal([]byte(w.unpack(file)["attempts"]), &all); err != nil || len(all) == 0 {
			t.Fatalf("%v: %v", all, err)
		}
		return all[0].Person
	}
	if text := w.unpack("c.tgz")["doctor"]; !strings.Contains(text, "sound") {
		t.Error(text)
	}
	a, b, c := person("a.tgz"), person("b.tgz"), person("c.tgz")
	if !strings.HasPrefix(a, "person-") || a == b || c != "user0001" {
		t.Errorf("user0001 is %q, then %q, and by name %q", a, b, c)
	}
}

// Without a database that opens there is still something to hand on.
func TestSupportBundleWithoutDatabase(t *testing.T) {
	w := newWorld(t)
	w.must("support-bundle", w.path("a.tgz"))
	parts := w.unpack("a.tgz")
	if len(parts) != 3 || !strings.Contains(parts["database"], "nothing to read yet") {
		t.Errorf("%v", parts)
	}
	w.contains(w.run("support-bundle", "a", "b"), 2, `unexpected argument "b"`)
}
