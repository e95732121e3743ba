package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"deskd/reservations"
	"deskd/web/access"
)

// Keys knows tokens by their secrets. The error is [reservations.ErrToken] for one that does
// not count.
type Keys interface {
	Find(ctx context.Context, kind reservations.TokenKind, secret string, now time.Time) (reservations.Token, error)
}

// Door lets those see pages and metrics who have a token that may see the phones: as a
// bearer, or as the password of any user, for which browsers ask.
type Door struct {
	Keys Keys
	Now  func() time.Time
	Log  *slog.Logger

	wrong *rate.Limiter // of requests with a token that does not count
}

// guesses are the wrong tokens that are answered as such, of all together: more look like a
// search for a right one.
const guesses = 20

// NewDoor is a door to which keys have the keys.
func NewDoor(keys Keys, now func() time.Time, log *slog.Logger) *Door {
	return &Door{keys, now, log, rate.NewLimiter(guesses, guesses)}
}

// Before asks for a token before next does anything.
func (d *Door) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, stop := context.WithTimeout(r.Context(), readFor)
		defer stop()
		now := d.Now()
		secret := secretOf(r)
		t, err := d.Keys.Find(ctx, reservations.TokenAPI, secret, now)
		switch {
		case errors.Is(err, reservations.ErrToken) && secret != "" && !d.wrong.AllowN(now, 1):
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests", http.StatusTooManyRequests)
		case errors.Is(err, reservations.ErrToken):
			w.Header().Set("WWW-Authenticate", `Basic realm="deskd: a token as the password", charset="UTF-8"`)
			http.Error(w, "a token is needed, as a bearer or as the password of any user: deskd token create", http.StatusUnauthorized)
		case err != nil:
			d.Log.Error("look up token", "err", err)
			mute(w, err)
		case access.ReachOf(access.Of(t), access.SeePhones) != access.All:
			http.Error(w, "the token may not see phones", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// secretOf is the secret that comes with a request, "" for none.
func secretOf(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}
