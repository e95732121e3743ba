package scheduler_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"deskd/scheduler/plan"
)

// reaction is what the daemon does about a code.
type reaction struct {
	// login and logout are the attempts at a step that is refused twice with the
	// code, each with the time since the one before it.
	login, logout string
	alarm         bool // the log has an error about it
	halts         bool // the whole cluster is left alone
}

// The reactions by class; the classes are those of docs/em-api.md, section 4.
var (
	retried  = reaction{login: "refused, 5s refused, 15s done", logout: "refused, 5s refused, 15s done"}
	backsOff = reaction{login: "refused, 1s refused, 2s done", logout: "refused, 1s refused, 2s done"}
	looks    = reaction{login: "refused, 0s refused, 15s done", logout: "refused, 0s refused, 15s done"}
	once     = reaction{login: "refused, 30s refused, 15m0s done", logout: "refused, 30s refused, 15m0s done", alarm: true}
	waits    = reaction{login: "refused, 30s refused, 15m0s done", logout: "refused, 30s refused, 15m0s done", alarm: true}
	halted   = reaction{login: "refused, 20m0s refused, 1h0m0s done", logout: "refused, 20m0s refused, 1h0m0s done", alarm: true, halts: true}
	// The step that was refused goes with the others once a question was accepted.
	readmitted = reaction{login: "refused, 15m1s refused, 15m0s done", logout: "refused, 15m0s refused, 15m0s done", alarm: true, halts: true}
)

var reactions = map[int]reaction{
	20: retried, 21: retried, 29: retried,
	// A login may have happened all the same: asked, and then tried again.
	0:  {login: "no-effect, 5s no-effect, 15s done", logout: retried.logout},
	6:  {login: "no-effect, 5s no-effect, 15s done", logout: retried.logout},
	7:  {login: "no-effect, 5s no-effect, 15s done", logout: "refused, 0s refused, 15s done"},
	26: backsOff,
	18: looks, 25: looks,
	// Nobody on the phone is what a logout wants, but the next look shows
	// a person; for a login it says nothing.
	19: {login: "refused, 5s refused, 15s done", logout: "no-effect, 5s no-effect, 15s done"},
	4:  once,
	5:  waits, 11: waits, 12: waits, 22: waits, 23: waits, 27: waits, 41: waits,
	13: waits, 24: waits, 31: waits, 47: waits, 201: waits, 216: waits, 999: waits,
	// As soon as a question is accepted, the password is right.
	2: readmitted, 3: readmitted,
	1: halted, 8: halted, 9: halted, 10: halted, 28: halted, 30: halted,
}

// D2 is booked from the same minute on: only a halt may keep it waiting. The
// question that is refused is the one of the sweep at half past two.
const codesDay = `
-- setup --
sweep: 30 * * * *
-- reservations --
D1 jane 09:00 17:00
D2 max 09:00 17:00
D3 ada 08:00 17:00
-- script --
07:55 start
08:30 fault login D1 code %[1]d x2
10:00 fault logout D3 code %[1]d x2
10:30 cancel D3 08:00
14:29:50 fault deviceUserQuery any code %[1]d x1
14:29:50 count
14:31 count
14:44 end
16:00 end
`

// TestCodes answers a login, a logout and a question with each code of the
// table, through the real client, and holds what follows against it.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, code := range sample(slices.Sorted(maps.Keys(reactions)), 24) {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				want := reactions[code]
				day := fmt.Sprintf(codesDay, code)
				if want.halts { // not one request in the open circuit
					day = strings.Replace(day, "14:44 end", "14:44 sent 0", 1)
				}
				s := newScenario(t, txtar.Parse([]byte(day)), dir)
				s.play()
				s.hasReacted(want)
			})
		})
	}
}

// sample is what the race detector and short runs are shown of a long table, one row in
// so many: they differ in what is decided, and hardly in who runs beside whom. It is not
// for tables that alone show a rule in some of their rows: a short run would not see it
// broken.
func sample[T any](all []T, one int) []T {
	if !raceDetector && !testing.Short() { // which are to be quick, or take much longer
		return all
	}
	if raceDetector {
		one *= 2
	}
	var some []T
	for i := 0; i < len(all); i += one {
		some = append(some, all[i])
	}
	return some
}

func (s *scenario) hasReacted(want reaction) {
	s.t.Helper()
	attempts := s.attempts()
	got := reaction{
		login:  told(attempts, plan.OpLogin, "D1"),
		logout: told(attempts, plan.OpLogout, "D3"),
		alarm:  strings.Contains(s.log.String(), "level=ERROR"),
		halts:  told(attempts, plan.OpLogin, "D2") == "done" && begun(attempts, "D2").Sub(s.at("09:14")) > 0,
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(reaction{})); diff != "" {
		s.t.Errorf("-want +got:\n%s\n%s", diff, s.log.String())
	}
	if got := s.phones(); got != "D1 jane\nD2 max\n" {
		s.t.Errorf("at last the phones show\n%s", got)
	}
}

// told is what became of a desk's attempts, each with the time since the one before.
func told(attempts []plan.Attempt, op plan.Op, desk string) string {
	var words []string
	var last time.Time
	for _, a := range attempts {
		if a.Op != op || a.Desk != desk {
			continue
		}
		if words == nil {
			words = append(words, string(a.Outcome))
		} else {
			words = append(words, fmt.Sprintf("%v %s", a.Began.Sub(last).Truncate(time.Second), a.Outcome))
		}
		last = a.Ended
		if last.Before(a.Began) {
			last = a.Began
		}
	}
	return strings.Join(words, ", ")
}

func begun(attempts []plan.Attempt, desk string) time.Time {
	i := slices.IndexFunc(attempts, func(a plan.Attempt) bool { return a.Op == plan.OpLogin && a.Desk == desk })
	return attempts[i].Began
}
