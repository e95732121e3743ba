package main

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/web/view"
)

// sampleFeed has an event that is understood, one of an unknown desk, one in a
// zone nobody knows, and one that is broken.
func sampleFeed() string {
	return strings.Replace(calendar(
		booking{uid: "good", location: "D2", attendee: "three@example.com", start: ";TZID=Europe/Berlin:20300102T090000"},
		booking{uid: "unknown-desk", location: "D77", attendee: "two@example.com", start: ":20300102T120000Z"},
		booking{uid: "odd-zone", location: "D1", attendee: "one@example.com", start: ";TZID=Mars/Olympus:20300102T140000"},
		booking{uid: "broken", location: "D1", attendee: "one@example.com", start: ":soon"},
	), "SUMMARY:Hot desk", "SUMMARY:Büro", 1)
}

var january = []string{"--from", "2030-01-01 00:00", "--to", "2030-02-01 00:00"}

// A file needs no configuration; desks and people are not looked up then.
func TestCheckFeedFile(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	w.write("sample.ics", sampleFeed())
	check := func(more ...string) result {
		return w.plain(append(append([]string{"check", "feed", w.path("sample.ics")}, january...), more...)...)
	}
	w.expect(check(), result{1, `Times are in UTC.
START             END               DESK  PERSON  ALL-DAY  UID           SUMMARY
2030-01-02 08:00  2030-01-02 09:00  -     -       false    good          Büro
2030-01-02 12:00  2030-01-02 13:00  -     -       false    unknown-desk  Hot desk
2030-01-02 14:00  2030-01-02 15:00  -     -       false    odd-zone      Hot desk

Not understood (1)
  broken, "Hot desk", line 34: DTSTART: "soon" is not a date or time like 20260302 or 20260302T090000Z

Understood, with a note (1)
  odd-zone, line 22: time zone "Mars/Olympus" is unknown, read in the site's zone UTC (add a VTIMEZONE to the feed, or use a name of the IANA zone table)
`, ""})
	w.contains(check("--zone", "Asia/Tokyo"), 1, "2030-01-02 14:00  2030-01-02 15:00  -     -       false    odd-zone", "2030-01-02 17:00  2030-01-02 18:00  -     -       false    good")
	w.expect(check("--zone", "Mars/Olympus"), result{2, "", `deskd: --zone "Mars/Olympus": unknown time zone Mars/Olympus` + "\n"})
	w.expect(check("--to", "2029-02-01 00:00"), result{2, "", "deskd: --to (Thu 2029-02-01 00:00 UTC) is not after --from (Tue 2030-01-01 00:00 UTC); a time of day without a date is today's\n"})
	w.contains(w.plain("check", "feed", w.path("sample.ics")), 1, "no occurrences in the window", "line 34")
	w.expect(w.plain("check", "feed", "lost.ics"), result{2, "", `deskd: "lost.ics" is neither a feed of the configuration nor a file or http(s) URL` + "\n"})
}

// As JSON each occurrence and each problem is a line of its own.
func TestCheckFeedJSON(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("hall.ics", sampleFeed())
	got := w.run(append([]string{"check", "feed", "hall", "-o", "json"}, january...)...)
	w.contains(got, 1)
	lines := objects[map[string]any](t, got.out)
	line := func(uid, start, end, status, summary, desk, person, problem string) map[string]any {
		return map[string]any{"uid": uid, "start": start, "end": end, "all_day": false, "status": status, "summary": summary, "desk": desk, "person": person, "problem": problem}
	}
	want := []map[string]any{
		line("broken", "", "", "", "Hot desk", "", "", `line 34: DTSTART: "soon" is not a date or time like 20260302 or 20260302T090000Z`),
		line("good", "2030-01-02T08:00:00Z", "2030-01-02T09:00:00Z", "confirmed", "Büro", "D2", "user0003", ""),
		line("unknown-desk", "2030-01-02T12:00:00Z", "2030-01-02T13:00:00Z", "confirmed", "Hot desk", "", "",
			`line 13: no such desk: "D77" (add the desk, or the text to its aliases, or correct the event)`),
		line("odd-zone", "2030-01-02T13:00:00Z", "2030-01-02T14:00:00Z", "confirmed", "Hot desk", "D1", "user0001", ""),
	}
	want[3]["note"] = `line 22: time zone "Mars/Olympus" is unknown, read in the site's zone Europe/Berlin (add a VTIMEZONE to the feed, or use a name of the IANA zone table)`
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// objects are the lines of out, each an object.
func objects[T any](t *testing.T, out string) []T {
	t.Helper()
	var all []T
	for text := range strings.Lines(out) {
		var one T
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, one)
	}
	return all
}

// one is out as JSON.
func one[T any](t *testing.T, out string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return value
}

// Order, all-day events, several desks, and what books nothing, without
// configuration and with it.
func TestCheckFeedLines(t *testing.T) {
	w := newWorld(t).furnish()
	events := []string{
		"UID:later\nDTSTART:20300102T100000Z\nDTEND:20300102T110000Z\nSTATUS:TENTATIVE\nSUMMARY:a <b>\\, c\\nd\nLOCATION:D2;D1\nORGANIZER:mailto:one@example.com",
		"UID:b\nDTSTART:20300102T080000Z\nDTEND:20300102T090000Z\nTRANSP:TRANSPARENT\nLOCATION:D1",
		"UID:a\nDTSTART:20300102T080000Z\nDTEND:20300102T090000Z\nSUMMARY:Doctor\nCLASS:PRIVATE\nLOCATION:Dr. Secret",
		"UID:day\nDTSTART;VALUE=DATE:20300701\nLOCATION:d1\nORGANIZER:mailto:three@example.com",
		"UID:gone\nDTSTART:20300102T080000Z\nSTATUS:CANCELLED",
		"UID:lost\nDTSTART:20300102T083000Z\nRRULE:FREQ=SECONDLY",
		"UID:aa\nDTSTART:20300102T080000Z\nRRULE:FREQ=SECONDLY",
	}
	w.write("own.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"+strings.Join(events, "\nEND:VEVENT\nBEGIN:VEVENT\n")+"\nEND:VEVENT\nEND:VCALENDAR\n")
	brief := func(r result) []string {
		var all []string
		for _, l := range objects[view.FeedLine](t, r.out) {
			text := strings.Join([]string{l.UID, l.Start, l.End, l.Status, l.Summary, l.Desk, l.Person}, "|")
			if l.AllDay {
				text += " all day"
			}
			if l.Problem != "" {
				_, what, _ := strings.Cut(l.Problem, ": ")
				text += " " + what[:5]
			}
			all = append(all, text)
		}
		return all
	}
	year := []string{"check", "feed", w.path("own.ics"), "--from", "2030-01-01", "--to", "2030-12-31", "-o", "json"}
	plain := []string{
		"a|2030-01-02T08:00:00Z|2030-01-02T09:00:00Z|confirmed|||",
		"aa|2030-01-02T08:00:00Z||||| RRULE",
		"b|2030-01-02T08:00:00Z|2030-01-02T09:00:00Z|confirmed|||",
		"lost|2030-01-02T08:30:00Z||||| RRULE",
		"later|2030-01-02T10:00:00Z|2030-01-02T11:00:00Z|tentative|a <b>, c\nd||",
		"day|2030-07-01T00:00:00Z|2030-07-02T00:00:00Z|confirmed||| all day",
	}
	t.Chdir(t.TempDir())
	for name, args := range map[string][]string{
		"without configuration": year,
		"raw":                   append(year[:len(year):len(year)], "--raw", "--config", w.path("deskd.yaml")),
	} {
		got := w.plain(args...)
		if diff := cmp.Diff(plain, brief(got)); diff != "" || got.code != 1 {
			t.Errorf("%s: exit code %d, -want +got\n%s", name, got.code, diff)
		}
	}
	mapped := []string{
		"a|2030-01-02T08:00:00Z|2030-01-02T09:00:00Z|confirmed||| no su",
		plain[1], plain[2], plain[3],
		"later|2030-01-02T10:00:00Z|2030-01-02T11:00:00Z|tentative|a <b>, c\nd|D1|user0001",
		"later|2030-01-02T10:00:00Z|2030-01-02T11:00:00Z|tentative|a <b>, c\nd|D2|user0001",
		"day|2030-06-30T22:00:00Z|2030-07-01T22:00:00Z|confirmed||D1|user0003 all day",
	}
	if diff := cmp.Diff(mapped, brief(w.run(append(year, "--zone", "Europe/Berlin")...))); diff != "" {
		t.Errorf("mapped: -want +got\n%s", diff)
	}
	for _, output := range []string{"text", "json"} {
		if got := w.run(append(year[:7:7], "-o", output)...); strings.Contains(got.out, "Doctor") || strings.Contains(got.out, "Secret") {
			t.Errorf("a private text left deskd:\n%s", got.out)
		}
	}
}

// A file is read by the rules of the feed that it is, however it is named.
func TestCheckFeedByFile(t *testing.T) {
	w := newWorld(t).furnish()
	config, _, _ := strings.Cut(w.config(), "feeds:")
	w.write("deskd.yaml", config+"feeds: [{name: hall, url: \"file:hall.ics\", site: berlin, desk: {fixed: D2}}]\n")
	w.write("hall.ics", calendar(booking{uid: "good", attendee: "three@example.com", start: ":20300102T080000Z"}))
	t.Chdir(w.folder)
	for _, what := range []string{"hall", "hall.ics", "./hall.ics", w.path("hall.ics"), "file:hall.ics"} {
		w.contains(w.plain(append([]string{"check", "feed", what}, january...)...), 0, "2030-01-02 09:00", "D2    user0003")
	}
}

// A calendar cannot write to the terminal what it likes.
func TestCheckFeedKeepsItsLines(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	w.write("x.ics", strings.Replace(calendar(booking{uid: "\x1b[2Ju", start: ":20300102T080000Z"}), "Hot desk", "one\\n\ttwo"+strings.Repeat("o", 100), 1))
	got := w.plain(append([]string{"check", "feed", w.path("x.ics")}, january...)...)
	if strings.Contains(got.out, "\x1b") || strings.Count(got.out, "\n") != 3 || !strings.Contains(got.out, `one\n\ttwo`) || strings.Contains(got.out, strings.Repeat("o", 81)) {
		t.Errorf("printed %q", got.out)
	}
}

// A hundred daily series over a year are a line for each occurrence.
func TestCheckFeedLargeWindow(t *testing.T) {
	notShort(t, "reads 36,500 occurrences")
	w := newWorld(t)
	t.Chdir(t.TempDir())
	var events []booking
	for i := range 100 {
		events = append(events, booking{uid: fmt.Sprint("series", i), start: ":20300101T080000Z"})
	}
	w.write("x.ics", strings.ReplaceAll(calendar(events...), "DURATION", "RRULE:FREQ=DAILY\r\nDURATION"))
	got := w.plain("check", "feed", w.path("x.ics"), "--from", "2030-01-01", "--to", "2030-12-31", "-o", "json")
	lines := objects[view.FeedLine](t, got.out)
	if got.code != 0 || len(lines) != 36_500 {
		t.Fatalf("exit code %d, %d lines: %s", got.code, len(lines), got.errs)
	}
	if !slices.IsSortedFunc(lines, func(a, b view.FeedLine) int {
		return stdcmp.Or(strings.Compare(a.Start, b.Start), strings.Compare(a.UID, b.UID))
	}) {
		t.Error("the lines are not sorted by start and UID")
	}
}

// The name of a configured feed brings its rules, and the database desks and
// people; --raw does without both.
func TestCheckFeedByName(t *testing.T) {
	w := newWorld(t)
	w.write("hall.ics", calendar(booking{uid: "good", location: "D2", attendee: "three@example.com", start: ":20300102T080000Z"}))
	check := append([]string{"check", "feed", "hall"}, january...)
	w.contains(w.run(check...), 0, "good", "desks and people are not looked up")
	header := "Times are in Europe/Berlin.\nSTART             END               DESK  PERSON    ALL-DAY  UID   SUMMARY\n"
	w.expect(w.run(append(check, "--raw")...), result{0, strings.Replace(header, "PERSON  ", "PERSON", 1) + "2030-01-02 09:00  2030-01-02 10:00  -     -       false    good  Hot desk\n", ""})
	w.furnish()
	w.write("hall.ics", calendar(booking{uid: "good", location: "D2", attendee: "three@example.com", start: ":20300102T080000Z"}))
	w.expect(w.run(check...), result{0, header + "2030-01-02 09:00  2030-01-02 10:00  D2    user0003  false    good  Hot desk\n", ""})
	w.contains(w.run("check", "feed", w.path("hall.ics"), check[3], check[4], check[5], check[6]), 0, "D2    user0003")
	w.contains(w.run("check", "feed", "file:"+w.path("hall.ics"), check[3], check[4], check[5], check[6]), 0, "D2    user0003")
}

// A feed that is none is refused as a whole, wherever it comes from.
func TestCheckFeedRefused(t *testing.T) {
	whole := sampleFeed()
	tests := map[string]struct{ text, want string }{
		"truncated": {whole[:len(whole)-30], "read calendar: the feed is cut off: END:VCALENDAR is missing"},
		"web page":  {"<!DOCTYPE html><html><body>Sign in</body></html>", "the feed is a web page, perhaps a login or error page, not a calendar"},
		"empty":     {"", "the feed is empty"},
		"no feed":   {"id,site\n", "the feed is not a calendar"},
	}
	w := newWorld(t)
	t.Chdir(t.TempDir())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte(tt.text)) }))
			defer server.Close()
			w.write("bad.ics", tt.text)
			for _, place := range []string{w.path("bad.ics"), server.URL + "/bad.ics"} {
				for _, output := range []string{"text", "json"} {
					got := w.plain("check", "feed", place, "-o", output, "--allow-networks", "127.0.0.0/8")
					w.contains(got, 1, "deskd: ", tt.want)
					if got.out != "" {
						t.Errorf("%s says %s", place, got.out)
					}
				}
			}
		})
	}
}

func TestCheckFeedOverHTTP(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/desks.ics" {
			http.NotFound(out, r)
			return
		}
		_, _ = out.Write([]byte(calendar(booking{uid: "good", location: "D2", attendee: "a@example.com", start: ":20300102T080000Z"})))
	}))
	const here = "--allow-networks=127.0.0.0/8"
	w.contains(w.plain(append([]string{"check", "feed", server.URL + "/desks.ics", here}, january...)...), 0, "2030-01-02 08:00", "good")
	w.contains(w.plain("check", "feed", server.URL+"/other.ics", here), 1, "deskd: fetch ", "/other.ics: the server answered 404 Not Found")
	server.Close()
	w.contains(w.plain("check", "feed", server.URL+"/desks.ics", here), 1, "deskd: fetch ", "connection refused")
}

func TestCheckConfig(t *testing.T) {
	w := newWorld(t)
	w.expect(w.run("check", "config"), result{0, "DIR/deskd.yaml is right: 2 sites, 1 cluster, 1 feed\n", ""})
	w.write("deskd.yaml", w.config()+"policy: {relogin: sometimes}\n")
	got := w.run("check", "config")
	w.contains(got, 2, `DIR/deskd.yaml:13:10: policy.relogin: must be always, outage or never, is "sometimes"`)
	if strings.Contains(got.errs, "deskd: ") || got.out != "" {
		t.Errorf("said %+v", got)
	}
}

// The steps that README prints before anything is imported work without a
// database; nothing is looked up then.
func TestBeforeTheFirstImport(t *testing.T) {
	w := newWorld(t)
	w.write("hall.ics", sampleFeed())
	for _, what := range []string{"hall", w.path("hall.ics")} {
		w.contains(w.run(append([]string{"check", "feed", what}, january...)...), 1, "good", "Not understood (1)", "desks and people are not looked up")
	}
	w.expect(w.run("plan"), result{0, "Nothing to do: there is no database yet, hence no desk and no booking; deskd import desks FILE.csv creates it.\n", ""})
	w.expect(w.run("plan", "-o", "json", "--seen"), result{0, "[]\n", ""})
	w.contains(w.run("plan", "--desk", "D1"), 1, "nothing to read yet; deskd serve or deskd import creates it")
	w.contains(w.run("doctor"), 1, "there is none at DIR/deskd.db", "deskd migrate creates it")
	w.contains(w.run("check", "config"), 0, "is right")
}

// A URL that is checked may be where some feed of the configuration may be: what
// passes the check, the daemon can have.
func TestCheckFeedNetworks(t *testing.T) {
	w := newWorld(t).furnish()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte(calendar())) }))
	defer server.Close()
	for _, url := range []string{server.URL + "/x.ics", "caldav+" + server.URL + "/x/", strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		w.contains(w.run("check", "feed", url), 1, "deskd: fetch ", "allow_networks")
	}
	w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s,", "every: 1s, allow_networks: [127.0.0.0/8],", 1))
	w.contains(w.run("check", "feed", server.URL+"/x.ics"), 0, "no occurrences")
	w.contains(w.run("check", "feed", strings.Replace(server.URL, "127.0.0.1", "[::1]", 1)), 1, "allow_networks")
	w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s,", "every: 1s, allow_networks: [127.0.0.0/8],", 1)+"deny_networks: [127.0.0.1/32]\n")
	w.contains(w.run("check", "feed", server.URL+"/x.ics"), 1, "127.0.0.1 is in deny_networks")
	w.contains(w.run("check", "feed", server.URL+"/x.ics", "--allow-networks", "127.0.0.0/8"), 1, "127.0.0.1 is in deny_networks")
}

// Without a configuration, too, a URL that is checked is where a feed may be: its
// address is judged before anything is sent there.
func TestCheckFeedNetworksWithoutConfiguration(t *testing.T) {
	w := newWorld(t)
	t.Chdir(t.TempDir())
	asked := 0
	answer := http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(out, r, r.URL.Query().Get("to"), http.StatusFound)
			return
		}
		asked++
		_, _ = out.Write([]byte(calendar()))
	})
	server, encrypted := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer server.Close()
	defer encrypted.Close()
	away := server.URL + "/away?to="
	for _, url := range []string{
		server.URL, "caldav+" + server.URL + "/c/", encrypted.URL, "caldav+" + encrypted.URL + "/c/",
		strings.Replace(server.URL, "127.0.0.1", "localhost", 1),
		strings.Replace(encrypted.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
		"https://169.254.169.254/latest/meta-data/", "https://10.1.2.3/x.ics", "https://[fd00::1]/x.ics",
	} {
		w.contains(w.plain("check", "feed", url), 1, "deskd: fetch ", "may not connect there", "allow_networks", "of a URL that no feed has, --allow-networks names it")
	}
	for _, to := range []string{strings.Replace(server.URL, "127.0.0.1", "127.0.0.2", 1), "https://169.254.169.254/"} {
		w.contains(w.plain("check", "feed", away+to, "--allow-networks", "127.0.0.1/32"), 1, "may not connect there")
	}
	if asked > 0 {
		t.Errorf("%d requests were sent", asked)
	}
	w.contains(w.plain("check", "feed", server.URL, "--allow-networks", "10.0.0.0/8,127.0.0.1/32"), 0, "no occurrences")
	asked = 0
	second := strings.Replace(server.URL, "127.0.0.1", "127.0.0.2", 1)
	w.contains(w.plain("check", "feed", away+second, "--allow-networks", "127.0.0.1/32,127.0.0.2/32"), 1, "may not connect there")
	w.write("two.yaml", w.config()+`  - {name: one, url: "https://one.example.com/", site: berlin, allow_networks: [127.0.0.1/32]}
  - {name: two, url: "https://two.example.com/", site: berlin, allow_networks: [127.0.0.2/32]}
`)
	w.contains(w.plain("check", "feed", away+second, "--raw", "--config", w.path("two.yaml")), 1, "may not connect there")
	if asked > 0 {
		t.Errorf("%d requests were sent into another feed's network", asked)
	}
	w.contains(w.plain("check", "feed", server.URL, "--raw", "--config", w.path("two.yaml")), 0, "no occurrences")
	w.contains(w.plain("check", "feed", server.URL, "--allow-networks", "127.0.0.1"), 2, "write a network with its length")
	w.contains(w.run("check", "feed", "hall", "--allow-networks", "127.0.0.1/32"), 2, `of feed "hall" the configuration says`)
}
