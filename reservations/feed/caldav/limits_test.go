package caldav

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The numbers of docs/feeds.md: each limit where it still holds, and one step beyond.

func TestLimitOfObjects(t *testing.T) {
	const most = 200_000
	answer := []byte(`<multistatus xmlns="DAV:">` + strings.Repeat(`<response/>`, most+1) + `</multistatus>`)
	if _, err := parse(answer); err == nil || !strings.Contains(err.Error(), "more than 200000 responses") {
		t.Errorf("one more in an answer: error %v", err)
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
