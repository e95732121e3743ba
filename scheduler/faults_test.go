package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"
)

// faultsDay spoils one login, one logout and three questions. Two minutes after
// each the phones show what the bookings say; the emulator's own counters say
// that no phone was logged in more than once, and no login sent more than twice. What
// the spoilt login began is deskd's own, however late it shows, and ends with its booking.
const faultsDay = `
-- setup --
sweep: 30 * * * *
-- reservations --
D1 jane 09:00 16:00
D2 max 09:00 12:00
D3 ada 09:00 17:00
-- script --
08:00 start
08:59 fault login D1 %[1]s x1
09:02 on D1 jane
09:02 on D2 max
09:02 on D3 ada
11:59 fault logout D2 %[1]s x1
12:02 on D2 -
14:29:50 fault deviceUserQuery any %[1]s x3
14:29:50 count
14:35 on D1 jane
14:35 on D3 ada
14:35 sent logout 0
14:35 sent login 0
16:00 press D2 eve
%[2]s on D1 -
16:30 end
`

// dayEnds is when the first session is over on a day with a fault. A refusal that says
// why proves that nothing was done: who shows all the same came by themselves, and
// stays until the phone system's own timer.
func dayEnds(fault string) string {
	if strings.HasPrefix(fault, "code 18") || strings.HasPrefix(fault, "code 29") {
		return "16:06"
	}
	return "16:02"
}

// TestFaults spoils a login, a logout and questions in every way the emulator
// knows, before the effect and after it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range sample([]string{
		"delay", "delay 5s", "delay 15s", "hang", "hang effect", "reset", "reset effect", "reset effect 5s",
		"success", "html", "html effect", "status 500", "status 500 effect", "status 503", "status 503 effect", "status 302 effect", "status 404 effect", "later 3s", "later 20s",
		"empty", "empty effect", "truncated", "truncated effect", "two-roots", "two-roots effect", "oversize", "oversize effect",
		"two-answers", "two-answers effect", "cut", "cut effect", "deep effect", "drip effect",
		"code 0", "code 0 effect", "code 7 effect", "code 18 effect", "code 26", "code 29 effect",
	}, 12) {
		t.Run(strings.ReplaceAll(fault, " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, txtar.Parse([]byte(fmt.Sprintf(faultsDay, fault, dayEnds(fault)))), dir)
				s.play()
				s.isSpared(map[string]int{"D1": 1, "D2": 1, "D3": 1}, 4)
				if t.Failed() {
					t.Logf("%s\n%s", s.transcript(), s.log.String())
				}
			})
		})
	}
}

// isSpared holds the emulator's counters of the whole day against the sessions
// each phone may have seen begin, and the logins sent in all.
func (s *scenario) isSpared(began map[string]int, logins int) {
	s.t.Helper()
	s.counted.Requests, s.counted.Codes, s.events = nil, nil, 0
	for desk, most := range began {
		s.expect("began", []string{desk, fmt.Sprintf("<=%d", most)})
	}
	s.expect("sent", []string{"login", fmt.Sprintf("<=%d", logins)})
}

// TestBusyStorm lets eight people begin at nine on a phone system that takes one
// request at a time, or five, and none at all for the first forty: it never has
// more than the two that are configured. The order in which the two senders meet
// it is nobody's business.
func TestBusyStorm(t *testing.T) {
	t.Parallel()
	for takes, perMinute := range map[int]int{1: 60, 5: 600} {
		day := fmt.Sprintf("-- setup --\nmax-concurrent: %d\nper_minute: %d\n-- reservations --\n", takes, perMinute)
		for i, p := range people {
			day += fmt.Sprintf("D%d %s 09:00 12:00\n", i+1, p)
		}
		day += "-- script --\n08:00 start\n08:59:30 fault login any code 26 x40\n09:03 refused 26 <=45\n"
		for i, p := range people {
			day += fmt.Sprintf("09:03 on D%d %s\n09:03 began D%[1]d 1\n", i+1, p)
		}
		t.Run(fmt.Sprint(takes), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, txtar.Parse([]byte(day)), dir)
				s.play()
				if peak := s.emulator.Stats().Peak; peak < 1 || peak > min(takes, 2) {
					t.Errorf("%d requests were at the phone system at once", peak)
				}
			})
		})
	}
}
