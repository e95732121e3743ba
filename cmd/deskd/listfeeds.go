package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
)

// mostListed bounds the text about one feed; as JSON there is all of it.
const mostListed = 50

// listedFeed is a feed with what was not understood of it.
type listedFeed struct {
	reservations.FeedState
	Problems []reservations.Problem `json:"problems"`

	zone *time.Location
}

func listFeeds(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	states, err := a.feedStates(ctx)
	if err != nil {
		return nil, nil, err
	}
	former, err := a.formerFeeds(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := make([]listedFeed, len(states), len(states)+len(former))
	var rows [][]string
	for i, s := range states {
		problems, err := a.store.FeedProblems(ctx, s.Name)
		if err != nil {
			return nil, nil, err
		}
		all[i] = listedFeed{s, problems, a.zone(a.config.Feeds[i].Site)}
		problem := s.Problem
		if s.Checked.IsZero() && problem == "" {
			problem = "not fetched yet; deskd serve does"
		}
		rows = append(rows, []string{
			s.Name, strconv.Itoa(s.Events), strconv.Itoa(s.Unread), strconv.Itoa(s.Kept), strconv.Itoa(s.Tentative),
			f.clock(s.Good, a.zone("")), strconv.Itoa(s.Failures), f.dash(problem),
		})
	}
	for _, name := range former {
		all = append(all, listedFeed{FeedState: reservations.FeedState{Name: name, Problem: notConfigured}, Problems: []reservations.Problem{}, zone: a.zone("")})
		rows = append(rows, []string{name, "-", "-", "-", "-", "-", "-", notConfigured})
	}
	return all, rows, nil
}

// notConfigured is what is listed of a feed that the database knows alone.
const notConfigured = "not in the configuration: nobody is logged in for its bookings; deskd feed rename or deskd feed drop"

// printUnread tells, below the list of feeds, what of each was not understood.
func printUnread(w io.Writer, feeds []listedFeed) {
	for _, f := range feeds {
		unread, noted := parted(f.Problems)
		for _, list := range []struct {
			title string
			of    []reservations.Problem
		}{{"Not understood in ", unread}, {"Understood, with a note, in ", noted}} {
			printProblems(w, list.title+f.Name, list.of, mostListed, f.zone)
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

// feedStates is how the configured feeds stand, in their order, also those that
// were never fetched.
func (a *app) feedStates(ctx context.Context) ([]reservations.FeedState, error) {
	states, err := a.store.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]reservations.FeedState)
	for _, s := range states {
		byName[s.Name] = s
	}
	all := make([]reservations.FeedState, len(a.config.Feeds))
	for i, f := range a.config.Feeds {
		all[i] = byName[f.Name]
		all[i].Name = f.Name
	}
	return all, nil
}
