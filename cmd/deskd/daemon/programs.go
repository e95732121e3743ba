package daemon

import (
	"errors"
	"net/http"

	"deskd/reservations/booking"
	"deskd/store"
	"deskd/web/api"
)

// programs is the interface for programs. What it reads, it reads aside: however many ask,
// the rounds do not wait.
func (d *Instance) programs() (http.Handler, error) {
	return api.Handler(api.Deps{
		Tokens: d.Store.Tokens(), Bookings: d.Bookings(), Reading: booking.Bookings{Store: d.aside.Bookings(), Rules: d.rulesOf},
		View: d.shown, Board: d.reads.Lately, WithActor: store.WithActor,
		Uncertain: func(err error) bool { return errors.Is(err, store.ErrCommit) },
		CheckKey:  store.CheckKey, Now: d.Clock.Now, Log: d.Log,
	})
}
