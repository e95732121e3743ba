package web

import (
	"net/url"
	"strconv"
	"strings"
)

// filter says which desks are shown. The zero filter shows all of them. It
// never changes the headline and the banners: a bookmark must not hide trouble.
type filter struct {
	Site, Floor string
	Query       string // words that all have to occur, without regard to case
	Trouble     bool   // only desks that need a look
	Still       bool   // the page does not refresh itself
	Page        int    // of those desks, from 1; 0 is the first too
}

func filterOf(q url.Values) filter {
	return filter{
		Site:    q.Get("site"),
		Floor:   q.Get("floor"),
		Query:   strings.TrimSpace(q.Get("q")),
		Trouble: q.Get("trouble") == "1",
		Still:   q.Get("still") == "1",
		Page:    pageOf(q.Get("page")),
	}
}

// Narrow reports whether any desk may be left out.
func (f filter) Narrow() bool {
	return f.Site != "" || f.Floor != "" || f.Query != "" || f.Trouble
}

// Toggle is the address of the same view with the refresh switched over.
func (f filter) Toggle() string {
	f.Still = !f.Still
	return f.address()
}

// InNeed is the address of all desks that fit and need a look.
func (f filter) InNeed() string {
	f.Trouble, f.Page = true, 0
	return f.address()
}

// on is f on another page.
func (f filter) on(page int) filter {
	f.Page = page
	return f
}

// address is where the page shows what f keeps.
func (f filter) address() string {
	q := make(url.Values)
	for key, value := range map[string]string{"site": f.Site, "floor": f.Floor, "q": f.Query} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if f.Page > 1 {
		q.Set("page", strconv.Itoa(f.Page))
	}
	if f.Trouble {
		q.Set("trouble", "1")
	}
	if f.Still {
		q.Set("still", "1")
	}
	return "/?" + q.Encode()
}
