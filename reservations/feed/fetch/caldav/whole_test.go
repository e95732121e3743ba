package caldav

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// A server that leaves changes out of its answers to a token is caught by the
// listing of an hour later at the latest, and bodies of known ETags stay.
func TestTokenThatLeavesChangesOut(t *testing.T) {
	f := newFake("a.ics", "b.ics", "c.ics")
	c := f.mirror(t)
	c.holdsAt(t, noon.Add(-time.Minute), "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics")
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics") // which brings nothing new
	f.put("d.ics", "left out")
	f.put("a.ics", "moved and left out")
	f.remove("b.ics")
	f.skips, f.asked = len(f.log), nil
	almost := noon.Add(listAgain - time.Nanosecond)
	c.holdsAt(t, almost, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics")
	f.wasAsked(t, "probe", "sync 3")
	c.holdsAt(t, noon.Add(listAgain), "a.ics=moved and left out", "c.ics=text of c.ics", "d.ics=left out")
	f.wasAsked(t, "probe", "sync 6", "sync ", "multiget 2")
	again := noon.Add(listAgain + time.Minute)
	c.holdsAt(t, again, "a.ics=moved and left out", "c.ics=text of c.ics", "d.ics=left out")
	f.wasAsked(t, "probe", "sync 6", "sync ") // what was new may not have been all
	c.holdsAt(t, again.Add(listAgain-time.Nanosecond), "a.ics=moved and left out", "c.ics=text of c.ics", "d.ics=left out")
	f.wasAsked(t, "probe", "sync 6")
	c.holdsAt(t, noon, "a.ics=moved and left out", "c.ics=text of c.ics", "d.ics=left out") // the clock was set back
	f.wasAsked(t, "probe", "sync 6", "sync ")
}

// What changed while the members were listed is found soon: the tag says so, or
// the changes that were told do.
func TestChangedCalendarIsListedWhole(t *testing.T) {
	soon := noon.Add(4 * restPerMember)
	t.Run("by its tag", func(t *testing.T) {
		f := newFake("a.ics", "b.ics", "c.ics", "d.ics")
		f.tagged = true
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics", "d.ics=text of d.ics")
		f.remove("b.ics")
		f.skips, f.asked = len(f.log), nil
		c.holdsAt(t, soon.Add(-time.Nanosecond), "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics", "d.ics=text of d.ics")
		f.wasAsked(t, "probe", "sync 4")
		c.holdsAt(t, soon, "a.ics=text of a.ics", "c.ics=text of c.ics", "d.ics=text of d.ics")
		f.wasAsked(t, "probe", "sync 5", "sync ")
		c.holdsAt(t, soon.Add(time.Minute), "a.ics=text of a.ics", "c.ics=text of c.ics", "d.ics=text of d.ics")
		f.wasAsked(t, "probe", "sync 5", "sync ") // that listing brought something new
		c.holdsAt(t, soon.Add(2*time.Minute), "a.ics=text of a.ics", "c.ics=text of c.ics", "d.ics=text of d.ics")
		f.wasAsked(t, "probe", "sync 5")
	})
	t.Run("by a change", func(t *testing.T) {
		f := newFake("a.ics", "b.ics", "c.ics")
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics")
		f.remove("b.ics")
		f.skips = len(f.log)
		f.put("d.ics", "told")
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics", "d.ics=told")
		f.asked = nil
		c.holdsAt(t, soon, "a.ics=text of a.ics", "c.ics=text of c.ics", "d.ics=told")
		f.wasAsked(t, "probe", "sync 5", "sync ")
	})
	// Between the listing and its tag, too: the tag is asked for before.
	t.Run("while it was listed", func(t *testing.T) {
		f := newFake("a.ics")
		f.tagged = true
		f.onAsked = func(what string) {
			if what == "multiget 1" {
				f.put("b.ics", "late")
				f.skips = len(f.log)
			}
		}
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics")
		f.onAsked = nil
		c.holdsAt(t, soon, "a.ics=text of a.ics", "b.ics=late")
	})
}

// Tags and tokens that are seconds tell nothing of the second event in one.
func TestTagOfSeconds(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	f.tagged = true
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.put("c.ics", "first")
	f.tag = "1795900446"
	c.holdsAt(t, noon.Add(time.Minute), "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=first")
	f.remove("a.ics")
	f.skips = len(f.log)
	c.holdsAt(t, noon.Add(2*time.Minute), "b.ics=text of b.ics", "c.ics=first")
}

// A member that a token names has changed, though its ETag may be one of a count.
func TestCountedETags(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	f.etag = func(string) string { return "gcs00000000" }
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.recreate("a.ics")
	f.put("b.ics", "text of b.ics")
	f.put("a.ics", "another once more")
	f.epoch-- // it takes the token for one of its own, and names a.ics
	c.holdsAt(t, noon.Add(time.Minute), "a.ics=another once more", "b.ics=text of b.ics")
}

// A calendar that was deleted and made again at the same address is another one,
// however its server takes the old token.
func TestRecreated(t *testing.T) {
	for name, tc := range map[string]struct {
		habit func(*fake)
		polls int // until the old bookings are gone
	}{
		"refuses the token":                      {func(f *fake) { f.refuses = map[string]int{"sync 3": 403} }, 1},
		"breaks at the token":                    {func(f *fake) { f.refuses = map[string]int{"sync 3": 500} }, 1},
		"has another id":                         {func(f *fake) { f.welcome, f.id = true, "urn:two" }, 1},
		"lists all there is as changes, tagged":  {func(f *fake) { f.welcome, f.tagged = true, true }, 1},
		"lists all there is as changes":          {func(f *fake) { f.welcome = true }, 2},
		"takes the token for one of its own":     {func(f *fake) { f.epoch-- }, 2},
		"tagged, takes the token for its own":    {func(f *fake) { f.epoch--; f.tagged = true }, 1},
		"is not there any more, and then is":     {func(f *fake) { f.epoch-- }, 0},
		"answers 410, and is there again":        {func(f *fake) { f.epoch-- }, 0},
		"is not there for changes, and then is":  {func(f *fake) { f.epoch-- }, 0},
		"is a folder, and then a calendar again": {func(f *fake) { f.epoch-- }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake("a.ics", "b.ics", "c.ics")
			f.id = "urn:one"
			c := f.mirror(t)
			c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics")
			f.recreate("c.ics", "d.ics", "e.ics", "f.ics")
			tc.habit(f)
			if tc.polls == 0 {
				f.away(name)
				if _, err := c.Sync(t.Context(), march, may, noon); err == nil {
					t.Fatal("no error")
				}
				f.refuses, f.noCal = nil, false
			}
			for n := range tc.polls - 1 {
				if _, err := c.Sync(t.Context(), march, may, noon.Add(time.Duration(n+1)*time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			c.holdsAt(t, noon.Add(10*time.Minute), "c.ics=another c.ics", "d.ics=another d.ics", "e.ics=another e.ics", "f.ics=another f.ics")
		})
	}
}

// away is how a calendar that has gone answers.
func (f *fake) away(how string) {
	switch how {
	case "is not there any more, and then is":
		f.refuses = map[string]int{"probe": 404}
	case "answers 410, and is there again":
		f.refuses = map[string]int{"probe": 410}
	case "is not there for changes, and then is":
		f.refuses = map[string]int{"sync": 404}
	default:
		f.noCal = true
	}
}

// ETags that count from one for each object are no proof once the calendar has
// gone: the objects of its successor have the same.
func TestSuccessorsObjectsAreBrought(t *testing.T) {
	for _, code := range []int{http.StatusNotFound, http.StatusGone} {
		f := newFake("a.ics", "b.ics")
		f.etag = func(string) string { return "gcs00000000" }
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
		f.recreate("a.ics", "b.ics")
		f.refuses = map[string]int{"probe": code}
		var status *StatusError
		if _, err := c.Sync(t.Context(), march, may, noon); !errors.As(err, &status) || status.Code != code {
			t.Fatalf("error %v", err)
		}
		f.refuses, f.asked = nil, nil
		c.holds(t, "a.ics=another a.ics", "b.ics=another b.ics")
		f.wasAsked(t, "probe", "sync ", "multiget 2")
	}
}

// Whatever a request with a token is answered that is no list, the list is asked
// for once without: tokens that have become useless are answered in every way.
func TestSpentToken(t *testing.T) {
	for _, code := range []int{400, 403, 404, 405, 409, 410, 412, 415, 422, 500, 501, 502, 504, 507, 200, 204} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			f := newFake("a.ics", "b.ics")
			c := f.mirror(t)
			c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
			f.put("b.ics", "moved")
			f.refuses, f.asked = map[string]int{"sync 2": code}, nil
			c.holds(t, "a.ics=text of a.ics", "b.ics=moved")
			f.wasAsked(t, "probe", "sync 2", "sync ", "multiget 1")

			f.refuses, f.asked = map[string]int{"sync": code}, nil
			if code/100 == 5 && code != 501 && code != 507 {
				if _, err := c.Sync(t.Context(), march, may, noon); err == nil {
					t.Error("no error without a list")
				}
				f.wasAsked(t, "probe", "sync 3", "sync ") // once
			}
		})
	}
	t.Run("no XML", func(t *testing.T) {
		f := newFake("a.ics")
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics")
		f.remove("a.ics")
		f.put("b.ics", "new")
		f.mutate = func(text string) string {
			if f.asked[len(f.asked)-1] == "sync 1" {
				return "<html>"
			}
			return text
		}
		c.holds(t, "b.ics=new")
	})
	t.Run("in the midst of the changes", func(t *testing.T) {
		f := newFake("a.ics", "b.ics", "c.ics")
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c.ics=text of c.ics")
		f.put("a.ics", "moved")
		f.put("b.ics", "moved")
		f.page = 1
		f.refuses = map[string]int{"sync 4": 403}
		f.onAsked = func(what string) {
			if what == "sync " {
				f.refuses = nil
			}
		}
		c.holds(t, "a.ics=moved", "b.ics=moved", "c.ics=text of c.ics")
	})
}

// A calendar with another id is another, at once and under the same ETags.
func TestAnotherIdentity(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	f.id, f.etag = "urn:one", func(string) string { return "gcs00000000" }
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.recreate("a.ics")
	f.skips, f.epoch, f.id = len(f.log), 0, "urn:two" // it takes the token, and names nothing
	c.holds(t, "a.ics=another a.ics")
}
