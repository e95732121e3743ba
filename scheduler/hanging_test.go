package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler/phones"
)

// TestHangingPhones lets twenty people begin at nine, five of them at phones
// whose requests hang until five past: the logins, or the questions too. What
// hangs first holds its permit until its deadline, and that is all the others
// ever wait.
func TestHangingPhones(t *testing.T) {
	t.Parallel()
	const deadline = 10 * time.Second
	first, spread, last := []int{1, 2, 3, 4, 5}, []int{1, 5, 9, 13, 17}, []int{16, 17, 18, 19, 20}
	for _, tt := range sample([]struct {
		what, since string
		atOnce      int
		hanging     []int
		late        time.Duration // after the instant at which the last login is due
	}{
		{"login", "08:30", 1, first, 5 * deadline},
		{"login", "08:30", 1, spread, 5 * deadline},
		{"login", "08:30", 1, last, 0},
		{"login", "08:30", 2, first, 3 * deadline},
		{"login", "08:30", 2, spread, 3 * deadline},
		{"login", "08:30", 2, last, 0},
		{"login", "08:30", 4, first, 2 * deadline},
		{"login", "08:30", 4, spread, 2 * deadline},
		{"any", "08:30", 2, spread, 5 * time.Second}, // known since a sweep
		{"any", "08:58", 2, spread, 5 * deadline},    // met in the midst of it
	}, 4) {
		t.Run(fmt.Sprintf("%s since %s, %d at once, D%d and on", tt.what, tt.since, tt.atOnce, tt.hanging[0]), func(t *testing.T) {
			t.Parallel()
			day := fmt.Sprintf("-- setup --\ndesks: 20\nat_once: %d\n-- reservations --\n", tt.atOnce)
			for n := range 20 {
				day += fmt.Sprintf("D%d %s 09:00 12:00\n", n+1, personOf(n+1))
			}
			day += "-- script --\n08:00 start\n"
			for _, n := range tt.hanging {
				day += fmt.Sprintf("%s fault %s D%d hang\n", tt.since, tt.what, n)
			}
			day += "09:05 fix\n09:20 end\n"
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, txtar.Parse([]byte(day)), dir)
				s.play()
				s.othersAreOnTime(tt.hanging, s.at("08:59:40").Add(tt.late+3*time.Second))
				if peak := s.emulator.Stats().Peak; peak > tt.atOnce {
					t.Errorf("%d requests were at the phone system at once", peak)
				}
			})
		})
	}
}

// othersAreOnTime checks that every phone shows its person at last, and did so
// by an instant unless it hung.
func (s *scenario) othersAreOnTime(hanging []int, by time.Time) {
	s.t.Helper()
	on, latest := 0, time.Time{}
	for _, e := range s.emulator.Events() {
		var n int
		if _, err := fmt.Sscanf(e.Device, "SEP%d", &n); err != nil {
			s.t.Fatal(err)
		}
		if e.Kind != emulator.Login || e.User != personOf(n) {
			s.t.Errorf("%s: %s of %s on D%d", s.clock(e.At), e.Kind, e.User, n)
		}
		if on++; !slices.Contains(hanging, n) && e.At.After(latest) {
			latest = e.At
		}
	}
	if latest.After(by) || on != s.desks {
		s.t.Errorf("%d of %d are on their phones, the last other one since %s, want all and by %s", on, s.desks, s.clock(latest), s.clock(by))
	}
	s.t.Logf("the others are on their phones by %s", s.clock(latest))
	if s.t.Failed() {
		s.t.Logf("%s\n%s", s.transcript(), strings.Join(splitLines(s.log.String()), "\n"))
	}
}

// What the phone system as a whole does not answer is no fault of a phone, and
// a wrong password is sent no more than twice.
func TestHangingQuestions(t *testing.T) {
	t.Parallel()
	const hang, wrong = emulator.Hang, "another"
	for name, tt := range map[string]struct {
		fault    emulator.Fault
		password string
		requests int
		known    int // of twenty devices; 0 with an error
		again    int // requests of the next time
	}{
		"all is well":    {emulator.Fault{Action: emulator.Omit, Op: "none"}, pass, 1, 20, 1},
		"all is silent":  {emulator.Fault{Action: hang}, pass, 2, 0, 2},
		"one hangs":      {emulator.Fault{Action: hang, Device: device(7)}, pass, 11, 19, 3},
		"wrong password": {emulator.Fault{Action: hang, Device: device(7)}, wrong, 2, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := emulator.New(emulator.Options{AppID: appID, Password: tt.password, CountQueries: true, MaxConcurrent: 3})
				e.Populate(20, 0)
				_, err := e.AddFault(tt.fault)
				noError(t, err)
				client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
				noError(t, err)
				access := must(phones.NewAccess(func() (phones.System, []string, error) { return phones.EM{Client: client}, nil, nil }))
				var devices []string
				for n := range 20 {
					devices = append(devices, device(n+1))
				}
				for _, most := range []int{tt.requests, tt.again} {
					before := e.Stats().Requests["deviceUserQuery"]
					seen, err := access.Logins(t.Context(), devices)
					known := 0
					for i, h := range seen {
						if h.Device != devices[i] {
							t.Errorf("%s is answered for %s", h.Device, devices[i])
						}
						if h.Known {
							known++
						}
					}
					if sent := e.Stats().Requests["deviceUserQuery"] - before; known != tt.known || (err == nil) != (tt.known > 0) || sent != most {
						t.Errorf("%d devices known with %d requests, want %d with %d; error %v", known, sent, tt.known, most, err)
					}
				}
			})
		})
	}
}

// A round waits for its question, and with it every login that is due. Phones
// that hang here and there are looked for at the same time, those that are known
// to hang get their turns, and the phone system never has many questions at once.
func TestHangingHereAndThere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		every int // how many phones there are to one that hangs
		took  []time.Duration
	}{
		"one in fifty": {50, []time.Duration{31 * time.Second, 3 * time.Second, 3 * time.Second}},
		"one in five":  {5, []time.Duration{94 * time.Second, 9 * time.Second, 9 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const count = 500
				e := emulator.New(emulator.Options{AppID: appID, Password: pass, CountQueries: true, MaxConcurrent: count})
				e.Populate(count, 0)
				var devices []string
				var faults []int
				for n := range count {
					devices = append(devices, device(n+1))
					if n%tt.every == 3 {
						faults = append(faults, must(e.AddFault(emulator.Fault{Action: emulator.Hang, Device: device(n + 1)})))
					}
				}
				client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
				noError(t, err)
				access := must(phones.NewAccess(func() (phones.System, []string, error) { return phones.EM{Client: client}, nil, nil }))
				ask := func(want int, within time.Duration) {
					t.Helper()
					began, known := time.Now(), 0
					seen, err := access.Logins(t.Context(), devices)
					noError(t, err)
					for _, h := range seen {
						if h.Known {
							known++
						}
					}
					if took := time.Since(began); known != want || took > within+time.Second {
						t.Errorf("%d phones known after %v, want %d within %v", known, took, want, within)
					}
				}
				for _, within := range tt.took {
					ask(count-len(faults), within)
				}
				for _, id := range faults {
					e.RemoveFault(id)
				}
				ask(count, 0)
				if peak := e.Stats().Peak; peak > 16 {
					t.Errorf("%d questions were at the phone system at once", peak)
				}
			})
		})
	}
}
