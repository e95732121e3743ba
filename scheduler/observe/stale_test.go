package observe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// An answer is in doubt that contradicts a success so soon after it that a node which is
// behind may have given it, unless something else accounts for what it shows.
func TestStale(t *testing.T) {
	const ns = time.Nanosecond
	for name, c := range map[string]struct {
		before func(o *observing)
		shows  string
		asked  time.Duration // after the last success
		stale  bool
	}{
		"login, nobody":                    {func(o *observing) { o.takes("login jane", plan.Done, 0) }, "-", 0, true},
		"login, another":                   {func(o *observing) { o.takes("login jane", plan.Done, 0) }, "max", 0, true},
		"login, as it says":                {func(o *observing) { o.takes("login jane", plan.Done, 0) }, "jane", 0, false},
		"to the last moment":               {func(o *observing) { o.takes("login jane", plan.Done, 0) }, "-", plan.StaleFor - ns, true},
		"and no longer":                    {func(o *observing) { o.takes("login jane", plan.Done, 0) }, "-", plan.StaleFor, false},
		"logout, still there":              {func(o *observing) { o.takes("logout jane", plan.Done, 0) }, "jane", 0, true},
		"refuted logout":                   {func(o *observing) { o.takes("logout jane", plan.Done, 0); o.Proofs.Refute("SEP1") }, "jane", 30*time.Second - ns, true},
		"refuted logout, half a minute on": {func(o *observing) { o.takes("logout jane", plan.Done, 0); o.Proofs.Refute("SEP1") }, "jane", 30 * time.Second, false},
		"a refusal proves nothing":         {func(o *observing) { o.takes("login jane", plan.Refused, 0) }, "max", 0, false},
		"what a lost logout was to do": {func(o *observing) {
			o.takes("login jane", plan.Done, 0)
			o.takes("logout jane", plan.Unknown, 0)
		}, "-", 0, false},
		"what a late login was to do": {func(o *observing) {
			o.takes("login jane", plan.Unknown, 2*time.Second)
			o.shows("-")
			o.takes("logout max", plan.Done, 0)
		}, "jane", 0, false},
		"a late login, served since": {func(o *observing) {
			o.takes("login jane", plan.Unknown, 3*time.Second)
			o.shows("-")
			o.takes("login jane", plan.Done, 2*time.Second)
			o.takes("logout jane", plan.Done, 0)
		}, "jane", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			observed(t, func(o *observing) {
				c.before(o)
				h := plan.Observation{Device: "SEP1", Person: strings.Trim(c.shows, "-"), Exists: true, Known: true}
				want(t, "stale", o.IsStale(h, time.Now().Add(c.asked)), c.stale)
				h.Exists = false
				want(t, "stale, of a phone that is not there", o.IsStale(h, time.Now().Add(c.asked)), false)
			})
		})
	}
}

// What the success says stays known while an answer is in doubt, and the phone is asked
// every five seconds. Of one with an open attempt nothing is known.
func TestDoubt(t *testing.T) {
	observed(t, func(o *observing) {
		o.takes("login jane", plan.Done, 2*time.Second)
		o.Looks = map[string]time.Time{}
		o.shows("max")
		want(t, "the phone", o.state(), "jane ours r1 in doubt")
		want(t, "looked at", o.look("SEP1"), 5*time.Second)
		o.shows("jane")
		want(t, "as the success says", o.state(), "jane ours r1")
		want(t, "in doubt", len(o.Doubted), 0)

		o.takes("logout jane", plan.Unknown, 0)
		o.shows("max")
		want(t, "with an open logout", o.state(), "jane unknown ours r1")
	})
}

// What waits for a doubt: the logout at a phone that shows a person, the login there of
// one that was refused, and the login elsewhere of the person it may hide.
func TestBlocksOfDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		before func(o *observing)
		want   []string
	}{
		"none": {func(*observing) {}, nil},
		"login, and another": {func(o *observing) { o.takes("login jane", plan.Done, time.Second); o.shows("max") },
			[]string{"login of " + reservations.PersonKey("jane") + " but SEP1", "logout SEP1"}},
		"login, and nobody": {func(o *observing) { o.takes("login jane", plan.Done, time.Second); o.shows("-") },
			[]string{"login of " + reservations.PersonKey("jane") + " but SEP1"}},
		"logout, and still there": {func(o *observing) { o.takes("logout jane", plan.Done, time.Second); o.shows("jane") },
			[]string{"logout SEP1"}},
		"refuted": {func(o *observing) {
			o.takes("logout jane", plan.Done, time.Second)
			o.takes("login max", plan.Refused, time.Second, func(a *plan.Attempt) { a.Class = plan.ClassOccupied })
			o.shows("jane")
		}, []string{"login SEP1", "logout SEP1"}},
		"two answers that differ": {func(o *observing) { o.Unsure("SEP1", time.Now()) }, []string{"logout SEP1"}},
		"two seconds later":       {func(o *observing) { o.Unsure("SEP1", time.Now()); time.Sleep(plan.LookAfter) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			observed(t, func(o *observing) {
				c.before(o)
				var got []string
				for _, b := range o.Blocks(time.Now()) {
					words := fmt.Sprintf("%s %s", b.Scope.Op, b.Scope.Device)
					if b.Scope.Person != "" {
						words = fmt.Sprintf("%s of %s but %s", b.Scope.Op, b.Scope.Person, b.Scope.But)
					}
					if b.Effect != plan.Stops || b.Kind != plan.KindStale {
						words += fmt.Sprintf(" with effect %v, kind %s", b.Effect, b.Kind)
					}
					got = append(got, words)
				}
				slices.Sort(got)
				want(t, "blocks", got, c.want)
			})
		})
	}
}
