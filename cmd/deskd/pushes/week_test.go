package pushes_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	service "deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/plan"
)

// book books each desk for a day: to one person after the other, at once, some minutes or an hour later.
func (o *office) book(n int, from time.Time) {
	var all []reservations.Reservation
	for i := range n {
		at := from.Add(8*time.Hour + time.Duration(o.random.IntN(4))*15*time.Minute)
		for k := range 3 {
			end := at.Add(time.Duration(1+o.random.IntN(6)) * 30 * time.Minute)
			all = append(all, reservations.Reservation{
				Desk: fmt.Sprintf("D%d", i+1), Person: service.UserName(3*i + k + 1), Span: reservations.Span{Start: at, End: end}, Status: reservations.Confirmed, Source: "test",
			})
			gaps := []time.Duration{0, 0, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
			at = end.Add(gaps[o.random.IntN(len(gaps))])
		}
	}
	_, err := o.store.ImportReservations(o.Context(), all, false, time.Now())
	o.ok(err)
}

// look is what people do at their phones, and whether their lists have all that they did.
func (o *office) look() {
	for _, home := range o.house.Homes() {
		user := home.User()
		if user != o.of[home.Name()] {
			o.of[home.Name()], o.calls[home.Name()] = user, nil
		}
		if user == "" {
			continue
		}
		have := make(map[string]bool)
		for _, c := range home.Calls() {
			have[c.Number] = true
		}
		for _, number := range o.calls[home.Name()] {
			if !have[number] {
				o.Fatalf("%s: call %s of %s, who is on the phone, is gone", time.Now().Format(time.DateTime), number, user)
			}
		}
		if o.random.IntN(20) == 0 {
			o.n++
			number := fmt.Sprintf("%s-%d", user, o.n)
			home.Miss(number)
			o.calls[home.Name()] = append(o.calls[home.Name()], number)
		}
	}
}

// upset is what happens beside the bookings.
func (o *office) upset(n int) {
	device := service.DeviceName(1 + o.random.IntN(n))
	switch o.random.IntN(80) {
	case 0: // DHCP, of which the inventory hears some minutes later
		o.house.Swap(device, service.DeviceName(1+o.random.IntN(n)))
	case 1:
		o.inventory()
	case 2, 3: // a walk-up, for whom nobody has to wait
		_ = o.cluster.PressLogin(device, service.UserName(3*n+1+o.random.IntN(n)))
	case 4:
		_ = o.cluster.PressLogout(device)
	case 5:
		o.halt(o.random.IntN(2) == 0)
		time.Sleep(time.Duration(o.random.IntN(300)) * time.Second)
		o.start()
	}
}

// TestWeek lets phones and people go through days with restarts, exchanged addresses and killed
// daemons: no call of someone who is on a phone is ever cleared, every session that deskd has
// ended has an outcome, and what is said to be cleared is. DESKD_WEEK=1 plays 200 phones for a week.
func TestWeek(t *testing.T) {
	n, days := 12, 1
	switch {
	case os.Getenv("DESKD_WEEK") != "":
		n, days = 200, 7
	case testing.Short():
		n = 8
	}
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, n)
		o.spoil()
		time.Sleep(time.Until(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)))
		o.start()
		for range days {
			o.book(n, time.Now().Truncate(day))
			for end := time.Now().Truncate(day).Add(day); time.Now().Before(end); {
				pace := 15 * time.Second
				if h := time.Now().Hour(); h < 7 || h > 20 {
					pace = 10 * time.Minute
				}
				time.Sleep(pace)
				synctest.Wait()
				o.look()
				o.upset(n)
			}
			o.inventory()
		}
		time.Sleep(2 * time.Hour)
		o.halt(false)
		o.judge()
		o.ok(o.store.Close())
	})
}

// judge holds the journal against the lists.
func (o *office) judge() {
	attempts, err := o.store.Attempts(o.Context(), time.Time{})
	o.ok(err)
	tally := make(map[string]int)
	for _, a := range attempts {
		if a.Op != plan.OpLogout || a.Outcome != plan.Done {
			continue
		}
		if a.CallList == "" {
			o.Errorf("attempt %d at %s, %s: nothing is said of its list", a.ID, a.Device, a.Began)
		}
		outcome, _, _ := strings.Cut(a.CallList, ":")
		tally[outcome]++
		if outcome == "refused" && a.Device != refuses {
			o.Errorf("attempt %d at %s: %s", a.ID, a.Device, a.CallList)
		}
	}
	for outcome, n := range tally {
		if counted := o.counts[outcome]; counted != n {
			o.Errorf("%d lists are %s, and %d were counted", n, outcome, counted)
		}
	}
	o.Logf("%v, counted %v, %d calls", tally, o.counts, o.n)
	if tally["cleared"] == 0 || tally["not cleared"] == 0 || tally["refused"] == 0 {
		o.Errorf("not all outcomes came about: %v", tally)
	}
}
