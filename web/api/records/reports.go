package records

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"deskd/reservations/reports"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// ReportLine is how the desks of a place were used, and how their phones served them.
type ReportLine struct {
	Site          string  `json:"site"`
	Floor         string  `json:"floor,omitempty"`
	Zone          string  `json:"zone,omitempty"`
	Desk          string  `json:"desk,omitempty"`
	Weekday       string  `json:"weekday,omitempty" doc:"mon to sun, by the clock of the site; none where it was not asked for."`
	Desks         int     `json:"desks"`
	Bookings      int     `json:"bookings" doc:"Those that are confirmed. Each belongs to the day on which it begins."`
	Hours         float64 `json:"hours" doc:"How long these are."`
	OpenHours     float64 `json:"open_hours" doc:"In which the desks were open: the hours of the site, without holidays, closures and desks out of service. Only days since details_since count."`
	TakenHours    float64 `json:"taken_hours" doc:"Those of the open hours that were booked."`
	Share         float64 `json:"share" doc:"taken_hours of open_hours, from 0 to 1."`
	Used          int     `json:"used" doc:"Bookings whose person is known to have come, asked or not."`
	Asked         int     `json:"asked" doc:"Bookings that are over, were not released, and whose person was asked to check in, on days since presence_since. The rules of today say at which desks people are asked."`
	Unseen        int     `json:"unseen" doc:"Those of asked of whose person nothing is known. Where nobody was asked, it says nothing."`
	Released      int     `json:"released" doc:"Bookings that were released because nobody came."`
	Walkups       int     `json:"walkups" doc:"Bookings of people who stood at the desk and took it."`
	Cancelled     int     `json:"cancelled" doc:"Those that are cancelled, withdrawn or in conflict."`
	Nameless      int     `json:"nameless" doc:"Bookings whose names were removed: whether they were used, released or walk-ups is not known of them."`
	Logins        int     `json:"logins" doc:"Those that succeeded."`
	Late          int     `json:"late" doc:"Logins that succeeded more than ten seconds after the booking's start, or after it was entered if that was later."`
	LateP50       float64 `json:"late_p50" doc:"How late half of these were at most, in seconds."`
	LateP95       float64 `json:"late_p95" doc:"How late 95 of 100 of these were at most, in seconds."`
	LateMax       float64 `json:"late_max" doc:"How late the latest was, in seconds."`
	Busy          int     `json:"busy" doc:"How often the phone system was busy when someone was to be logged in."`
	Failed        int     `json:"failed" doc:"How often a login failed for another reason."`
	DetailsSince  string  `json:"details_since,omitempty" doc:"The first day whose bookings are known one by one: of those before, retention has left counts of whole sites. None: all are."`
	PresenceSince string  `json:"presence_since" doc:"The first day since which used, asked, unseen, released and walkups are known, but for nameless."`
	LoginsSince   string  `json:"logins_since,omitempty" doc:"The first day since which logins are known. None: there is none."`
}

// Header implements [rest.Row].
func (ReportLine) Header() []string {
	return []string{
		"site", "floor", "zone", "desk", "weekday", "desks", "bookings", "hours", "open_hours", "taken_hours", "share", "used", "asked", "unseen", "released", "walkups", "cancelled", "nameless",
		"logins", "late", "late_p50", "late_p95", "late_max", "busy", "failed", "details_since", "presence_since", "logins_since",
	}
}

// Cells implements [rest.Row].
func (l ReportLine) Cells() []string {
	cells := []string{l.Site, l.Floor, l.Zone, l.Desk, l.Weekday}
	for _, v := range []any{
		l.Desks, l.Bookings, l.Hours, l.OpenHours, l.TakenHours, l.Share, l.Used, l.Asked, l.Unseen, l.Released, l.Walkups, l.Cancelled, l.Nameless,
		l.Logins, l.Late, l.LateP50, l.LateP95, l.LateMax, l.Busy, l.Failed,
	} {
		if n, ok := v.(float64); ok {
			v = strconv.FormatFloat(n, 'f', -1, 64)
		}
		cells = append(cells, fmt.Sprint(v))
	}
	return append(cells, l.DetailsSince, l.PresenceSince, l.LoginsSince)
}

// reportDays are those of a report of which nobody says how long it is to be.
const reportDays = 28

func (r records) listReports(ctx context.Context, q *struct {
	rest.Paged
	Site     string     `query:"site" maxLength:"200"`
	Floor    string     `query:"floor" maxLength:"200"`
	From     string     `query:"from" maxLength:"10" doc:"A day like 2026-03-02: four weeks ago, where none is given."`
	To       string     `query:"to" maxLength:"10" doc:"The last day: 27 days after from where none is given, and at most 91."`
	By       reports.By `query:"by" enum:"site,floor,zone,desk" default:"site" doc:"What each line is of."`
	Weekdays bool       `query:"weekdays" doc:"A line for each weekday."`
},
) (*rest.Listed[ReportLine], error) {
	asked := reports.Asked{Site: q.Site, Floor: q.Floor, By: q.By, Weekdays: q.Weekdays}
	var err error
	if asked.First, err = dayOr(q.From, r.Now().AddDate(0, 0, -reportDays)); err != nil {
		return nil, err
	}
	if asked.Last, err = dayOr(q.To, asked.First.AddDate(0, 0, reportDays-1)); err != nil {
		return nil, err
	}
	if err := asked.Check(); err != nil {
		return nil, rest.Invalid(err.Error())
	}
	report, err := r.Report(ctx, asked)
	if err != nil {
		return nil, err
	}
	if err := Nothing(ctx, r.View, view.Place{Site: q.Site, Floor: q.Floor}, len(report.Lines)); err != nil {
		return nil, err
	}
	return rest.List(q.Paged, rest.InOrder(ReportLines(report), func(l ReportLine) string {
		return l.Site + "\x00" + l.Floor + "\x00" + l.Zone + "\x00" + l.Desk + "\x00" + strconv.Itoa(reports.Weekday(l.Weekday).Number())
	}))
}

// ReportLines are the lines of a report for programs, in their order.
func ReportLines(report reports.Report) []ReportLine {
	all := make([]ReportLine, len(report.Lines))
	for i, l := range report.Lines {
		all[i] = ReportLine{
			Site: l.Site, Floor: l.Floor, Zone: l.Zone, Desk: l.Desk, Weekday: string(l.Weekday), Desks: l.Desks,
			Bookings: l.Bookings, Hours: hours(l.Minutes), OpenHours: hours(l.Open), TakenHours: hours(l.Taken), Share: thousandths(l.Share()),
			Used: l.Used, Asked: l.Asked, Unseen: l.Unseen, Released: l.Released, Walkups: l.Walkups, Cancelled: l.Cancelled, Nameless: l.Nameless,
			Logins: l.Logins, Late: l.Late, LateP50: seconds(l.P50), LateP95: seconds(l.P95), LateMax: seconds(l.Most), Busy: l.Busy, Failed: l.Failed,
			DetailsSince: report.Since.Details, PresenceSince: report.Since.Presence, LoginsSince: report.Since.Logins,
		}
	}
	return all
}

func hours(minutes int) float64 { return thousandths(float64(minutes) / 60) }

func seconds(d time.Duration) float64 { return thousandths(d.Seconds()) }

// thousandths rounds.
func thousandths(x float64) float64 { return float64(int(x*1000+0.5)) / 1000 }
