package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/web/view"
)

// banner says that something is degraded, what follows from it, and where the
// page tells more.
type banner struct {
	Kind   view.Kind
	Of     string // the cluster, feed or site, empty for the whole
	Bad    bool   // phones are not driven as booked, or will soon not be
	Text   string
	Detail string
	Link   string // a fragment of the page, or another view of it; empty for none
}

// banners lists what is degraded, the worst first. The page shows it
// and the readiness probe repeats it.
func banners(s view.Snapshot, now time.Time) []banner {
	var all []banner
	for _, c := range s.Clusters {
		all = append(all, clusterBanners(c, now)...)
	}
	for _, n := range s.Notices {
		all = append(all, banner{Kind: n.Kind, Of: n.Of, Bad: n.Bad, Text: n.Text, Detail: n.Detail})
	}
	for _, f := range s.Feeds {
		if b, degraded := feedBanner(f, now); degraded {
			all = append(all, b)
		}
		if f.Unread > 0 {
			all = append(all, banner{
				Kind: view.KindUnread, Of: f.Name,
				Text:   fmt.Sprintf("Feed %s: %s not understood.", f.Name, count(f.Unread, "event was", "events were")),
				Detail: unreadDetail(f),
				Link:   "#feeds",
			})
		}
	}
	if n := len(s.Ignored); n > 0 {
		all = append(all, banner{
			Kind:   view.KindIgnored,
			Text:   count(n, "reservation is not acted on.", "reservations are not acted on."),
			Detail: "The desk or person is not known, or the desk is taken.",
			Link:   "#ignored",
		})
	}
	return worstFirst(all)
}

func worstFirst(all []banner) []banner {
	slices.SortStableFunc(all, func(a, b banner) int { return one(b.Bad) - one(a.Bad) })
	return all
}

// because puts the consequence before its cause, which may be long.
func because(consequence, problem string) string {
	if problem == "" {
		return consequence
	}
	return consequence + " Reason: " + strings.TrimSuffix(problem, ".") + "."
}
