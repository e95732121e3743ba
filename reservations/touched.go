package reservations

// Touched is what was changed behind a row of the audit.
type Touched struct {
	Upto         int64    // the last row of the audit
	Any          bool     // there are such rows
	Reservations []string // that were made, changed or removed, by id; also by one they had before
	Decided      bool     // pauses, answers, requests and the like were changed
	// More says that desks or people were changed, or so much that it is not told one by
	// one.
	More bool
}
