package limit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// answers are what a cluster says that takes so many at once, whose answers take so long,
// or longer from so many on: the requests leave as the limit allows, so that each is the
// uppermost.
type cluster struct {
	places int
	took   time.Duration
	knee   int // answers take longer from so many at once on; 0 for never
}

// ask has a request answered as the uppermost of those the limit allows.
func (c cluster) ask(l *Limit) {
	a := Answer{Among: l.Now(), Took: c.took, Busy: l.Now() > c.places}
	if c.knee > 0 {
		a.Took = c.took * time.Duration(max(c.knee, a.Among)) / time.Duration(c.knee)
	}
	l.Note(a)
}

// asked asks until the limit is so many, and returns how many answers that took.
func (c cluster) until(t *testing.T, l *Limit, now int) int {
	t.Helper()
	for n := range 100_000 {
		if l.Now() == now {
			return n
		}
		c.ask(l)
	}
	t.Fatalf("the limit is %d after 100,000 answers, want %d", l.Now(), now)
	return 0
}

// TestBounds has any answers in any order: the limit is never below 1, nor above what is
// configured, rests no longer than a request takes, and grows by one at a time.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(-1, 12).Draw(t, "most")
		l := New(most)
		longest := time.Duration(0)
		for range rapid.IntRange(1, 400).Draw(t, "answers") {
			a := Answer{
				Logout: rapid.Bool().Draw(t, "logout"), Among: rapid.IntRange(1, 14).Draw(t, "among"),
				Took: time.Duration(rapid.IntRange(0, 9000).Draw(t, "ms")) * time.Millisecond, Busy: rapid.IntRange(0, 19).Draw(t, "busy") == 0,
			}
			before := l.Now()
			l.Note(a)
			longest = max(longest, a.Took)
			switch now := l.Now(); {
			case now < 1 || now > max(1, most):
				t.Fatalf("the limit is %d of %d", now, most)
			case now > before+1:
				t.Fatalf("the limit grew from %d to %d", before, now)
			case now > before && a.Busy:
				t.Fatalf("the limit grew to %d on a refusal", now)
			case a.Busy && a.Among <= before && now >= max(2, a.Among):
				t.Fatalf("the limit is %d where %d were too many", now, a.Among)
			}
			if rest := l.Rest(); rest < 0 || rest > longest || l.Now() == 1 && rest > 0 {
				t.Fatalf("the uppermost of %d rests for %v, the longest answer took %v", l.Now(), rest, longest)
			}
		}
	})
}

// TestGrows has a quiet cluster: the limit grows to what is configured, each place after as
// many looks as the one before has to stand, and then has all but nothing to spare.
func TestGrows(t *testing.T) {
	l, looks := New(5), 0
	if l.Now() != Start || l.Idle() > 0.1 {
		t.Errorf("the first limit is %d, idle %v", l.Now(), l.Idle())
	}
	c := cluster{places: 5, took: time.Second}
	looks += c.until(t, l, 3)
	if l.Idle() != 0.75 || l.Rest() != time.Second {
		t.Errorf("on trial the uppermost rests for %v, idle %v", l.Rest(), l.Idle())
	}
	looks += c.until(t, l, 5)
	if want := looksPerStep * (2 + 3 + 4); looks != want {
		t.Errorf("five at once after %d looks, want %d", looks, want)
	}
	for range looksPerStep * 5 {
		c.ask(l)
	}
	if l.Now() != 5 || l.Idle() > 0.21 || l.Rest() != time.Second/20 {
		t.Errorf("five that are proven are %d, which rest for %v, idle %v", l.Now(), l.Rest(), l.Idle())
	}
}

// TestLooksAlone has answers to requests that were not the uppermost: they say nothing about
// the place above them.
func TestLooksAlone(t *testing.T) {
	l := New(5)
	for range 1000 {
		l.Note(Answer{Among: 1, Took: time.Second})
	}
	if l.Now() != Start {
		t.Errorf("the limit is %d after answers to single requests", l.Now())
	}
}

// TestConverges has clusters of any size under any limit: after a bounded number of answers
// the limit leaves a place free, and trials of more become rare.
func TestConverges(t *testing.T) {
	for places := 1; places <= 9; places++ {
		c, l, refused := cluster{places: places, took: time.Second}, New(10), 0
		for n := range 8000 {
			if l.Now() > places {
				refused++
			}
			c.ask(l)
			if n > 1000 && l.Now() > places+1 {
				t.Fatalf("%d places: the limit is %d after %d answers", places, l.Now(), n)
			}
		}
		if refused > 8 {
			t.Errorf("%d places: %d of 8,000 were refused", places, refused)
		}
	}
}

// TestRecovers has a cluster that is full for a while: the limit comes back to what it was
// proven to be, though not at once to where it was refused.
func TestRecovers(t *testing.T) {
	l, well := New(5), cluster{places: 9, took: time.Second}
	well.until(t, l, 5)
	full := cluster{places: 0, took: time.Second}
	for range 40 {
		full.ask(l)
	}
	if l.Now() != 1 {
		t.Errorf("the limit of a full cluster is %d", l.Now())
	}
	if n := well.until(t, l, 3); n > 40 {
		t.Errorf("back at three after %d answers", n)
	}
	if n := well.until(t, l, 5); n < 500 || n > 5000 {
		t.Errorf("back at five after %d answers more", n)
	}
}

// TestOneCause has the other answers of a moment come back, some of them refused too, after
// the first refusal: the limit falls to what the least of them tells, and is as careful as
// after one.
func TestOneCause(t *testing.T) {
	one, many := New(8), New(8)
	c := cluster{places: 9, took: time.Second}
	c.until(t, one, 7)
	c.until(t, many, 7)
	one.Note(Answer{Among: 5, Busy: true})
	for _, a := range []Answer{{Among: 7, Busy: true}, {Among: 5, Took: time.Second}, {Among: 6, Busy: true}, {Among: 5, Busy: true}, {Among: 3, Took: time.Second}} {
		many.Note(a)
	}
	if one.Now() != 3 || many.Now() != 3 || many.patience != one.patience {
		t.Errorf("the limit is %d after one refusal, and %d after three; patience %d and %d", one.Now(), many.Now(), one.patience, many.patience)
	}
}

// TestOutlier has single answers that take as long as any may: nothing follows from them.
func TestOutlier(t *testing.T) {
	l, c := New(5), cluster{places: 9, took: time.Second}
	for n := range 2000 {
		if n%10 == 0 {
			l.Note(Answer{Among: l.Now(), Took: 10 * time.Second})
		}
		before := l.Now()
		c.ask(l)
		if l.Now() < before {
			t.Fatalf("the limit fell to %d after %d answers", l.Now(), n)
		}
	}
	if l.Now() != 5 || l.Rest() > time.Second/10 {
		t.Errorf("the limit is %d, and rests for %v", l.Now(), l.Rest())
	}
}

// TestSlower has a cluster whose answers take longer from four at once on: the limit stays
// where they take at most half as long again.
func TestSlower(t *testing.T) {
	l, c := New(10), cluster{places: 99, took: time.Second, knee: 4}
	highest := 0
	for n := range 5000 {
		c.ask(l)
		if n > 1000 {
			highest = max(highest, l.Now())
		}
	}
	if highest < 4 || highest > 7 {
		t.Errorf("the limit goes up to %d, want about 6", highest)
	}
}

// TestSlowerForAll has a cluster that becomes three times as slow, whatever deskd does: the
// limit falls, finds that this is no help, and comes back; how long answers take alone by
// day and by night is not held against it.
func TestSlowerForAll(t *testing.T) {
	l, c := New(5), cluster{places: 9, took: time.Second}
	c.until(t, l, 5)
	for range 300 {
		c.ask(l)
	}
	c.took = 3 * time.Second
	if n := c.until(t, l, 1); n > 4*window {
		t.Errorf("the limit fell to one after %d answers", n)
	}
	if n := c.until(t, l, 5); n > 12*looksPerStep {
		t.Errorf("it was back after %d answers", n)
	}
	for range window {
		l.Note(Answer{Among: 1, Took: time.Second}) // at night
	}
	for range window {
		l.Note(Answer{Among: 1, Took: 9 * time.Second})
	}
	for range 10 * window {
		l.Note(Answer{Among: 5, Took: 9 * time.Second})
	}
	if l.Now() != 5 {
		t.Errorf("the limit is %d of 5", l.Now())
	}
}

// TestOperations has logins that take four times as long as logouts, in any mixture: the one
// is not held against the other.
func TestOperations(t *testing.T) {
	l := New(5)
	for n := range 3000 {
		took := 400 * time.Millisecond
		if n/200%2 == 0 {
			took = 100 * time.Millisecond
		}
		l.Note(Answer{Logout: n/200%2 == 0, Among: l.Now(), Took: took})
	}
	if l.Now() != 5 {
		t.Errorf("the limit is %d of 5", l.Now())
	}
}

// TestReplay has what a journal tells of a wave bring back what was learned in it: within a
// place of it, whatever the order of the rows, and no more when nothing was under way at once.
func TestReplay(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 50, 0, 0, time.UTC)
	var wave, single []Request
	for n := range 400 {
		began := at.Add(time.Duration(n) * 250 * time.Millisecond) // four at once
		wave = append(wave, Request{Began: began, Ended: began.Add(time.Second - time.Millisecond), Timed: true})
		began = at.Add(time.Duration(n) * time.Minute)
		single = append(single, Request{Began: began, Ended: began.Add(time.Second), Timed: true})
	}
	wave = append(wave, Request{Began: at, Ended: at.Add(-time.Hour)}) // by a clock that was set back
	l, alone := New(5), New(5)
	l.Replay(rapid.Permutation(wave).Example(1))
	alone.Replay(single)
	if l.Now() != 5 || alone.Now() != Start {
		t.Errorf("four at once without a refusal bring back a limit of %d, want the trial of five; single ones %d", l.Now(), alone.Now())
	}
	// The newest was refused, while three others were under way.
	last := at.Add(399 * 250 * time.Millisecond)
	wave[399] = Request{Began: last, Ended: last, Busy: true}
	l = New(5)
	l.Replay(wave)
	if l.Now() > 3 {
		t.Errorf("after the refusal of a fourth the limit comes back as %d", l.Now())
	}
}

// TestUntried: more at once are untried until something speaks against them, or all are taken.
func TestUntried(t *testing.T) {
	l := New(5)
	if !l.Untried() || New(2).Untried() {
		t.Error("at first")
	}
	cluster{places: 5, took: time.Second}.until(t, l, 3)
	if !l.Untried() {
		t.Error("with one more")
	}
	l.Note(Answer{Among: 3, Busy: true})
	if l.Untried() {
		t.Error("after one was too many")
	}
	l = New(3)
	cluster{places: 3, took: time.Second}.until(t, l, 3)
	if l.Untried() {
		t.Error("with all of them")
	}
}
