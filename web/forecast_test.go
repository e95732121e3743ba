package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
	"deskd/web/view"
)

// slowWave is the example with a wave in an hour that the cluster does not take: the phone
// of desk 4.1 will be late, by so much.
func slowWave(t testing.TB, late time.Duration) view.Snapshot {
	s := example(t)
	next := booked("4.1", "Zoë", 90*time.Minute, time.Hour)
	p := forecast.Phone{
		Booking: forecast.Booking{Desk: "4.1", Reservation: next.ID, Person: "Zoë", Start: next.Start}, Ready: next.Start.Add(late), Late: late,
		Cause: forecast.CauseRate, Why: "more is due than 60 logins and logouts a minute let through (max_per_minute)",
	}
	s.Clusters[0].Ahead = &forecast.Wave{Bookings: 412, Late: 1, Most: late, Phones: []forecast.Phone{p}, Enough: &forecast.Enough{PerMinute: 120, Lead: 17 * time.Minute, LeadText: "17m"}}
	return s
}

// TestForecastBanner: the page says beforehand which phones will be late, and finds their
// desks by the banner's link; a minute is what makes it bad.
func TestForecastBanner(t *testing.T) {
	s := slowWave(t, 372*time.Second)
	p := newPage(s, filter{}, noon)
	var got banner
	for _, b := range p.Banners {
		if b.Kind == kindForecast {
			got = b
		}
	}
	want := banner{
		Kind: kindForecast, Of: "main", Bad: true, Link: "/?q=will+not+be+ready+by",
		Text:   "Cluster main: 1 of 412 phones will not be ready by 13:30; the last at 13:36:12.",
		Detail: "max_per_minute: 120 or lead: 17m would suffice. Reason: more is due than 60 logins and logouts a minute let through (max_per_minute).",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("banner (-want +got):\n%s", diff)
	}
	address, err := url.Parse(got.Link)
	if err != nil {
		t.Fatal(err)
	}
	s = s.Arranged()
	before, known := s, new(texts)
	before.Clusters = slices.Clone(s.Clusters)
	before.Clusters[0].Ahead = nil
	layOut(before, filter{Query: "nobody"}, noon, known) // what was searched before is not what is found now
	found := layOut(s, filterOf(address.Query()), noon, known)
	if ids := shownDesks(found); !cmp.Equal(ids, []string{"4.1"}) {
		t.Errorf("the link leads to %v", ids)
	}
	for _, g := range found.Groups {
		for _, f := range g.Floors {
			for _, r := range f.Rows {
				if r.Problem != "will not be ready by 13:30, but at 13:36:12" {
					t.Errorf("the row says %q", r.Problem)
				}
			}
		}
	}
	for _, b := range newPage(slowWave(t, 5*time.Second), filter{}, noon).Banners {
		if b.Kind == kindForecast && b.Bad {
			t.Errorf("five seconds are bad: %+v", b)
		}
	}
}

// TestForecastIsNotDegraded: what will be late is not degraded yet, by probe and metric;
// and a row says nothing of a booking that has changed since.
func TestForecastIsNotDegraded(t *testing.T) {
	s := slowWave(t, time.Hour)
	if was, is := len(banners(example(t), noon)), len(banners(s, noon)); was != is {
		t.Errorf("%d things are degraded with the forecast, %d without", is, was)
	}
	s.Clusters[0].Ahead.Phones[0].Reservation = "another"
	for _, g := range newPage(s, filter{}, noon).Groups {
		for _, f := range g.Floors {
			for _, r := range f.Rows {
				if strings.Contains(r.Problem, lateWords) {
					t.Errorf("desk %s: %q", r.Desk, r.Problem)
				}
			}
		}
	}
	s.Clusters[0].Ahead = &forecast.Wave{Bookings: 3}
	for _, b := range newPage(s, filter{}, noon).Banners {
		if b.Kind == kindForecast {
			t.Errorf("nobody is late: %q", b.Text)
		}
	}
	if plan.StartingFor != time.Minute {
		t.Error("the documents say a minute")
	}
}

// TestForecastNever: a phone at which nobody will be logged in at all is told as that.
func TestForecastNever(t *testing.T) {
	s := slowWave(t, 0)
	f := s.Clusters[0].Ahead
	f.Phones[0].Never, f.Phones[0].Ready, f.Never = true, time.Time{}, 1
	p := newPage(s, filter{}, noon)
	at := slices.IndexFunc(p.Banners, func(b banner) bool { return b.Kind == kindForecast })
	want := "Cluster main: 1 of 412 phones will not be ready by 13:30; at 1 of them nobody will be logged in, because too little of the booking will be left."
	if at < 0 || p.Banners[at].Text != want || !p.Banners[at].Bad {
		t.Errorf("%+v", p.Banners)
	}
	remark := ""
	for _, g := range p.Groups {
		for _, f := range g.Floors {
			for _, r := range f.Rows {
				if r.Desk == "4.1" {
					remark = r.Problem
				}
			}
		}
	}
	if !strings.Contains(remark, "will not be ready by 13:30, and nobody will be logged in then: too little of the booking will be left") {
		t.Errorf("the desk says %q", remark)
	}
	f.Phones = append(f.Phones, f.Phones[0])
	f.Phones[1].Desk, f.Phones[1].Never, f.Phones[1].Ready, f.Late = "4.2", false, noon.Add(91*time.Minute), 2
	if text := newPage(s, filter{}, noon).Banners[at].Text; !strings.Contains(text, "; the last at 13:31:00; at 1 of them") {
		t.Error(text)
	}
}
