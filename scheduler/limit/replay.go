package limit

import (
	"slices"
	"time"
)

// Request is one of the past.
type Request struct {
	Logout, Busy bool
	Timed        bool // how long it took says how fast the cluster is
	Began, Ended time.Time
}

// edge is the beginning or end of a request.
type edge struct {
	at      time.Time
	request int
	end     bool
}

// Replay takes in what became of earlier requests, in any order, as if they were answered
// now: how many were under way at once follows from when they began and ended.
func (l *Limit) Replay(all []Request) {
	edges := make([]edge, 0, 2*len(all))
	for i, r := range all {
		if ended := r.Ended; !ended.Before(r.Began) { // else the clock was set back meanwhile
			edges = append(edges, edge{r.Began, i, false}, edge{ended.Add(1), i, true})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return a.at.Compare(b.at) })
	under, among := 0, make([]int, len(all))
	for _, e := range edges {
		if !e.end {
			under++
			among[e.request] = under
			continue
		}
		under--
		r := all[e.request]
		a := Answer{Logout: r.Logout, Busy: r.Busy, Among: among[e.request]}
		if r.Timed {
			a.Took = r.Ended.Sub(r.Began)
		}
		l.Note(a)
	}
}
