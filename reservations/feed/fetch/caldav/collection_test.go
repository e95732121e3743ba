package caldav

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	may   = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	noon  = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
)

// holds checks what a synchronisation returns: "name=text" of what could be
// had, "name!error" behind it of what could not.
func (c *Collection) holds(t *testing.T, want ...string) {
	t.Helper()
	c.holdsAt(t, noon, want...)
}

func (c *Collection) holdsAt(t *testing.T, now time.Time, want ...string) {
	t.Helper()
	objects, err := c.Sync(t.Context(), march, may, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		text := o.Name + "=" + string(o.Data)
		if o.Err != nil {
			text += "!" + o.Err.Error()
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func (f *fake) wasAsked(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, f.asked); diff != "" {
		t.Errorf("asked -want +got\n%s", diff)
	}
	f.asked = nil
}

func TestOnlyChangesAreBrought(t *testing.T) {
	f := newFake("a.ics", "b.ics", "c@example.com.ics")
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c@example.com.ics=text of c@example.com.ics")
	f.wasAsked(t, "probe", "sync ", "multiget 3")
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics", "c@example.com.ics=text of c@example.com.ics")
	f.wasAsked(t, "probe", "sync 3")
	f.put("b.ics", "moved")
	f.remove("a.ics")
	f.put("d.ics", "new")
	c.holds(t, "b.ics=moved", "c@example.com.ics=text of c@example.com.ics", "d.ics=new")
	f.wasAsked(t, "probe", "sync 3", "multiget 2")
}

// A token that is not known any more is no reason to fetch what is there already.
func TestForgottenToken(t *testing.T) {
	for _, code := range []int{403, 409, 410, 412, 400} {
		f := newFake("a.ics", "b.ics")
		c := f.mirror(t)
		c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
		f.asked = nil
		f.remove("a.ics")
		f.put("c.ics", "new")
		f.refuses = map[string]int{"sync 2": code}
		c.holds(t, "b.ics=text of b.ics", "c.ics=new")
		f.wasAsked(t, "probe", "sync 2", "sync ", "multiget 1")
	}
}

func TestChangesInParts(t *testing.T) {
	f := newFake("a.ics", "b.ics", "c.ics", "d.ics", "e.ics")
	f.remove("a.ics")
	f.page = 2
	c := f.mirror(t)
	c.holds(t, "b.ics=text of b.ics", "c.ics=text of c.ics", "d.ics=text of d.ics", "e.ics=text of e.ics")
	f.wasAsked(t, "probe", "sync ", "sync 2", "sync 4", "multiget 4")

	// A part that does not come leaves the whole as it was.
	f.put("b.ics", "moved")
	f.put("c.ics", "moved")
	f.remove("d.ics")
	f.refuses = map[string]int{"sync 8": 502}
	if _, err := c.Sync(t.Context(), march, may, noon); err == nil {
		t.Error("a part passed for the whole")
	}
	f.refuses, f.asked = nil, nil
	c.holds(t, "b.ics=moved", "c.ics=moved", "e.ics=text of e.ics")
	f.wasAsked(t, "probe", "sync 6", "sync 8", "multiget 2")
}

func TestSamePartForEver(t *testing.T) {
	f := newFake("a.ics", "b.ics", "c.ics")
	f.page = 1
	f.mutate = func(text string) string { return strings.ReplaceAll(text, "<d:sync-token>2<", "<d:sync-token>1<") }
	if _, err := f.mirror(t).Sync(t.Context(), march, may, noon); err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("error %v", err)
	}
}

// Servers that do not say what changed are asked for what there is, and give
// bodies of what is new.
func TestQuery(t *testing.T) {
	for name, f := range map[string]*fake{
		"refuses":         {refuses: map[string]int{"sync": 403}},
		"does not know":   {refuses: map[string]int{"sync": 501}},
		"says nothing":    {silent: map[string]bool{"sync": true}},
		"no empty tokens": {refuses: map[string]int{"sync ": 400}},
	} {
		t.Run(name, func(t *testing.T) {
			base := newFake("a.ics", "b.ics")
			f.objects, f.spans = base.objects, base.spans
			c := f.mirror(t)
			c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
			f.wasAsked(t, "probe", "sync ", "query", "multiget 2")
			f.remove("a.ics")
			f.put("c.ics", "new")
			c.holds(t, "b.ics=text of b.ics", "c.ics=new")
			f.wasAsked(t, "probe", "query", "multiget 1")
		})
	}
}

// A token that is refused in the midst of the parts is a passing fault: the
// server does say what changed.
func TestTokenForgottenInTheMidst(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	f.page, f.refuses = 1, map[string]int{"sync 1": 403}
	c := f.mirror(t)
	if _, err := c.Sync(t.Context(), march, may, noon); err == nil {
		t.Error("a part passed for the whole")
	}
	f.refuses, f.asked = nil, nil
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.wasAsked(t, "probe", "sync ", "sync 1", "multiget 2")
}

// A query that is answered in part is asked again in halves.
func TestQueryInParts(t *testing.T) {
	f := newFake()
	f.refuses = map[string]int{"sync": 403}
	var want []string
	for day := range 20 {
		name := fmt.Sprintf("%02d.ics", day)
		f.put(name, "x")
		f.spans[name] = [2]time.Time{march.AddDate(0, 0, day), march.AddDate(0, 0, day).Add(time.Hour)}
		want = append(want, name+"=x")
	}
	f.page = 3
	f.mirror(t).holds(t, want...)

	for name := range f.objects {
		f.spans[name] = f.spans["00.ics"]
	}
	if _, err := f.mirror(t).Sync(t.Context(), march, may, noon); err == nil || !strings.Contains(err.Error(), "only a part") {
		t.Errorf("error %v", err)
	}
}

func TestObjectsOneByOne(t *testing.T) {
	for name, f := range map[string]*fake{
		"refuses":      {refuses: map[string]int{"multiget": 403}},
		"says nothing": {silent: map[string]bool{"multiget": true}},
	} {
		t.Run(name, func(t *testing.T) {
			base := newFake("a.ics", "b c.ics")
			f.objects, f.log = base.objects, base.log
			f.mirror(t).holds(t, "a.ics=text of a.ics", "b c.ics=text of b c.ics")
			f.wasAsked(t, "probe", "sync ", "multiget 2", "GET a.ics", "GET b c.ics")
		})
	}
}

// An object that spoils the answers it is in loses itself only.
func TestPoisonedObject(t *testing.T) {
	f := newFake()
	for n := range 70 {
		f.put(fmt.Sprintf("%02d.ics", n), "x")
	}
	var want []string
	for n := range 70 {
		text := "x"
		switch n {
		case 13:
			text = "bell \a"
			f.put("13.ics", text) // XML cannot carry it, a plain GET can
		case 66:
			f.put("66.ics", "500")
			f.poison = map[string]bool{"66.ics": true}
			want = append(want, "66.ics=!the server answered 500 Internal Server Error to GET")
			continue
		}
		want = append(want, fmt.Sprintf("%02d.ics=%s", n, text))
	}
	c := f.mirror(t)
	c.holds(t, want...)
	if n := len(f.asked); n > 40 {
		t.Errorf("%d requests", n)
	}
	// It is asked for again, until it can be had.
	f.asked = nil
	c.holds(t, want...)
	f.wasAsked(t, "probe", "sync 72", "multiget 1", "GET 66.ics")
	f.poison, f.objects["66.ics"] = nil, "corrected"
	want[66] = "66.ics=corrected"
	c.holds(t, want...)
}

// What an object said before stays where it cannot be had any more.
func TestUnreadableKeepsWhatItSaid(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.put("a.ics", "changed")
	f.hidden = map[string]bool{"a.ics": true}
	c.holds(t, "a.ics=text of a.ics!the server answered 404 Not Found to GET", "b.ics=text of b.ics")
	f.hidden = nil
	c.holds(t, "a.ics=changed", "b.ics=text of b.ics")
	f.remove("a.ics")
	c.holds(t, "b.ics=text of b.ics")
}

// Nextcloud lists what is in its trash with a status of its own and no ETag.
func TestTrash(t *testing.T) {
	f := newFake("a.ics", "b.ics")
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics", "b.ics=text of b.ics")
	f.remove("a.ics")
	f.trash = map[string]bool{"a.ics": true}
	c.holds(t, "b.ics=text of b.ics")
}

func TestTooManyUnreadable(t *testing.T) {
	f := newFake()
	f.hidden = make(map[string]bool)
	for n := range maxUnreadable + 1 {
		name := fmt.Sprintf("%d.ics", n)
		f.put(name, "x")
		f.hidden[name] = true
	}
	if _, err := f.mirror(t).Sync(t.Context(), march, may, noon); err == nil || !strings.Contains(err.Error(), "more than 100 objects") {
		t.Errorf("error %v", err)
	}
}

func TestWithoutETags(t *testing.T) {
	f := newFake("a.ics")
	f.noETags = true
	c := f.mirror(t)
	c.holds(t, "a.ics=text of a.ics")
	f.objects["a.ics"] = "changed in silence"
	c.holds(t, "a.ics=changed in silence")
}

// Addresses come as paths or URLs, of a host that a proxy hides, escaped this
// way or that.
func TestAddresses(t *testing.T) {
	for name, href := range map[string]func(string) string{
		"URL":           func(at string) string { return "https://internal.example.com:8443" + at },
		"escaped more":  func(at string) string { return strings.ReplaceAll(at, "@", "%40") },
		"with newlines": func(at string) string { return "\n  " + at + "\n" },
		"another place": func(at string) string { return "/inner" + at },
	} {
		f := newFake("jane@example.com.ics")
		f.href = href
		t.Run(name, func(t *testing.T) {
			f.mirror(t).holds(t, "jane@example.com.ics=text of jane@example.com.ics")
		})
	}
}

func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		fake *fake
		text string
	}{
		"no calendar":      {&fake{noCal: true}, "no calendar at this address"},
		"not there":        {&fake{refuses: map[string]int{"probe": 404}}, "404 Not Found to PROPFIND"},
		"calendar removed": {&fake{refuses: map[string]int{"sync": 404}}, "404 Not Found to REPORT"},
		"broken":           {&fake{refuses: map[string]int{"sync": 500}}, "500 Internal Server Error to REPORT"},
		"nothing works":    {&fake{refuses: map[string]int{"sync": 403, "query": 403}}, "403 Forbidden to REPORT"},
		"HTML":             {&fake{mutate: func(string) string { return "<html><body>Log in</body></html>" }}, `it is "html"`},
		"cut off":          {&fake{mutate: func(s string) string { return s[:len(s)-20] }}, "cannot be read"},
		"entities":         {&fake{mutate: func(string) string { return `<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>` }}, "cannot be read"},
		"other charset":    {&fake{mutate: func(string) string { return `<?xml version="1.0" encoding="utf-16"?><a/>` }}, "cannot be read"},
	} {
		_, err := tc.fake.mirror(t).Sync(t.Context(), march, may, noon)
		if err == nil || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: error %v, want %q", name, err, tc.text)
		}
	}
}

// Whatever breaks off a synchronisation, the next one is whole; and the one an
// hour later, whatever the server has left out.
func TestBrokenOffAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFake("0.ics", "1.ics", "2.ics")
		f.page = rapid.IntRange(0, 2).Draw(rt, "page")
		if rapid.Bool().Draw(rt, "query") {
			f.page, f.refuses = 0, map[string]int{"sync": 403}
		}
		f.tagged = rapid.Bool().Draw(rt, "tagged")
		c, now := f.mirror(t), noon
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				name := fmt.Sprintf("%d.ics", rapid.IntRange(0, 5).Draw(rt, "name"))
				if _, there := f.objects[name]; there && rapid.Bool().Draw(rt, "remove") {
					f.remove(name)
				} else {
					f.put(name, fmt.Sprint(len(f.log)))
				}
			}
			if rapid.Bool().Draw(rt, "forget") {
				f.epoch++
			}
			ctx, stop := context.WithCancel(t.Context())
			left := rapid.IntRange(0, 6).Draw(rt, "requests before it breaks off")
			f.onAsked = func(string) {
				if left--; left < 0 {
					stop()
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "minutes")) * time.Minute)
			_, _ = c.Sync(ctx, march, may, now)
			stop()
			f.onAsked = nil
			if f.page == 0 && rapid.Bool().Draw(rt, "leaves out") {
				f.skips = len(f.log)
				now = now.Add(listAgain)
			}
			objects, err := c.Sync(t.Context(), march, may, now)
			if err != nil {
				rt.Fatal(err)
			}
			got := make(map[string]string)
			for _, o := range objects {
				got[o.Name] = string(o.Data)
			}
			if diff := cmp.Diff(f.objects, got); diff != "" {
				rt.Fatalf("-server +mirror\n%s", diff)
			}
		}
	})
}

func TestSendFails(t *testing.T) {
	broken := errors.New("connection reset")
	c := New(nil, func(context.Context, Request) (Answer, error) { return Answer{}, broken })
	if _, err := c.Sync(t.Context(), march, may, noon); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
