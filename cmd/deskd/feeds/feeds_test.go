package feeds

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/store"
	"deskd/web/view"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// installation has the configured feed hq, and two bookings of a feed that was taken out
// of the configuration that are not over at noon: one runs, one is still to come.
func installation(t *testing.T) *opened {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "deskd.db"), store.Options{})
	ok(t, err)
	t.Cleanup(func() { ok(t, st.Close()) })
	config := configs.Config{Sites: []configs.Site{{Name: "lisbon", Timezone: "Europe/Lisbon"}, {Name: "berlin", Timezone: "Europe/Berlin"}}, Feeds: []configs.Feed{{Name: "hq"}}}
	ok(t, st.Configure(t.Context(), []reservations.Site{{Name: "lisbon", Zone: time.UTC}, {Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	_, err = st.ImportDesks(t.Context(), []reservations.Desk{{ID: "D1", Site: "berlin", Cluster: "main", Device: "SEP000000000001"}, {ID: "D2", Site: "berlin", Cluster: "main", Device: "SEP000000000002"}}, false)
	ok(t, err)
	booked := func(desk, person string, from, to time.Duration) reservations.Reservation {
		return reservations.Reservation{
			Desk: desk, Person: person, Span: reservations.Span{Start: noon.Add(from), End: noon.Add(to)},
			Status: reservations.Confirmed, Source: reservations.FeedSource("Lobby"), UID: person,
		}
	}
	_, err = st.ApplyFeed(t.Context(), reservations.FeedState{Name: "Lobby", Good: noon, Checked: noon}, reservations.Change{
		Add: []reservations.Reservation{booked("D1", "jane", -2*time.Hour, -time.Hour), booked("D1", "max", -time.Hour, 0), booked("D2", "ada", -time.Minute, time.Hour), booked("D1", "eve", time.Hour, 2*time.Hour)},
	}, nil)
	ok(t, err)
	parts, err := daemon.NewParts(config, st, slog.New(slog.DiscardHandler), clock.Clock{})
	ok(t, err)
	return &opened{&cli.App{Parts: parts}}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A feed can be dropped or renamed that has left something in the database and is not
// in the configuration; for any other name the error says what there is.
func TestAway(t *testing.T) {
	a := installation(t)
	for name, want := range map[string]string{
		"Lobby": "",
		"hq":    `feed "hq" is in the configuration (key feeds): so`,
		"lobby": `did you mean "Lobby"?`,
		"attic": "those that the configuration does not have are: Lobby",
	} {
		err := a.away(t.Context(), name, "so")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// What leaves a feed is shown in the zone of the desk. Bookings that run are counted if
// they stay; those that are over are not shown.
func TestPrintLeaving(t *testing.T) {
	a := installation(t)
	for running, kept := range map[bool]int{false: 1, true: 0} {
		var out bytes.Buffer
		got, err := a.printLeaving(t.Context(), &out, leaving{"Lobby", noon, running})
		ok(t, err)
		if got != kept {
			t.Errorf("running %v: %d stay, want %d", running, got, kept)
		}
		text := out.String()
		if strings.Contains(text, "jane") || strings.Contains(text, "max") || !strings.Contains(text, "2026-03-02 14:00  2026-03-02 15:00") {
			t.Errorf("running %v:\n%s", running, text)
		}
		if stays := strings.Contains(text, "confirmed, runs: stays"); stays == running {
			t.Errorf("running %v:\n%s", running, text)
		}
	}
	var out bytes.Buffer
	_, err := a.printLeaving(t.Context(), &out, leaving{"attic", noon, true})
	ok(t, err)
	if want := "Feed attic has no bookings that are not over.\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// A text is a URL by how it begins, and the file of a feed whichever way it is written.
func TestAddressedAndSameFile(t *testing.T) {
	for what, want := range map[string]bool{
		"https://cal.example.com/a.ics": true, "http://cal.example.com": true, "file:/a.ics": true,
		"caldav+https://dav.example.com": true, "caldav+http://dav.example.com": true,
		"a.ics": false, "hq": false, "ftp://cal.example.com": false, "https.ics": false,
	} {
		if addressed(what) != want {
			t.Errorf("%s: %v", what, !want)
		}
	}
	dir := t.TempDir()
	path, other := filepath.Join(dir, "a.ics"), filepath.Join(dir, "b.ics")
	ok(t, os.WriteFile(path, nil, 0o600))
	ok(t, os.WriteFile(other, nil, 0o600))
	for what, want := range map[string]bool{
		path: true, "file:" + path: true, filepath.Join(dir, ".", "x", "..", "a.ics"): true, other: false, filepath.Join(dir, "none"): false,
	} {
		if sameFile("file:"+path, what) != want {
			t.Errorf("%s: %v", what, !want)
		}
	}
	if sameFile(path, path) {
		t.Error("the URL of a feed that is no file: is that of one")
	}
}

// A calendar that was not understood ends in failure, one with notes does not.
func TestReadingFails(t *testing.T) {
	problem := []reservations.Problem{{Line: 7}}
	for name, c := range map[string]struct {
		set    func(*feedReading)
		failed bool
	}{
		"nothing":    {func(*feedReading) {}, false},
		"a note":     {func(r *feedReading) { r.Notes = problem }, false},
		"a problem":  {func(r *feedReading) { r.Problems = problem }, true},
		"unresolved": {func(r *feedReading) { r.Unresolved = problem }, true},
	} {
		for _, asJSON := range []bool{false, true} {
			r := feedReading{view.Reading{}}
			c.set(&r)
			var out bytes.Buffer
			if err := r.print(&out, asJSON, time.UTC); errors.Is(err, cli.ErrSaid) != c.failed {
				t.Errorf("%s, JSON %v: %v", name, asJSON, err)
			}
		}
	}
}

// The window is from a day ago to 60 days ahead, unless the flags say otherwise, and a
// network has its length.
func TestCheckFlags(t *testing.T) {
	flags := func(args ...string) *cobra.Command {
		cmd := CheckCommand()
		ok(t, cmd.ParseFlags(args))
		return cmd
	}
	for args, want := range map[string]reservations.Span{
		"":                                  {Start: noon.AddDate(0, 0, -1), End: noon.AddDate(0, 0, 60)},
		"--from=2026-03-01":                 {Start: noon.Add(-36 * time.Hour), End: noon.AddDate(0, 0, 60)},
		"--to=2026-03-03":                   {Start: noon.AddDate(0, 0, -1), End: noon.Add(36 * time.Hour)},
		"--from=2026-03-04 --to=2026-03-03": {},
	} {
		got, err := feedWindow(flags(strings.Fields(args)...), time.UTC, noon)
		if (err != nil) != want.Start.IsZero() || err == nil && got != want {
			t.Errorf("%s: %v, %v, want %v", args, got, err, want)
		}
	}
	got, err := allowedNetworks(flags("--allow-networks=10.1.0.0/16,127.0.0.1/32"))
	if ok(t, err); len(got) != 2 || got[0].String() != "10.1.0.0/16" {
		t.Errorf("networks: %v", got)
	}
	if _, err := allowedNetworks(flags("--allow-networks=10.1.0.0")); err == nil || !strings.Contains(err.Error(), "write a network with its length") {
		t.Errorf("a network without length: %v", err)
	}
}
