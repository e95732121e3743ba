package forecast

import "time"

// request is a login or logout that was not handed over yet.
type request struct {
	task int
	out  bool
	at   time.Time // not before
	rank int       // of its task
}

// byRank are requests, the most urgent first.
type byRank []request

func (q byRank) Len() int           { return len(q) }
func (q byRank) Less(i, j int) bool { return q[i].rank < q[j].rank }
func (q byRank) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byRank) Push(r any)        { *q = append(*q, r.(request)) }
func (q *byRank) Pop() any          { return popped((*[]request)(q)) }

// byTime are requests, the earliest first.
type byTime []request

func (q byTime) Len() int { return len(q) }
func (q byTime) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].rank < q[j].rank
}
func (q byTime) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *byTime) Push(r any)   { *q = append(*q, r.(request)) }
func (q *byTime) Pop() any     { return popped((*[]request)(q)) }

// instants are some, the earliest first.
type instants []time.Time

func (q instants) Len() int           { return len(q) }
func (q instants) Less(i, j int) bool { return q[i].Before(q[j]) }
func (q instants) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *instants) Push(t any)        { *q = append(*q, t.(time.Time)) }
func (q *instants) Pop() any          { return popped((*[]time.Time)(q)) }

func popped[T any](q *[]T) T {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
