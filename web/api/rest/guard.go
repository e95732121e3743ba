package rest

import (
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

// Burst is how much one token may ask for at once.
const Burst = 200

// What one token, and all together, may ask for.
const (
	perSecond        = 50               // of one token
	guessesPerSecond = 20               // that are answered as such, of all who have no token
	mostAtOnce       = 32               // requests under way
	patience         = 10 * time.Second // of a request that waits for its turn
	mostLimits       = 10_000           // tokens whose rate is remembered
)

// ActionKey is what of the metadata of an operation says what it is, for access; listKey, that
// it can be had as CSV.
const (
	ActionKey = "action"
	listKey   = "list"
)

type askerKey struct{}

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
	wrong *rate.Limiter            // of those without one
}

func newGate() *gate {
	return &gate{slots: make(chan struct{}, mostAtOnce), rates: make(map[string]*rate.Limiter), wrong: rate.NewLimiter(guessesPerSecond, Burst)}
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

// guard is the middleware of every operation: who asks, may they, and is there room.
func (f *Frame) guard(ctx huma.Context, next func(huma.Context)) {
	who, err := f.admit(ctx)
	if err != nil {
		f.refuse(ctx, err)
		return
	}
	within, stop := context.WithTimeout(f.WithActor(context.WithValue(ctx.Context(), askerKey{}, who), "token:"+who.Token), patience)
	defer stop()
	select {
	case f.gate.slots <- struct{}{}:
		defer func() { <-f.gate.slots }()
	case <-within.Done():
		f.refuse(ctx, busy())
		return
	}
	next(huma.WithContext(ctx, within))
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
