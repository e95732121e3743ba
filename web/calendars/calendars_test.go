package calendars

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/publish"
)

var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// keys open calendars by their secrets.
type keys map[string]Shown

func (k keys) Opens(_ context.Context, secret string, _ time.Time) (Shown, error) {
	if secret == "broken" {
		return Shown{}, errors.New("the database does not answer")
	}
	if s, ok := k[secret]; ok {
		return s, nil
	}
	return Shown{}, ErrUnknown
}

// book is a house with one booking.
type book struct {
	booked  []reservations.Reservation
	name    string
	changes int64
	reads   int
}

func (b *book) Published(context.Context, Shown, time.Time) ([]reservations.Reservation, error) {
	return b.booked, nil
}

func (b *book) Desks(context.Context) ([]reservations.Desk, error) {
	b.reads++
	return []reservations.Desk{{ID: "4.12", Site: "berlin"}}, nil
}

func (b *book) People(context.Context) ([]reservations.Person, error) {
	return []reservations.Person{{ID: "jdoe", Name: b.name, Mail: []string{"jane@example.com"}}}, nil
}

func (b *book) NamesChanged(_ context.Context, from int64) (int64, bool, error) {
	return b.changes, from < b.changes, nil
}

func (b *book) Self(context.Context) (string, error) { return "self", nil }

// served is a handler over a house, and what it answers.
func served(t *testing.T) (*book, func(method, path string, headers ...string) *httptest.ResponseRecorder) {
	t.Helper()
	b := &book{name: "Jane Doe", booked: []reservations.Reservation{{
		ID: "r1", Desk: "4.12", Person: "JDOE", Note: "with Max", Status: reservations.Confirmed, Updated: now,
		Span: reservations.Span{Start: now, End: now.Add(time.Hour)},
	}}}
	at := now
	h := &Handler{
		Keys: keys{
			"person": {ID: "1", Kind: publish.OfPerson, Person: "jdoe"}, "desk": {ID: "2", Kind: publish.OfDesk, Desk: "4.12"},
			"site": {ID: "3", Kind: publish.OfSite, Site: "berlin", Names: true},
		},
		Book: b, Sites: map[string]reservations.Site{"berlin": {Name: "berlin", Zone: time.UTC}}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: func() time.Time { at = at.Add(time.Minute); return at },
	}
	mux := http.NewServeMux()
	mux.Handle("GET /cal/{file}", h)
	return b, func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
}

// Whoever reads the calendar of a desk learns that it is taken, and by whom only if the
// address was made for that. A person's own calendar says all.
func TestNamesAreHidden(t *testing.T) {
	_, ask := served(t)
	for path, c := range map[string]struct{ says, hides []string }{
		"/cal/desk.ics":   {[]string{"SUMMARY:booked", "LOCATION:4.12"}, []string{"Jane", "JDOE", "jane@", "Max"}},
		"/cal/site.ics":   {[]string{"SUMMARY:4.12: Jane Doe", "ORGANIZER;CN=Jane Doe:mailto:jane@example.com", "Note: with Max"}, nil},
		"/cal/person.ics": {[]string{"SUMMARY:Desk 4.12", "Note: with Max", "NAME:Desks of jdoe"}, nil},
	} {
		w := ask("GET", path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%s: %d %v", path, w.Code, w.Header())
		}
		text := strings.ReplaceAll(w.Body.String(), "\r\n ", "")
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", path, s, text)
			}
		}
		for _, s := range c.hides {
			if strings.Contains(text, s) {
				t.Errorf("%s says %q:\n%s", path, s, text)
			}
		}
	}
}

// A calendar that has not changed is not sent again.
func TestNotModified(t *testing.T) {
	b, ask := served(t)
	first := ask("GET", "/cal/site.ics")
	tag := first.Header().Get("ETag")
	for _, has := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if w := ask("GET", "/cal/site.ics", "If-None-Match", has); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("If-None-Match %s: %d", has, w.Code)
		}
	}
	if w := ask("HEAD", "/cal/site.ics"); w.Code != http.StatusOK || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	if b.reads != 1 {
		t.Errorf("desks were read %d times, and did not change", b.reads)
	}
	b.name, b.changes = "Jane Smith", 1
	if w := ask("GET", "/cal/site.ics", "If-None-Match", tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Jane Smith") {
		t.Errorf("after a change of name: %d", w.Code)
	}
}

// What opens nothing is the same 404, a database that does not answer a 503, and who reads
// a calendar all the time is asked to wait.
func TestRefusals(t *testing.T) {
	_, ask := served(t)
	wrong := ask("GET", "/cal/guess.ics")
	for _, path := range []string{"/cal/guess", "/cal/.ics", "/cal/person"} {
		if w := ask("GET", path); w.Code != http.StatusNotFound || w.Body.String() != wrong.Body.String() {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	if w := ask("GET", "/cal/broken.ics"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "database does not") {
		t.Errorf("broken: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask("POST", "/cal/person.ics"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// Each calendar has a limit of its own.
func TestReadTooOften(t *testing.T) {
	h := &Handler{}
	for range atOnce {
		if !h.limit("1").AllowN(now, 1) {
			t.Fatal("refused at once")
		}
	}
	if h.limit("1").AllowN(now, 1) || !h.limit("2").AllowN(now, 1) || !h.limit("1").AllowN(now.Add(5*time.Second), 1) {
		t.Error("one is not limited, or another is, or for longer than five seconds")
	}
}
