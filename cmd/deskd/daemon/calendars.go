package daemon

import (
	"context"
	"errors"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/publish"
	"deskd/store"
	"deskd/store/bookings"
	"deskd/web/calendars"
)

// calendars serves what people subscribe to.
func (a *Parts) calendars() *calendars.Handler {
	return &calendars.Handler{Keys: calendarKeys{a}, Book: calendarBook{a.Store}, Sites: a.sites(), Now: a.Clock.Now, Log: a.Log}
}

// calendarKeys are the tokens of calendars.
type calendarKeys struct{ *Parts }

// Opens implements [calendars.Keys].
func (k calendarKeys) Opens(ctx context.Context, secret string, now time.Time) (calendars.Shown, error) {
	t, err := k.Store.Tokens().Find(ctx, reservations.TokenCalendar, secret, now)
	if errors.Is(err, reservations.ErrToken) {
		return calendars.Shown{}, calendars.ErrUnknown
	}
	if err != nil {
		return calendars.Shown{}, err
	}
	shown, err := calendars.ParseShown(t.Shows)
	if err != nil {
		return shown, err
	}
	shown.ID = t.ID
	if err := k.Store.Tokens().Using(ctx, t, now); err != nil {
		k.Log.Warn("use of token not recorded", "token", t.ID, "err", err)
	}
	return shown, nil
}

// calendarBook is the store as calendars ask it.
type calendarBook struct{ *store.Store }

// Published implements [calendars.Book].
func (b calendarBook) Published(ctx context.Context, s calendars.Shown, since time.Time) ([]reservations.Reservation, error) {
	p := bookings.Publication{Since: since}
	switch s.Kind {
	case publish.OfPerson:
		p.Person = s.Person
	case publish.OfDesk:
		p.Place.Desk = s.Desk
	case publish.OfZone, publish.OfSite:
		p.Place = booking.Place{Site: s.Site, Floor: s.Floor, Zone: s.Zone}
	}
	return b.Bookings().Published(ctx, p)
}
