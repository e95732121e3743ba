package forecast

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Wave is what is known beforehand of the bookings that begin in a span.
type Wave struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Bookings is how many there are that name a person, or hold Phones and Held; the
	// others' people are on their phones already.
	Bookings int `json:"bookings"`
	// Phones are those that need a login, by start and desk.
	Phones []Phone `json:"phones"`
	// Held are the bookings that nobody is logged in for as things stand. They do not
	// count as late.
	Held []Held `json:"held,omitempty"`
	// Late is how many phones will be late, and Most by how much the last of them. Never is at
	// how many of them nobody is logged in, because too little of the booking is left when their
	// turn comes: Most does not say anything of those.
	Late        int           `json:"late"`
	Never       int           `json:"never,omitempty"`
	Most        time.Duration `json:"-"`
	MostSeconds float64       `json:"most_seconds,omitempty"`
	Setting     Setting       `json:"setting"`
	// Guess says that what the cluster takes was not measured yet: phones that are late for its
	// pace may be in time.
	Guess  bool    `json:"guess,omitempty"`
	Enough *Enough `json:"enough,omitempty"` // nil where no phone is late for the cluster's pace
}

// Booking is a booking at a phone.
type Booking struct {
	Desk        string    `json:"desk"`
	Device      string    `json:"device"`
	Person      string    `json:"person"`
	Reservation string    `json:"reservation"`
	Start       time.Time `json:"start"`
}

func bookingOf(l plan.Login) Booking {
	return Booking{l.Desk, l.Device, l.Person, l.Reservation, l.From}
}

// Held is a booking that is not served as things stand, and why.
type Held struct {
	Booking
	Why string `json:"why"`
}

// Phone is when a phone will be ready.
type Phone struct {
	Booking
	Logout time.Time `json:"logout,omitzero"` // of the person before, where one is to be logged out for it
	Login  time.Time `json:"login,omitzero"`  // goes out; with Never it does not, …
	Ready  time.Time `json:"ready,omitzero"`  // the phone shows the person; … and it does not
	Never  bool      `json:"never,omitempty"` // too little of the booking is left when its turn comes
	// Late is how long after the start that is, where it is late at all: zero otherwise.
	Late        time.Duration `json:"-"`
	LateSeconds float64       `json:"late_seconds,omitempty"`
	Cause       Cause         `json:"cause,omitempty"` // of the lateness
	Why         string        `json:"why,omitempty"`
}

// Cause is why a phone is late, in one word.
type Cause string

// The causes.
const (
	CauseRate    Cause = "rate"    // more is due than may be sent in a minute
	CauseService Cause = "service" // more is due than is answered at once
	CauseRefused Cause = "refused" // the login was refused, and waits for its next try
	CauseHeld    Cause = "held"    // it is held until it is too late
	CauseOverdue Cause = "overdue" // it should have gone out before now
)

// Setting is what a configuration says that decides when phones are ready.
type Setting struct {
	PerMinute  int           `json:"max_per_minute"` // 0: no limit
	Concurrent int           `json:"concurrent"`     // likewise: as far as was learned, …
	Allowed    int           `json:"max_concurrent"` // … and as it is configured
	Lead       time.Duration `json:"-"`
	LeadText   string        `json:"lead"`
}

// Of returns the forecast for the bookings that begin in span, which ends after now. What
// was planned for earlier ones and is not done yet counts among them if span begins no
// later than now.
func Of(in Input, span reservations.Span, now time.Time) Wave {
	h := houseOf(in, span, now)
	got := h.serve(h.setting)
	w := Wave{From: span.Start, Until: span.End, Phones: []Phone{}, Setting: h.setting}
	w.Setting.LeadText = w.Setting.Lead.String()
	for i, t := range got.tasks {
		if !h.counts(t) {
			continue
		}
		p := h.phone(got, i)
		w.Phones = append(w.Phones, p)
	}
	w.Sum()
	w.hold(h.held)
	w.Bookings = len(w.Phones) + len(w.Held) + h.readyIn(w)
	slices.SortStableFunc(w.Phones, func(a, b Phone) int { return a.compare(b.Booking) })
	if got.slow > 0 {
		w.Enough, w.Guess = h.enough(), h.guesses()
	}
	return w
}

// Sum counts the late phones of w.
func (w *Wave) Sum() {
	w.Late, w.Never, w.Most = 0, 0, 0
	for _, p := range w.Phones {
		if p.IsLate() {
			w.Late++
			w.Most = max(w.Most, p.Late)
		}
		if p.Never {
			w.Never++
		}
	}
	w.MostSeconds = w.Most.Seconds()
}

// IsLate reports whether a phone will be late, or never ready.
func (p Phone) IsLate() bool { return p.Never || p.Late > 0 }

// compare orders bookings by start and desk.
func (b Booking) compare(c Booking) int {
	return cmp.Or(b.Start.Compare(c.Start), cmp.Compare(b.Desk, c.Desk), cmp.Compare(b.Reservation, c.Reservation))
}

// hold takes in what is held of the bookings that are asked for.
func (w *Wave) hold(held map[place]Held) {
	for _, b := range held {
		if !b.Start.Before(w.From) && b.Start.Before(w.Until) {
			w.Held = append(w.Held, b)
		}
	}
	slices.SortFunc(w.Held, func(a, b Held) int { return a.compare(b.Booking) })
}
