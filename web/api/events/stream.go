package events

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/web/access"
	"deskd/web/api/rest"
)

var (
	errClosed = errors.New("deskd ends")
	errFull   = errors.New("too many listen")
)

// retryAfter is when it is worth asking again for a place.
const retryAfter = 15 * time.Second

// listener is one who listens.
type listener struct {
	hub     *Hub
	from    int64 // the first look that it gets is from there
	waiting chan []event

	once sync.Once
	left chan struct{} // closed when it is told nothing more
	why  string
}

// leave tells it nothing more.
func (l *listener) leave(why string) {
	l.once.Do(func() {
		l.why = why
		close(l.left)
	})
}

// Add adds the operation to a frame; hub is nil where there is only the document.
func Add(f *rest.Frame, hub *Hub) {
	rest.AddStream(f, rest.Route{
		Method: http.MethodGet, Path: "/events", ID: "listen", Action: access.SeeEvents,
		Summary: "What changes, as server-sent events: reservation, session, desk, person, closure, feed, cluster; all is that anything may have changed",
	}, func(ctx context.Context, in *struct {
		Last string `header:"Last-Event-ID" maxLength:"20" doc:"The id of the last event that was heard: those since are told first."`
	},
	) (func(context.Context, rest.Stream), error) {
		last := int64(-1)
		if in.Last != "" {
			var err error
			if last, err = strconv.ParseInt(in.Last, 10, 64); err != nil || last < 0 {
				return nil, rest.Invalid("Last-Event-ID: it is none that an event has given")
			}
		}
		l, err := hub.join(ctx)
		if errors.Is(err, errFull) || errors.Is(err, errClosed) {
			return nil, rest.Unavailable("listeners", err.Error()+": ask again, with Last-Event-ID", retryAfter)
		}
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, s rest.Stream) { l.serve(ctx, s, last) }, nil
	})
}

// serve sends events until the listener goes, may not listen any more, or is told nothing more.
func (l *listener) serve(ctx context.Context, s rest.Stream, last int64) {
	defer l.hub.drop(l)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	who := rest.AskerOf(ctx)
	events := []event(nil)
	if last >= 0 && last != l.from {
		events = l.missed(ctx, last)
	}
	if s.Send([]byte("retry: 2000\n\n")) != nil || l.send(s, who, events) != nil || s.Send(fmt.Appendf(nil, "id: %d\n\n", l.from)) != nil {
		return
	}
	beats := time.NewTicker(beat)
	defer beats.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-l.left:
			l.hub.Log.Info("listener dropped", "why", l.why)
			_ = s.Send(fmt.Appendf(nil, "event: end\ndata: {\"why\":%q}\n\n", l.why))
			return
		case events := <-l.waiting:
			err = l.send(s, who, events)
		case <-beats.C:
			if who, err = l.still(ctx, s, who); err == nil {
				err = s.Send([]byte(": deskd is there\n\n"))
			}
		}
		if err != nil {
			return
		}
	}
}

// missed are the events behind last that the looks from now on do not bring.
func (l *listener) missed(ctx context.Context, last int64) []event {
	events, upto, err := l.hub.since(ctx, last)
	if err != nil {
		return []event{everything(l.from)} // it has to ask anew, and meets the error
	}
	if upto > l.from { // the rest comes with the next look
		kept := events[:0:0]
		for _, e := range events {
			if e.id <= l.from {
				kept = append(kept, e)
			}
		}
		events = kept
		if len(kept) == 0 {
			events = []event{everything(l.from)}
		}
	}
	return events
}

// send sends what of events the listener may know, at once.
func (l *listener) send(s rest.Stream, who access.Asker, events []event) error {
	var text []byte
	for _, e := range events {
		text = append(text, e.told(who)...)
	}
	if len(text) == 0 {
		return nil
	}
	return s.Send(text)
}

// still looks whether the listener may listen, and as who. A database that does not answer
// keeps nobody from it.
func (l *listener) still(ctx context.Context, s rest.Stream, who access.Asker) (access.Asker, error) {
	now, err := s.Asker(ctx)
	switch {
	case errors.Is(err, reservations.ErrToken), err == nil && access.ReachOf(now, access.SeeEvents) == access.Nothing:
		_ = s.Send([]byte("event: end\ndata: {\"why\":\"the token does not count any more\"}\n\n"))
		return who, reservations.ErrToken
	case err != nil:
		return who, nil //nolint:nilerr // the next beat asks again
	}
	return now, nil
}
