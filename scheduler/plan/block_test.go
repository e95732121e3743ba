package plan

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSubtract lets blocks of every effect and scope meet the steps of a hand-over: max
// has D1 and is to leave it for jane, gil is moved from D2 to D3.
func TestSubtract(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	later := at.Add(time.Minute)
	step := func(op Op, desk, person string, cause Cause) Step {
		return Step{Op: op, Cause: cause, Why: "due", NotBefore: at, Login: Login{Desk: desk, Device: "SEP" + desk, Person: person}}
	}
	steps := []Step{
		step(OpLogout, "D1", "max", CauseHandover), step(OpLogin, "D1", "jane", CauseStart),
		step(OpLogout, "D2", "gil", CauseElsewhere), step(OpLogin, "D3", "Gil", CauseStart),
		step(OpHold, "D4", "ada", CauseStranger),
	}
	const all = "logout D1 max, login D1 jane, logout D2 gil, login D3 Gil, hold D4 ada"
	for name, tc := range map[string]struct {
		blocks []Block
		want   string
	}{
		"none":                  {nil, all},
		"one that only tells":   {[]Block{{Scope: Scope{All: true}, Text: "it is so"}}, all},
		"another phone's":       {[]Block{{Scope: Scope{Device: "SEPD9"}, Effect: Drops}}, all},
		"a desk's name alone":   {[]Block{{Scope: Scope{Desk: "D1"}, Effect: Drops}}, all},
		"stops all but holds":   {[]Block{{Scope: Scope{All: true}, Effect: Stops, Text: "no"}}, "logout D1 max [no], login D1 jane [no], logout D2 gil [no], login D3 Gil [no], hold D4 ada"},
		"the first one stops":   {[]Block{{Scope: Scope{Device: "SEPD1"}, Effect: Stops, Text: "phone"}, {Scope: Scope{Device: "SEPD1", Op: OpLogin}, Effect: Stops, Text: "login"}}, "logout D1 max [phone], login D1 jane [phone], logout D2 gil, login D3 Gil, hold D4 ada"},
		"of a person":           {[]Block{{Scope: Scope{Person: "gil", Op: OpLogin}, Effect: Stops, Text: "no"}}, "logout D1 max, login D1 jane, logout D2 gil, login D3 Gil [no], hold D4 ada"},
		"but for one phone":     {[]Block{{Scope: Scope{Person: "gil", But: "SEPD3"}, Effect: Stops, Text: "no"}}, "logout D1 max, login D1 jane, logout D2 gil [no], login D3 Gil, hold D4 ada"},
		"delays add up":         {[]Block{{Scope: Scope{Device: "SEPD3"}, Effect: Delays, Until: later, Text: "a"}, {Scope: Scope{Device: "SEPD3"}, Effect: Delays, Until: at, Text: "b"}}, "logout D1 max, login D1 jane, logout D2 gil, login D3 Gil +1m0s due; a; b, hold D4 ada"},
		"a logout is held":      {[]Block{{Scope: Scope{Device: "SEPD1", Op: OpLogout, Person: "max"}, Effect: Holds, Cause: CauseClock, Until: later, Text: "x"}}, "hold D1 max +1m0s due; x clock, logout D2 gil, login D3 Gil, hold D4 ada"},
		"not another person's":  {[]Block{{Scope: Scope{Device: "SEPD1", Op: OpLogout, Person: "jane"}, Effect: Holds}}, all},
		"a move is held":        {[]Block{{Scope: Scope{Device: "SEPD2"}, Effect: Holds, Cause: CauseFeeds, Until: at, Text: "x"}}, "logout D1 max, login D1 jane, hold D2 gil +0s due; x feeds, hold D4 ada"},
		"a logout is dropped":   {[]Block{{Scope: Scope{Device: "SEPD1", Op: OpLogout}, Effect: Drops}}, "logout D2 gil, login D3 Gil, hold D4 ada"},
		"a login is dropped":    {[]Block{{Scope: Scope{Device: "SEPD1", Op: OpLogin}, Effect: Drops}}, "logout D1 max, logout D2 gil, login D3 Gil, hold D4 ada"},
		"held before it delays": {[]Block{{Scope: Scope{Device: "SEPD1", Op: OpLogout}, Effect: Holds, Cause: CauseClock, Until: at, Text: "x"}, {Scope: Scope{Device: "SEPD1"}, Effect: Delays, Until: later, Text: "y"}}, "hold D1 max +0s due; x clock, logout D2 gil, login D3 Gil, hold D4 ada"},
	} {
		if got := told(Subtract(slices.Clone(steps), tc.blocks), at); got != tc.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, tc.want)
		}
	}
}

// told are steps in words, as far as blocks change them.
func told(steps []Step, at time.Time) string {
	var all []string
	for _, s := range steps {
		text := string(s.Op) + " " + s.Desk + " " + s.Person
		if s.Held != "" {
			text += " [" + s.Held + "]"
		}
		if s.Why != "due" {
			text += " +" + s.NotBefore.Sub(at).String() + " " + s.Why
		}
		if s.Op == OpHold && s.Cause != CauseStranger {
			text += " " + string(s.Cause)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestBlockInWords has what a step says that a block stops.
func TestBlockInWords(t *testing.T) {
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for kind, want := range map[Kind]string{
		KindPaused:      "the cluster is paused x",
		KindRefused:     "the cluster refuses deskd since 2026-03-02T09:00:00Z: x",
		KindUnanswered:  "the cluster is not asked: x",
		KindSilent:      "the phone system does not answer: x",
		KindCertificate: "the phone system does not answer: x",
		KindStale:       "x",
	} {
		if got := (Block{Kind: kind, Since: since, Text: "x"}).String(); got != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

// Every kind that is shown is told when it begins, and no kind twice.
func TestEveryKindIsTold(t *testing.T) {
	seen := make(map[Kind]bool)
	for _, l := range LogRules {
		if l.Begins == "" || seen[l.Kind] || l.Each != "" && l.Names != "" {
			t.Errorf("%+v", l)
		}
		seen[l.Kind] = true
	}
}
