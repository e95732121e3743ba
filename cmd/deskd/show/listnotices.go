package show

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	told "deskd/scheduler/notices"
	"deskd/store/notices"
)

// listNotices lists what people were told on their phones.
func listNotices(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Store.PhoneNotices().List(ctx, notices.Filter{Desk: f.Desk, From: f.From, To: f.Until, Limit: f.Limit})
	if err != nil {
		return nil, nil, err
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows := make([][]string, len(all))
	for i, n := range all {
		rows[i] = f.noticeCells(n, zones(n.Desk))
	}
	return all, rows, nil
}

func (f filter) noticeCells(n notices.Told, zone *time.Location) []string {
	if f.csv {
		return []string{
			f.clock(n.Began, zone), n.Cluster, n.Desk, n.Device, string(n.Kind), n.Reservation, f.clock(n.Due, zone), f.clock(n.About, zone), n.Other,
			string(n.Outcome), n.Problem,
		}
	}
	return []string{f.clock(n.Began, zone), n.Desk, noticeText(n, zone, f.now), n.Reservation, outcomeText(n), f.dash(n.Problem)}
}

// noticeText is what a notice tells, in words.
func noticeText(n notices.Told, zone *time.Location, now time.Time) string {
	switch n.Kind {
	case told.BeforeEnd:
		return fmt.Sprintf("ends at %s, in %s", console.ShortTime(n.About, zone, now), strings.TrimSuffix(n.Ahead.String(), "0s"))
	case told.Moved:
		return "moved to desk " + n.Other
	case told.Next:
		return "the next person waits since " + console.ShortTime(n.About, zone, now)
	}
	return string(n.Kind)
}

// outcomeText is what has become of a notice, in words.
func outcomeText(n notices.Told) string {
	switch n.Outcome {
	case "":
		return "is told"
	case told.Absent:
		return "nobody there"
	case told.SomeoneElse:
		return "someone else there"
	}
	return string(n.Outcome)
}

// printNotices lists the notices of an explanation.
func printNotices(b *strings.Builder, all []notices.Told, zone *time.Location, now time.Time) {
	for _, n := range all {
		console.Say(b, "   %s  %s: %s", console.ShortTime(n.Began, zone, now), noticeText(n, zone, now), outcomeText(n))
		if n.Problem != "" {
			console.Say(b, " (%s)", console.LocalTimes(n.Problem, zone, now))
		}
		b.WriteByte('\n')
	}
}
