package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"deskd/reservations"
	"deskd/web/access"
)

// What one token may ask for at once, and everyone together.
const (
	Burst      = 200              // in a moment, by one token
	MostOfOne  = 64               // of one token that are worked on, wait, or are slowly sent or read
	MostAtOnce = 32               // that are worked on
	Patience   = 10 * time.Second // of a request that waits for its turn
)

// What one token, and all together, may ask for.
const (
	perSecond        = 50     // of one token
	guessesPerSecond = 20     // that are answered as such, of all who have no token
	mostLimits       = 10_000 // tokens whose rate is remembered
)

// ActionKey is what of the metadata of an operation says what it is, for access; listKey, that
// it can be had as CSV.
const (
	ActionKey = "action"
	listKey   = "list"
)

// streamKey says of an operation that it answers for as long as it is listened to.
const streamKey = "streams"

type (
	askerKey struct{}
	stillKey struct{}
)

// AskerOf is who asks. The zero asker may do nothing.
func AskerOf(ctx context.Context) access.Asker {
	who, _ := ctx.Value(askerKey{}).(access.Asker)
	return who
}

// gate lets requests in.
type gate struct {
	slots chan struct{}
	mu    sync.Mutex
	rates map[string]*rate.Limiter // by the id of a token
	under map[string]int           // requests that have not ended, likewise
	wrong *rate.Limiter            // of those without one
}

func newGate() *gate {
	return &gate{slots: make(chan struct{}, MostAtOnce), rates: make(map[string]*rate.Limiter), under: make(map[string]int), wrong: rate.NewLimiter(guessesPerSecond, Burst)}
}

// enter counts a request of a token until leave is called; there is none for one too many.
func (g *gate) enter(token string) (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.under[token] >= MostOfOne {
		return nil
	}
	g.under[token]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.under[token]--; g.under[token] == 0 {
			delete(g.under, token)
		}
	}
}

// wait is for how long a token has to wait; 0 lets it in.
func (g *gate) wait(token string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.rates[token]
	if l == nil {
		if len(g.rates) >= mostLimits {
			clear(g.rates)
		}
		l = rate.NewLimiter(perSecond, Burst)
		g.rates[token] = l
	}
	r := l.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// guard is the middleware of every operation: who asks, may they, and is there room. A place
// is for work: while a client sends or reads, it has none.
func (f *Frame) guard(ctx huma.Context, next func(huma.Context)) {
	who, err := f.admit(ctx)
	if err != nil {
		f.refuse(ctx, err)
		return
	}
	if streams, _ := ctx.Operation().Metadata[streamKey].(bool); streams { // it has bounds of its own
		f.stream(ctx, who, next)
		return
	}
	leave := f.gate.enter(who.Token)
	if leave == nil {
		f.refuse(ctx, tooMany(time.Second))
		return
	}
	defer leave()
	e := &exchange{wire: ctx}
	if err := cmp.Or(unclear(ctx), e.read()); err != nil {
		f.refuse(ctx, err)
		return
	}
	if err := f.work(e, who, next); err != nil {
		f.refuse(ctx, err)
		return
	}
	e.send()
}

// stream has next answer for as long as it is listened to.
func (f *Frame) stream(ctx huma.Context, who access.Asker, next func(huma.Context)) {
	if err := unclear(ctx); err != nil {
		f.refuse(ctx, err)
		return
	}
	secret := bearer(ctx.Header("Authorization"))
	still := func(ctx context.Context) (access.Asker, error) { return f.still(ctx, secret) }
	next(huma.WithContext(ctx, context.WithValue(context.WithValue(ctx.Context(), askerKey{}, who), stillKey{}, still)))
}

// work has next answer a request, once there is a place.
func (f *Frame) work(e *exchange, who access.Asker, next func(huma.Context)) error {
	within, stop := context.WithTimeout(f.WithActor(context.WithValue(e.Context(), askerKey{}, who), "token:"+who.Token), Patience)
	defer stop()
	select {
	case f.gate.slots <- struct{}{}:
		defer func() { <-f.gate.slots }()
	case <-within.Done():
		return busy()
	}
	next(huma.WithContext(e, within))
	return nil
}

// admit finds out who asks, and whether they may.
func (f *Frame) admit(ctx huma.Context) (access.Asker, error) {
	now := f.Now()
	t, err := f.Keys.Find(ctx.Context(), reservations.TokenAPI, bearer(ctx.Header("Authorization")), now)
	switch {
	case errors.Is(err, reservations.ErrToken) && !f.gate.wrong.AllowN(now, 1):
		return access.Asker{}, tooMany(time.Second)
	case errors.Is(err, reservations.ErrToken):
		return access.Asker{}, NewProblem(http.StatusUnauthorized, "unauthorized", "a token that counts is needed: Authorization: Bearer deskd_…")
	case err != nil:
		return access.Asker{}, f.Told(ctx.Context(), err)
	}
	if delay := f.gate.wait(t.ID, now); delay > 0 {
		return access.Asker{}, tooMany(delay)
	}
	who := access.Of(t)
	action, _ := ctx.Operation().Metadata[ActionKey].(access.Action)
	if access.ReachOf(who, action) == access.Nothing {
		return who, NewProblem(http.StatusForbidden, "forbidden", "the token may not "+string(action))
	}
	if list, _ := ctx.Operation().Metadata[listKey].(bool); !list && strings.Contains(ctx.Header("Accept"), "text/csv") {
		return who, NewProblem(http.StatusNotAcceptable, codes[http.StatusNotAcceptable], "only lists can be had as CSV")
	}
	if err := f.Keys.Using(ctx.Context(), t, now); err != nil {
		f.Log.Warn("interface for programs", "err", err)
	}
	return who, nil
}

func bearer(header string) string {
	kind, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

func tooMany(wait time.Duration) *Problem {
	p := NewProblem(http.StatusTooManyRequests, "too_many", "too many requests")
	p.retry = wait + time.Second - 1
	return p
}

// refuse answers with a problem.
func (f *Frame) refuse(ctx huma.Context, err error) {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		p = busy()
	}
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	sendProblem(ctx.SetHeader, ctx.SetStatus, ctx.BodyWriter(), p)
}
