package demo

import (
	"deskd/scheduler/clock"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// teller prints the timeline of a demonstration. It is told by the daemon what
// was attempted, and by the story what happened.
type teller struct {
	mu    sync.Mutex
	w     io.Writer
	zone  *time.Location
	clock clock.Clock
	last  map[string]string // feed → problem told last
	feeds map[string]bool   // told once that it was read
}

func newTeller(w io.Writer, d *world) *teller {
	return &teller{w: w, zone: d.zone, clock: d.clock, last: make(map[string]string), feeds: make(map[string]bool)}
}

func (t *teller) line(at time.Time, what, desk, rest string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "%s  %-7s %-6s %s\n", at.In(t.zone).Format("15:04:05"), what, desk, rest)
}

func (t *teller) intro(d *world, address string) {
	fmt.Fprintf(t.w, `deskd demo: %s in %s, %d desks on emulated phones, %g times as fast as real time.
The status page while it lasts: http://%s/

`, d.origin.Format("Monday, 2 January 2006"), "Berlin", len(d.desks), d.options.Speed, address)
}

// event tells something that happens to the world.
func (t *teller) event(at time.Time, text string) { t.line(at, "--", "", text) }

// screen draws what a phone shows.
func (t *teller) screen(drawn string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for row := range strings.Lines(drawn) {
		fmt.Fprint(t.w, "          "+row)
	}
}

// Attempted tells a login, logout or hold once it has ended.
func (t *teller) Attempted(a plan.Attempt) {
	what, rest := string(a.Op), fmt.Sprintf("%-12s %s", a.Person, a.Why)
	if a.Op == plan.OpLogin {
		rest = fmt.Sprintf("%-12s %s to %s: %s", a.Person, t.time(a.From), t.time(a.Until), a.Why)
	}
	at := a.Ended
	switch a.Outcome {
	case plan.Done:
	case plan.Held: // from now on
		at = a.Began
	case plan.Refused:
		what, rest = "refused", fmt.Sprintf("%-12s %s, code %d; %s", a.Person, a.Op, a.Code, a.Why)
	default:
		what, rest = string(a.Outcome), fmt.Sprintf("%-12s %s: %s", a.Person, a.Op, a.Error)
	}
	t.line(at, what, a.Desk, rest)
}

func (t *teller) time(at time.Time) string { return at.In(t.zone).Format("15:04") }

// Swept is told nothing: sweeps that change nothing are no news.
func (t *teller) Swept(string, int, time.Duration, error) {}

// Polled tells when a feed was first read, and when its trouble begins and ends.
func (t *teller) Polled(s reservations.FeedState) {
	t.mu.Lock()
	was, told := t.last[s.Name], t.feeds[s.Name]
	t.last[s.Name], t.feeds[s.Name] = s.Problem, true
	t.mu.Unlock()
	now := t.clock.Now()
	switch {
	case s.Problem != "" && was == "":
		t.line(now, "feed", s.Name, s.Problem+" (the last good state stays)")
	case s.Problem == "" && was != "":
		t.line(now, "feed", s.Name, "is read again")
	case !told:
		t.line(now, "feed", s.Name, fmt.Sprintf("%d bookings in the coming weeks, %d events not understood", s.Events, s.Unread))
	}
}

// tally prints what the day came to, and where to look next.
func (t *teller) tally(v verdict, d *world) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe day's tally, from what the phones showed (%s to %s)\n", t.time(d.origin), t.time(d.ended))
	fmt.Fprintf(&b, "  bookings      %d begun, %d served, %d not\n", v.begun, v.served, v.begun-v.served)
	fmt.Fprintf(&b, "  lateness      median %s, worst %s from the booking's start to its phone\n", seconds(v.middle()), seconds(v.worst()))
	fmt.Fprintf(&b, "  steps         %d logins, %d logouts, %d refused or lost on the way and repaired, %d held\n", v.logins, v.logouts, v.refused, v.held)
	fmt.Fprintf(&b, "  repairs       %d %s\n", v.repairs, v.causes())
	fmt.Fprintf(&b, "  hand-overs    %d\n", v.handovers)
	if d.program.asked > 0 {
		fmt.Fprintf(&b, "  over HTTP     %d requests: %s\n", d.program.asked, strings.Join(d.program.done, ", "))
	}
	fmt.Fprintf(&b, "  at the phones %s\n", strings.Join(append(d.hands.done, v.notices.String(), v.lists.String()), ", "))
	for _, line := range v.excused {
		fmt.Fprintf(&b, "  as the policy says: %s\n", line)
	}
	for _, line := range v.wrong {
		fmt.Fprintf(&b, "  WRONG: %s\n", line)
	}
	if v.good() {
		b.WriteString("\nEvery booking was served as the policy says.\n")
	} else {
		fmt.Fprintf(&b, "\n%d things were not as the policy says.\n", len(v.wrong))
	}
	if d.options.Kept {
		fmt.Fprintf(&b, "Its database and configuration are in %s.\n", d.options.Folder)
	}
	if runByGo() {
		b.WriteString("\nNext: go build ./cmd/deskd           the program deskd in this folder, for what follows: ./deskd\n")
	}
	b.WriteString(`
Next: deskd config > deskd.yaml     the commented configuration for your own phones
      deskd demo --keep day         keep the day's database, then look into it:
      deskd list attempts --config day/deskd.yaml --from "2026-03-10 07:00"
      deskd serve                   the daemon
`)
	fmt.Fprint(t.w, b.String())
}

// runByGo reports whether go run has built this program for the moment.
func runByGo() bool {
	path, err := os.Executable()
	return err == nil && strings.Contains(path, string(filepath.Separator)+"go-build")
}

func seconds(d time.Duration) string { return d.Round(time.Second).String() }

// causes lists what was repaired, the most frequent first.
func (v verdict) causes() string {
	var names []plan.Cause
	for c := range v.byCause {
		names = append(names, c)
	}
	slices.SortFunc(names, func(a, b plan.Cause) int {
		if v.byCause[a] != v.byCause[b] {
			return v.byCause[b] - v.byCause[a]
		}
		return strings.Compare(string(a), string(b))
	})
	var words []string
	for _, c := range names {
		words = append(words, fmt.Sprintf("%s %d", c, v.byCause[c]))
	}
	if len(words) == 0 {
		return ""
	}
	return "(" + strings.Join(words, ", ") + ")"
}
