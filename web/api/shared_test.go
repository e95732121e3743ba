package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/cmd/deskd/programs"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
	"deskd/reservations/rules"
	"deskd/scheduler"
	"deskd/store"
	"deskd/store/postgrestest"
	"deskd/store/usage"
	"deskd/web/api/events"
	"deskd/web/api/operate"
	"deskd/web/api/records"
	"deskd/web/api/rest"
	"deskd/web/view"
)

var update = flag.Bool("update", false, "write the document")

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eight is a Monday, and now.
var eight = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return eight.Add(time.Duration(hours * float64(time.Hour))) }

// world is an interface over a database of its own, of two desks on a floor and one beside,
// and three people.
type world struct {
	t       testing.TB
	store   *store.Store
	handler http.Handler
	secrets map[reservations.Role]string // Jane's, by the role that the token has
	log     *bytes.Buffer
	rules   rules.Rules
	valid   checker
	events  *events.Hub
	acted   int // how often the daemon was to act at once
}

// dialects runs a test over each kind of database.
func dialects(t *testing.T, do func(t *testing.T, w *world)) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "desk.db") },
		"postgres": func(t *testing.T) string { return postgrestest.New(t) },
	} {
		t.Run(name, func(t *testing.T) { do(t, newWorld(t, dsn(t))) })
	}
}

func newWorld(t testing.TB, dsn string) *world {
	t.Helper()
	w := &world{t: t, secrets: make(map[reservations.Role]string), log: new(bytes.Buffer), rules: rules.Rules{Clock: time.UTC}}
	var err error
	w.store, err = store.Open(ctx, dsn, store.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, w.store.Close()) })
	check(t, w.store.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main", URL: "https://main.example"}}))
	var desks []reservations.Desk
	for i, zone := range []string{"quiet", "quiet", "loud"} {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", i+1), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012d", i+1), Floor: "4", Zone: zone})
	}
	_, err = w.store.ImportDesks(ctx, desks, false)
	check(t, err)
	_, err = w.store.ImportPeople(ctx, []reservations.Person{{ID: "jane", Name: "Jane"}, {ID: "max", Name: "Max"}, {ID: "zoe"}}, false)
	check(t, err)
	for _, role := range reservations.Roles {
		w.secrets[role] = w.token(reservations.Token{Person: "jane", Role: role, Scopes: reservations.Scopes})
	}
	w.handler, err = Handler(w.deps())
	check(t, err)
	running, stop := context.WithCancel(ctx)
	hub, ended := w.events, make(chan struct{}) // a test may make another one
	go func() {
		hub.Run(running)
		close(ended)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return w
}

func (w *world) deps() Deps {
	by := booking.Bookings{Store: w.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return w.rules }}
	now := func() time.Time { return eight }
	model := &view.Model{
		Records: view.Records{Directory: w.store, Bookings: w.store, Sessions: w.store, Clusters: w.store, Calendars: w.store, History: w.store, Changes: w.store},
		Sites:   []reservations.Site{{Name: "berlin", Zone: time.UTC}}, Clusters: []view.ClusterConfig{{Name: "main"}}, Feeds: []reservations.Feed{{Name: "hall"}}, Now: now,
		Preview: func(context.Context, string, time.Time) (scheduler.Preview, error) { return scheduler.Preview{}, nil },
	}
	board := func(ctx context.Context) (view.Snapshot, error) {
		all, err := model.ListDesks(ctx, view.Filter{})
		s := view.Snapshot{}
		for i := range all {
			s.Desks = append(s.Desks, &all[i])
		}
		return s, err
	}
	if w.events == nil {
		w.events = events.NewHub(events.Deps{
			Changes: w.store.Changes().After, Reservations: w.store.ReservationsByID, Now: now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
			Board: board,
		})
	}
	return Deps{
		Clusters: w.store, Feeds: feeds{w}, Changed: func(context.Context) { w.acted++; w.events.Stir() }, Events: w.events,
		Nodes: func(context.Context) ([]records.Node, error) {
			return []records.Node{{Name: "one", State: "runs", Unlike: []string{"policy.grace"}, Duties: []records.Duty{{Name: "feeds"}}}}, nil
		},
		Notices: programs.Notices(w.store),
		Statistics: func(ctx context.Context, s records.Span) ([]reservations.Statistic, error) {
			return w.store.Statistics(ctx, usage.Range(s))
		},
		Report: func(ctx context.Context, asked reports.Asked) (reports.Report, error) {
			found, err := by.Openings(ctx, booking.Place{Site: asked.Site, Floor: asked.Floor}, reservations.Span{Start: asked.First, End: asked.Last.AddDate(0, 0, 1)})
			if err != nil {
				return reports.Report{}, err
			}
			var desks []reports.Desk
			for _, d := range found {
				desks = append(desks, reports.Desk(d))
			}
			return w.store.Reports().Report(ctx, asked, usage.House{Desks: desks, People: 30 * 24 * time.Hour, Attempts: 180 * 24 * time.Hour}, now())
		},
		Tokens: w.store.Tokens(), Bookings: by, Reading: by, View: model, Now: now, WithActor: store.WithActor, CheckKey: store.CheckKey,
		Board:     board,
		Uncertain: func(err error) bool { return errors.Is(err, store.ErrCommit) },
		Log:       slog.New(slog.NewTextHandler(w.log, nil)),
	}
}

func (w *world) token(t reservations.Token) string {
	w.t.Helper()
	t.Kind = reservations.TokenAPI
	_, secret, err := w.store.Tokens().Create(ctx, t, eight)
	check(w.t, err)
	return secret
}

// ask is a request; body is JSON or nil, and headers are name, value, …
type ask struct {
	secret, method, path string
	body                 any
	headers              []string
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	text   string
}

func (r reply) json(t testing.TB) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		t.Fatalf("%q: %v", r.text, err)
	}
	return v
}

func (w *world) do(a ask) reply {
	w.t.Helper()
	got, request := w.send(a)
	w.validate(request, got)
	return got
}

func (w *world) send(a ask) (reply, *http.Request) { return w.sendTo(w.handler, a) }

func (w *world) sendTo(handler http.Handler, a ask) (reply, *http.Request) {
	var body io.Reader
	if a.body != nil {
		text, ok := a.body.(string)
		if !ok {
			all, err := json.Marshal(a.body)
			check(w.t, err)
			text = string(all)
		}
		body = strings.NewReader(text)
	}
	asking := ctx
	if strings.HasPrefix(a.path, "/events") { // for a moment: it has no end
		var stop context.CancelFunc
		asking, stop = context.WithTimeout(ctx, 50*time.Millisecond)
		defer stop()
	}
	r := httptest.NewRequestWithContext(asking, a.method, rest.Base+a.path, body)
	if a.secret != "" {
		r.Header.Set("Authorization", "Bearer "+a.secret)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(a.headers); i += 2 {
		r.Header.Add(a.headers[i], a.headers[i+1])
	}
	got := httptest.NewRecorder()
	handler.ServeHTTP(got, r)
	return reply{got.Code, got.Header(), got.Body.String()}, r
}

// wish is a booking from so many hours after eight.
func wish(desk, person string, from, to float64) map[string]any {
	body := map[string]any{"desk": desk, "start": at(from), "end": at(to)}
	if person != "" {
		body["person"] = person
	}
	return body
}

// feeds are those of a world.
type feeds struct{ *world }

func (f feeds) HeldChange(ctx context.Context, feed string) (reservations.Held, error) {
	return f.store.HeldChange(ctx, feed)
}

func (f feeds) Answer(ctx context.Context, s operate.Said, now time.Time) (reservations.Held, error) {
	return f.store.AnswerHeld(ctx, store.HeldAnswer(s), now)
}

func (f feeds) Poll(ctx context.Context, feed string, now time.Time) error {
	_, err := f.store.Requests().Ask(ctx, "poll", feed, now)
	return err
}
