package reservations

// Usage is how much was booked in a period: at a site on a day, or at a desk in a month. A
// reservation belongs to the period in which it began, by the clock of its site.
type Usage struct {
	Period    string `json:"period"`         // "2026-03-02", of a month "2026-03"
	Site      string `json:"site"`           // empty where the desk is not known any more
	Desk      string `json:"desk,omitempty"` // empty of a site
	Bookings  int    `json:"bookings"`       // those that were confirmed to the end
	Minutes   int    `json:"minutes"`        // how long these were
	Cancelled int    `json:"cancelled"`      // those that were not: cancelled, withdrawn, in conflict
}
