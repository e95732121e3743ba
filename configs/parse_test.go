package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var values = cmpopts.IgnoreUnexported(Config{}) // not where they stood

const whole = `
database: {driver: sqlite, dsn: /var/lib/deskd/deskd.db}
listen: 127.0.0.1:8484
sites:    [{name: berlin, timezone: Europe/Berlin}]
clusters:
  - name: main
    url: https://cucm.example.com:8443/emservice/EMServiceServlet
    app_id: deskd
    app_password_file: em-password
    ca_file: cucm.pem
    max_concurrent: 2
    max_per_minute: 60
    exclusive_duration: {unit: minutes, pad: 5m}
  - name: lab
    url: http://127.0.0.1:8080/emservice/EMServiceServlet
    app_id: >-
      deskd
    app_password_env: EM_PASSWORD
    failover_urls: [https://two.example.com:8443/emservice/EMServiceServlet]
    pin_sha256: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]
    exclusive_duration: {mode: indefinite}
feeds:
  - name: hq-desks
    url: https://calendar.example.com/desks.ics
    every: 1h30m
    site: berlin
    desk: {from: resource}
    person: {from: organizer}
    allow_desks: ["4.*", 5.10]
    allow_networks: [10.1.0.0/16]
    username: deskd
    password_file: hq-password
  - name: one
    url: file:./one.ics
    site: berlin
    desk: {fixed: 4.10}
    person: {from: fixed, fixed: jane}
    window: {back: 0s}
    event_desks: 3
    person_desks: 5
policy: {ready: 30s, lead: 15m, grace: 1m, relogin: outage, stranger: wait, walkups: end, elsewhere: refuse, min_left: 10m}
brake: {share: 1, count: 0, added: 50}
jobs: {sweep: "@hourly", nightly: "30 2 * * 1-5"}
retention: {people: 96h, reservations: 2400h, attempts: 720h, audit: 48h}
log: {level: debug, format: json}
`

func TestParse(t *testing.T) {
	got, err := Parse("/etc/deskd/deskd.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Database: Database{Driver: "sqlite", DSN: "/var/lib/deskd/deskd.db"},
		Listen:   "127.0.0.1:8484",
		Pages:    "open",
		Sites:    []Site{{Name: "berlin", Timezone: "Europe/Berlin"}},
		Clusters: []Cluster{{
			Name: "main", URL: "https://cucm.example.com:8443/emservice/EMServiceServlet",
			AppID: "deskd", AppPasswordFile: "/etc/deskd/em-password", CAFile: "/etc/deskd/cucm.pem",
			Devices: []string{"SEP", "ATA"}, MultipleLogin: "not-allowed", MaxConcurrent: 2, MaxPerMinute: 60,
			ExclusiveDuration: ExclusiveDuration{Mode: "timed", Unit: "minutes", Pad: 5 * minute}, Inventory: Inventory{Every: 10 * minute, AXL: AXLService{Version: "14.0"}},
		}, {
			Name: "lab", URL: "http://127.0.0.1:8080/emservice/EMServiceServlet",
			FailoverURLs: []string{"https://two.example.com:8443/emservice/EMServiceServlet"},
			AppID:        "deskd", AppPasswordEnv: "EM_PASSWORD",
			PinSHA256: []string{
				"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
				"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			},
			Devices: []string{"SEP", "ATA"}, MultipleLogin: "not-allowed", MaxConcurrent: 2, MaxPerMinute: 60,
			ExclusiveDuration: ExclusiveDuration{Mode: "indefinite", Unit: "minutes", Pad: 5 * minute}, Inventory: Inventory{Every: 10 * minute, AXL: AXLService{Version: "14.0"}},
		}},
		Feeds: []Feed{{
			Name: "hq-desks", URL: "https://calendar.example.com/desks.ics", Every: hour + 30*minute, Site: "berlin",
			Kind: "site", Tentative: "ignored", Trust: "none", Desk: Rule{From: "resource"}, Person: Rule{From: "organizer"},
			Window:     Window{Back: 24 * hour, Ahead: 1440 * hour},
			AllowDesks: []string{"4.*", "5.10"}, AllowNetworks: []string{"10.1.0.0/16"},
			Username: "deskd", PasswordFile: "/etc/deskd/hq-password", EventDesks: 20, PersonDesks: 20,
		}, {
			Name: "one", URL: "file:/etc/deskd/one.ics", Every: 5 * minute, Site: "berlin",
			Kind: "desk", Tentative: "reserved", Trust: "none", Desk: Rule{From: "fixed", Fixed: "4.10"}, Person: Rule{From: "fixed", Fixed: "jane"},
			Window: Window{Back: 0, Ahead: 1440 * hour}, EventDesks: 3, PersonDesks: 5,
		}},
		Policy: Policy{
			Ready: 30 * second, Lead: 15 * minute, Grace: minute, MinLeft: 10 * minute,
			Relogin: "outage", Stranger: "wait", Walkups: "end", Elsewhere: "refuse",
		},
		Phones:    Phones{Notices: Notices{BeforeEnd: []Duration{15 * minute, 5 * minute}, Moved: true, Next: true}},
		Brake:     Brake{Share: 1, Count: 0, Added: 50},
		Jobs:      Jobs{Sweep: "@hourly", Nightly: "30 2 * * 1-5"},
		Retention: Retention{People: 96 * hour, Reservations: 2400 * hour, Attempts: 720 * hour, Audit: 48 * hour},
		Log:       Log{Level: "debug", Format: "json"},
	}
	if diff := cmp.Diff(want, got, values); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseDefaults(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"comments":       "# nothing\n# yet\n",
		"empty sections": "---\nsites:\nclusters:\npolicy:\nlog:\n",
		"byte order":     "\ufefflisten: 127.0.0.1:8484\n",
		"Windows lines":  "policy:\r\n  ready: 20s\r\n  lead: 10m\r\nlog:\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("deskd.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Default(), got, values); diff != "" {
				t.Errorf("-default +got:\n%s", diff)
			}
		})
	}
}

// A file means the same, and its mistakes stand on the same lines, whatever
// ends them.
func TestLineEnds(t *testing.T) {
	const text = "# a comment\n# and another\npolicy: # here\n\n  ready: \"20\\\n    s\"\n  # and here\n  lead: 10\nlog: |\n  text\nlisten: x\n"
	_, err := Parse("deskd.yaml", []byte(text))
	want := err.Error()
	if !strings.HasPrefix(want, "deskd.yaml:8:3: policy.lead") || !strings.Contains(want, "\ndeskd.yaml:11:1: listen") {
		t.Errorf("with newlines:\n%s", want)
	}
	for _, end := range []string{"\r\n", "\r"} {
		_, err := Parse("deskd.yaml", []byte("\ufeff"+strings.ReplaceAll(text, "\n", end)))
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("with %q: -newlines +got:\n%s", end, diff)
		}
	}
}

func TestParseRefusesBombs(t *testing.T) {
	for name, text := range map[string]string{
		"large":        strings.Repeat("# padding\n", maxSize/10+1),
		"deep flow":    strings.Repeat("[", 100_000),
		"deep mapping": strings.Repeat("{a: ", 100_000),
		"deep block":   strings.Repeat("- ", 100_000),
		"laughs":       "a: &a [x, x]\nb: &b [*a, *a]\nsites: *b\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("deskd.yaml", []byte(text)); err == nil {
				t.Error("no mistake found")
			}
		})
	}
}

func TestLoad(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "deskd.yaml")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Check(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check of a missing file: %v", err)
	}
	write(t, path, 0o600, "database: {dsn: data/bookings.db}\n")
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "data/bookings.db"); c.Database.DSN != want {
		t.Errorf("dsn %q, want %q", c.Database.DSN, want)
	}
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := Find("other.yaml")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "other.yaml") {
		t.Errorf("explicit: %v", err)
	}
	_, err = find("deskd.yaml", "etc/deskd.yaml")
	want := "find configuration: looked for deskd.yaml and etc/deskd.yaml: file does not exist; `deskd config > deskd.yaml` makes one"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := os.Mkdir("etc", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "etc/deskd.yaml", 0o600, "")
	if got, err := find("deskd.yaml", "etc/deskd.yaml"); got != "etc/deskd.yaml" || err != nil {
		t.Errorf("second place: %q, %v", got, err)
	}
	write(t, "deskd.yaml", 0o600, "")
	if got, err := find("deskd.yaml", "etc/deskd.yaml"); got != "deskd.yaml" || err != nil {
		t.Errorf("first place: %q, %v", got, err)
	}
	if got, err := Find(""); got != "deskd.yaml" || err != nil {
		t.Errorf("without explicit: %q, %v", got, err)
	}
	if got, err := Find("etc/deskd.yaml"); got != "etc/deskd.yaml" || err != nil {
		t.Errorf("explicit: %q, %v", got, err)
	}
	if _, err := find("deskd.yaml/below", "etc/deskd.yaml"); err == nil {
		t.Error("a place that cannot be looked at was passed over")
	}
}

func write(t *testing.T, path string, mode os.FileMode, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// What a file says of a feed's kind, desk and person settles the rest.
func TestFeedKinds(t *testing.T) {
	fixed := func(what string) Rule { return Rule{From: "fixed", Fixed: what} }
	event := Rule{From: "event"}
	for text, want := range map[string]Feed{
		"":                                       {Kind: "site", Desk: event, Person: event, Tentative: "ignored"},
		"kind: site":                             {Kind: "site", Desk: event, Person: event, Tentative: "ignored"},
		"desk: {fixed: D12}":                     {Kind: "desk", Desk: fixed("D12"), Person: event, Tentative: "reserved"},
		"kind: desk, desk: {fixed: D12}":         {Kind: "desk", Desk: fixed("D12"), Person: event, Tentative: "reserved"},
		"desk: {fixed: D12}, tentative: ignored": {Kind: "desk", Desk: fixed("D12"), Person: event, Tentative: "ignored"},
		"desk: {fixed: D12}, person: {fixed: jdoe}": {Kind: "desk", Desk: fixed("D12"), Person: fixed("jdoe"), Tentative: "reserved"},
		"person: {fixed: jdoe}":                     {Kind: "person", Desk: event, Person: fixed("jdoe"), Tentative: "ignored"},
		"kind: person, person: {fixed: jdoe}, desk: {from: location}, free_counts: true": {
			Kind: "person", Desk: Rule{From: "location"}, Person: fixed("jdoe"), Tentative: "ignored", FreeCounts: true,
		},
		"desk: {from: resource}, person: {from: attendee}, tentative: reserved, allow_people: [a*]": {
			Kind: "site", Desk: Rule{From: "resource"}, Person: Rule{From: "attendee"}, Tentative: "reserved", AllowPeople: []string{"a*"},
		},
	} {
		c, err := Parse("deskd.yaml", []byte("sites: [{name: berlin, timezone: Europe/Berlin}]\nfeeds: [{name: x, url: \"https://example.com/x.ics\", site: berlin, "+text+"}]\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := c.Feeds[0]
		got.Name, got.URL, got.Site, got.Every, got.Window, got.Trust, got.EventDesks, got.PersonDesks = "", "", "", 0, Window{}, "", 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

// A calendar of holidays is read as far ahead as anything can be booked, unless the file says otherwise.
func TestWindowOfHolidays(t *testing.T) {
	for text, want := range map[string]Window{
		"kind: site":                             {Back: 24 * hour, Ahead: 60 * 24 * hour},
		"kind: holidays":                         {Back: 24 * hour, Ahead: 800 * 24 * hour},
		"kind: holidays, window: {back: 48h}":    {Back: 48 * hour, Ahead: 800 * 24 * hour},
		"kind: holidays, window: {ahead: 720h}":  {Back: 24 * hour, Ahead: 720 * hour},
		"kind: holidays, window: {ahead: 1440h}": {Back: 24 * hour, Ahead: 1440 * hour},
	} {
		c, err := Parse("deskd.yaml", []byte("sites: [{name: berlin, timezone: Europe/Berlin}]\nfeeds: [{name: x, url: \"https://example.com/x.ics\", site: berlin, "+text+"}]\n"))
		if err != nil || c.Feeds[0].Window != want {
			t.Errorf("%s: %v, %v, want %v", text, c.Feeds[0].Window, err, want)
		}
	}
}

// Below a key that is misspelt everything is read as if it were not: what is
// wrong there is told at once, with its own place.
func TestBelowMisspelt(t *testing.T) {
	tests := map[string][]string{
		"cluster:\n  - name: main\n    max_per_minut: 3\n    url: ftp://x\n": {
			"1:1: cluster: is not a key (did you mean clusters?)",
			"clusters[0].app_id: missing",
			"3:5: clusters[0].max_per_minut: is not a key (did you mean max_per_minute?)",
			"4:5: clusters[0].url: ",
		},
		"polcy: {redy: 20s, lead: soon}": {
			"1:1: polcy: is not a key (did you mean policy?)",
			"1:9: policy.redy: is not a key (did you mean ready?)",
			`1:20: policy.lead: "soon"`,
		},
		"sites: [{name: b, timezone: UTC}]\nfeds: [{nam: x, site: nowhere}]": {
			"2:1: feds: is not a key (did you mean feeds?)",
			"feeds[0].nam: is not a key (did you mean name?)",
			`feeds[0].site: "nowhere" is not one of the sites`,
		},
		"clusters: [{exclusive_duraton: {unit: hours}}]": {
			"clusters[0].exclusive_duraton: is not a key (did you mean exclusive_duration?)",
			`clusters[0].exclusive_duration.unit: `,
		},
		// Where the right one is there, too, the wrong one is not read.
		"policy: {ready: 5s}\npolcy: {redy: 20s}": {"polcy: is not a key (did you mean policy?)"},
	}
	for text, want := range tests {
		_, err := Parse("deskd.yaml", []byte(text))
		rest := fmt.Sprint(err)
		for _, part := range want {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Errorf("%s\n%q is missing in\n%v", text, part, err)
				break
			}
			rest = after
		}
	}
	_, err := Parse("deskd.yaml", []byte("policy: {ready: 5s}\npolcy: {redy: 20s}"))
	if n := strings.Count(fmt.Sprint(err), "\n"); n != 0 {
		t.Errorf("more than one mistake: %v", err)
	}
}

// An empty file is read, for its defaults, and no daemon runs by it.
func TestNothingToDo(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  {"deskd.yaml: sites: missing: deskd has nothing to do", "deskd.yaml: clusters: missing"},
		"# sites:\n":                        {"deskd.yaml: sites: missing", "deskd.yaml: clusters: missing"},
		"sites:\nclusters: []\n":            {"deskd.yaml:1:1: sites: missing", "deskd.yaml:2:1: clusters: missing"},
		"sites: [{name: b, timezone: UTC}]": {"deskd.yaml: clusters: missing"},
	} {
		c, err := Parse("deskd.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(fmt.Sprint(c.CheckFiles()), "\n")
		if len(got) != len(want) {
			t.Fatalf("%q: %q", text, got)
		}
		for i, line := range got {
			if !strings.HasPrefix(line, want[i]) {
				t.Errorf("%q: %q, expected %q", text, line, want[i])
			}
		}
	}
}
