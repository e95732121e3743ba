package plan

import (
	"testing"
	"time"
)

func TestEndsTogether(t *testing.T) {
	at := hm("09:00")
	for apart, want := range map[time.Duration]int{10 * time.Minute: 2, 10*time.Minute + 1: 1} {
		if got := Together([]time.Time{at, at.Add(apart)}); got != want {
			t.Errorf("changes %v apart: %d together", apart, got)
		}
	}
	if until := walkupEnd(Observation{Device: "D1", Person: "jane"}, nil, at).Until; !until.Equal(at.Add(24 * time.Hour)) {
		t.Errorf("a walk-up stays until %v", until)
	}
}

func TestAnswersFromThePastAge(t *testing.T) {
	at := hm("09:00")
	h := Observation{Device: "D1", Person: "max", Known: true, Exists: true}
	for name, c := range map[string]struct {
		Proof
		age time.Duration
	}{
		"a login":           {Proof{Attempt: Attempt{Step: Step{Op: OpLogin, Login: Login{Device: "D1", Person: "jane"}}, Outcome: Done, Ended: at}}, 65 * time.Second},
		"a logout":          {Proof{Attempt: Attempt{Step: Step{Op: OpLogout, Login: Login{Device: "D1"}}, Outcome: Done, Ended: at}}, 65 * time.Second},
		"a logout, refuted": {Proof{Attempt: Attempt{Step: Step{Op: OpLogout, Login: Login{Device: "D1"}}, Outcome: Done, Ended: at}, Refuted: true}, 30 * time.Second},
	} {
		p := Proofs{"D1": c.Proof}
		if !p.Contradicts(h, at.Add(c.age-1)) || p.Contradicts(h, at.Add(c.age)) {
			t.Errorf("%s is not doubted for %v", name, c.age)
		}
	}
}

// A phone in doubt is asked again after 2 s, then every 5 s, and believed after 65 s.
func TestLooksAtDoubt(t *testing.T) {
	a := Attempt{Step: Step{Op: OpLogin}, Outcome: Done, Ended: hm("09:00")}
	now, looks := a.Ended, ""
	for at := a.DoubtLook(now); !at.IsZero(); at = a.DoubtLook(now) {
		now = at
		looks += at.Sub(a.Ended).String() + " "
	}
	if want := "2s 7s 12s 17s 22s 27s 32s 37s 42s 47s 52s 57s 1m2s 1m5s "; looks != want {
		t.Errorf("looks after %s", looks)
	}
}
