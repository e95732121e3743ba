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

// Changed is what a row of the audit says was changed.
type Changed struct {
	ID            int64
	Kind, Item    string   // "reservation" and its id
	Desks, People []string // that it was of and is of, as far as the row says so
}

// Changes is what was changed behind a row of the audit.
type Changes struct {
	Upto int64     // the last row
	All  []Changed // in their order
	// More says that it is not told one by one: anything may have changed.
	More bool
}
