package caldav

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The numbers of docs/feeds.md: each limit where it still holds, and one step beyond.

func TestLimitOfObjects(t *testing.T) {
	const most = 200_000
	answer := []byte(`<multistatus xmlns="DAV:">` + strings.Repeat(`<response/>`, most+1) + `</multistatus>`)
	if _, err := parse(answer); err == nil || !strings.Contains(err.Error(), "more than 200000 responses") {
		t.Errorf("one more in an answer: error %v", err)
	}
	if testing.Short() {
		return // the answer stands for the calendars, which take seconds
	}
	for _, n := range []int{most, most + 1} {
		f := newFake("new.ics")
		c := f.mirror(t)
		c.members, c.token, c.whole.at = make(map[string]string, n), "0", noon
		for i := range n - 1 {
			path := folder + strconv.Itoa(i)
			c.members[path], c.bodies[path] = "1", body{etag: "1", data: []byte("x")}
		}
		objects, err := c.Sync(t.Context(), march, may, noon)
		if n == most && (err != nil || len(objects) != n) || n > most && (err == nil || !strings.Contains(err.Error(), "more than 200000 objects")) {
			t.Errorf("%d: %d objects, error %v", n, len(objects), err)
		}
	}
}

func TestLimitOfObject(t *testing.T) {
	const most = 4 << 20
	f := newFake()
	f.put("fits.ics", strings.Repeat("x", most))
	f.put("more.ics", strings.Repeat("x", most+1))
	f.etag = func(name string) string { return name }
	objects, err := f.mirror(t).Sync(t.Context(), march, may, noon)
	if err != nil || len(objects) != 2 {
		t.Fatalf("%d objects, error %v", len(objects), err)
	}
	if o := objects[0]; o.Err != nil || len(o.Data) != most {
		t.Errorf("%s: %d bytes, error %v", o.Name, len(o.Data), o.Err)
	}
	if o := objects[1]; o.Data != nil || o.Err == nil || !strings.Contains(o.Err.Error(), "larger than 4194304 bytes") {
		t.Errorf("%s: %d bytes, error %v", o.Name, len(o.Data), o.Err)
	}
}

func TestLimitOfUnreadable(t *testing.T) {
	for _, n := range []int{100, 101} {
		f := newFake()
		f.hidden = make(map[string]bool)
		for i := range n {
			name := fmt.Sprintf("%d.ics", i)
			f.put(name, "x")
			f.hidden[name] = true
		}
		if _, err := f.mirror(t).Sync(t.Context(), march, may, noon); (err == nil) != (n == 100) {
			t.Errorf("%d: error %v", n, err)
		}
	}
}

// The whole list is asked for once an hour, and of a calendar that has changed at
// most every 20 ms for each of its objects.
func TestLimitOfTrust(t *testing.T) {
	for _, tc := range []struct {
		objects int
		changed bool
		age     time.Duration
		again   bool
	}{
		{3, false, time.Hour - time.Nanosecond, false},
		{3, false, time.Hour, true},
		{300, true, 6*time.Second - time.Nanosecond, false},
		{300, true, 6 * time.Second, true},
		{15_000, true, 5*time.Minute - time.Nanosecond, false},
		{15_000, true, 5 * time.Minute, true},
		{15_000, false, 5 * time.Minute, false},
	} {
		c := newFake().mirror(t)
		c.members = make(map[string]string, tc.objects)
		for i := range tc.objects {
			c.members[strconv.Itoa(i)] = "1"
		}
		c.whole.at, c.whole.changed = noon, tc.changed
		if got := c.outdated(identity{}, noon.Add(tc.age)); got != tc.again {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}

func TestLimitOfSearch(t *testing.T) {
	f := &tree{folders: map[string]string{}}
	homes := ""
	for n := range 30 { // empty folders, which are all the user's
		homes += fmt.Sprintf(`<d:href>/%d/</d:href>`, n)
		f.folders[fmt.Sprintf("/%d/", n)] = isFolder
	}
	f.folders["/0/"] = isFolder + `<c:calendar-home-set>` + homes + `</c:calendar-home-set>`
	at, err := url.Parse("https://example.com/0/")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Find(t.Context(), at, f.send); len(found) > 0 || err != nil || f.asked != 12 {
		t.Errorf("found %v after %d requests, error %v", found, f.asked, err)
	}
}

// A query is cut in halves of an hour, of a second more, and of none less.
func TestLimitOfQueries(t *testing.T) {
	for length, refused := range map[time.Duration]bool{2 * time.Hour: false, 2*time.Hour + time.Second: false, 2*time.Hour - time.Second: true} {
		asked := 0
		c := New(&url.URL{Scheme: "https", Host: "example.com", Path: folder}, func(_ context.Context, _ Request) (Answer, error) {
			if asked++; asked == 1 {
				return Answer{Code: http.StatusInsufficientStorage}, nil
			}
			return Answer{Code: http.StatusMultiStatus, Body: []byte(`<multistatus xmlns="DAV:"/>`)}, nil
		})
		err := c.query(t.Context(), make(map[string]string), noon, noon.Add(length))
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "even of a single hour") || !refused && asked != 3 {
			t.Errorf("%v: asked %d times, error %v", length, asked, err)
		}
	}
}
