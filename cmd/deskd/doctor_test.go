package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/cmd/deskd/doctor"
	"deskd/emapi"
	"deskd/emapi/emulator"
)

var someTime = regexp.MustCompile(` at (2\d{3}-\d\d-\d\d )?\d\d:\d\d(:\d\d)? `)

// finds checks a Finding of the doctor, by grade and subject, and the exit code.
func (w *world) finds(code int, grade, what, says, fix string) {
	w.t.Helper()
	got := w.run("doctor", "-o", "json")
	var findings []doctor.Finding
	if err := json.Unmarshal([]byte(got.out), &findings); err != nil {
		w.t.Fatalf("%v: %+v", err, got)
	}
	for i, f := range findings {
		findings[i].Says = someTime.ReplaceAllString(f.Says, " at TIME ")
	}
	if want := (doctor.Finding{Grade: grade, What: what, Says: says, Fix: fix}); got.code != code || !slices.Contains(findings, want) {
		w.t.Errorf("exit code %d, expected %d, and the Finding %+v among\n%s", got.code, code, want, got.out)
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
ok     cluster main  it knows 3 of 3 phones; whether Extension Mobility is enabled on them, no question tells: a login does (code 22)
ok     cluster main  3 of 3 people can be logged in
ok     feed hall     0 bookings, all understood
ok     feed hall     it may log in everybody: who writes into this calendar may have any of 2 people logged in (1 of 3 protected); allow_people, "@group" among them, and the column protected narrow it
odd    daemon        none runs on this database; no phone has answered yet -> deskd serve
`)
	if sent := w.phones.Stats().Requests; sent["login"]+sent["logout"] > 0 {
		t.Errorf("it sent %v", sent)
	}
}

// Each thing that can be wrong is told in words, with what fixes it.
func TestDoctorFindings(t *testing.T) {
	noRaces(t)
	t.Parallel()
	const wrongPassword = `it does not accept the application user "deskd" with this password (code 3)`
	refuse := func(code emapi.Code) func(*world) {
		return func(w *world) { w.fault(emulator.Fault{Action: emulator.Refuse, Code: code}) }
	}
	status := func(code int) func(*world) {
		return func(w *world) { w.fault(emulator.Fault{Action: emulator.Status, Status: code}) }
	}
	journal := func(code emapi.Code) func(*world) {
		return func(w *world) { w.refused(code) }
	}
	tests := map[string]struct {
		spoil                  func(w *world)
		code                   int
		grade, what, says, fix string
	}{
		"wrong password": {func(w *world) { w.write("em-password", "guess\n") }, 1,
			"wrong", "cluster main", wrongPassword, "Correct the application user's password; tries with a wrong one lock the account."},
		"no proxy right": {func(w *world) { w.phones.Change(func(o *emulator.Options) { o.NoProxyRight = true }) }, 1,
			"wrong", "cluster main", `the application user "deskd" may not log others in (code 10)`, "Add the application user to the group Standard EM Authentication Proxy Rights."},
		"no password": {func(w *world) { _ = os.Remove(w.path("em-password")) }, 1,
			"wrong", "configuration", "DIR/deskd.yaml:9:5: clusters[0].app_password_file: open DIR/em-password: no such file or directory", "it must hold the password of app_id and nothing else"},
		"password open to all": {func(w *world) { _ = os.Chmod(w.path("em-password"), 0o644) }, 0,
			"odd", "configuration", `the password of cluster "main" is open to everybody on this machine: chmod o= DIR/em-password`, ""},
		"unknown devices": {func(w *world) {
			for n := range 4 {
				w.phones.RemoveDevice(fmt.Sprintf("SEP%012d", n+1))
			}
		}, 1, "wrong", "cluster main", "it knows 0 of 3 phones",
			"check that this is the phone system of these desks, and that their device names are written as there"},
		"unknown device": {func(w *world) { w.phones.RemoveDevice("SEP000000000003") }, 1,
			"wrong", "desk D3", "the phone system does not know SEP000000000003", "correct the desk's device name, or add the phone to the cluster"},
		"unknown user": {func(w *world) { w.person("user0009") }, 1,
			"wrong", "person user0009", "the phone system does not know this user", "correct the user id, or add the end user to the cluster"},
		"another's profile": {func(w *world) { w.person("user0001,,,Hoteling") }, 0,
			"odd", "person user0001", `the device profile "Hoteling" is not among the user's`, "check the profile's name: a login may name one that is not the user's, but it has to exist"},
		"a single profile": {func(w *world) { w.phones.SetUser(emulator.User{ID: "user0001", Profiles: []string{"UDP"}}) }, 0,
			"ok", "cluster main", "3 of 3 people can be logged in", ""},
		"no profile marked": {func(w *world) { w.phones.SetUser(emulator.User{ID: "user0001", Profiles: []string{"A", "B"}}) }, 0,
			"odd", "person user0001", "none of the user's 2 device profiles is marked as the default one", "mark one as the default, or name one in the people's file"},
		"no profile": {func(w *world) { w.phones.SetUser(emulator.User{ID: "user0001"}) }, 1,
			"wrong", "person user0001", "the user has no device profile", "give the user a device profile, or name one in the people's file"},
		"no answer about a device": {func(w *world) { w.fault(emulator.Fault{Action: emulator.Omit, Device: "SEP000000000002"}) }, 0,
			"odd", "desk D2", "the phone system says nothing about SEP000000000002", "ask again"},
		"web page for an answer": {func(w *world) { w.fault(emulator.Fault{Action: emulator.HTML}) }, 1,
			"wrong", "cluster main", "it answers with a web page, not as an EM service does", "correct url, or activate and start Cisco Extension Mobility (Serviceability, Service Activation)"},
		"not trusted": {func(w *world) {
			w.phones.Change(func(o *emulator.Options) { o.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
		}, 1, "wrong", "cluster main", "it does not trust this machine, which asked from 127.0.0.1 (code 28)",
			"Add 127.0.0.1 to the Trusted List of IPs in the EM service parameters; behind NAT, the address the phone system sees."},
		"sent through a proxy": {refuse(30), 1,
			"wrong", "cluster main", "it answers: sent through a proxy, which is not allowed (code 30)", emapi.Code(30).Advice()},
		"not understood": {refuse(1), 1,
			"wrong", "cluster main", "it answers: request not understood (code 1)", emapi.Code(1).Advice()},
		"credentials blank": {refuse(2), 1,
			"wrong", "cluster main", `it does not accept the application user "deskd" with this password (code 2)`, emapi.Code(2).Advice()},
		"question not known": {refuse(8), 1,
			"wrong", "cluster main", "it answers: unknown kind of query (code 8)", emapi.Code(8).Advice()},
		"directory": {refuse(9), 1,
			"wrong", "cluster main", "it answers: directory error (code 9)", emapi.Code(9).Advice()},
		"busy": {refuse(26), 1,
			"wrong", "cluster main", "it answers: service busy (code 26)", "Back off; raise Maximum Concurrent Requests or lower max_concurrent if it stays."},
		"no EM service": {func(w *world) {
			w.write("deskd.yaml", strings.Replace(w.config(), emulator.Path, "/elsewhere", 1))
		}, 1, "wrong", "cluster main", "there is no EM service at /elsewhere: the web server answers HTTP 404",
			"correct the path in url (/emservice/EMServiceServlet), or activate and start Cisco Extension Mobility (Serviceability, Service Activation)"},
		"EM service off": {status(503), 1,
			"wrong", "cluster main", "the web server answers, the EM service behind it does not (HTTP 503)", "activate and start Cisco Extension Mobility (Serviceability, Service Activation)"},
		"EM service broken": {status(500), 1,
			"wrong", "cluster main", "the web server answers, the EM service behind it does not (HTTP 500)", "activate and start Cisco Extension Mobility (Serviceability, Service Activation)"},
		"forbidden": {status(403), 1,
			"wrong", "cluster main", "the web server answers HTTP 403, not as an EM service does", "correct url"},
		"single sign-on": {func(w *world) {
			sso := httptest.NewServer(http.RedirectHandler("https://sso.example.com/idp/profile?SAMLRequest=secret#s", http.StatusFound))
			w.t.Cleanup(sso.Close)
			w.write("deskd.yaml", strings.Replace(w.config(), w.url, sso.URL+emulator.Path, 1))
		}, 1, "wrong", "cluster main", "the web server redirects to https://sso.example.com/idp/profile (HTTP 302), and an EM service does not",
			"correct url; if that is a single sign-on, the EM service has to answer without one: it signs deskd in by app_id and password"},
		"no answer": {func(w *world) { w.fault(emulator.Fault{Action: emulator.Reset}) }, 1,
			"wrong", "cluster main", "it ended the connection without an answer", "ask again; look at the firewalls between, and at the EM service's log"},
		"name not resolvable": {func(w *world) {
			w.write("deskd.yaml", strings.Replace(w.config(), w.url, "https://nowhere.invalid:8443"+emulator.Path, 1))
		}, 1, "wrong", "cluster main", `the name "nowhere.invalid" cannot be resolved`, "correct the host in url, or this machine's name server"},
		"connection refused": {func(w *world) {
			w.write("deskd.yaml", strings.Replace(w.config(), w.url, "http://127.0.0.1:1"+emulator.Path, 1))
		}, 1, "wrong", "cluster main", "nothing listens on 127.0.0.1 port 1: the connection is refused",
			"correct host and port in url (8443 as a rule), or start the phone system's Tomcat"},
		"no TLS there": {func(w *world) {
			w.write("deskd.yaml", strings.Replace(w.config(), "http://", "https://", 1))
		}, 1, "wrong", "cluster main", "it does not speak TLS on that port", "correct the port of url: it is 8443 as a rule; http:// is for an EM service on this machine"},
		"EM off on the phone": {journal(emapi.CodeEMDisabled), 1,
			"wrong", "desk D1", "the login of user0001 at TIME was refused: Extension Mobility is off on the device (code 22)", emapi.CodeEMDisabled.Advice()},
		"user must change the PIN": {journal(emapi.CodeChangePIN), 1,
			"wrong", "desk D1", "the login of user0001 at TIME was refused: user must change the PIN (code 41)", emapi.CodeChangePIN.Advice()},
		"was busy": {func(w *world) { w.refused(emapi.CodeBusy); w.exec("UPDATE attempts SET class = 'busy'") }, 0,
			"odd", "cluster main", "it was too busy for 1 of the newest 1 logins and logouts, at TIME for the last of them: deskd sends 1 at once, of the 2 that it may", "lower max_concurrent, or raise Maximum Concurrent Requests of the phone system"},
		"unit looks wrong": {func(w *world) {
			w.exec("INSERT INTO cluster_states VALUES ('main', '', '', 0, '', NULL, NULL, 0, '', 0, 0, 'sessions end after seconds', '', 60, '')")
		}, 1, "wrong", "cluster main", "sessions end after seconds", "deskd probe-duration"},
		"feed gone": {func(w *world) { _ = os.Remove(w.path("hall.ics")) }, 1,
			"wrong", "feed hall", "fetch file:DIR/hall.ics: stat DIR/hall.ics: no such file or directory", "deskd check feed hall"},
		"feed not understood": {func(w *world) {
			w.write("hall.ics", calendar(booking{uid: "x", location: "D77", attendee: "one@example.com", start: ":20300102T080000Z"}))
		}, 0, "odd", "feed hall", "0 bookings; 1 event was not understood", "deskd check feed hall"},
		"empty house": {func(w *world) { w.exec("DELETE FROM people"); w.exec("DELETE FROM desks") }, 1,
			"wrong", "people", "there is nobody", "deskd import people FILE.csv"},
		"cluster without desks": {func(w *world) { w.exec("DELETE FROM desks") }, 1,
			"ok", "cluster main", "it answers and accepts deskd's credentials", ""},
		"no database": {func(w *world) { w.removeDatabase() }, 1,
			"wrong", "database", "there is none at DIR/deskd.db", "deskd migrate creates it"},
		"lost database": {func(w *world) { _ = os.Remove(w.path("deskd.db")) }, 1,
			"wrong", "database", "there is none at DIR/deskd.db, though its marker says that there was", "put it back, or deskd restore FILE"},
		"no database, cluster": {func(w *world) { w.removeDatabase() }, 1,
			"ok", "cluster main", "it answers and accepts deskd's credentials", ""},
		"no database, password": {func(w *world) { w.removeDatabase(); w.write("em-password", "guess") }, 1,
			"wrong", "cluster main", wrongPassword, "Correct the application user's password; tries with a wrong one lock the account."},
	}
	for name, tt := range tests {
		if testing.Short() && !slices.Contains([]string{"wrong password", "unknown device", "feed gone"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).furnish()
			tt.spoil(w)
			w.finds(tt.code, tt.grade, tt.what, tt.says, tt.fix)
		})
	}
}

// removeDatabase leaves the folder as it was before the first start.
func (w *world) removeDatabase() {
	_ = os.Remove(w.path("deskd.db"))
	_ = os.Remove(w.path("deskd.db.marker"))
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

// One cause can be behind a Finding of each person: the first twenty are named, and
// how many more there are, with where to find them.
func TestDoctorFindingsAlike(t *testing.T) {
	notShort(t, "runs doctor on many desks and people")
	noRaces(t)
	t.Parallel()
	for people, want := range map[int]struct{ lines, more int }{21: {21, 0}, 22: {20, 2}, 500: {20, 480}} {
		w := newWorld(t).furnish()
		csv := "person,name,mail\n"
		for i := range people {
			csv += fmt.Sprintf("stranger%03d,Stranger,stranger%03d@example.com\n", i, i)
		}
		w.write("strangers.csv", csv)
		w.contains(w.run("import", "people", w.path("strangers.csv")), 0)
		got := w.run("doctor")
		if n := strings.Count(got.out, "the phone system does not know this user"); n != want.lines {
			t.Errorf("of %d strangers %d are named, want %d", people, n, want.lines)
		}
		more := fmt.Sprintf("wrong person %d more like these: deskd doctor -o json names them all", want.more)
		if strings.Contains(strings.Join(strings.Fields(got.out), " "), more) != (want.more > 0) || strings.Contains(got.out, "more like these") != (want.more > 0) {
			t.Errorf("%d strangers:\n%s", people, got.out)
		}
		if n := strings.Count(w.run("doctor", "-o", "json").out, "the phone system does not know this user"); n != people {
			t.Errorf("of %d strangers %d are in the JSON", people, n)
		}
	}
}

// A row of another program that names nobody known is found.
func TestDoctorInvalidRow(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'nobody', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 day'), strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+2 days'))`)
	w.contains(w.run("doctor"), 1, "wrong  reservation ID", "desk D1 from 20", "is not acted on: ", "nobody", "-> correct the row, or import the desk or person")
}

// An administrator who cannot reach the phone system is told where to look.
func TestDoctorUnreachable(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config())
	w.phones.Down(true)
	w.contains(w.run("doctor"), 1, "wrong  cluster main  it ended the connection without an answer -> ask again")
}

// refused writes down that the login at D1 was refused a minute ago.
func (w *world) refused(code emapi.Code) {
	w.t.Helper()
	at := time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000Z")
	w.exec(`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		VALUES ('main', 'login', 'D1', 'SEP000000000001', 'user0001', '', '', '', '', '', '', 'start', '', '', '', 'refused', ?, '', ?, ?, '')`, int(code), at, at)
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
	w.contains(w.run("doctor"), 1, "wrong  cluster main  its certificate is signed by nobody this machine trusts -> put the certificate of the phone system")
	w.write("cucm.pem", certificate(t))
	w.write("deskd.yaml", strings.Replace(w.config(), "    app_id", "    ca_file: cucm.pem\n    app_id", 1))
	w.contains(w.run("doctor"), 0, "ok     cluster main  it answers and accepts deskd's credentials")
}

// Each EM node is asked by itself: one that is down must not hide behind another
// that answers. A wrong password is tried at one of them only.
func TestDoctorNodes(t *testing.T) {
	notShort(t, "runs doctor on clusters of nodes")
	t.Parallel()
	const broken = "http://127.0.0.1:1" + emulator.Path
	w := newWorld(t).furnish()
	working := w.url
	nodes := func(first, second string) {
		w.url = first + "\n    failover_urls: [" + second + "]"
		w.write("deskd.yaml", w.config())
	}
	host := strings.TrimSuffix(strings.TrimPrefix(working, "http://"), emulator.Path)
	nodes(broken, working)
	w.finds(1, "wrong", "cluster main at 127.0.0.1:1", "nothing listens on 127.0.0.1 port 1: the connection is refused", "correct host and port in url (8443 as a rule), or start the phone system's Tomcat")
	w.finds(1, "ok", "cluster main at "+host, "it answers and accepts deskd's credentials", "")
	w.finds(1, "ok", "cluster main", "it knows 3 of 3 phones; whether Extension Mobility is enabled on them, no question tells: a login does (code 22)", "")
	nodes(working, broken)
	w.finds(1, "ok", "cluster main", "3 of 3 people can be logged in", "")

	// The daemon works meanwhile.
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	nodes(broken, working)
	w.contains(w.run("reconcile"), 0, "1 repairs")
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("on the phone is %q", got)
	}

	w.write("em-password", "guess")
	same := strings.Replace(working, "127.0.0.1", "localhost", 1)
	nodes(working, same)
	before := w.phones.Stats().Codes[emapi.CodeBadCredentials]
	w.run("doctor")
	if got := w.phones.Stats().Codes[emapi.CodeBadCredentials] - before; got != 1 {
		t.Errorf("the wrong password was sent %d times, expected once", got)
	}
}
