package events

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/access"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// office is a hub over changes that a test makes.
type office struct {
	*Hub
	mu    sync.Mutex
	log   bytes.Buffer
	rows  []reservations.Changed
	looks int
	desks []*board.Desk
}

func newOffice() *office {
	o := &office{}
	o.Hub = NewHub(Deps{
		Changes: func(_ context.Context, from int64) (c reservations.Changes, _ error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.looks++
			c.Upto, c.More = int64(len(o.rows)), from < 0
			if from >= 0 {
				c.All = o.rows[from:]
			}
			return c, nil
		},
		Reservations: func(context.Context, []string) ([]reservations.Reservation, error) { return nil, nil },
		Board: func(context.Context) (view.Snapshot, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			return view.Snapshot{Desks: o.desks}, nil
		},
		Now: time.Now, Log: slog.New(slog.NewTextHandler(&o.log, nil)),
	})
	return o
}

func (o *office) change(kind, item string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rows = append(o.rows, reservations.Changed{ID: int64(len(o.rows) + 1), Kind: kind, Item: item, People: []string{"max"}})
}

func (o *office) looked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.looks
}

// frame is an interface with this hub alone, into which everyone comes as an employee until
// revoked.
func (o *office) frame(t *testing.T, k rest.Keys) http.Handler {
	f := rest.NewFrame(rest.Deps{Keys: k, WithActor: func(ctx context.Context, _ string) context.Context { return ctx }, Uncertain: func(error) bool { return false }, Now: time.Now, Log: o.Log})
	Add(f, o.Hub)
	h, err := f.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// keys answer that the token is an employee's, until they answer otherwise.
type keys struct {
	mu   sync.Mutex
	find func() (reservations.Token, error)
}

func (k *keys) Find(context.Context, reservations.TokenKind, string, time.Time) (reservations.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.find != nil {
		return k.find()
	}
	return reservations.Token{ID: "t", Person: "jane", Scopes: []reservations.Scope{reservations.ScopeRead}}, nil
}

func (k *keys) answer(find func() (reservations.Token, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.find = find
}

func (k *keys) Using(context.Context, reservations.Token, time.Time) error { return nil }

// Nobody looks where nobody listens, and for all who do, once a second. Who listens hears each
// fifteen seconds that deskd is there; the end within a minute, once the token counts no more,
// or does not let its holder listen. A database that does not answer ends nothing.
func TestBeats(t *testing.T) {
	t.Run("revoked", func(t *testing.T) {
		testBeats(t, func() (reservations.Token, error) { return reservations.Token{}, reservations.ErrToken })
	})
	t.Run("without the scope", func(t *testing.T) {
		testBeats(t, func() (reservations.Token, error) { return reservations.Token{ID: "t", Person: "jane"}, nil })
	})
}

func testBeats(t *testing.T, end func() (reservations.Token, error)) {
	synctest.Test(t, func(t *testing.T) {
		o, k := newOffice(), new(keys)
		h := o.frame(t, k)
		ctx, stop := context.WithCancel(t.Context())
		go o.Run(ctx)
		time.Sleep(time.Minute)
		if n := o.looked(); n != 0 {
			t.Errorf("%d looks for nobody", n)
		}
		answers := make([]*httptest.ResponseRecorder, 3)
		var listening sync.WaitGroup
		heard, giveUp := context.WithCancel(t.Context())
		for i := range answers {
			answers[i] = httptest.NewRecorder()
			listening.Go(func() {
				r := httptest.NewRequestWithContext(heard, http.MethodGet, rest.Base+"/events", nil)
				h.ServeHTTP(answers[i], r)
			})
		}
		synctest.Wait()
		before := o.looked()
		time.Sleep(31 * time.Second)
		if n := o.looked() - before; n < 27 || n > 32 {
			t.Errorf("%d looks in 31 s", n)
		}
		k.answer(func() (reservations.Token, error) { return reservations.Token{}, errors.New("no database") })
		time.Sleep(time.Minute)
		k.answer(end)
		time.Sleep(time.Minute)
		giveUp()
		listening.Wait()
		for _, a := range answers {
			if text := a.Body.String(); strings.Count(text, ": deskd is there") != 6 || !strings.Contains(text, "event: end\ndata: {\"why\":\"the token does not count") {
				t.Errorf("%q", text)
			}
		}
		stop()
	})
}

// What came after someone has begun to listen is not told with what they missed before: the
// next look brings it.
func TestMissedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go o.Run(ctx)
		synctest.Wait()
		o.change("desk", "D1")
		l, err := o.join(ctx)
		if err != nil {
			t.Fatal(err)
		}
		o.change("desk", "D2")
		if missed := l.missed(ctx, 0); len(missed) != 1 || missed[0].id != 1 {
			t.Errorf("missed: %v", missed)
		}
	})
}

// Who does not read is dropped, in words, and the others are told on.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go o.Run(ctx)
		synctest.Wait()
		slow, err := o.join(ctx)
		if err != nil {
			t.Fatal(err)
		}
		other, err := o.join(ctx)
		if err != nil {
			t.Fatal(err)
		}
		heard := 0
		for range mostWaiting + 1 {
			o.change("desk", "D1")
			o.Stir()
			heard += len(<-other.waiting)
		}
		select {
		case <-slow.left:
		default:
			t.Fatal("it is not dropped")
		}
		if heard != mostWaiting+1 || !strings.Contains(slow.why, "too slowly") {
			t.Errorf("the other has heard %d; %s", heard, slow.why)
		}
	})
}

// What is seen on a phone is told to those who may know who it is; to others, that something
// has changed at the desk.
func TestSeen(t *testing.T) {
	o := newOffice()
	desk := func(person string) []*board.Desk {
		return []*board.Desk{{Desk: reservations.Desk{ID: "D1"}, Phone: plan.Observation{Known: true, Person: person}}}
	}
	o.desks = desk("")
	if first := o.standing(t.Context(), 7); len(first) != 0 {
		t.Errorf("at first: %v", first)
	}
	o.desks = desk("max")
	all := o.standing(t.Context(), 7)
	if len(all) != 1 {
		t.Fatalf("%v", all)
	}
	read := []reservations.Scope{reservations.ScopeRead}
	for who, want := range map[string]string{"max": "id: 7\nevent: session\ndata: {\"desk\":\"D1\",\"known\":true,\"person\":\"max\",\"ours\":false}\n\n", "jane": "id: 7\nevent: desk\ndata: {\"desk\":\"D1\"}\n\n"} {
		if got := string(all[0].told(access.Asker{Person: who, Role: reservations.RoleEmployee, Scopes: read})); got != want {
			t.Errorf("%s: %q", who, got)
		}
	}
	if got := all[0].told(access.Asker{}); got != nil {
		t.Errorf("nobody: %q", got)
	}
}
