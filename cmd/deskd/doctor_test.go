package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"deskd/emapi/emulator"
)

// finds checks a finding of the doctor, by grade and subject, and the exit code.
func (w *world) finds(code int, grade, what, says, mend string) {
	w.t.Helper()
	got := w.run("doctor", "-o", "json")
	var findings []finding
	if err := json.Unmarshal([]byte(got.out), &findings); err != nil {
		w.t.Fatalf("%v: %+v", err, got)
	}
	if want := (finding{grade, what, says, mend}); got.code != code || !slices.Contains(findings, want) {
		w.t.Errorf("exit code %d, expected %d, and the finding %+v among\n%s", got.code, code, want, got.out)
	}
}

func TestDoctorHealthy(t *testing.T) {
	w := newWorld(t).furnish()
	got := w.run("doctor")
	w.contains(got, 0, `GRADE  WHAT          SAYS
ok     database      DIR/deskd.db is sound: 3 desks, 3 people
ok     site berlin   it is `, ` there (Europe/Berlin)
ok     site boston   it is `, ` there (America/New_York)
ok     cluster main  it answers and accepts deskd's credentials
ok     cluster main  it knows 3 of 3 phones
ok     cluster main  3 of 3 people can be logged in
ok     feed hall     0 bookings, all understood
odd    daemon        none runs on this database; no phone has answered yet -> deskd serve
`)
	if sent := w.phones.Stats().Requests; sent["login"]+sent["logout"] > 0 {
		t.Errorf("it sent %v", sent)
	}
}

// Each thing that can be wrong is told in words, with what mends it.
func TestDoctorFindings(t *testing.T) {
	t.Parallel()
	const wrongPassword = `deviceUserQuery: application id or password wrong (code 3): "application id or password wrong"`
	const noRight = `deviceUserQuery: application user may not act for others (code 10): "application user may not act for others"`
	tests := map[string]struct {
		spoil                  func(w *world)
		code                   int
		grade, what, says, fix string
	}{
		"wrong password": {func(w *world) { w.write("em-password", "guess\n") }, 1,
			"wrong", "cluster main", wrongPassword, "Correct the application user's password; tries with a wrong one lock the account."},
		"no proxy right": {func(w *world) { w.phones.Change(func(o *emulator.Options) { o.NoProxyRight = true }) }, 1,
			"wrong", "cluster main", noRight, "Add the application user to the group Standard EM Authentication Proxy Rights."},
		"no password": {func(w *world) { _ = os.Remove(w.path("em-password")) }, 1,
			"wrong", "configuration", "DIR/deskd.yaml:9:5: clusters[0].app_password_file: open DIR/em-password: no such file or directory", "it must hold the password of app_id and nothing else"},
		"password open to all": {func(w *world) { _ = os.Chmod(w.path("em-password"), 0o644) }, 0,
			"odd", "configuration", `the password of cluster "main" is open to everybody on this machine: chmod o= DIR/em-password`, ""},
		"unknown device": {func(w *world) { w.phones.RemoveDevice("SEP000000000003") }, 1,
			"wrong", "desk D3", "the phone system does not know SEP000000000003", "correct the desk's device name, or add the phone to the cluster"},
		"unknown user": {func(w *world) { w.person("user0009") }, 1,
			"wrong", "person user0009", "the phone system does not know this user", "correct the user id, or add the end user to the cluster"},
		"unknown profile": {func(w *world) { w.person("user0001,,,Hoteling") }, 1,
			"wrong", "person user0001", `the user has no device profile "Hoteling"`, "correct the profile's name, or give it to the user"},
		"no answer about a device": {func(w *world) { w.fault(emulator.Fault{Action: emulator.Omit, Device: "SEP000000000002"}) }, 0,
			"odd", "desk D2", "the phone system says nothing about SEP000000000002", "ask again"},
		"web page for an answer": {func(w *world) { w.fault(emulator.Fault{Action: emulator.HTML}) }, 1,
			"wrong", "cluster main", "deviceUserQuery: outcome unknown: read reply: byte 0: it is an HTML page", "ask again; look at the EM service's log"},
		"feed gone": {func(w *world) { _ = os.Remove(w.path("hall.ics")) }, 1,
			"wrong", "feed hall", "fetch file:DIR/hall.ics: stat DIR/hall.ics: no such file or directory", "deskd check feed hall"},
		"feed not understood": {func(w *world) {
			w.write("hall.ics", calendar(booking{uid: "x", location: "D77", attendee: "one@example.com", start: ":20300102T080000Z"}))
		}, 0, "odd", "feed hall", "0 bookings; 1 event was not understood", "deskd check feed hall"},
		"empty house": {func(w *world) { w.exec("DELETE FROM people"); w.exec("DELETE FROM desks") }, 1,
			"wrong", "people", "there is nobody", "deskd import people FILE.csv"},
		"cluster without desks": {func(w *world) { w.exec("DELETE FROM desks") }, 1,
			"ok", "cluster main", "it answers and accepts deskd's credentials", ""},
		"no database": {func(w *world) { _ = os.Remove(w.path("deskd.db")) }, 1,
			"wrong", "database", "there is none at DIR/deskd.db", "deskd migrate creates it"},
		"no database, cluster": {func(w *world) { _ = os.Remove(w.path("deskd.db")) }, 1,
			"ok", "cluster main", "it answers and accepts deskd's credentials", ""},
		"no database, password": {func(w *world) { _ = os.Remove(w.path("deskd.db")); w.write("em-password", "guess") }, 1,
			"wrong", "cluster main", strings.Replace(wrongPassword, ":", " SEP000000000000:", 1), "Correct the application user's password; tries with a wrong one lock the account."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).furnish()
			tt.spoil(w)
			w.finds(tt.code, tt.grade, tt.what, tt.says, tt.fix)
		})
	}
}

func (w *world) person(row string) {
	w.t.Helper()
	w.write("person.csv", "person,mail,name,profile\n"+row+"\n")
	if row == "user0009" {
		w.write("person.csv", "person\nuser0009\n")
	}
	w.must("import", "people", w.path("person.csv"))
}

func (w *world) fault(f emulator.Fault) {
	w.t.Helper()
	if _, err := w.phones.AddFault(f); err != nil {
		w.t.Fatal(err)
	}
}

// A row of another program that names nobody known is found.
func TestDoctorInvalidRow(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'nobody', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 day'), strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+2 days'))`)
	w.contains(w.run("doctor"), 1, "wrong  reservation ID", "desk D1 from 20", "is not acted on: ", "nobody", "-> correct the row, or import the desk or person")
}

// Whoever cannot reach the phone system is told where to look.
func TestDoctorUnreachable(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config())
	w.phones.Down(true)
	w.contains(w.run("doctor"), 1, "wrong  cluster main  deviceUserQuery: ")
	w.url = "http://127.0.0.1:1" + emulator.Path
	w.write("deskd.yaml", w.config())
	w.contains(w.run("doctor"), 1, "wrong  cluster main  deviceUserQuery: not sent: dial tcp 127.0.0.1:1: connect: connection refused",
		" -> check url, network and certificate (ca_file or pin_sha256), and that the EM service is activated")
}

// A certificate is either vouched for by the configuration or refused.
func TestDoctorCertificate(t *testing.T) {
	w := newWorld(t).furnish()
	server := httptest.NewUnstartedServer(w.phones)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	w.url = server.URL + emulator.Path
	w.write("deskd.yaml", w.config())
	w.contains(w.run("doctor"), 1, "wrong  cluster main  deviceUserQuery: not sent: ", "certificate signed by unknown authority -> check url, network and certificate (ca_file or pin_sha256)")
	w.write("cucm.pem", certificate(t))
	w.write("deskd.yaml", strings.Replace(w.config(), "    app_id", "    ca_file: cucm.pem\n    app_id", 1))
	w.contains(w.run("doctor"), 0, "ok     cluster main  it answers and accepts deskd's credentials")
}
