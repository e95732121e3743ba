package scheduler_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler/drive"
	"deskd/scheduler/release"
	"deskd/store"
	"deskd/store/audit"
)

// arriving sets the rules by a line of the setup, and reports whether it is about them.
func (s *scenario) arriving(key, value string) bool {
	switch key {
	case "check-in":
		s.rules.CheckIn.Within, s.rules.CheckIn.Before = must(time.ParseDuration(value)), 15*time.Minute
	case "check-in-feeds":
		s.rules.CheckIn.Feeds = value == "true"
	default:
		return false
	}
	return true
}

func (s *scenario) bookings(st *store.Store) booking.Bookings {
	s.rules.Clock = s.zone
	return booking.Bookings{Store: st.Bookings(), Rules: func(reservations.Desk) rules.Rules { return s.rules }}
}

// sights are what bookings are released by.
type sights struct {
	*store.Store
	adopted time.Time
}

func (s sights) Adopted(context.Context) (time.Time, error) { return s.adopted, nil }

// arrivals waits for people, if the setup asks them to come.
func (s *scenario) arrivals(log *slog.Logger) drive.Arrivals {
	if s.rules.CheckIn.Within == 0 {
		return nil
	}
	return &release.Watch{Bookings: s.bookings(s.store), Sights: sights{s.store, s.adopted}, Log: log}
}

// booksAs is a verb about bookings, as another process: "check-in D1 09:00", "walkup D1 jane",
// "close D1 12:00 14:00", "close D1 12:00 14:00 cancel", "reserve D1 jane 09:00 10:00",
// "series D1 jane 09:00 10:00 FREQ=DAILY;COUNT=3", "days D1 jane FREQ=DAILY;COUNT=3" (whole ones
// from today on), "cancel-rest D1 +1d09:00", "away jane 2026-03-03 2026-03-04", "back jane".
func (s *scenario) booksAs(st *store.Store, args []string) error {
	b, now := s.bookings(st), time.Now()
	ctx := audit.WithActor(s.t.Context(), "cli:operator")
	span := func(from, to string) reservations.Span { return reservations.Span{Start: s.at(from), End: s.at(to)} }
	var err error
	switch args[0] {
	case "check-in":
		start := s.at(args[2])
		all := must(st.ListReservations(ctx, reservations.Filter{Desk: args[1], Span: reservations.Span{Start: start, End: start.Add(time.Second)}}))
		_, err = b.CheckIn(ctx, booking.Actor{}, booking.Presence{ID: all[0].ID, Source: booking.ByCLI}, now)
	case "walkup":
		_, err = b.WalkUp(ctx, booking.Actor{}, booking.Visit{Desk: args[1], Person: args[2], Source: reservations.SourceCLI}, now)
	case "close":
		_, err = b.Close(ctx, booking.Actor{}, booking.Closing{
			Place: booking.Place{Desk: args[1]}, Span: span(args[2], args[3]), Why: "painters", Cancel: len(args) > 4,
		}, now)
	case "series", "days", "cancel-rest", "away", "back":
		return s.plans(ctx, st, args, now)
	case "reserve":
		_, err = b.Book(ctx, booking.Actor{}, booking.Wish{Desk: args[1], Person: args[2], Span: span(args[3], args[4]), Source: reservations.SourceCLI}, now)
	}
	return err
}

// refusedWith is of "refused closed D3": what a verb has to be answered with, and which desk it is
// to offer.
func refusedWith(err error, want string) bool {
	r, refused := errors.AsType[*booking.Refusal](err)
	if !refused {
		return false
	}
	code, desk, _ := strings.Cut(want, ":")
	offered := desk == ""
	for _, a := range r.Alternatives {
		offered = offered || a.Desk == desk
	}
	return string(r.Code) == code && offered
}
