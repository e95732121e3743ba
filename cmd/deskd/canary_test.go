//go:build !race

// The stack dump of a process under the race detector holds more than its own.

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The secrets of canaryConfig, as they are written and as they travel.
var canaries = []string{
	testPassword, "canary-wrong", "canary-bearer", "canary-basic", "canary-dav",
	"canary-query", "canary-key", "canary-user",
}

// canaryFeeds are calendars with a secret in every place there is, of which some
// are read and others refused.
const canaryFeeds = `  - {name: bearer, url: "%[1]s/bearer.ics", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], token_file: bearer}
  - {name: basic, url: "%[1]s/basic.ics", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], username: canary-user, password_file: basic}
  - {name: dav, url: "caldav+%[1]s/dav/", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], username: canary-user, password_file: dav}
  - {name: secret, url: "%[1]s/private-canary-key/x.ics?token=canary-query", site: berlin, every: 1s, allow_networks: [127.0.0.0/8]}
  - {name: gone, url: "http://127.0.0.1:1/private-canary-key/x.ics?token=canary-query", site: berlin, every: 1s, allow_networks: [127.0.0.0/8]}
`

// TestNoSecretLeaves runs the real process with a secret in every place there
// is, lets the phone system and calendars accept and refuse them, and looks for
// them in all that others may come to see: /proc, log, pages, metrics, the
// output of verbs, the support bundle, the database and a dump of the stacks.
func TestNoSecretLeaves(t *testing.T) {
	notShort(t, "runs every verb and reads all it says")
	w := newWorld(t)
	calendars := httptest.NewServer(http.HandlerFunc(canaryCalendars))
	t.Cleanup(calendars.Close)
	for name, text := range map[string]string{"bearer": "canary-bearer", "basic": "canary-basic", "dav": "canary-dav"} {
		w.write(name, text+"\n")
	}
	w.write("deskd.yaml", w.config()+fmt.Sprintf(canaryFeeds, calendars.URL))
	w.furnish()
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	d := w.start()
	eventually(t, 20*time.Second, "the phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	eventually(t, 20*time.Second, "every calendar was asked", func() bool {
		return w.count("SELECT count(*) FROM feeds WHERE checked <> ''") == 6
	})
	w.write("em-password", "canary-wrong\n")
	d.cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, 20*time.Second, "the wrong password is refused", func() bool { return strings.Contains(d.log.String(), "phone system refuses deskd") })

	c := canaryHunt{w: w, pid: d.cmd.Process.Pid}
	c.proc()
	for _, path := range []string{"/", "/readyz", "/healthz", "/metrics", "/debug/pprof/", "/debug/vars"} {
		_, body := d.get(path)
		c.holds("GET "+path, body)
	}
	for _, verb := range []string{
		"config", "check config", "doctor", "doctor -o json", "list feeds -o json", "list clusters -o json", "list attempts -o json", "list audit -o json",
		"plan", "explain --desk D1", "feed show secret", "check feed secret", "check feed gone", "check feed basic", "check feed dav", "version",
	} {
		got := w.run(strings.Fields(verb)...)
		c.holds("deskd "+verb, got.out+got.errs)
	}
	c.bundle()
	c.files()
	d.cmd.Process.Signal(syscall.SIGQUIT)
	d.stop()
	if dump := d.log.String(); !strings.Contains(dump, "goroutine 1 ") || !strings.Contains(dump, "feed=gone err=") {
		t.Errorf("no dump, or no log:\n%s", dump)
	}
	c.holds("the log, and the dump of the stacks", d.log.String())
	c.files()
	if c.seen < 20 {
		t.Errorf("only %d places were looked at", c.seen)
	}
}

// canaryCalendars accepts one secret, and refuses the others or breaks down.
func canaryCalendars(rw http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case r.URL.Path == "/bearer.ics" && r.Header.Get("Authorization") == "Bearer canary-bearer":
		io.WriteString(rw, calendar())
	case r.URL.Path == "/basic.ics":
		http.Error(rw, "not you, "+user+" with "+password, http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/dav/"):
		http.Error(rw, r.Header.Get("Authorization"), http.StatusInternalServerError)
	default:
		http.Redirect(rw, r, "ftp://canary-user:canary-key@example.com/?canary-query", http.StatusFound)
	}
}

// canaryHunt looks for secrets of a process.
type canaryHunt struct {
	w    *world
	pid  int
	seen int // places
}

// holds checks that a text holds no secret, in none of the forms it travels in.
func (c *canaryHunt) holds(where, text string) {
	c.w.t.Helper()
	c.seen++
	if text == "" {
		c.w.t.Errorf("%s is empty", where)
	}
	text = strings.ToLower(text)
	for _, secret := range canaries {
		for _, form := range []string{
			secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("canary-user:" + secret)),
		} {
			if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
				c.w.t.Errorf("%s tells %q: …%s…", where, secret, text[max(0, at-80):min(len(text), at+80)])
				break
			}
		}
	}
}

// proc looks at what /proc shows of the process to its own user and to root,
// the content of its memory apart.
func (c *canaryHunt) proc() {
	c.w.t.Helper()
	root := fmt.Sprintf("/proc/%d/", c.pid)
	for _, name := range []string{"cmdline", "environ", "comm", "status", "maps", "mountinfo"} {
		text, err := os.ReadFile(root + name)
		if err != nil {
			c.w.t.Fatal(err)
		}
		c.holds(name, string(text))
	}
	var targets strings.Builder
	open, err := os.ReadDir(root + "fd")
	if err != nil {
		c.w.t.Fatal(err)
	}
	for _, fd := range open {
		target, err := os.Readlink(filepath.Join(root, "fd", fd.Name()))
		if err == nil { // it may be closed by now
			targets.WriteString(target + "\n")
		}
	}
	c.holds("the open files", targets.String())
}

// bundle looks into a support bundle.
func (c *canaryHunt) bundle() {
	c.w.t.Helper()
	c.w.must("support-bundle", c.w.path("b.tgz"), "--ask", "--with-names")
	file, err := os.ReadFile(c.w.path("b.tgz"))
	if err != nil {
		c.w.t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		c.w.t.Fatal(err)
	}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.w.t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			c.w.t.Fatal(err)
		}
		c.holds(header.Name, string(text))
	}
}

// files looks into everything deskd has written, the database and its log of
// changes included.
func (c *canaryHunt) files() {
	c.w.t.Helper()
	written, err := filepath.Glob(c.w.path("deskd.db*"))
	if err != nil || len(written) < 3 {
		c.w.t.Fatalf("%v, error %v", written, err)
	}
	for _, name := range written {
		text, err := os.ReadFile(name)
		if err != nil {
			c.w.t.Fatal(err)
		}
		c.holds(filepath.Base(name), string(text)+" ")
	}
}
