package guard

import (
	"bytes"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"deskd/scheduler/plan"
)

// TestTeller shows lists of blocks one after the other, and has what the log says of each.
func TestTeller(t *testing.T) {
	at := instant("09:00")
	of := func(kind plan.Kind, names ...string) (blocks []plan.Block) {
		for _, name := range names {
			b := plan.Block{Kind: kind, Text: "why " + name, Scope: plan.Scope{Desk: name}}
			if kind == plan.KindNode {
				b.Scope = plan.Scope{Node: name}
			}
			blocks = append(blocks, b)
		}
		return blocks
	}
	one := func(kind plan.Kind) []plan.Block { return []plan.Block{{Kind: kind, Text: "why"}} }
	for name, tc := range map[string]struct {
		every time.Duration
		lists [][]plan.Block
		want  []string // of each list
	}{
		"begins, lasts, is over": {time.Minute, [][]plan.Block{one(plan.KindLate), one(plan.KindLate), nil, nil},
			[]string{"WARN more logins", "", "INFO logins and logouts are on time again lasted=2m0s", ""}},
		"begins again":                  {time.Minute, [][]plan.Block{one(plan.KindSilent), nil, one(plan.KindSilent)}, []string{"WARN phone system does not answer", "", "WARN phone system does not answer"}},
		"reminds":                       {31 * time.Minute, [][]plan.Block{one(plan.KindRefused), one(plan.KindRefused), one(plan.KindRefused), one(plan.KindRefused)}, []string{"ERROR phone system refuses", "", "ERROR phone system refuses", ""}},
		"other desks":                   {time.Minute, [][]plan.Block{of(plan.KindUnknownDevice, "2", "1"), of(plan.KindUnknownDevice, "1", "2"), of(plan.KindUnknownDevice, "1")}, []string{`desks="[1 2]"`, "", "desks=[1]"}},
		"other desks, which is no news": {time.Minute, [][]plan.Block{of(plan.KindNoAnswer, "1"), of(plan.KindNoAnswer, "2")}, []string{"WARN phone system says nothing", ""}},
		"each node": {time.Minute, [][]plan.Block{of(plan.KindNode, "a", "b"), of(plan.KindNode, "b", "c"), nil},
			[]string{"node=a;node=b", "node=c;INFO node is back in use node=a", "node is back in use node=b;node is back in use node=c"}},
		"said already":        {time.Minute, [][]plan.Block{{{Kind: plan.KindClock, Said: true}}, nil}, []string{"", ""}},
		"with its attributes": {time.Minute, [][]plan.Block{Pause{Since: at, By: "cli:jane", Why: "wires"}.Blocks()}, []string{"INFO cluster is paused: nothing is sent to its phones since=2026-03-02T09:00:00.000Z by=cli:jane why=wires\n"}},
		"of several persons":  {time.Minute, [][]plan.Block{of(plan.KindHeldLogouts, "1", "2")}, []string{"phones=2\n"}},
		"of one person":       {time.Minute, [][]plan.Block{of(plan.KindHeldLogouts, "1")}, []string{"phones=1 err=why 1\n"}},
		"one after the other": {time.Minute, [][]plan.Block{one(plan.KindSilent), one(plan.KindRefused)}, []string{"does not answer", "refuses"}},
	} {
		var log bytes.Buffer
		transitions := TransitionLog{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))}
		for i, list := range tc.lists {
			log.Reset()
			transitions.Update(list, at.Add(time.Duration(i)*tc.every))
			said := strings.NewReplacer("level=", "", "msg=", "", `"`, "").Replace(log.String())
			for want := range strings.SplitSeq(strings.ReplaceAll(tc.want[i], `"`, ""), ";") {
				if !strings.Contains(said, want) || tc.want[i] == "" && said != "" {
					t.Errorf("%s: list %d: %q is not in\n%s", name, i, want, said)
				}
			}
			if n := strings.Count(said, "\n"); tc.want[i] != "" && n != len(strings.Split(tc.want[i], ";")) {
				t.Errorf("%s: list %d: %d lines\n%s", name, i, n, said)
			}
		}
	}
}

// A block that does not know since when it lasts has it from the list before, and those
// of a kind stay together, by name.
func TestTellerKeepsSince(t *testing.T) {
	at := instant("09:00")
	transitions := TransitionLog{Log: slog.New(slog.DiscardHandler)}
	list := []plan.Block{{Kind: plan.KindTriesFailed, Scope: plan.Scope{Desk: "2"}}, {Kind: plan.KindLate}, {Kind: plan.KindTriesFailed, Scope: plan.Scope{Desk: "1"}}}
	transitions.Update(list[:1], at)
	got := transitions.Update(list, at.Add(time.Minute))
	want := []plan.Block{
		{Kind: plan.KindTriesFailed, Scope: plan.Scope{Desk: "1"}, Since: at.Add(time.Minute)},
		{Kind: plan.KindTriesFailed, Scope: plan.Scope{Desk: "2"}, Since: at}, {Kind: plan.KindLate, Since: at.Add(time.Minute)},
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	transitions.Moved(time.Hour) // the clock was set
	if again := transitions.Update(list, at.Add(time.Hour+2*time.Minute)); !again[1].Since.Equal(at.Add(time.Hour)) {
		t.Errorf("after a jump: since %v", again[1].Since)
	}
	if !list[0].Since.IsZero() {
		t.Error("the list that was given is changed")
	}
}
