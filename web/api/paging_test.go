package api

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// Lists of any form say where they go on, and go on to their end; a cursor counts for the question
// that it was given for alone.
func TestNextPages(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	for i := range 5 {
		w.book(boss, "D1", "max", float64(i), float64(i)+0.5)
	}
	next := func(header string) string {
		t.Helper()
		address, rel, _ := strings.Cut(header, ">; ")
		if rel != `rel="next"` || !strings.HasPrefix(address, "<"+rest.Base) {
			t.Fatalf("Link: %q", header)
		}
		return strings.TrimPrefix(address, "<"+rest.Base)
	}
	path, rows := "/reservations?desk=D1&limit=2", 0
	for pages := 1; ; pages++ {
		got := w.do(ask{boss, "GET", path, nil, []string{"Accept", "text/csv"}})
		all, err := csv.NewReader(strings.NewReader(got.text)).ReadAll()
		check(t, err)
		rows += len(all) - 1
		if pages == 3 {
			if link := got.header.Get("Link"); link != "" || rows != 5 {
				t.Errorf("%d rows, and at the end %q", rows, link)
			}
			break
		}
		path = next(got.header.Get("Link"))
	}

	page := w.do(ask{boss, "GET", "/reservations?desk=D1&limit=2", nil, nil})
	cursor, _ := page.json(t)["next"].(string)
	if link := next(page.header.Get("Link")); !strings.Contains(link, "cursor="+url.QueryEscape(cursor)) {
		t.Errorf("the link %s, the cursor %s", link, cursor)
	}
	if got := w.do(ask{boss, "GET", "/reservations?limit=4&desk=D1&cursor=" + cursor, nil, nil}); got.status != 200 || len(got.list(t, "items")) != 3 {
		t.Errorf("a longer page: %d %s", got.status, got.text)
	}
	for name, path := range map[string]string{
		"mangled":           "/reservations?desk=D1&cursor=abc",
		"cut off":           "/reservations?desk=D1&cursor=" + cursor[:len(cursor)/2],
		"no base64":         "/reservations?desk=D1&cursor=%20%20",
		"of another list":   "/desks?cursor=" + cursor,
		"of other bookings": "/reservations?desk=D2&cursor=" + cursor,
		"of all bookings":   "/reservations?cursor=" + cursor,
	} {
		if got := w.do(ask{boss, "GET", path, nil, nil}); got.status != 422 || !strings.Contains(got.text, "cursor: it is none") {
			t.Errorf("a cursor that is %s: %d %s", name, got.status, got.text)
		}
	}
}

// A list of a place that there is not says so: it would be empty, as that of a place where nothing
// is. What is free is free for the one who asks.
func TestPlaces(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss, jane := w.secrets[reservations.RoleFacilities], w.secrets[reservations.RoleEmployee]
	for path, want := range map[string]string{
		"/desks?site=nowhere":             `site: there is none called "nowhere"`,
		"/desks?site=berlin&floor=99":     `floor: there is none called "99" in site berlin`,
		"/desks?zone=nowhere":             `zone: there is none called "nowhere"`,
		"/reservations?desk=9.9":          `desk: there is none called "9.9"`,
		"/closures?desk=9.9":              `desk: there is none called "9.9"`,
		"/arrivals?site=berlin&desk=9.9":  `desk: there is none called "9.9" in site berlin`,
		"/attempts?desk=9.9":              `desk: there is none called "9.9"`,
		"/drift?desk=9.9":                 `desk: there is none called "9.9"`,
		"/reports?site=nowhere":           `site: there is none called "nowhere"`,
		"/reports?site=berlin&floor=99":   `floor: there is none called "99" in site berlin`,
		"/statistics?site=nowhere":        `site: there is none called "nowhere"`,
		"/statistics?site=berlin":         "",
		"/reservations?desk=D1":           "",
		"/closures?site=berlin&zone=loud": "",
	} {
		secret := boss
		if strings.HasPrefix(path, "/attempts") || strings.HasPrefix(path, "/drift") {
			secret = w.secrets[reservations.RoleTelephony]
		}
		got := w.do(ask{secret, "GET", path, nil, nil})
		text, _ := got.json(t)["detail"].(string)
		if status := map[bool]int{true: 200, false: 422}[want == ""]; got.status != status || text != want {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}

	all := func(secret, query string) string {
		t.Helper()
		return texts(w.do(ask{secret, "GET", "/desks?free_from=2026-03-02T10:00:00Z&free_to=2026-03-02T11:00:00Z" + query, nil, nil}).list(t, "items"), "id")
	}
	w.rules.OneDesk = true
	nobody := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: []reservations.Scope{reservations.ScopeRead}})
	free := all(nobody, "")
	w.book(jane, "D1", "", 2, 3) // that hour
	if got := all(jane, ""); got != "" {
		t.Errorf("free for one who has a desk then: %s", got)
	}
	if got := all(nobody, ""); got == "" || got == free {
		t.Errorf("free for nobody in particular: %s, was %s", got, free)
	}
}
