package web

import (
	"strconv"
	"strings"

	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// How much of a large building one page shows. Most buildings fit on one.
const (
	perPage      = 100 // desks
	mostTrouble  = 50  // that need a look, before the others
	mostIgnored  = 200 // reservations that are not acted on
	mostOverview = 150 // floors, to go to one
)

// choice is which desks of a snapshot fit a filter, by their places.
type choice struct {
	all     tally   // of all desks, whatever the filter
	floors  []tally // of those that fit, as the spans of the floor plan
	found   []int
	trouble []int // of those that fit, the ones that need a look
}

// choose goes through all desks once: what it does for each is little.
func (v wording) choose(s view.Snapshot, f filter, known *texts) choice {
	c := choice{floors: make([]tally, len(s.Plan.Spans)), found: make([]int, 0, len(s.Desks))}
	words := strings.Fields(strings.ToLower(f.Query))
	for i, span := range s.Plan.Spans {
		for at := span.From; at < span.To; at++ {
			n := s.Desks[at]
			trouble, blind := v.looks(n)
			count := tallyOf(n, trouble, blind)
			c.all.add(count)
			if !f.covers(span, trouble) || len(words) > 0 && !has(known.of(v, s, at), words) {
				continue
			}
			c.floors[i].add(count)
			c.found = append(c.found, at)
			if trouble {
				c.trouble = append(c.trouble, at)
			}
		}
	}
	return c
}

// covers reports whether desks of a floor fit, of which the searched words are not known
// yet.
func (f filter) covers(span view.FloorSpan, trouble bool) bool {
	return (f.Site == "" || f.Site == span.Site) && (f.Floor == "" || f.Floor == span.Floor) && (!f.Trouble || trouble)
}

// has reports whether all words occur in text.
func has(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// texts are what is searched of each desk, in lower case, kept for as long as the desk
// stands as it does: to search is to read them. The zero texts know none. They are used by
// one goroutine at a time.
type texts struct {
	plan *view.FloorPlan
	all  []searched
}

type searched struct {
	desk *board.Desk
	down bool   // as its cluster is: a row may say less then
	late string // and what else is remarked upon
	text string
}

func (t *texts) of(v wording, s view.Snapshot, at int) string {
	if t.plan != s.Plan {
		t.plan, t.all = s.Plan, make([]searched, len(s.Desks))
	}
	known, n := &t.all[at], s.Desks[at]
	if down, late := v.down[n.Desk.Cluster], v.remarked(v.ahead(n), n); known.desk != n || known.down != down || known.late != late {
		*known = searched{n, down, late, v.row(n).text()}
	}
	return known.text
}

// text is what is searched of a row.
func (r row) text() string {
	return strings.ToLower(strings.Join([]string{
		r.Desk, r.Name, r.Area, r.Owner, r.Device, r.State, r.Problem,
		r.Booked.Name, r.Booked.ID, r.Phone.Name, r.Phone.ID, r.Next.Name, r.Next.ID,
	}, "\n"))
}

// pager says which of the desks that fit are on this page, and where the others are.
type pager struct {
	First, Last, Of int
	Before, After   string // addresses, empty for none
}

// first reports whether p is the first page, or the only one.
func (p *pager) first() bool { return p == nil || p.Before == "" }

// turn returns the desks of the filter's page, and nil where all fit on one. A page that
// there is not is the last.
func turn(found []int, f filter) (*pager, []int) {
	if len(found) <= perPage {
		return nil, found
	}
	last := (len(found) - 1) / perPage
	page := min(max(f.Page-1, 0), last)
	from, to := page*perPage, min((page+1)*perPage, len(found))
	p := &pager{First: from + 1, Last: to, Of: len(found)}
	if page > 0 {
		p.Before = f.on(page).address()
	}
	if page < last {
		p.After = f.on(page + 2).address()
	}
	return p, found[from:to]
}

func (v wording) rows(s view.Snapshot, at []int) []row {
	var rows []row
	for _, i := range at {
		rows = append(rows, v.row(s.Desks[i]))
	}
	return rows
}

// groups puts the desks of the page on their floors.
func (v wording) groups(s view.Snapshot, c choice) []group {
	sites := make(map[string]*tally)
	for i, span := range s.Plan.Spans {
		if sites[span.Site] == nil {
			sites[span.Site] = new(tally)
		}
		sites[span.Site].add(c.floors[i])
	}
	var groups []group
	span := 0
	for i, at := range c.found {
		for s.Plan.Spans[span].To <= at {
			span++
		}
		on := s.Plan.Spans[span]
		if len(groups) == 0 || groups[len(groups)-1].Site != on.Site {
			zone := v.zone(on.Site)
			groups = append(groups, group{Site: on.Site, Zone: zone.String(), Clock: clock(v.now, v.now, zone), Count: *sites[on.Site]})
		}
		g := &groups[len(groups)-1]
		if len(g.Floors) == 0 || c.found[i-1] < on.From {
			g.Floors = append(g.Floors, floor{Title: floorTitle(on.Floor), Count: c.floors[span]})
		}
		fl := &g.Floors[len(g.Floors)-1]
		fl.Rows = append(fl.Rows, v.row(s.Desks[at]))
	}
	return groups
}

// place is a floor to go to.
type place struct {
	Title, Address string
	Count          tally
}

// overview lists the floors that have desks which fit, unless they are too many to
// choose from.
func (v wording) overview(s view.Snapshot, f filter, c choice) []place {
	floors := 0
	for _, count := range c.floors {
		floors += min(count.desks, 1)
	}
	if floors < 2 || floors > mostOverview {
		return nil
	}
	var all []place
	for i, span := range s.Plan.Spans {
		if c.floors[i].desks == 0 {
			continue
		}
		title := floorTitle(span.Floor)
		if len(s.Plan.Sites) > 1 {
			title = span.Site + ", " + title
		}
		to := f.on(0)
		to.Site, to.Floor = span.Site, span.Floor
		all = append(all, place{Title: title, Address: to.address(), Count: c.floors[i]})
	}
	return all
}

// pageOf reads the number of a page; 0 stands for the first.
func pageOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 {
		return 0
	}
	return n
}
