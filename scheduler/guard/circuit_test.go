package guard

import (
	"errors"
	"testing"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// kindOf is the kind of a circuit's block, with whether it stops steps; empty for none.
func kindOf(c *Circuit, now time.Time) (kind plan.Kind, stops bool) {
	blocks := c.Blocks(now)
	if len(blocks) == 0 {
		return "", false
	}
	return blocks[0].Kind, blocks[0].Effect == plan.Stops && blocks[0].Scope.All
}

// A phone system that does not answer is asked again after 5, 10, 20, 40 and then
// every 60 s; meanwhile nothing is sent.
func TestSilenceGrows(t *testing.T) {
	now := instant("09:00")
	var c Circuit
	for _, wait := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
		if c.Fail(errors.New("no route"), now) {
			t.Error("a silence is to be written down")
		}
		if until := now.Add(wait); !c.SilentUntil().Equal(until) || c.Halted() || c.Well() {
			t.Errorf("silent until %v, want %v; halted %v, well %v", c.SilentUntil(), until, c.Halted(), c.Well())
		}
		if kind, stops := kindOf(&c, now.Add(wait-1)); kind != plan.KindSilent || !stops {
			t.Errorf("%s, stops %v", kind, stops)
		}
		if _, stops := kindOf(&c, now.Add(wait)); stops {
			t.Error("it stops the question that ends it")
		}
		now = now.Add(wait)
	}
	if c.AskNow(); !c.SilentUntil().IsZero() {
		t.Error("it is not asked at once")
	}
	if changed := c.Close(7, false); changed || !c.Well() || len(c.Blocks(now)) > 0 {
		t.Errorf("closed: %+v, to be written down %v", c, changed)
	}
}

// What answers and does not prove to be the phone system has a kind of its own.
func TestDistrusted(t *testing.T) {
	now := instant("09:00")
	var c Circuit
	c.Fail(phones.ErrDistrusted, now)
	if kind, _ := kindOf(&c, now); kind != plan.KindCertificate || !c.Distrusted() {
		t.Errorf("%s", kind)
	}
	c.Fail(errors.New("no route"), now)
	if kind, _ := kindOf(&c, now); kind != plan.KindSilent || c.Distrusted() {
		t.Errorf("%s", kind)
	}
}

// The circuit opens at the first refusal, for 15 minutes, and for as long again at each
// further one; a question that may have arrived counts like one.
func TestCircuitOpens(t *testing.T) {
	now := instant("09:00")
	var c Circuit
	no := &phones.Refusal{Class: plan.ClassCredentials, Code: 3}
	if !c.Refuse(no, now) {
		t.Error("the credentials that were refused are known")
	}
	c.Fingerprint = []byte{1}
	if kind, stops := kindOf(&c, now); kind != plan.KindRefused || !stops || !c.SilentUntil().Equal(now.Add(15*time.Minute)) {
		t.Errorf("%s until %v", kind, c.SilentUntil())
	}
	next := now.Add(15 * time.Minute)
	if c.Refuse(no, next) || !c.Opened.Equal(now) || !c.SilentUntil().Equal(next.Add(15*time.Minute)) {
		t.Errorf("refused again: %+v", c)
	}
	if !c.Fail(errors.New("cut off"), next.Add(time.Minute)) || !c.HaltedUntil().Equal(next.Add(16*time.Minute)) {
		t.Errorf("cut off: until %v", c.HaltedUntil())
	}
	if c.Fail(phones.ErrNotSent, next.Add(2*time.Minute)) || !c.HaltedUntil().Equal(next.Add(16*time.Minute)) {
		t.Errorf("not sent: until %v", c.HaltedUntil())
	}
	c.CredentialsUnreadable(errors.New("no such file"), next.Add(16*time.Minute))
	if want := next.Add(16*time.Minute + CredentialsCheckEvery); !c.HaltedUntil().Equal(want) || c.Blocks(next)[0].Text != "no such file" {
		t.Errorf("without credentials: until %v, %v", c.HaltedUntil(), c.Blocks(next))
	}
	if c.CredentialsReadable(); c.Blocks(next)[0].Text != c.Problem {
		t.Errorf("%v", c.Blocks(next))
	}
	if !c.Close(7, false) || !c.Accepted() || c.Halted() || c.Readmission() != (plan.Readmission{Accepted: 7}) {
		t.Errorf("closed: %+v", c)
	}
	c.Refuse(no, next)
	if !c.Close(9, true) || c.Readmission() != (plan.Readmission{Accepted: 9, Changed: 9}) {
		t.Errorf("closed by others: %+v", c)
	}
	c.Fail(errors.New("no route"), next)
	if c.Close(11, false) || c.Readmission() != (plan.Readmission{Accepted: 9, Changed: 9}) {
		t.Errorf("a silence is over: %+v", c)
	}
}

// A restart goes on where the circuit was, unless other credentials are presented.
func TestCircuitResumes(t *testing.T) {
	now := instant("09:00")
	refused := Refusals{Opened: now.Add(-time.Hour), Refused: now.Add(-time.Minute), Problem: "no"}
	presents := func(same bool, err error) func([]byte, []byte) (bool, error) {
		return func([]byte, []byte) (bool, error) { return same, err }
	}
	var c Circuit
	if err := c.Resume(refused, presents(true, nil), 7, now); err != nil || !c.HaltedUntil().Equal(now.Add(14*time.Minute)) {
		t.Errorf("the same: until %v, %v", c.HaltedUntil(), err)
	}
	if err := c.Resume(refused, presents(false, nil), 7, now); err != nil || c.Halted() || c.Open() || c.Readmission() != (plan.Readmission{Accepted: 7, Changed: 7}) {
		t.Errorf("others: %+v, %v", c, err)
	}
	if err := c.Resume(refused, presents(false, errors.New("unreadable")), 7, now); err == nil {
		t.Error("an error is lost")
	}
	if err := c.Resume(Refusals{Tries: 2, Tried: now}, presents(false, nil), 7, now); err != nil || !c.Halted() {
		t.Errorf("lost answers: %+v, %v", c, err)
	}
	if kind, stops := kindOf(&c, now); kind != plan.KindUnanswered || !stops {
		t.Errorf("%s", kind)
	}
}

// A first question is written down before it is put, once, and forgotten when its answer
// was seen.
func TestFirstQuestion(t *testing.T) {
	now := instant("09:00")
	var c Circuit
	s, first := c.First(now)
	if !first || s.Tries != 1 || !s.Tried.Equal(now) || c.Tries != 0 {
		t.Errorf("%+v, first %v", s, first)
	}
	c.Asked(s)
	if _, again := c.First(now); again || c.Tries != 1 {
		t.Errorf("%+v, again %v", c, again)
	}
	if !c.Survived() || c.Survived() || c.Tries != 0 {
		t.Errorf("%+v", c)
	}
	c.Close(7, false)
	if _, again := c.First(now); again {
		t.Error("closing makes the next question the first")
	}
}
