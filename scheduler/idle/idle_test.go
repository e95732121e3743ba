package idle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func minutes(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Minute))) }

var rule = Rule{After: 20 * time.Minute, Lead: 10 * time.Minute}

// onPhone is max, since half an hour, on the phone of desk D1, which has rested for as long
// and shows no stream.
func onPhone() (Rest, plan.Observation) {
	return Rest{Device: "D1", Since: minutes(-30), At: minutes(-0.5), Still: noon.Add(-5 * time.Second)},
		plan.Observation{Desk: "1", Device: "D1", Person: "max", Known: true, Exists: true, Since: minutes(-40), At: minutes(-3)}
}

func want(person string, from, until float64) plan.Login {
	return plan.Login{Desk: "1", Device: "D1", Person: person, From: minutes(from), Until: minutes(until)}
}

func never(plan.Step) (time.Time, string) { return time.Time{}, "" }

// The cases change what is seen; an answer is what the verdict says in words.
func TestJudge(t *testing.T) {
	out := func(c plan.Cause, at float64) plan.Step {
		return plan.Step{Op: plan.OpLogout, Login: plan.Login{Device: "D1", Person: "max"}, Cause: c, NotBefore: minutes(at)}
	}
	for name, c := range map[string]struct {
		change func(r *Rest, h *plan.Observation, s *Scene)
		want   string
	}{
		"a walk-up":                     {nil, "logout max idle"},
		"a session of deskd's":          {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Ours = true }, "logout max idle"},
		"nobody":                        {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Person = "" }, ""},
		"not known":                     {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Known = false }, ""},
		"in doubt":                      {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Doubt = "two answers" }, ""},
		"no such phone":                 {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Exists = false }, ""},
		"a visitor":                     {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Visitor = true }, ""},
		"there as a database came back": {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Spared = true }, ""},
		"their booking":                 {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("MAX", -60, 60)) }, ""},
		"theirs begins soon":            {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("max", 15, 60)) }, ""},
		"theirs begins later":           {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("max", 16, 60)) }, "logout max idle"},
		"theirs is over":                {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("max", -60, 0)) }, "logout max idle"},
		"another's booking":             {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("jane", -60, 60)) }, "logout max idle"},
		"nobody knows whose":            {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Want = append(s.Want, want("", -60, 60)) }, ""},
		"a doubtful booking": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			l := want("jane", -60, 60)
			l.Doubt = "two people"
			s.Want = append(s.Want, l)
		}, ""},
		"of a feed that is gone": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			l := want("jane", -60, 60)
			l.Orphan = "hq"
			s.Want = append(s.Want, l)
		}, ""},
		"rests for less":           {func(r *Rest, _ *plan.Observation, _ *Scene) { r.Since = minutes(-19) }, "look at 1"},
		"logged in later":          {func(_ *Rest, h *plan.Observation, _ *Scene) { h.Since = minutes(-5) }, "look at 15"},
		"in use":                   {func(r *Rest, _ *plan.Observation, _ *Scene) { r.Since = time.Time{} }, ""},
		"silent":                   {func(r *Rest, _ *plan.Observation, _ *Scene) { r.At = minutes(-2.6) }, ""},
		"silent for a page or two": {func(r *Rest, _ *plan.Observation, _ *Scene) { r.At = minutes(-2.5) }, "look at 0.17"},
		"told a while ago":         {func(r *Rest, _ *plan.Observation, _ *Scene) { r.At = noon.Add(-46 * time.Second) }, "look at 0.17"},
		"told just now":            {func(r *Rest, _ *plan.Observation, _ *Scene) { r.At = noon.Add(-45 * time.Second) }, "logout max idle"},
		"not told since its time":  {func(r *Rest, _ *plan.Observation, _ *Scene) { r.Since = minutes(-20.4) }, "look at 0.17"},
		"the clock was set back":   {func(r *Rest, _ *plan.Observation, _ *Scene) { r.At = minutes(60) }, ""},
		"not asked about a stream": {func(r *Rest, _ *plan.Observation, _ *Scene) { r.Still = time.Time{} }, "ask D1"},
		"asked a while ago":        {func(r *Rest, _ *plan.Observation, _ *Scene) { r.Still = minutes(-0.6) }, "ask D1"},
		"refused a minute ago": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			s.Wait = func(plan.Step) (time.Time, string) { return minutes(4), "" }
		}, "look at 4"},
		"a hold": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			s.Planned = []plan.Step{{Op: plan.OpHold, Login: plan.Login{Device: "D1"}}}
		}, "hold"},
		"a logout that is due":       {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Planned = []plan.Step{out(plan.CauseEnd, 0)} }, "logout max end"},
		"a logout after the grace":   {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Planned = []plan.Step{out(plan.CauseEnd, 9)} }, "logout max idle"},
		"a takeover that is to come": {func(_ *Rest, _ *plan.Observation, s *Scene) { s.Planned = []plan.Step{out(plan.CauseStranger, 9)} }, "logout max stranger"},
		"the next login waits": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			s.Planned = []plan.Step{{Op: plan.OpLogin, Login: plan.Login{Device: "D1", Person: "jane"}, Cause: plan.CauseStart, NotBefore: minutes(9)}}
		}, "logout max idle, login jane start"},
		"behind the others, before holds": {func(_ *Rest, _ *plan.Observation, s *Scene) {
			s.Planned = []plan.Step{{Op: plan.OpLogin, Login: plan.Login{Device: "D2", Person: "zoe"}, Cause: plan.CauseStart}, {Op: plan.OpHold, Login: plan.Login{Device: "D3"}}}
		}, "login zoe start, logout max idle, hold"},
	} {
		t.Run(name, func(t *testing.T) {
			r, h := onPhone()
			s := Scene{Wait: never}
			if c.change != nil {
				c.change(&r, &h, &s)
			}
			s.Rests, s.Seen = []Rest{r}, map[string]plan.Observation{"D1": h}
			before := slices.Clone(s.Planned)
			v := rule.Judge(s, noon)
			if got := words(v); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if !slices.Equal(before, s.Planned) {
				t.Error("what was planned is another plan now")
			}
		})
	}
}

func words(v Verdict) string {
	var all []string
	for _, s := range v.Steps {
		all = append(all, strings.TrimSpace(fmt.Sprint(s.Op, " ", s.Person, " ", s.Cause)))
	}
	for _, device := range v.Ask {
		all = append(all, "ask "+device)
	}
	if !v.Next.IsZero() {
		all = append(all, fmt.Sprintf("look at %.2g", v.Next.Sub(noon).Minutes()))
	}
	return strings.Join(all, ", ")
}

// What a phone tells counts the same, however it was written down in parts; and a phone that
// was touched, or silent for longer than [Gap], has not rested through that.
func TestRests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var whole, parts Rest
		var news News
		whole.Device, parts.Device = "D1", "D1"
		now := noon
		since, last := time.Time{}, time.Time{}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second)
			switch rapid.SampledFrom([]string{"rests", "rests", "rests", "used", "written down"}).Draw(t, "event") {
			case "rests":
				if since.IsZero() || now.Sub(last) > Gap {
					since = now
				}
				last = now
				whole = whole.Rested(now)
				more := News{Device: "D1"}
				news = news.Then(more.Rested(now))
			case "used":
				since = time.Time{}
				whole, news = whole.Touched(now), News{Device: "D1", Touched: now}
			case "written down":
				parts, news = parts.Take(news), News{Device: "D1"}
			}
			if !whole.Since.Equal(since) {
				t.Fatalf("it rests since %s, want %s", whole.Since, since)
			}
		}
		if parts = parts.Take(news); parts.Since != whole.Since && !parts.Since.After(whole.Since) {
			t.Fatalf("in parts it rests since %s, want %s", parts.Since, whole.Since)
		}
	})
}

// Nodes write down what they have heard in any order, and late: a phone never rests since before it was
// used, by what either has heard.
func TestRestsOverNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept, now, used := Rest{Device: "D1"}, noon, time.Time{}
		heard := []News{{Device: "D1"}, {Device: "D1"}}
		write := func(node int) { kept, heard[node] = kept.Take(heard[node]), News{Device: "D1"} }
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second)
			node := rapid.IntRange(0, 1).Draw(t, "node")
			switch rapid.SampledFrom([]string{"rests", "rests", "comes to rest", "used", "written down"}).Draw(t, "event") {
			case "rests":
				heard[node] = heard[node].Rested(now)
			case "comes to rest":
				used, heard[node] = now, News{Device: "D1", Touched: now}.Rested(now)
			case "used":
				used, heard[node] = now, News{Device: "D1", Touched: now}
			case "written down":
				write(node)
			}
		}
		write(0)
		write(1)
		if !kept.Since.IsZero() && kept.Since.Before(used) {
			t.Fatalf("it rests since %s, and was used at %s", kept.Since, used)
		}
	})
}

// Nobody is logged out within their booking, and nobody from a phone that was not known to
// rest for long enough, and to be still.
func TestNobodyWithinTheirBooking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := func(what string, from, to int) time.Time {
			return minutes(float64(rapid.IntRange(from, to).Draw(t, what)))
		}
		people := []string{"", "max", "jane"}
		r := Rest{Device: "D1", Since: minute("since", -60, 5), At: minute("told", -5, 5), Still: noon.Add(time.Duration(rapid.IntRange(-60, 0).Draw(t, "still")) * time.Second)}
		h := plan.Observation{Device: "D1", Person: rapid.SampledFrom(people).Draw(t, "on"), Known: rapid.Bool().Draw(t, "known"), Exists: true, Since: minute("on since", -60, 0)}
		var wanted []plan.Login
		for range rapid.IntRange(0, 3).Draw(t, "bookings") {
			from := rapid.IntRange(-60, 60).Draw(t, "from")
			wanted = append(wanted, want(rapid.SampledFrom(people).Draw(t, "whose"), float64(from), float64(from+rapid.IntRange(1, 60).Draw(t, "long"))))
		}
		v := rule.Judge(Scene{Rests: []Rest{r}, Seen: map[string]plan.Observation{"D1": h}, Want: wanted, Wait: never}, noon)
		if len(v.Steps) == 0 {
			return
		}
		for _, l := range wanted {
			if reservations.SamePerson(l.Person, h.Person) && (reservations.Span{Start: l.From, End: l.Until}).Contains(noon) {
				t.Fatal("someone is logged out within their booking")
			}
		}
		if !h.Known || h.Person == "" || r.At.Sub(r.Since) < rule.After || r.At.Sub(h.Since) < rule.After || noon.Sub(r.At) > Recent || noon.Sub(r.Still) > FreshFor {
			t.Fatalf("logged out: %+v, %+v", r, h)
		}
	})
}
