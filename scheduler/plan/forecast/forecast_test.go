package forecast_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
)

var (
	nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	hour = reservations.Span{Start: nine.Add(-time.Hour), End: nine.Add(time.Hour)}
)

// house is a cluster with desks D001 and so on, whose phones show nobody.
type house struct {
	policy plan.Policy
	took   time.Duration // a login, and half of it a logout
	desks  []reservations.Desk
	people []reservations.Person
	booked []reservations.Reservation
	seen   map[string]plan.Observation
	past   []plan.Attempt
	stops  []plan.Block
	allows int // requests at once, by the configuration
	now    time.Time
}

func newHouse(desks int, pace plan.Pace, took time.Duration) *house {
	h := &house{policy: plan.DefaultPolicy(), took: took, seen: make(map[string]plan.Observation), now: nine.Add(-time.Hour)}
	h.policy.Pace = pace
	for i := range desks {
		d := reservations.Desk{ID: fmt.Sprintf("D%03d", i), Cluster: "main", Device: fmt.Sprintf("SEP%03d", i)}
		h.desks = append(h.desks, d)
		h.seen[d.Device] = plan.Observation{Desk: d.ID, Device: d.Device, Known: true, Exists: true, At: h.now}
	}
	return h
}

// book books a desk for a person of its own, and returns who that is.
func (h *house) book(desk int, from time.Time, lasts time.Duration) string {
	p := reservations.Person{ID: fmt.Sprintf("p%03d", len(h.people))}
	h.people = append(h.people, p)
	h.booked = append(h.booked, reservations.Reservation{
		ID: "r" + p.ID, Desk: h.desks[desk].ID, Person: p.ID, Status: reservations.Confirmed, Span: reservations.Span{Start: from, End: from.Add(lasts)},
	})
	return p.ID
}

// again books a desk for the person of an earlier booking.
func (h *house) again(desk, person int, from time.Time, lasts time.Duration) {
	h.book(desk, from, lasts)
	h.booked[len(h.booked)-1].Person = h.people[person].ID
}

// foresee is the forecast for the bookings of two hours around nine.
func (h *house) foresee() forecast.Wave { return forecast.Of(h.input(), hour, h.now) }

// input is what is known of the house.
func (h *house) input() forecast.Input {
	w := plan.NewWorld("main", h.desks, h.people, h.booked)
	in := forecast.Input{
		World: w, Policy: h.policy, Allowed: h.allows, Seen: h.seen, History: plan.NewHistory(h.past),
		Wanted: func(w plan.World, at time.Time) []plan.Login { return plan.Wanted(w, h.policy, at) },
		Blocks: func([]plan.Step) []plan.Block { return h.stops },
	}
	for i := range int64(10) {
		began := nine.Add(-24 * time.Hour)
		in.Service.Note(plan.Attempt{ID: 2*i + 1, Step: plan.Step{Op: plan.OpLogin}, Outcome: plan.Done, Began: began, Ended: began.Add(h.took)})
		in.Service.Note(plan.Attempt{ID: 2*i + 2, Step: plan.Step{Op: plan.OpLogout}, Outcome: plan.Done, Began: began, Ended: began.Add(h.took / 2)})
	}
	var seen []plan.Observation
	for _, d := range h.desks {
		seen = append(seen, h.seen[d.Device])
	}
	now := plan.Input{Want: plan.Wanted(w, h.policy, h.now), Observed: seen, History: in.History, Service: in.Service}
	in.Steps = plan.Subtract(plan.Plan(now, h.policy, h.now), h.stops)
	return in
}

// late are the causes of late phones, counted.
func late(w forecast.Wave) map[forecast.Cause]int {
	all := make(map[forecast.Cause]int)
	for _, p := range w.Phones {
		if p.IsLate() {
			all[p.Cause]++
		}
	}
	return all
}

// TestCauses has one house after another, and says how many phones are late there, why,
// and what would suffice.
func TestCauses(t *testing.T) {
	const second = time.Second
	many := func(h *house) {
		for i := range h.desks {
			h.book(i, nine, time.Hour)
		}
	}
	for name, c := range map[string]struct {
		pace   plan.Pace
		took   time.Duration
		change func(h *house)
		late   int
		cause  forecast.Cause
		enough forecast.Enough
		held   int
		never  int
	}{
		"time enough": {plan.Pace{PerMinute: 60}, second, many, 0, "", forecast.Enough{}, 0, 0},
		// 100 logins, a second apart: the lead of a minute less 20 s has room for 41.
		"the rate": {plan.Pace{PerMinute: 60}, second, func(h *house) { many(h); h.policy.Lead = time.Minute }, 57, forecast.CauseRate,
			forecast.Enough{PerMinute: 142, Lead: 2 * time.Minute}, 0, 0},
		"the answers": {plan.Pace{Concurrent: 2}, 4 * second, func(h *house) { many(h); h.policy.Lead = time.Minute }, 80, forecast.CauseService,
			forecast.Enough{Concurrent: 10, Lead: 4 * time.Minute}, 0, 0},
		"fewer at once than are allowed": {plan.Pace{Concurrent: 2}, 4 * second, func(h *house) { many(h); h.policy.Lead, h.allows = time.Minute, 5 }, 80, forecast.CauseService,
			forecast.Enough{Lead: 4 * time.Minute}, 0, 0},
		// Every six seconds from a minute before nine: 21 go out before less than five minutes,
		// to ten seconds, are left of theirs, and seven of those are in time.
		"short bookings": {plan.Pace{PerMinute: 10}, second, func(h *house) {
			for i := range h.desks {
				h.book(i, nine, 6*time.Minute)
			}
			h.policy.Lead = time.Minute
		}, 93, forecast.CauseRate, forecast.Enough{PerMinute: 142, Lead: 11 * time.Minute}, 0, 79},
		"nobody asked for": {plan.Pace{PerMinute: 1}, second, func(*house) {}, 0, "", forecast.Enough{}, 0, 0},
		"handed over one by one": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine.Add(-30*time.Minute), 30*time.Minute)
			h.book(0, nine, time.Hour)
		}, 0, "", forecast.Enough{}, 0, 0},
		// From nine on a request a second, two for each: whose login goes out within 42 s has
		// a phone that is ready in the minute in which a desk may be starting.
		"handed over together": {plan.Pace{PerMinute: 60, Concurrent: 5}, second, func(h *house) {
			for i := range h.desks {
				h.book(i, nine.Add(-30*time.Minute), 30*time.Minute)
			}
			many(h)
		}, 81, forecast.CauseRate, forecast.Enough{PerMinute: 285}, 0, 0},
		"paused": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			many(h)
			h.stops = []plan.Block{{Scope: plan.Scope{All: true}, Kind: plan.KindPaused, Effect: plan.Stops, Text: "by cli:jane"}}
		}, 0, "", forecast.Enough{}, 100, 0},
		"a stranger who is waited for": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine, time.Hour)
			h.policy.Stranger = plan.StrangerWait
			h.seen["SEP000"] = plan.Observation{Desk: "D000", Device: "SEP000", Person: "max", Known: true, Exists: true}
		}, 0, "", forecast.Enough{}, 1, 0},
		"refused a moment ago": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			who := h.book(0, nine, time.Hour)
			h.now = nine.Add(-time.Minute)
			for id := int64(1); id < 3; id++ {
				h.past = append(h.past, plan.Attempt{ID: id, Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Desk: "D000", Device: "SEP000", Person: who, Reservation: "r" + who}},
					Outcome: plan.Refused, Class: plan.ClassFault, Code: 99, Ended: nine.Add(-2 * time.Minute)})
			}
		}, 1, forecast.CauseRefused, forecast.Enough{}, 0, 0},
		"entered a moment before": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine, time.Hour)
			h.booked[0].Updated = nine.Add(-5 * time.Second)
			h.now = nine.Add(-4 * time.Second)
		}, 0, "", forecast.Enough{}, 0, 0},
		"the same person stays": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine.Add(-30*time.Minute), 30*time.Minute)
			h.again(0, 0, nine, time.Hour)
		}, 0, "", forecast.Enough{}, 0, 0},
		// The second desk is held until the first one's booking is over, and has its phone
		// within a minute of that.
		"two desks at once": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine.Add(-30*time.Minute), 30*time.Minute)
			h.again(1, 0, nine.Add(-10*time.Minute), time.Hour)
		}, 1, forecast.CauseHeld, forecast.Enough{}, 0, 0},
		// Nobody takes their phones before nine, whatever the lead.
		"strangers everywhere": {plan.Pace{PerMinute: 60, Concurrent: 5}, second, func(h *house) {
			many(h)
			for device, o := range h.seen {
				o.Person = "guest" + device
				h.seen[device] = o
			}
		}, 81, forecast.CauseRate, forecast.Enough{PerMinute: 285}, 0, 0},
		"overdue": {plan.Pace{PerMinute: 60}, second, func(h *house) {
			h.book(0, nine, time.Hour)
			h.now = nine.Add(time.Minute)
		}, 1, forecast.CauseOverdue, forecast.Enough{}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(100, c.pace, c.took)
			c.change(h)
			w := h.foresee()
			if w.Late != c.late || late(w)[c.cause] != c.late || len(w.Held) != c.held || w.Never != c.never {
				t.Errorf("%d late %v, %d never, %d held; want %d (%s), %d, %d", w.Late, late(w), w.Never, len(w.Held), c.late, c.cause, c.never, c.held)
			}
			if w.Bookings != len(h.booked) {
				t.Errorf("%d bookings, want %d", w.Bookings, len(h.booked))
			}
			var enough forecast.Enough
			if w.Enough != nil {
				enough = *w.Enough
				enough.LeadText = ""
			}
			if enough != c.enough {
				t.Errorf("%+v would suffice, want %+v", enough, c.enough)
			}
		})
	}
}

// drawHouse draws bookings around nine in some quarters of an hour.
func drawHouse(t *rapid.T) *house {
	h := newHouse(rapid.IntRange(1, 40).Draw(t, "desks"), plan.Pace{
		Concurrent: rapid.IntRange(0, 4).Draw(t, "concurrent"), PerMinute: rapid.SampledFrom([]int{0, 6, 20, 60}).Draw(t, "a minute"),
	}, time.Duration(rapid.IntRange(5, 80).Draw(t, "took"))*100*time.Millisecond)
	h.policy.Lead = time.Duration(rapid.IntRange(1, 12).Draw(t, "lead")) * time.Minute
	for i := range h.desks {
		at := nine.Add(-time.Hour)
		for range rapid.IntRange(0, 3).Draw(t, "bookings") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 3, 15, 30}).Draw(t, "free")) * time.Minute)
			lasts := time.Duration(rapid.SampledFrom([]int{30, 45, 60}).Draw(t, "lasts")) * time.Minute
			h.book(i, at, lasts)
			at = at.Add(lasts)
		}
	}
	return h
}

// slow is how many phones are late for the pace of the cluster.
func slow(w forecast.Wave) int { return late(w)[forecast.CauseRate] + late(w)[forecast.CauseService] }

// TestEnoughIsTheLeast: with what would suffice no phone is late for the pace of the
// cluster, and with one less one is.
func TestEnoughIsTheLeast(t *testing.T) {
	tried := 0
	check := func(t *rapid.T) {
		h := drawHouse(t)
		w := h.foresee()
		if (w.Enough != nil) != (slow(w) > 0) {
			t.Fatalf("%d late, and enough is %+v", slow(w), w.Enough)
		}
		if w.Enough == nil {
			return
		}
		was := h.policy
		try := func(what string, n int, set func(n int)) {
			if n == 0 {
				return
			}
			tried++
			set(n)
			if left := slow(h.foresee()); left > 0 {
				t.Errorf("%d late with a %s of %d, %d before", left, what, n, slow(w))
			}
			set(n - 1)
			if slow(h.foresee()) == 0 {
				t.Errorf("nobody late with a %s of %d, which is less than %d", what, n-1, n)
			}
			h.policy = was
		}
		try("rate", w.Enough.PerMinute, func(n int) { h.policy.Pace.PerMinute = n })
		try("concurrency", w.Enough.Concurrent, func(n int) { h.policy.Pace.Concurrent = n })
		try("lead", int(w.Enough.Lead/time.Minute), func(n int) { h.policy.Lead = time.Duration(n) * time.Minute })
	}
	for n := 0; n < 20 && tried == 0 && !t.Failed(); n++ { // with -short, few houses are drawn at a time
		rapid.Check(t, check)
	}
	if tried == 0 {
		t.Error("nothing was ever late")
	}
}

// TestForecastIsWhole: each booking with a person is counted once, as a phone, as held, or
// as one whose person is there; phones are ready after their login went out.
func TestForecastIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHouse(t)
		w := h.foresee()
		want := 0
		for _, r := range h.booked {
			if !r.Start.Before(w.From) && r.Start.Before(w.Until) {
				want++
			}
		}
		if w.Bookings != want {
			t.Errorf("%d bookings, want %d", w.Bookings, want)
		}
		n := 0
		for _, p := range w.Phones {
			if p.Login.IsZero() || p.Ready.Before(p.Login.Add(h.took)) || p.Login.Before(p.Logout) {
				t.Errorf("phone %+v", p)
			}
			if p.Late > 0 {
				n++
			}
			if (p.Late > 0) != (p.Why != "") || p.Late > w.Most {
				t.Errorf("late by %v because of %q, most %v", p.Late, p.Why, w.Most)
			}
		}
		if n != w.Late {
			t.Errorf("%d late, and %d counted", n, w.Late)
		}
	})
}

// BenchmarkForecast looks an hour ahead at 10,000 desks whose bookings begin at nine: all
// in time, and where a tenth is late, with what would suffice.
func BenchmarkForecast(b *testing.B) {
	for name, pace := range map[string]plan.Pace{"in time": {PerMinute: 1200}, "late": {PerMinute: 900}} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(10_000, pace, time.Second)
			for i := range h.desks {
				h.book(i, nine, time.Hour)
			}
			b.ReportAllocs()
			in := h.input()
			for b.Loop() {
				b.ReportMetric(float64(forecast.Of(in, hour, h.now).Late), "late")
			}
		})
	}
}

// TestGuess: what was not measured is said to be a guess, and what bounds the pace in its own words.
func TestGuess(t *testing.T) {
	for name, c := range map[string]struct {
		pace     plan.Pace
		measured bool
		change   func(h *house, in *forecast.Input)
		guess    bool
		why      string
	}{
		"nothing measured": {plan.Pace{Concurrent: 2}, false, nil, true, "nothing was measured yet, a login is taken to last 1.5s, and 2 go out at once (max_concurrent)"},
		"more untried": {plan.Pace{Concurrent: 2}, true, func(_ *house, in *forecast.Input) { in.Allowed, in.Untried = 5, true }, true,
			"a login takes 4s, and 2 go out at once (so far: more are tried as these are answered; max_concurrent is 5)"},
		"more were too many": {plan.Pace{Concurrent: 2}, true, func(_ *house, in *forecast.Input) { in.Allowed = 5 }, false,
			"2 go out at once (more would leave no room for people's keys; max_concurrent is 5)"},
		"measured":                {plan.Pace{Concurrent: 2}, true, nil, false, "a login takes 4s, and 2 go out at once (max_concurrent)"},
		"the rate, none measured": {plan.Pace{Concurrent: 2, PerMinute: 20}, false, nil, false, "more is due than 20 logins and logouts a minute let through"},
		"overdue": {plan.Pace{Concurrent: 2}, true, func(h *house, _ *forecast.Input) { h.now = nine.Add(time.Second) }, false,
			"its login should have gone out before now, and more is due than is answered"},
		"overdue, and never": {plan.Pace{Concurrent: 2}, true, func(h *house, _ *forecast.Input) { h.now, h.policy.MinLeft = nine.Add(time.Second), 59*time.Minute }, false,
			"its login should have gone out before now, and more is due than is answered"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(100, c.pace, 4*time.Second)
			h.policy.Lead = time.Minute
			for i := range h.desks {
				h.book(i, nine, time.Hour)
			}
			if c.change != nil {
				c.change(h, new(forecast.Input))
			}
			in := h.input()
			if !c.measured {
				in.Service = plan.Service{}
			}
			if c.change != nil {
				c.change(h, &in)
			}
			w := forecast.Of(in, hour, h.now)
			if w.Late == 0 || w.Guess != c.guess || strings.Contains(w.Suffices(), "guess") != c.guess {
				t.Errorf("%d late, a guess %v: %s", w.Late, w.Guess, w.Suffices())
			}
			if last := w.Phones[len(w.Phones)-1]; !strings.Contains(last.Why, c.why) {
				t.Errorf("why: %s", last.Why)
			}
		})
	}
	for want, w := range map[string]forecast.Wave{
		"":                                 {},
		"max_concurrent: 5 would suffice.": {Enough: &forecast.Enough{Concurrent: 5}},
		"max_concurrent: 5 would suffice. It is not known yet what the phone system takes, so that this is a guess: the first logins correct it.": {Enough: &forecast.Enough{Concurrent: 5}, Guess: true},
		"It is not known yet what the phone system takes, so that this is a guess: the first logins correct it.":                                  {Enough: &forecast.Enough{}, Guess: true},
		"Neither a higher max_per_minute nor max_concurrent nor a longer lead alone would suffice.":                                               {Enough: &forecast.Enough{}},
	} {
		if got := w.Suffices(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
