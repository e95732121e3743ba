package recur

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"deskd/reservations/feed/ical"
)

// What the rules of the tests may cost, unless they say otherwise.
const (
	zoneWork  = 50_000
	ruleWork  = 1_000_000
	totalWork = 40_000_000
)

// ruleCase is a line of testdata/feeds/rrule-cases.jsonl: what the engine named
// by Src answers to Rule. Complete says that Expect is all of it.
type ruleCase struct {
	Src, Dtstart, Rule string
	ID                 int
	Expect             []string
	Complete, Error    bool
	WindowEnd          string `json:"window_end"`
	StartAt            string `json:"start_at"`
}

func (c ruleCase) name() string { return fmt.Sprintf("%s/%d", c.Src, c.ID) }

func ruleCases(t testing.TB) []ruleCase {
	t.Helper()
	f, err := os.Open("../../../testdata/feeds/rrule-cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []ruleCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c ruleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// differs lists the cases that are answered differently, and why.
var differs = map[string]string{
	"pycalendar/1": "takes the date of DTSTART in each week, where libical (its case 55 is the same rule) and ical.net take its weekday",
	"pycalendar/2": "takes a 40 January for 9 February; here it is a mistake that is named",
}

// counted lists the cases whose source counts DTSTART though the rule does not
// select it: that is done for a series, not for its rule.
var counted = map[string]bool{"ical.js/96": true}

func runCase(c ruleCase) ([]string, error) {
	start, err := ical.ParseTime(c.Dtstart)
	if err != nil {
		return nil, err
	}
	r, err := Parse(c.Rule)
	if err != nil {
		return nil, err
	}
	to := ical.LastWall
	if c.WindowEnd != "" {
		end, err := ical.ParseTime(c.WindowEnd)
		if err != nil {
			return nil, err
		}
		to = end.Wall
	}
	from := start.Wall
	if c.StartAt != "" && c.Src == "ical.net" { // libical lists what is before, too
		at, err := ical.ParseTime(c.StartAt)
		if err != nil {
			return nil, err
		}
		from = at.Wall
	}
	if !c.Complete {
		to = min(to, start.Wall+60*366*ical.DaySeconds)
	}
	var walls []ical.Wall
	if counted[c.name()] {
		walls, r.Count = append(walls, start.Wall), r.Count-1
	}
	rec, err := ruleOn(r, start)
	if err != nil {
		return nil, err
	}
	walls, err = rec.Between(from, to, walls)
	if !c.Complete && len(walls) > len(c.Expect) {
		walls = walls[:len(c.Expect)]
	}
	return formatWalls(walls, start), err
}

func ruleOn(r *Rule, start ical.Time) (Series, error) {
	until := ical.LastWall
	if r.Until != nil {
		until = r.Until.Wall
		switch {
		case start.Date:
			until = ical.Wall(until.Day()) * ical.DaySeconds
		case r.Until.Date:
			until += ical.DaySeconds - 1
		}
	}
	return r.From(start.Wall, start.Date, until, &Work{PerRule: ruleWork, Series: totalWork, Total: totalWork}), nil
}

func formatWalls(walls []ical.Wall, like ical.Time) []string {
	form := "20060102T150405"
	if like.Date {
		form = "20060102"
	}
	if like.UTC {
		form += "Z"
	}
	out := make([]string, 0, len(walls))
	for _, w := range walls {
		out = append(out, w.Time().Format(form))
	}
	return out
}

func TestRuleCases(t *testing.T) {
	cases := ruleCases(t)
	for _, c := range cases {
		t.Run(c.name(), func(t *testing.T) {
			got, err := runCase(c)
			agrees := c.Error && err != nil || !c.Error && err == nil && cmp.Equal(c.Expect, got)
			if _, other := differs[c.name()]; agrees == other {
				t.Errorf("%s from %s: error %v (-want +got):\n%s", c.Rule, c.Dtstart, err, cmp.Diff(c.Expect, got))
			}
		})
	}
	t.Logf("%d cases agree with their source, %d do not", len(cases)-len(differs), len(differs))
}

// A window in the middle of a series must show what a walk from its start does.
func TestWindowShowsTheSameSeries(t *testing.T) {
	cases := ruleCases(t)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(cases).Draw(t, "case")
		start, err := ical.ParseTime(c.Dtstart)
		if err != nil {
			t.Skip()
		}
		r, err := Parse(c.Rule)
		if err != nil {
			t.Skip()
		}
		rec, _ := ruleOn(r, start)
		days := rapid.IntRange(0, 4000).Draw(t, "days")
		from := start.Wall + ical.Wall(days*ical.DaySeconds+rapid.IntRange(0, ical.DaySeconds).Draw(t, "seconds"))
		to := from + ical.Wall(rapid.IntRange(1, 800).Draw(t, "length"))*ical.DaySeconds
		whole, err := rec.Between(start.Wall, to, nil)
		if errors.Is(err, errEndless) {
			t.Skip()
		}
		if err != nil {
			t.Fatal(err)
		}
		part, err := rec.Between(from, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		var want []ical.Wall
		for _, w := range whole {
			if w >= from {
				want = append(want, w)
			}
		}
		if diff := cmp.Diff(want, part); diff != "" {
			t.Fatalf("%s from %s (-walked +jumped):\n%s", c.Rule, c.Dtstart, diff)
		}
	})
}

// TestAgreesWithPeer-go is right on plain wall-clock rules; ours must say the same, in a
// window that may lie long after the start. More rounds: -rapid.checks=100000.
func TestAgreesWithPeer(t *testing.T) { rapid.Check(t, agreesWithPeer) }

func FuzzAgreesWithPeer(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreesWithPeer)) }

func agreesWithPeer(t *rapid.T) {
	text := drawRule(t)
	start := time.Date(2020, 1, 1, 9, 30, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "start"))
	option, err := rrule.StrToROption(text)
	if err != nil {
		t.Fatal(err)
	}
	option.Dtstart = start
	peer, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatal(err)
	}
	from := start.AddDate(0, 0, rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 2000)).Draw(t, "after"))
	to := from.AddDate(0, 0, rapid.IntRange(1, 800).Draw(t, "days"))
	if strings.Contains(text, "HOURLY") {
		to = from.AddDate(0, 0, 20)
	}
	var want []ical.Wall
	for _, at := range peer.Between(from, to, true) {
		want = append(want, ical.Wall(at.Unix()))
	}
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	rec, _ := ruleOn(r, ical.Time{Wall: ical.Wall(start.Unix())})
	got, err := rec.Between(ical.Wall(from.Unix()), ical.Wall(to.Unix())+1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s from %s (-rrule-go +ours):\n%s", text, start, diff)
	}
}

// drawRule draws a rule of the kind people make at a desk, and of some they do
// not, as far as rrule-go reads it as libical does.
func drawRule(t *rapid.T) string {
	days := func(label string) string {
		list := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}), 1, 5, rapid.ID[string])
		return "BYDAY=" + strings.Join(list.Draw(t, label), ",")
	}
	maybe := func(part string) string {
		if rapid.IntRange(0, 2).Draw(t, part) == 0 {
			return part
		}
		return ""
	}
	freq := rapid.SampledFrom([]string{"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"}).Draw(t, "freq")
	parts := []string{"FREQ=" + freq}
	switch freq {
	case "HOURLY":
		parts = append(parts, maybe("BYHOUR=8,9,12,17"), maybe("BYMINUTE=0,15"), maybe("BYDAY=MO,WE"), maybe("BYMONTHDAY=1,15,-1"))
	case "DAILY":
		if rapid.Bool().Draw(t, "limited") {
			parts = append(parts, days("days"))
		}
		parts = append(parts, maybe("BYMONTH=3,6,7"), maybe("BYMONTHDAY=1,2,3,-1,-2"), maybe("BYHOUR=8,12,17"))
	case "WEEKLY":
		parts = append(parts, days("days"), "WKST="+rapid.SampledFrom([]string{"MO", "SU"}).Draw(t, "wkst"), maybe("BYMONTH=2,9"), maybe("BYHOUR=8,12"), maybe("BYSETPOS=-1"))
	case "MONTHLY":
		parts = append(parts, rapid.SampledFrom([]string{
			"BYDAY=1MO", "BYDAY=-1FR", "BYDAY=2TU,4TU", "BYDAY=4MO,5MO", "BYDAY=-4SU,-1SU", "BYMONTHDAY=1,15", "BYMONTHDAY=-1", "BYMONTHDAY=31", "BYMONTHDAY=28,-4",
			"BYMONTHDAY=29,30", "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,2", "BYDAY=SA;BYSETPOS=5", "BYMONTHDAY=13;BYDAY=FR",
			"BYDAY=MO,TU;BYHOUR=8,9;BYSETPOS=3,-2",
		}).Draw(t, "by"), maybe("BYMONTH=1,2,12"))
	case "YEARLY":
		parts = append(parts, rapid.SampledFrom([]string{
			"BYMONTH=3;BYDAY=-1SU", "BYMONTH=1,7;BYMONTHDAY=10", "BYDAY=20MO", "BYDAY=53TH", "BYYEARDAY=1,100,-1", "BYYEARDAY=366", "BYMONTH=6;BYDAY=1TH,3TH",
			"BYMONTH=2;BYMONTHDAY=29", "BYDAY=MO;BYSETPOS=1,-1",
		}).Draw(t, "by"))
	}
	parts = append(parts, fmt.Sprintf("INTERVAL=%d", rapid.IntRange(1, 5).Draw(t, "interval")))
	if rapid.Bool().Draw(t, "counted") {
		parts = append(parts, fmt.Sprintf("COUNT=%d", rapid.IntRange(1, 300).Draw(t, "count")))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ";")
}

func TestRulesRefused(t *testing.T) {
	for text, want := range map[string]string{
		"FREQ=FORTNIGHTLY":                                     "FREQ=FORTNIGHTLY is not supported",
		"FREQ=DAILY;INTERVAL=1000000000000000000":              "INTERVAL=1000000000000000000 is not",
		"FREQ=HOURLY;INTERVAL=99999999":                        "longer than the calendar",
		"FREQ=DAILY;BYEASTER=0":                                "BYEASTER is not supported",
		"FREQ=DAILY;INTERVAL=0":                                "INTERVAL=0",
		"FREQ=DAILY;INTERVAL=-1":                               "INTERVAL=-1",
		"FREQ=DAILY;COUNT=0":                                   "COUNT=0",
		"FREQ=DAILY;COUNT=99999999999":                         "COUNT=99999999999",
		"INTERVAL=2":                                           "without FREQ",
		"FREQ=DAILY;FREQ=WEEKLY":                               "twice",
		"FREQ=WEEKLY;BYDAY=1MO":                                "BYDAY with a number",
		"FREQ=WEEKLY;BYDAY=XX":                                 `"XX"`,
		"FREQ=MONTHLY;BYDAY=99MO":                              `"99MO"`,
		"FREQ=MONTHLY;BYMONTHDAY=0":                            `"0"`,
		"FREQ=MONTHLY;BYMONTHDAY=32":                           `"32"`,
		"FREQ=DAILY;UNTIL=soon":                                `UNTIL: "SOON"`,
		"FREQ=DAILY;BYHOUR=" + strings.Repeat("1,", 366) + "1": "more than 366",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", ical.Clip(text), err, want)
		}
	}
}

// Rules made to run for ever stop at the budget, or never start.
func TestRuleWorkIsBounded(t *testing.T) {
	start := ical.Time{Wall: ical.WallOf(1990, 1, 1, 9*3600)}
	from, to := ical.WallOf(2026, 3, 1, 0), ical.WallOf(2026, 5, 1, 0)
	for _, tc := range []struct {
		Rule string
		most int // work
		err  error
	}{
		{"FREQ=DAILY", 150, nil},
		{"FREQ=DAILY;COUNT=999999999", 30_000, nil},
		{"FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", 200, nil},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 200, nil},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", 2_000, nil},
		{"FREQ=HOURLY;INTERVAL=2;BYHOUR=2", 2_000, nil},
		{"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", 30_000, nil},
		{"FREQ=HOURLY;INTERVAL=80000000", 10, nil},
		{allSeconds("DAILY") + ";COUNT=999999999", ruleWork + 90_000, errRuleWork},
		{allSeconds("DAILY"), ruleWork + 90_000, errRuleWork},
		{allSeconds("YEARLY") + ";BYDAY=MO,TU,WE,TH,FR,SA,SU", ruleWork + 90_000, errRuleWork},
	} {
		r, err := Parse(tc.Rule)
		if err != nil {
			t.Fatal(err)
		}
		rec, _ := ruleOn(r, start)
		_, err = rec.Between(from, to, nil)
		if spent := totalWork - rec.spent.Total; !errors.Is(err, tc.err) || spent > tc.most {
			t.Errorf("%s: %d units of work, error %v; want at most %d and %v", ical.Clip(tc.Rule), spent, err, tc.most, tc.err)
		}
	}
}

// allSeconds selects all 86400 seconds of every day.
func allSeconds(freq string) string {
	list := func(n int) string {
		var s []string
		for i := range n {
			s = append(s, fmt.Sprint(i))
		}
		return strings.Join(s, ",")
	}
	return "FREQ=" + freq + ";BYHOUR=" + list(24) + ";BYMINUTE=" + list(60) + ";BYSECOND=" + list(60)
}
