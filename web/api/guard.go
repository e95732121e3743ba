package api

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

// What one token, and all together, may ask for.
const (
	perSecond, burst = 50, 200          // of one token
	guessesPerSecond = 20               // that are answered as such, of all who have no token
	mostAtOnce       = 32               // requests under way
	patience         = 10 * time.Second // of a request that waits for its turn
	mostLimits       = 10_000           // tokens whose rate is remembered
)

// The metadata of an operation.
const (
	actionKey = "action" // what it is, for access
	listKey   = "list"   // it can be had as CSV
)

type askerKey struct{}

// askerOf is who asks. The zero asker may do nothing.
func askerOf(ctx context.Context) access.Asker {
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
	return &gate{slots: make(chan struct{}, mostAtOnce), rates: make(map[string]*rate.Limiter), wrong: rate.NewLimiter(guessesPerSecond, burst)}
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
		l = rate.NewLimiter(perSecond, burst)
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
func (a *api) guard(ctx huma.Context, next func(huma.Context)) {
	who, err := a.admit(ctx)
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	within, stop := context.WithTimeout(a.WithActor(context.WithValue(ctx.Context(), askerKey{}, who), "token:"+who.Token), patience)
	defer stop()
	select {
	case a.gate.slots <- struct{}{}:
		defer func() { <-a.gate.slots }()
	case <-within.Done():
		a.refuse(ctx, busy())
		return
	}
	next(huma.WithContext(ctx, within))
}

// admit finds out who asks, and whether they may.
func (a *api) admit(ctx huma.Context) (access.Asker, error) {
	now := a.Now()
	t, err := a.Tokens.Find(ctx.Context(), reservations.TokenAPI, bearer(ctx.Header("Authorization")), now)
	switch {
	case errors.Is(err, reservations.ErrToken) && !a.gate.wrong.AllowN(now, 1):
		return access.Asker{}, tooMany(time.Second)
	case errors.Is(err, reservations.ErrToken):
		return access.Asker{}, problem(http.StatusUnauthorized, "unauthorized", "a token that counts is needed: Authorization: Bearer deskd_…")
	case err != nil:
		return access.Asker{}, a.told(ctx.Context(), err)
	}
	if delay := a.gate.wait(t.ID, now); delay > 0 {
		return access.Asker{}, tooMany(delay)
	}
	who := access.Of(t)
	action, _ := ctx.Operation().Metadata[actionKey].(access.Action)
	if access.ReachOf(who, action) == access.Nothing {
		return who, problem(http.StatusForbidden, "forbidden", "the token may not "+string(action))
	}
	if list, _ := ctx.Operation().Metadata[listKey].(bool); !list && strings.Contains(ctx.Header("Accept"), "text/csv") {
		return who, problem(http.StatusNotAcceptable, codes[http.StatusNotAcceptable], "only lists can be had as CSV")
	}
	if err := a.Tokens.Using(ctx.Context(), t, now); err != nil {
		a.Log.Warn("interface for programs", "err", err)
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
	p := problem(http.StatusTooManyRequests, "too_many", "too many requests")
	p.retry = wait + time.Second - 1
	return p
}

// refuse answers with a problem.
func (a *api) refuse(ctx huma.Context, err error) {
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
