package web

import (
	"net/url"
	"strings"
)

// filter says which desks are shown. The zero filter shows all of them. It
// never changes the headline and the banners: a bookmark must not hide trouble.
type filter struct {
	Site, Floor string
	Query       string // words that all have to occur, without regard to case
	Trouble     bool   // only desks that need a look
	Still       bool   // the page does not refresh itself
}

func filterOf(q url.Values) filter {
	return filter{
		Site:    q.Get("site"),
		Floor:   q.Get("floor"),
		Query:   strings.TrimSpace(q.Get("q")),
		Trouble: q.Get("trouble") == "1",
		Still:   q.Get("still") == "1",
	}
}

// Narrow reports whether any desk may be left out.
func (f filter) Narrow() bool {
	return f.Site != "" || f.Floor != "" || f.Query != "" || f.Trouble
}

// Toggle is the address of the same view with the refresh switched over.
func (f filter) Toggle() string {
	q := make(url.Values)
	for key, value := range map[string]string{"site": f.Site, "floor": f.Floor, "q": f.Query} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if f.Trouble {
		q.Set("trouble", "1")
	}
	if !f.Still {
		q.Set("still", "1")
	}
	return "/?" + q.Encode()
}

// shows reports whether r is to be shown.
func (f filter) shows(r row) bool {
	if f.Site != "" && f.Site != r.Site || f.Floor != "" && f.Floor != r.Floor || f.Trouble && !r.Trouble {
		return false
	}
	if f.Query == "" {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		r.Desk, r.Name, r.Area, r.Device, r.State, r.Problem,
		r.Booked.Name, r.Booked.ID, r.Phone.Name, r.Phone.ID, r.Next.Name, r.Next.ID,
	}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
