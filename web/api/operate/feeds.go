package operate

import (
	"context"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// Held is the change of a feed that is held.
type Held struct {
	Feed   string        `json:"feed"`
	Change string        `json:"change,omitempty" doc:"Its number; none where nothing is held."`
	Answer string        `json:"answer,omitempty" doc:"accepted or rejected, where that was said: it is heeded when the feed is read next."`
	By     string        `json:"by,omitempty" doc:"Who said so, as in the audit."`
	Drop   []HeldBooking `json:"drop" nullable:"false" doc:"Bookings that would go."`
	Update []HeldBooking `json:"update" nullable:"false" doc:"Bookings as they would be."`
	Add    []HeldBooking `json:"add" nullable:"false" doc:"Bookings that would come."`
	DryRun bool          `json:"dry_run"`
}

// HeldBooking is a booking that a held change concerns.
type HeldBooking struct {
	ID     string    `json:"id,omitempty" doc:"Of one that there is."`
	Desk   string    `json:"desk"`
	Person string    `json:"person,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

func heldOf(feed string, h reservations.Held) Held {
	out := Held{Feed: feed, Answer: string(h.Answer), By: h.By, Drop: []HeldBooking{}, Update: []HeldBooking{}, Add: []HeldBooking{}}
	if h.Any() {
		out.Change = h.ID()
		out.Drop, out.Update, out.Add = heldBookings(h.Change.Drop), heldBookings(h.Change.Update), heldBookings(h.Change.Add)
	}
	return out
}

func heldBookings(all []reservations.Reservation) []HeldBooking {
	shown := make([]HeldBooking, len(all))
	for i, r := range all {
		shown[i] = HeldBooking{r.ID, r.Desk, r.Person, r.Start.UTC(), r.End.UTC()}
	}
	return shown
}

func (o operations) held(ctx context.Context, in *Named) (*rest.Got[Held], error) {
	if err := in.known(o.FeedNames, "feed"); err != nil {
		return nil, err
	}
	h, err := o.Feeds.HeldChange(ctx, in.Name)
	return rest.Answer(heldOf(in.Name, h)), err
}

// FeedAnswer is which change is answered.
type FeedAnswer struct {
	Change string `json:"change,omitempty" maxLength:"100" doc:"Answer to the change of this number only."`
}

type answering struct {
	Named
	Trial rest.Trial
	Body  *FeedAnswer
}

func (o operations) accept(ctx context.Context, in *struct {
	Named
	rest.Trial
	Body *FeedAnswer
},
) (*rest.Got[Held], error) {
	return o.answer(ctx, answering{in.Named, in.Trial, in.Body}, reservations.Accepted)
}

func (o operations) reject(ctx context.Context, in *struct {
	Named
	rest.Trial
	Body *FeedAnswer
},
) (*rest.Got[Held], error) {
	return o.answer(ctx, answering{in.Named, in.Trial, in.Body}, reservations.Rejected)
}

// answer records an answer, and has the feed read, so that it is heeded soon.
func (o operations) answer(ctx context.Context, in answering, a reservations.Answer) (*rest.Got[Held], error) {
	if err := in.known(o.FeedNames, "feed"); err != nil {
		return nil, err
	}
	change := ""
	if in.Body != nil {
		change = in.Body.Change
	}
	if in.Trial.DryRun {
		h, err := o.Feeds.HeldChange(ctx, in.Name)
		if err == nil && (!h.Any() || change != "" && change != h.ID()) {
			err = reservations.ErrNotHeld
		}
		out := heldOf(in.Name, h)
		out.DryRun = true
		return rest.Answer(out), err
	}
	h, err := o.Feeds.Answer(ctx, Said{in.Name, change, a}, o.Now())
	if err != nil {
		return nil, err
	}
	if err := o.Feeds.Poll(ctx, in.Name, o.Now()); err != nil {
		return nil, rest.NewProblem(http.StatusServiceUnavailable, "answered", "the answer stands, and is heeded when the feed is read next; it could not be read at once")
	}
	return rest.Answer(heldOf(in.Name, h)), nil
}
