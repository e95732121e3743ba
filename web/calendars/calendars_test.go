package calendars

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/publish"
	"deskd/store"
	"deskd/store/bookings"
)

var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// house is a database with a desk, a person, and the booking of both.
type house struct {
	*store.Store
	reads int
}

// Published implements [Book] as the daemon does.
func (h *house) Published(ctx context.Context, s Shown, since time.Time) ([]reservations.Reservation, error) {
	return h.Bookings().Published(ctx, bookings.Publication{Person: s.Person, Place: booking.Place{Site: s.Site, Desk: s.Desk}, Since: since})
}

// Desks counts how often they are read.
func (h *house) Desks(ctx context.Context) ([]reservations.Desk, error) {
	h.reads++
	return h.Store.Desks(ctx)
}

// keys open calendars by words that are easily guessed.
type keys map[string]Shown

func (k keys) Opens(_ context.Context, secret string, _ time.Time) (Shown, error) {
	if s, ok := k[secret]; ok {
		return s, nil
	}
	return Shown{}, ErrUnknown
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// served is a handler over a house, and what it answers.
func served(t *testing.T) (*house, func(method, path string, headers ...string) *httptest.ResponseRecorder) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "deskd.db"), store.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	check(t, db.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main", URL: "https://cucm.example.com"}}))
	_, err = db.ImportDesks(ctx, []reservations.Desk{{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP000000000001"}}, false)
	check(t, err)
	h := &house{Store: db}
	h.call(t, "Jane Doe")
	_, err = db.Bookings().Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "JDOE", Note: "with Max", Span: reservations.Span{Start: now, End: now.Add(time.Hour)}}, now)
	check(t, err)
	at := now
	handler := &Handler{
		Keys: keys{
			"person": {ID: "1", Kind: publish.OfPerson, Person: "jdoe"}, "desk": {ID: "2", Kind: publish.OfDesk, Desk: "4.12"},
			"site": {ID: "3", Kind: publish.OfSite, Site: "berlin", Names: true},
		},
		Book: h, Sites: map[string]reservations.Site{"berlin": {Name: "berlin", Zone: time.UTC}}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { at = at.Add(time.Minute); return at },
	}
	mux := http.NewServeMux()
	mux.Handle("GET /cal/{file}", handler)
	return h, func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
}

// call gives the person a name.
func (h *house) call(t *testing.T, name string) {
	t.Helper()
	_, err := h.ImportPeople(t.Context(), []reservations.Person{{ID: "jdoe", Name: name, Mail: []string{"jane@example.com"}}}, false)
	check(t, err)
}

// The calendar of a desk says that it is taken, and by whom only if its address was made for
// that. A person's own calendar says all.
func TestNamesAreHidden(t *testing.T) {
	_, ask := served(t)
	for path, c := range map[string]struct{ says, hides []string }{
		"/cal/desk.ics":   {[]string{"SUMMARY:booked", "LOCATION:4.12"}, []string{"Jane", "jdoe", "jane@", "Max"}},
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
	h, ask := served(t)
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
	if h.reads != 1 {
		t.Errorf("desks were read %d times, and did not change", h.reads)
	}
	h.call(t, "Jane Smith")
	if w := ask("GET", "/cal/site.ics", "If-None-Match", tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Jane Smith") {
		t.Errorf("after a change of name: %d", w.Code)
	}
}

// What opens nothing is the same 404, a database that does not answer a 503, and who reads
// a calendar all the time is asked to wait.
func TestRefusals(t *testing.T) {
	h, ask := served(t)
	wrong := ask("GET", "/cal/guess.ics")
	for _, path := range []string{"/cal/guess", "/cal/.ics", "/cal/person"} {
		if w := ask("GET", path); w.Code != http.StatusNotFound || w.Body.String() != wrong.Body.String() {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	if w := ask("POST", "/cal/person.ics"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	check(t, h.Close())
	if w := ask("GET", "/cal/person.ics"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "sql") {
		t.Errorf("closed: %d %v %s", w.Code, w.Header(), w.Body)
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
