package show

import (
	"context"
	"io"
	"strconv"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/web/view"
)

// mostListed bounds the text about one feed; as JSON there is all of it.
const mostListed = 50

func listFeeds(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListFeeds(ctx)
	if err != nil {
		return nil, nil, err
	}
	former, err := a.View.ListFormerFeeds(ctx)
	if err != nil {
		return nil, nil, err
	}
	var rows [][]string
	for _, s := range all {
		problem := s.Problem
		if s.Checked.IsZero() && problem == "" {
			problem = "not fetched yet; deskd serve does"
		}
		rows = append(rows, []string{
			s.Name, strconv.Itoa(s.Events), strconv.Itoa(s.Unread), strconv.Itoa(s.Kept), strconv.Itoa(s.Tentative),
			f.clock(s.Good, a.View.Zone("")), strconv.Itoa(s.Failures), f.dash(problem),
		})
	}
	for _, s := range former {
		rows = append(rows, []string{s.Name, "-", "-", "-", "-", "-", "-", s.Problem})
	}
	return append(all, former...), rows, nil
}

// printUnread tells, below the list of feeds, what of each was not understood.
func printUnread(w io.Writer, a *cli.App, feeds []view.Feed) {
	for _, f := range feeds {
		unread, noted := parted(f.Problems)
		for _, list := range []struct {
			title string
			of    []reservations.Problem
		}{{"Not understood in ", unread}, {"Understood, with a note, in ", noted}} {
			console.Problems{Title: list.title + f.Name, Of: list.of, Most: mostListed, Zone: a.View.Zone(f.Site)}.Print(w)
			if more := len(list.of) - mostListed; more > 0 {
				console.Say(w, "  and %d more: deskd check feed %s\n", more, f.Name)
			}
		}
	}
}

// parted parts what was not understood from notes.
func parted(problems []reservations.Problem) (unread, noted []reservations.Problem) {
	for _, p := range problems {
		if p.Note {
			noted = append(noted, p)
		} else {
			unread = append(unread, p)
		}
	}
	return unread, noted
}
