package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// radicale is a CalDAV server as Debian packages it, run for one test.
type radicale struct {
	*world
	server   *exec.Cmd
	calendar string // URL of the calendar
}

const radicalePassword = "s3cret-of-the-calendar"

// newRadicale starts the server with an empty calendar for jane.
func newRadicale(t *testing.T) *radicale {
	t.Helper()
	program, err := exec.LookPath("radicale")
	if err != nil {
		t.Skip("radicale is not installed; Debian has it as a package: apt-get install radicale")
	}
	r := &radicale{world: newWorld(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	r.calendar = "http://" + address + "/jane/desks/"
	r.write("users", "jane:"+radicalePassword+"\n")
	server := exec.Command(program, "--config", "", "--server-hosts", address,
		"--storage-filesystem-folder", r.path("calendars"),
		"--auth-type", "htpasswd", "--auth-htpasswd-filename", r.path("users"), "--auth-htpasswd-encryption", "plain")
	var said bytes.Buffer
	r.server = server
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("radicale:\n%s", said.String())
		}
	})
	eventually(t, 20*time.Second, "radicale answers", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	r.do("MKCALENDAR", "", "", http.StatusCreated)
	return r
}

// do sends a request about an object of the calendar, "" for the calendar itself.
func (r *radicale) do(method, object, body string, want ...int) {
	r.t.Helper()
	q, err := http.NewRequest(method, r.calendar+object, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.SetBasicAuth("jane", radicalePassword)
	if body != "" {
		q.Header.Set("Content-Type", "text/calendar; charset=utf-8")
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	for _, code := range want {
		if resp.StatusCode == code {
			return
		}
	}
	r.t.Fatalf("%s %s: %s\n%s", method, object, resp.Status, text)
}

// put stores an event of a person at a desk, from half an hour ago until in
// some hours.
func (r *radicale) put(uid, desk, mail string, hours int, more ...string) {
	r.t.Helper()
	now := time.Now().UTC()
	const form = "20060102T150405Z"
	r.do(http.MethodPut, uid+".ics", strings.Join([]string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:" + uid, "DTSTAMP:" + now.Format(form),
		"DTSTART:" + now.Add(-30*time.Minute).Format(form), "DTEND:" + now.Add(time.Duration(hours)*time.Hour).Format(form),
		"SUMMARY:Hot desk", "LOCATION:" + desk, "ATTENDEE:mailto:" + mail, strings.Join(append(more, "END:VEVENT"), "\r\n"), "END:VCALENDAR", "",
	}, "\r\n"), http.StatusCreated, http.StatusNoContent)
}

// configure lets deskd poll the calendar each second.
func (r *radicale) configure() {
	r.write("calendar-password", radicalePassword+"\n")
	head, _, _ := strings.Cut(r.config(), "feeds:")
	r.write("deskd.yaml", head+fmt.Sprintf(`feeds:
  - name: hall
    url: caldav+%s
    site: berlin
    every: 1s
    allow_networks: [127.0.0.0/8]
    username: jane
    password_file: calendar-password
`, r.calendar))
}

func (r *radicale) follows(what string, sessions map[string]string) {
	r.t.Helper()
	eventually(r.t, 15*time.Second, what, func() bool {
		for device, user := range sessions {
			if r.session(device) != user {
				return false
			}
		}
		return true
	})
}

// What happens in a real calendar server happens at the phones.
func TestRadicale(t *testing.T) {
	notShort(t, "starts a calendar server")
	const first, second = "SEP000000000001", "SEP000000000002"
	r := newRadicale(t)
	r.configure()
	r.furnish()
	r.put("before", "D2", "three@example.com", 3)
	d := r.serve()
	d.ready()
	r.follows("a booking from before the start", map[string]string{first: "", second: "user0003"})

	r.put("later", "D1", "one@example.com", 3)
	r.follows("a new booking", map[string]string{first: "user0001", second: "user0003"})

	r.do(http.MethodDelete, "before.ics", "", http.StatusOK, http.StatusNoContent)
	r.follows("a deleted booking", map[string]string{first: "user0001", second: ""})

	r.put("later", "D2", "one@example.com", 3, "SEQUENCE:1")
	r.follows("a booking moved to another desk", map[string]string{first: "", second: "user0001"})

	r.put("later", "D2", "one@example.com", 3, "SEQUENCE:2", "STATUS:CANCELLED")
	r.follows("a cancelled booking", map[string]string{first: "", second: ""})

	r.put("series", "D1", "three@example.com", 2, "RRULE:FREQ=DAILY;COUNT=5")
	r.follows("a series", map[string]string{first: "user0003", second: ""})

	for _, text := range []string{d.log.String(), d.body("/"), d.body("/metrics")} {
		if strings.Contains(text, radicalePassword) {
			t.Errorf("the calendar's password is shown:\n%s", text)
		}
	}
}

// What cannot be known takes nobody's session: a calendar with an object that
// breaks the server, and a server that is gone.
func TestRadicaleTrouble(t *testing.T) {
	notShort(t, "starts a calendar server")
	const first, second = "SEP000000000001", "SEP000000000002"
	r := newRadicale(t)
	r.configure()
	r.furnish()
	r.put("good", "D1", "one@example.com", 3)
	r.put("other", "D2", "three@example.com", 3)
	r.put("odd", "D2", "three@example.com", 3, "RRULE:FREQ=SECONDLY")
	r.contains(r.run("check", "feed", "hall"), 1, " good ", " other ", "odd.ics: RRULE", "SECONDLY")
	r.serve()
	both := map[string]string{first: "user0001", second: "user0003"}
	r.follows("both bookings", both)

	// Radicale 3.1 answers every question about the calendar with 500 while an
	// object in its folder is broken.
	folder := filepath.Join(r.path("calendars"), "collection-root", "jane", "desks")
	whole, err := os.ReadFile(filepath.Join(folder, "other.ics"))
	if err != nil {
		t.Fatal(err)
	}
	r.store(folder, "other.ics", whole[:len(whole)/2])
	r.do(http.MethodDelete, "good.ics", "", http.StatusOK, http.StatusNoContent)
	eventually(t, 15*time.Second, "the feed fails", func() bool { return r.count("SELECT max(failures) FROM feeds") > 2 })
	r.follows("nobody was logged out meanwhile", both)
	r.store(folder, "other.ics", whole)
	r.follows("what happened meanwhile, once the object is repaired", map[string]string{first: "", second: "user0003"})

	// A server that forgets its tokens is asked for everything.
	if err := os.RemoveAll(filepath.Join(folder, ".Radicale.cache")); err != nil {
		t.Fatal(err)
	}
	r.put("again", "D1", "one@example.com", 3)
	r.follows("a booking after the tokens were lost", both)

	if err := r.server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "the feed fails again", func() bool { return r.count("SELECT max(failures) FROM feeds") > 2 })
	r.follows("everybody stays without the server", both)
}

// store puts an object into the server's folder, behind its back.
func (r *radicale) store(folder, name string, text []byte) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (d *served) body(path string) string {
	d.t.Helper()
	_, body := d.get(path)
	return body
}
