package configs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

const ruledSite = `
sites:
  - name: berlin
    timezone: Europe/Berlin
    zones:
      - floor: "4"
        rules: {groups: [], longest: 2h, hours: []}
      - zone: quiet
        desks: ["4.1*", "5.*"]
        rules: {longest: 0s, quotas: ["1 booking a day"], ahead_days: 1}
    rules:
      hours: ["mon-fri 07:00-20:00"]
      holidays: [2026-12-25 Christmas]
      ahead_days: 14
      opens_at: "06:00"
      shortest: 15m
      longest: 9h
      slots: ["08:00-13:00", "13:00-18:00"]
      one_desk: true
      quotas: ["3 bookings a week"]
      groups: [sales]
      buffer: 15m
      out_of_service: [D7]
clusters:
  - {name: main, url: "https://cucm.example.com:8443/emservice/EMServiceServlet", app_id: deskd, app_password_env: EM_PASSWORD}
`

// told are the rules that are set, each with its value.
func told(r rules.Rules) string {
	var all []string
	now := time.Unix(0, 0)
	for _, v := range rules.Judge(r, rules.World{}, rules.Request{Span: reservations.Span{Start: now, End: now.Add(time.Hour)}}, now) {
		all = append(all, fmt.Sprintf("%s: %s", v.Rule, v.Value))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// A zone has the rules of its site but for those it sets, wherever they stand in the
// file, and may lift one; the last zone that has a desk decides.
func TestRulesOf(t *testing.T) {
	c, err := Parse("deskd.yaml", []byte(ruledSite))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []struct{ id, floor, zone, want string }{
		{"1.1", "1", "", "ahead_days: 14 from 06:00; buffer: 15m; groups: sales; holidays: 2026-12-25 Christmas; hours: mon-fri 07:00-20:00; longest: 9h; one_desk: true; out_of_service: D7; quotas: 3 bookings a week; shortest: 15m; slots: 08:00-13:00, 13:00-18:00"},
		{"4.1", "4", "", "ahead_days: 14 from 06:00; buffer: 15m; holidays: 2026-12-25 Christmas; longest: 2h; one_desk: true; out_of_service: D7; quotas: 3 bookings a week; shortest: 15m; slots: 08:00-13:00, 13:00-18:00"},
		{"4.1", "4", "quiet", "ahead_days: 1 from 06:00; buffer: 15m; holidays: 2026-12-25 Christmas; one_desk: true; out_of_service: D7; quotas: 1 booking a day; shortest: 15m; slots: 08:00-13:00, 13:00-18:00"},
		{"4.2", "4", "quiet", "ahead_days: 14 from 06:00; buffer: 15m; holidays: 2026-12-25 Christmas; longest: 2h; one_desk: true; out_of_service: D7; quotas: 3 bookings a week; shortest: 15m; slots: 08:00-13:00, 13:00-18:00"},
	} {
		if got := told(c.Sites[0].RulesOf(d.id, d.floor, d.zone)); got != d.want {
			t.Errorf("%v\ngot  %s\nwant %s", d, got, d.want)
		}
	}
	if got := told(Site{}.RulesOf("D1", "", "")); got != "" {
		t.Errorf("a site without rules has %s", got)
	}
}
