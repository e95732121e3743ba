package configs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestVerdicts holds each check against values it must pass and values it must not.
// What they say about the latter stands in testdata/configs.
func TestVerdicts(t *testing.T) {
	for name, tc := range map[string]struct {
		check     func(string) complaint
		good, bad []string
	}{
		"listen": {
			checkListen,
			[]string{"127.0.0.1:8484", ":8484", "localhost:0", "[::1]:8484", "desk.example.com:443"},
			[]string{"", "8484", "localhost", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "::1:8484", "127.0.0.1:-1"},
		},
		"host": {
			checkHost,
			[]string{"desks.example.com", "deskd", "DESKS.example.com.", "a-b.example", "xn--bcher-kva.example", "with_line"},
			[]string{"", "https://desks.example.com/", "desks.example.com:443", "desks.example.com/", "-a", "a..b", "a b", "bücher.example", "*.example.com"},
		},
		"zone": {
			checkZone,
			[]string{"Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kolkata"},
			[]string{"", "Local", "europe/berlin ", "CEST", "UTC+1", "../../etc/passwd", "Romance Standard Time"},
		},
		"cluster URL": {
			checkClusterURL,
			[]string{"https://cucm:8443/emservice/EMServiceServlet", "http://localhost:8080/", "http://127.8.0.1", "http://[::1]:8080/x"},
			[]string{"", "cucm:8443", "http://cucm/", "http://127.0.0.1.example.com/", "http://0.0.0.0/", "https://", "https://a:b@cucm/", "https://cucm:65536/", "https://cu cm/", "file:x"},
		},
		"base URL": {
			checkBaseURL,
			[]string{"", "http://desks.example.com:8484", "http://desks.example.com/", "https://desks.example.com:8443", "http://" + strings.Repeat("a", 121)},
			[]string{
				"https://desks.example.com/phone", "http://10.0.0.1/phone", "desks.example.com", "ftp://desks", "http://", "http://u@desks/", "http://desks/?a=b", "http://desks/?", "http://desks/#a", "http://desks/#",
				"http://büro.example.com/", "http://" + strings.Repeat("a", 122),
			},
		},
		"login URL": {
			checkLoginURL,
			[]string{"", "http://cucm:8080/emapp/EMAppServlet?device=#DEVICENAME#", "https://cucm/emapp", "https://cucm/#DEVICENAME#/emapp"},
			[]string{"cucm/emapp", "http://u:p@cucm/", "http://cucm/#a", "http://cucm/?d=#DEVICE#", "http://cucm/a b", "http://cucm/" + strings.Repeat("a", 250)},
		},
		"group of colleagues": {
			checkColleagues,
			[]string{"", "@findable", "@all staff"},
			[]string{"findable", "@", "@ "},
		},
		"feed URL": {
			func(s string) complaint { return checkFeedURL(s, nil) },
			[]string{"https://calendar/x.ics?token=1", "caldav+https://calendar/rooms/", "file:x.ics", "file:///x.ics"},
			[]string{
				"", "x.ics", "http://calendar/x.ics", "webcal://calendar/x.ics", "file:", "file://", "https:x.ics",
				"https://u:p@calendar/x.ics", "http://localhost:8080/x.ics", "caldav+http://127.0.0.1/", "caldav://calendar/", "caldav+file:x.ics",
			},
		},
		"feed URL with networks": {
			func(s string) complaint { return checkFeedURL(s, []string{"10.0.0.0/8"}) },
			[]string{"http://calendar/x.ics", "https://calendar/x.ics", "http://localhost:8080/x.ics", "caldav+http://calendar/rooms/"},
			[]string{"ftp://calendar/x.ics"},
		},
		"network": {
			checkNetwork,
			[]string{"10.0.0.0/8", "fd00::/8", "192.0.2.1/32", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "::ffff:0:0/96", "64:ff9b::/96"},
			[]string{"::ffff:0:0/90", "::/80", "::ffff:10.0.0.1/104", "", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "::1", "x/8"},
		},
		"pattern": {
			checkPattern,
			[]string{"4.*", "[A-C]?", "4.12", `\[x`},
			[]string{"", "[", "4.[", `x\`, "[a"},
		},
		"cron": {
			checkCron,
			[]string{"@every 5m", "@daily", "0 3 * * *", "*/5 8-18 * * mon-fri", "0 0 29 2 *"},
			[]string{"", "@every", "@every 5", "@every 0s", "@every -5m", "0 3 * *", "0 0 3 * * *", "60 * * * *", "@often", "0 0 30 2 *", "TZ=", "TZ=UTC", "CRON_TZ=UTC 0 3 * * *", "*/0 * * * *"},
		},
		"pin": {
			checkPin,
			[]string{"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", strings.Repeat("aB", 32), "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
			[]string{"", "47DEQpj8", strings.Repeat("ab", 31), strings.Repeat("xy", 32), "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		},
		"name": {
			checkName,
			[]string{"a", "berlin", "München 2", "hq-desks.v2", strings.Repeat("x", 64)},
			[]string{"", " a", "a ", "a\nb", "-a", "a/b", "a:b", strings.Repeat("x", 65)},
		},
		"environment": {
			checkEnv,
			[]string{"", "EM_PASSWORD", "_x9"},
			[]string{"9x", "A-B", "A B", "A=b", "$A"},
		},
		"dsn": {
			checkDSN,
			[]string{"deskd.db", "/var/lib/deskd/deskd.db"},
			[]string{"", ":memory:", "file:deskd.db", "deskd.db?mode=memory", "postgres://db/desks"},
		},
		"server": {
			checkServer,
			[]string{"postgres://deskd@db.example.com/desks", "postgresql://db:5433/desks?sslmode=verify-full&sslrootcert=/etc/ca.pem", "postgres://deskd@/desks?host=/run/postgresql", "postgres://one,two/desks?target_session_attrs=read-write"},
			[]string{
				"", "deskd.db", "host=db dbname=desks", "mysql://db/desks", "postgres://db", "postgres://db/", "postgres://%zz/desks",
				"postgres://deskd:hush@db/desks", "postgres://db/desks?password=hush", "postgres://db/desks?synchronous_commit=off", "postgres://db/desks?default_query_exec_mode=exec",
				"postgres://one,two/desks?target_session_attrs=prefer-standby",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range tc.good {
				if c := tc.check(s); !c.none() {
					t.Errorf("%q: %s", s, c.what)
				}
			}
			for _, s := range tc.bad {
				if c := tc.check(s); c.none() {
					t.Errorf("%q passes", s)
				}
			}
		})
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"20s": 20 * time.Second, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "0s": 0, "-5m": -5 * time.Minute, "1440h": 1440 * time.Hour,
	} {
		if got, c := parseDuration(text); time.Duration(got) != want || !c.none() {
			t.Errorf("%q: %s, %s; want %s", text, got, c.what, want)
		}
	}
	for text, hint := range map[string]string{
		"300": "write 300s for seconds", "0": "write 0s", "1.5": "write 1.5s", "180d": "write 4320h",
		"": "such as", "5 m": "such as", "5min": "such as", "m": "such as", "9999999999h": "at most", "d": "such as", "-1d": "such as", "1e9": "write",
	} {
		if _, c := parseDuration(text); c.none() || !strings.Contains(c.hint, hint) {
			t.Errorf("%q: %+v, want a hint with %q", text, c, hint)
		}
	}
}

// What String writes, parseDuration reads.
func TestDurationRoundTrip(t *testing.T) {
	for d, want := range map[Duration]string{
		0: "0s", 20 * second: "20s", 5 * minute: "5m", hour: "1h", hour + 30*minute: "1h30m", 90 * second: "1m30s",
		hour + second: "1h0m1s", 24 * hour: "24h", 10 * second: "10s", 10 * minute: "10m", 100 * hour: "100h",
	} {
		if got := d.String(); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64().Draw(t, "nanoseconds"))
		if got, c := parseDuration(d.String()); got != d || !c.none() {
			t.Fatalf("%s reads as %s (%s)", d, got, c.what)
		}
	})
}

// A hint that names a zone names one that exists.
func TestZonesExist(t *testing.T) {
	all := strings.Fields(zones)
	if len(all) < 400 {
		t.Fatalf("only %d zones", len(all))
	}
	for _, zone := range all {
		if c := checkZone(zone); !c.none() {
			t.Error(c.what)
		}
	}
}

func TestMistakeString(t *testing.T) {
	m := Mistake{File: "deskd.yaml", Line: 12, Column: 5, Key: "clusters[0].max_concurrent", What: "must be at least 1, is 0", Hint: "2 is usual"}
	for _, tc := range []struct {
		change func(*Mistake)
		want   string
	}{
		{func(*Mistake) {}, "deskd.yaml:12:5: clusters[0].max_concurrent: must be at least 1, is 0 (2 is usual)"},
		{func(m *Mistake) { m.Hint = "" }, "deskd.yaml:12:5: clusters[0].max_concurrent: must be at least 1, is 0"},
		{func(m *Mistake) { m.Line = 0 }, "deskd.yaml: clusters[0].max_concurrent: must be at least 1, is 0"},
		{func(m *Mistake) { m.Key = "" }, "deskd.yaml: must be at least 1, is 0"},
	} {
		tc.change(&m)
		if got := fmt.Sprint(m); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}
