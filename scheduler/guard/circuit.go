package guard

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// How often a phone system that refuses deskd, or does not answer, is asked. Every
// request with a wrong password brings the account nearer to its lock.
const (
	haltFor               = 15 * time.Minute // between the questions to a halted cluster
	CredentialsCheckEvery = 5 * time.Second  // its credentials are looked at meanwhile
	lostTries             = 2                // first questions whose answer died with the process …
	lostWithin            = 10 * time.Minute // … before the next one waits for so long
	AskAgainIn            = 5 * time.Second  // after a question without an answer, doubling …
	askAtMost             = time.Minute      // … up to this
)

// Open reports whether the circuit is open: the phone system refuses deskd.
func (s Refusals) Open() bool { return !s.Opened.IsZero() }

// Accepted reports whether no question to the cluster was refused or lost.
func (s Refusals) Accepted() bool { return !s.Open() && s.Tries == 0 }

// closed is s with the circuit closed.
func (s Refusals) closed() Refusals { return Refusals{Readmitted: s.Readmitted, Renewed: s.Renewed} }

// Readmission says which refusals do not count any more.
func (s Refusals) Readmission() plan.Readmission {
	return plan.Readmission{Accepted: s.Readmitted, Changed: s.Renewed}
}

// Until is the instant before which nothing is asked of the cluster at all; the
// zero time when nothing speaks against it. A refusal or a try that seems to lie
// ahead of now, because the clock was set back, counts as just made.
func (s Refusals) Until(now time.Time) time.Time {
	switch {
	case s.Open():
		return reservations.Earliest(s.Refused, now).Add(haltFor)
	case s.Tries >= lostTries && now.Sub(s.Tried) < lostWithin:
		return reservations.Earliest(s.Tried, now).Add(lostWithin)
	}
	return time.Time{}
}

// why says why the cluster is not asked before until.
func (s Refusals) why(until time.Time) string {
	at := until.UTC().Format(time.RFC3339)
	if !s.Open() {
		return fmt.Sprintf("it is not asked before %s: deskd has ended %d times before it knew the first answer, which may have refused its password",
			at, s.Tries)
	}
	return fmt.Sprintf("it refuses deskd since %s, and is not asked before %s: %s", s.Opened.UTC().Format(time.RFC3339), at, s.Problem)
}

// Circuit is the circuit breaker of a cluster. It opens at the first refusal that
// concerns all of deskd. While it is open nothing is sent but one question every 15
// minutes, also across restarts. An answer closes it, and so does a change of the
// credentials that were refused. A phone system that does not answer is asked again
// after 5 s, doubling up to a minute. The zero Circuit is closed.
type Circuit struct {
	Refusals
	// Failures are the questions without an answer, in a row.
	Failures   int
	halted     time.Time // nothing is sent before, and then one question; zero when not halted
	askAfter   time.Time // no question before
	since      time.Time // of the failures
	problem    string    // the last one in words
	distrusted bool      // what answers does not prove to be the phone system
	asked      bool      // a question was put since the start
}

// Resume takes in what is remembered. A refusal of other credentials than those
// presented now does not count: presents tells. Newest is the newest attempt.
func (c *Circuit) Resume(s Refusals, presents func(salt, fingerprint []byte) (bool, error), newest int64, now time.Time) error {
	if s.Open() {
		same, err := presents(s.Salt, s.Fingerprint)
		if err != nil {
			return err
		}
		if !same {
			s = s.closed()
			s.Readmitted, s.Renewed = newest, newest
		}
	}
	c.Refusals, c.halted = s, s.Until(now)
	c.problem = s.Problem
	return nil
}

// Halted reports whether nothing but a question every 15 minutes is sent.
func (c *Circuit) Halted() bool { return !c.halted.IsZero() }

// Well reports whether the phone system answers deskd.
func (c *Circuit) Well() bool { return c.Failures == 0 && !c.Halted() }

// Distrusted reports whether what answers does not prove to be the phone system.
func (c *Circuit) Distrusted() bool { return c.distrusted }

// SilentUntil is the instant before which the cluster is not asked.
func (c *Circuit) SilentUntil() time.Time { return reservations.Latest(c.askAfter, c.halted) }

// HaltedUntil is the instant before which a halted cluster is not asked, zero for one
// that is not halted.
func (c *Circuit) HaltedUntil() time.Time { return c.halted }

// Why says why a halted cluster is not asked.
func (c *Circuit) Why() string { return c.why(c.halted) }

// AskNow lets the next question go out at once, unless the cluster is halted.
func (c *Circuit) AskNow() { c.askAfter = time.Time{} }

// First returns the state to be written down before the first question of this process,
// and false when it was put already: one that dies over the answer, and is started
// again and again, may be sending a wrong password. Call [Circuit.Asked] once it is
// written.
func (c *Circuit) First(now time.Time) (Refusals, bool) {
	s := c.Refusals
	s.Tries, s.Tried = s.Tries+1, now
	return s, !c.asked
}

// Asked takes in that the first question is written down.
func (c *Circuit) Asked(s Refusals) { c.Refusals, c.asked = s, true }

// Survived takes in that the process has lived to see what came of its question, and
// reports whether that is to be written down.
func (c *Circuit) Survived() bool {
	lost := c.Tries > 0
	c.Tries, c.Tried = 0, time.Time{}
	return lost
}

// Refuse opens the circuit, or leaves it open for as long again. It reports whether
// the credentials that were refused are not known yet.
func (c *Circuit) Refuse(no *phones.Refusal, now time.Time) (unsigned bool) {
	c.Failures++
	if !c.Open() {
		c.Opened = now
	}
	c.Refused, c.Code, c.Problem, c.Tries, c.Tried = now, no.Code, no.Error(), 0, time.Time{}
	c.halted, c.problem = c.Until(now), c.Problem
	return len(c.Fingerprint) == 0
}

// Fail counts a question without an answer, and reports whether that is to be written
// down: a question to a halted cluster that may have arrived counts like one that was
// refused, and the next one waits as long.
func (c *Circuit) Fail(err error, now time.Time) (changed bool) {
	if c.Failures == 0 {
		c.since = now
	}
	c.Failures++
	c.problem, c.distrusted = err.Error(), errors.Is(err, phones.ErrDistrusted)
	c.askAfter = now.Add(min(AskAgainIn<<min(c.Failures-1, 8), askAtMost))
	if changed = c.Open() && !errors.Is(err, phones.ErrNotSent); changed {
		c.Refused = now
		c.halted = c.Until(now)
	}
	return changed
}

// Close closes the circuit, or ends a silence, and reports whether that is to be written
// down. Newest is the newest attempt, and other says that other credentials are presented
// from now on.
func (c *Circuit) Close(newest int64, other bool) (changed bool) {
	s := c.closed()
	if changed = c.Open() || c.Tries > 0; changed {
		if s.Readmitted = newest; other {
			s.Renewed = newest
		}
	}
	*c = Circuit{Refusals: s, asked: c.asked}
	return changed
}

// CredentialsUnreadable notes that the credentials cannot be read: those from before were
// refused, and there is nothing to ask with.
func (c *Circuit) CredentialsUnreadable(err error, now time.Time) {
	c.problem = err.Error()
	c.halted = reservations.Latest(c.halted, now.Add(CredentialsCheckEvery))
}

// CredentialsReadable notes that the credentials can be read.
func (c *Circuit) CredentialsReadable() { c.problem = c.Problem }

// Moved keeps the instants those of a wall clock that has jumped.
func (c *Circuit) Moved(now time.Time) {
	if c.Halted() {
		c.halted = c.Until(now)
	}
}

// Blocks stops every step while the phone system is not asked, because it refuses deskd
// or does not answer. When it is asked again, it only says so.
func (c *Circuit) Blocks(now time.Time) []plan.Block {
	b := plan.Block{Scope: plan.Scope{All: true}, Until: c.SilentUntil()}
	if now.Before(b.Until) {
		b.Effect = plan.Stops
	}
	switch {
	case c.Open():
		b.Kind, b.Since, b.Text, b.Fields = plan.KindRefused, c.Opened, c.problem, []any{"code", c.Code}
	case c.Halted():
		b.Kind, b.Since, b.Text = plan.KindUnanswered, c.Tried, cmp.Or(c.problem, c.Why())
	case c.Failures == 0:
		return nil
	default:
		b.Kind, b.Since, b.Text = plan.KindSilent, c.since, c.problem
		if c.distrusted {
			b.Kind = plan.KindCertificate
		}
	}
	return []plan.Block{b}
}
