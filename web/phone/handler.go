package phone

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/model"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/plan"
	"deskd/web/view"
)

// Path is where the pages are, below the address of [Setup].
const Path = "/phone"

// Setup is what the configuration says of phones.
type Setup struct {
	// BaseURL is the address before the path of a page: never that of a request, whose
	// Host firmware is known to get wrong.
	BaseURL string
	// PlainURL is the address for phones that come by http, where BaseURL is one by https; ""
	// where there is none.
	PlainURL string
	// Networks are those that phones are in. None: the door is closed.
	Networks []netip.Prefix
	// Colleagues is the group of those who may be found; "" finds nobody.
	Colleagues string
	// WaitForCall is how long the end of a booking waits for the end of a call, at most.
	WaitForCall time.Duration
	// Login are the login services of the clusters' own, by cluster.
	Login map[string]string
	// Policy says who is logged out at the end of a booking.
	Policy plan.Policy
}

// Known is an address that a phone is known to have.
type Known struct {
	Cluster string
	Address netip.Addr
}

// Phones is where phones are known to be.
type Phones interface {
	// At are the addresses of the device of that name, of whichever cluster; none where
	// nobody knows.
	At(ctx context.Context, device string) ([]Known, error)
}

// Deed is what is done, or tried, with a link.
type Deed struct {
	Link, Device, Address, Action, Reservation, Refused string
}

// Links keeps a link from acting twice.
type Links interface {
	// Seal is what nobody else can write, the same on every node; "" where no link
	// counts.
	Seal(parts ...string) string
	// Spend reports whether a link is followed for the first time. What it does is in the
	// audit then.
	Spend(ctx context.Context, d Deed, now time.Time) (first bool, err error)
	// Refuse puts into the audit that a link was refused.
	Refuse(ctx context.Context, d Deed) error
}

// Deps is what the pages need of the daemon.
type Deps struct {
	Setup
	Phones Phones
	// OnPhone asks the phone system who is logged in at a phone now.
	OnPhone func(ctx context.Context, cluster, device string) (plan.Observation, error)
	// Identify asks what is at an address for its name; nil where that is not believed.
	Identify func(ctx context.Context, a netip.Addr) (device string, err error)
	// Lately is how everything stood within the last seconds, Now how it stands.
	Lately, Now func(ctx context.Context) (view.Snapshot, error)
	Bookings    booking.Bookings // that write
	Reading     booking.Bookings // by connections aside
	People      func(ctx context.Context) ([]reservations.Person, error)
	Links       Links
	// Look has the daemon ask a cluster soon who is logged in where.
	Look func(cluster string)
	// Rests hears whether phones are touched; nil where nobody wants to know.
	Rests Rests
	// WithActor names who asks for what is done with a context, for the audit.
	WithActor func(ctx context.Context, actor string) context.Context
	Clock     func() time.Time
	Log       *slog.Logger
}

// Handler answers phones. Make one with [New].
type Handler struct {
	Deps
	gate     *gate
	callers  callers
	acted    acted
	closures once[struct{}, []booking.Closure]
	arrivals once[struct{}, []booking.Arrival]
	free     once[string, []reservations.Desk]
	people   once[struct{}, []reservations.Person]
	walked   walked
}

// New returns the pages.
func New(d Deps) *Handler {
	d.BaseURL, d.PlainURL = strings.TrimSuffix(d.BaseURL, "/"), strings.TrimSuffix(d.PlainURL, "/")
	return &Handler{Deps: d, gate: newGate()}
}

// patience is how long a page may take: a phone waits about as long as a person does.
const patience = 5 * time.Second

// largestQuery is how long the query of a request may be; longer ones are no phone's.
const largestQuery = 512

// expired is before any phone was switched on, and after the first instant that they
// take for none: what is shown is out of date as soon as it is shown, and Back skips it.
const expired = "Thu, 02 Jan 2003 00:00:00 GMT"

// ServeHTTP answers with a page, whatever is asked, and whatever goes wrong.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := model.Detect(r.Header)
	page, refresh := plain("deskd", "deskd has met a mistake\nPlease tell those who run it."), ""
	defer func() {
		if cause := recover(); cause != nil {
			h.Log.Error("page of a phone panicked", "err", cause, "stack", string(debug.Stack()))
			page, refresh = plain("deskd", "deskd has met a mistake\nPlease tell those who run it."), ""
		}
		if refresh != "" {
			w.Header().Set("Refresh", refresh)
		}
		h.send(w, page, at.Charset)
	}()
	if err != nil {
		page = plain("deskd", "This page is for phones")
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), patience)
	defer stop()
	page, refresh = h.answer(ctx, r, at)
}

// answer is the page for a request of a phone that looks as at says, and when the phone is to
// fetch another by itself.
func (h *Handler) answer(ctx context.Context, r *http.Request, at model.Phone) (page phone.Object, refresh string) {
	from, refused := h.admit(r)
	if refused != nil {
		return refused, ""
	}
	leave, err := h.gate.enter(ctx)
	if err != nil {
		return plain("deskd", "deskd is busy\nTry again in a moment."), ""
	}
	defer leave()
	v := &visit{Handler: h, ctx: ctx, at: at, from: from, query: r.URL.Query(), now: h.Clock(), base: h.BaseURL}
	if r.TLS == nil && h.PlainURL != "" {
		v.base = h.PlainURL // it has not come through by TLS, or was not sent there
	}
	v.device = reservations.Legible(v.query.Get("name"))
	page = v.answer()
	return page, v.refresh
}

// send writes a page so that the oldest phone can read it: whole, with its length, in the
// charset it asked for.
func (h *Handler) send(w http.ResponseWriter, page phone.Object, charset phone.Charset) {
	doc, err := phone.Encode(page, charset)
	if err != nil {
		h.Log.Error("page of a phone cannot be written", "err", err)
		doc, _ = phone.Encode(plain("deskd", "deskd has met a mistake"), charset) // has nothing that could be wrong
	}
	for _, cut := range doc.Cuts {
		h.Log.Warn("page of a phone was cut", "cut", cut.String())
	}
	head := w.Header()
	head.Set("Content-Type", doc.ContentType())
	head.Set("Content-Length", strconv.Itoa(len(doc.Body)))
	head.Set("Expires", expired)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(doc.Body) // who does not read has gone
}

// plain is a text without softkeys, for whichever phone.
func plain(title, text string) phone.Object {
	return model.Phone{}.LayText(phone.Head{Title: title}, text).Object
}

// once remembers an answer for a while, so that many who ask at the same time cost one.
type once[K comparable, V any] struct {
	mu  sync.Mutex
	all map[K]*remembered[V]
}

type remembered[V any] struct {
	done  chan struct{}
	at    time.Time
	value V
	err   error
}

// mostRemembered are the answers that are remembered of one kind.
const mostRemembered = 10_000

// question is what is asked for, and how old the answer may be.
type question[K comparable] struct {
	key K
	age time.Duration
	now time.Time
}

// get is the answer to q. No one who waits can end the question
// for the others. An error is remembered by nobody but those who wait for it.
func (o *once[K, V]) get(ctx context.Context, q question[K], ask func(context.Context) (V, error)) (V, error) {
	o.mu.Lock()
	known := o.all[q.key]
	if known == nil || q.now.Sub(known.at).Abs() >= q.age {
		if len(o.all) >= mostRemembered || o.all == nil {
			o.all = make(map[K]*remembered[V])
		}
		known = &remembered[V]{done: make(chan struct{}), at: q.now, err: context.Canceled} // should ask panic
		o.all[q.key] = known
		o.mu.Unlock()
		o.fill(ctx, q.key, known, ask)
		return known.value, known.err
	}
	o.mu.Unlock()
	select {
	case <-known.done:
		return known.value, known.err
	case <-ctx.Done():
		return *new(V), ctx.Err()
	}
}

func (o *once[K, V]) fill(ctx context.Context, key K, mine *remembered[V], ask func(context.Context) (V, error)) {
	defer close(mine.done)
	defer func() {
		if mine.err == nil {
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.all[key] == mine {
			delete(o.all, key)
		}
	}()
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	mine.value, mine.err = ask(ctx)
}

// name is what a person is called, their user id where nothing else is known.
func name(of view.Snapshot, person string) string {
	called := ""
	if of.Plan != nil {
		called = of.Plan.Names[reservations.PersonKey(person)]
	}
	return reservations.Legible(cmp.Or(called, person))
}
