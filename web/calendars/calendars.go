package calendars

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"deskd/reservations"
	"deskd/reservations/publish"
)

const (
	// back is how long what is over is still shown.
	back = 31 * 24 * time.Hour
	// waitFor bounds how long an answer waits for the database.
	waitFor = 10 * time.Second
	// each calendar is read so often, and a few times more at once.
	perSecond, atOnce = 0.2, 10
	// limited are the calendars whose reading is counted; more, and the count begins again.
	limited = 4096
)

// ErrUnknown says that a secret opens no calendar.
var ErrUnknown = errors.New("no such calendar")

// Keys knows which calendar a secret opens. The error is [ErrUnknown] for every one that
// opens none.
type Keys interface {
	Opens(ctx context.Context, secret string, now time.Time) (Shown, error)
}

// Book is where bookings, desks and people are.
type Book interface {
	// Published are the bookings of a calendar, of which some are not over since.
	Published(ctx context.Context, s Shown, since time.Time) ([]reservations.Reservation, error)
	Desks(ctx context.Context) ([]reservations.Desk, error)
	People(ctx context.Context) ([]reservations.Person, error)
	// NamesChanged is as that of poll.Book.
	NamesChanged(ctx context.Context, from int64) (upto int64, changed bool, err error)
	Self(ctx context.Context) (string, error)
}

// Handler serves calendars. All fields are required.
type Handler struct {
	Keys  Keys
	Book  Book
	Sites map[string]reservations.Site
	Now   func() time.Time
	Log   *slog.Logger

	names  names
	mu     sync.Mutex
	limits map[string]*rate.Limiter // by id of the token
}

// ServeHTTP answers GET and HEAD of /cal/SECRET.ics.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secret, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		http.NotFound(w, r)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), waitFor)
	defer stop()
	now := h.Now()
	shown, err := h.Keys.Opens(ctx, secret, now)
	if errors.Is(err, ErrUnknown) {
		http.NotFound(w, r)
		return
	}
	if err == nil && !h.limit(shown.ID).AllowN(now, 1) {
		w.Header().Set("Retry-After", strconv.Itoa(int(1/perSecond)))
		http.Error(w, "this calendar is read too often", http.StatusTooManyRequests)
		return
	}
	var text []byte
	if err == nil {
		text, err = h.write(ctx, shown, now)
	}
	if err != nil {
		h.fail(w, r, shown, err)
		return
	}
	serve(w, r, text)
}

// fail tells that a calendar cannot be had for the moment.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, s Shown, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	h.Log.Warn("calendar not served", "token", s.ID, "err", err)
	w.Header().Set("Retry-After", "60")
	http.Error(w, "the calendar cannot be read now; the daemon's log says why", http.StatusServiceUnavailable)
}

// serve answers with a calendar, or that it is the one the client has.
func serve(w http.ResponseWriter, r *http.Request, text []byte) {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "private, no-cache") // asked again each time, by its ETag
	if sameTag(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `inline; filename="deskd.ics"`)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) //nolint:gosec // a calendar, and a client that has gone is no error
	}
}

// sameTag reports whether a client has the version with that tag. A weak tag is as good: the
// bytes may have been packed on the way (RFC 9110 13.1.2).
func sameTag(has, tag string) bool {
	for one := range strings.SplitSeq(has, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" || one == strings.TrimSuffix(tag, `"`)+`-gzip"` {
			return true
		}
	}
	return false
}

// limit is how often a calendar may be read still.
func (h *Handler) limit(id string) *rate.Limiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.limits == nil || len(h.limits) >= limited {
		h.limits = make(map[string]*rate.Limiter)
	}
	l := h.limits[id]
	if l == nil {
		l = rate.NewLimiter(perSecond, atOnce)
		h.limits[id] = l
	}
	return l
}

// write makes a calendar.
func (h *Handler) write(ctx context.Context, s Shown, now time.Time) ([]byte, error) {
	names, err := h.names.of(ctx, h.Book)
	if err != nil {
		return nil, err
	}
	booked, err := h.Book.Published(ctx, s, now.Add(-back))
	if err != nil {
		return nil, err
	}
	c := publish.Calendar{Name: s.Title(), Self: names.self, Of: s.Kind}
	for _, r := range booked {
		c.Events = append(c.Events, h.event(r, s, names))
	}
	var text bytes.Buffer
	if err := c.Encode(&text); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// event is a booking as a calendar shows it. A note may name people, too.
func (h *Handler) event(r reservations.Reservation, s Shown, n known) publish.Event {
	e := publish.Event{Reservation: r, Desk: n.desks[r.Desk]}
	e.Desk.ID = r.Desk // one that is not known any more is called so still
	e.Zone = h.Sites[e.Desk.Site].Zone
	if s.Names || s.Kind == publish.OfPerson {
		e.Note = r.Note
		e.Person = n.people[reservations.PersonKey(r.Person)]
		e.Person.ID = r.Person
	}
	return e
}

// names are the desks and people that calendars name, kept until one of them changes.
type names struct {
	mu   sync.Mutex
	upto int64
	known
}

type known struct {
	desks  map[string]reservations.Desk
	people map[string]reservations.Person // by [reservations.PersonKey]
	self   string
}

// of returns the names as they are now.
func (n *names) of(ctx context.Context, b Book) (known, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	from := n.upto
	if n.desks == nil {
		from = -1
	}
	upto, changed, err := b.NamesChanged(ctx, from)
	if err != nil || !changed {
		n.upto = max(n.upto, upto)
		return n.known, err
	}
	is := known{desks: make(map[string]reservations.Desk), people: make(map[string]reservations.Person)}
	if is.self, err = b.Self(ctx); err != nil {
		return known{}, err
	}
	desks, err := b.Desks(ctx)
	if err != nil {
		return known{}, fmt.Errorf("read desks: %w", err)
	}
	for _, d := range desks {
		is.desks[d.ID] = d
	}
	people, err := b.People(ctx)
	if err != nil {
		return known{}, fmt.Errorf("read people: %w", err)
	}
	for _, p := range people {
		is.people[reservations.PersonKey(p.ID)] = p
	}
	n.known, n.upto = is, upto
	return is, nil
}
