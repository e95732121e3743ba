package phone

import (
	"cmp"
	"context"
	"slices"
	"time"

	"deskd/phone"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/plan/board"
)

// A desk is listed that is free for so long, and what was found is told for so long.
const (
	worthwhile = 30 * time.Minute
	freeFor    = 5 * time.Second
	mostFree   = 40 // that are listed
)

// freeDesks lists other desks of the site that are free now, those nearby first.
func (v *visit) freeDesks() phone.Object {
	free, err := v.freeNow()
	if err != nil {
		return v.blind(err)
	}
	var items []phone.MenuItem
	for _, d := range free[:min(len(free), mostFree)] {
		items = append(items, phone.MenuItem{Name: v.shortly(d), URL: v.page(pageDesk, "d", reference(d.Desk.ID))})
	}
	if len(items) == 0 {
		return v.text("No other desk is free\nNone at this site, for the next half hour.")
	}
	return v.menu("Free now", items, pageFree)
}

// shortly is a free desk in a line.
func (v *visit) shortly(d *board.Desk) string {
	id := reservations.Legible(d.Desk.ID)
	if d.Next == nil {
		return id + " today"
	}
	return id + " to " + v.clock(d.Next.Start)
}

// freeNow are the other desks of the site that can be had now.
func (v *visit) freeNow() ([]*board.Desk, error) {
	here := v.desk.Desk
	granted, err := v.free.get(v.ctx, question[string]{here.Site, freeFor, v.now}, func(ctx context.Context) ([]reservations.Desk, error) {
		span := reservations.Span{Start: v.now.UTC().Truncate(time.Second), End: v.now.UTC().Truncate(time.Second).Add(worthwhile)}
		return v.Reading.Search(ctx, booking.Search{Place: booking.Place{Site: here.Site}, Span: span}, v.now)
	})
	if err != nil {
		return nil, err
	}
	may := make(map[string]bool, len(granted))
	for _, d := range granted {
		may[d.ID] = true
	}
	var free []*board.Desk
	for _, d := range v.snapshot.Desks {
		if d.State == board.Free && d.Booking == nil && d.Desk.ID != here.ID && may[d.Desk.ID] {
			free = append(free, d)
		}
	}
	slices.SortStableFunc(free, func(a, b *board.Desk) int {
		return cmp.Or(far(here, a.Desk)-far(here, b.Desk), cmp.Compare(a.Desk.ID, b.Desk.ID))
	})
	return free, nil
}

// far is how far two desks of a site are from each other.
func far(a, b reservations.Desk) int {
	switch {
	case a.Floor != b.Floor:
		return 2
	case a.Zone != b.Zone:
		return 1
	}
	return 0
}

// freeDesk shows one of them.
func (v *visit) freeDesk() phone.Object {
	free, err := v.freeNow()
	if err != nil {
		return v.blind(err)
	}
	at := slices.IndexFunc(free, func(d *board.Desk) bool { return reference(d.Desk.ID) == v.query.Get("d") })
	if at < 0 {
		return v.text("Not free any more\nLook for another desk.", phone.SoftKeyItem{Name: "Free", URL: v.page(pageFree)})
	}
	d := free[at]
	text := "Free today"
	if d.Next != nil {
		text = "Free until " + v.clock(d.Next.Start)
	}
	text += "\nDesk " + reservations.Legible(d.Desk.ID)
	for _, part := range []struct{ before, is string }{{"", d.Desk.Name}, {"Floor ", d.Desk.Floor}, {"Zone ", d.Desk.Zone}} {
		if part.is != "" {
			text += "\n" + part.before + reservations.Legible(part.is)
		}
	}
	return v.text(text+"\nLog in at its phone to take it.", phone.SoftKeyItem{Name: "Free", URL: v.page(pageFree)})
}
