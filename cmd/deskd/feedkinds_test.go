package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/web/view"
)

// hour is an hour of an event tomorrow, in UTC.
func hour(at int) string {
	day := time.Now().UTC().AddDate(0, 0, 1).Format("20060102")
	clock := time.Date(2000, 1, 1, at, 0, 0, 0, time.UTC)
	return "DTSTART:" + day + clock.Format("T150405Z") + "\nDTEND:" + day + clock.Add(time.Hour).Format("T150405Z")
}

func events(of ...string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Join(of, "\nEND:VEVENT\nBEGIN:VEVENT\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

// From three kinds of calendar to reservations in the database: what is clear is
// reserved, and what is not is listed.
func TestFeedKindsEndToEnd(t *testing.T) {
	notShort(t, "lets a daemon read calendars of every kind")
	t.Parallel()
	w := newWorld(t)
	config, _, _ := strings.Cut(w.config(), "feeds:")
	w.write("deskd.yaml", config+`feeds:
  - {name: room, url: "file:room.ics", site: berlin, every: 1s, desk: {fixed: Window seat}}
  - {name: own, url: "file:own.ics", site: berlin, every: 1s, kind: person, person: {fixed: user0003}}
  - {name: house, url: "file:house.ics", site: berlin, every: 1s, free_counts: true, allow_people: ["user000[13]"]}
`)
	w.write("desks.csv", `id,site,cluster,device,mail,aliases
D1,berlin,main,SEP000000000001,d1@example.com,Window seat
D2,berlin,main,SEP000000000002,,Door
D3,berlin,main,SEP000000000003,d3@example.com,
`)
	w.write("people.csv", "person,mail\nuser0001,one@example.com\nuser0002,two@example.com\nuser0003,three@example.com\n")
	w.must("import", "desks", w.path("desks.csv"))
	w.must("import", "people", w.path("people.csv"))
	w.write("room.ics", events(
		"UID:r1\n"+hour(8)+"\nORGANIZER:mailto:one@example.com\nATTENDEE;CUTYPE=ROOM;PARTSTAT=TENTATIVE:mailto:d1@example.com",
		"UID:r2\n"+hour(9)+"\nORGANIZER:mailto:stranger@example.org",
	))
	w.write("own.ics", events(
		"UID:p1\n"+hour(8)+"\nLOCATION:DOOR",
		"UID:p2\n"+hour(9)+"\nSUMMARY:Dentist",
		"UID:p3\n"+hour(10)+"\nLOCATION:Dooor",
	))
	w.write("house.ics", events(
		"UID:h1\n"+hour(12)+"\nORGANIZER:mailto:one@example.com\nATTENDEE:mailto:d3@example.com",
		"UID:h2\n"+hour(13)+"\nORGANIZER:mailto:two@example.com\nLOCATION:D3",
		"UID:h4\nDTSTART;VALUE=DATE:"+time.Now().UTC().AddDate(0, 0, 3).Format("20060102")+"\nORGANIZER:mailto:three@example.com\nLOCATION:D3\nTRANSP:TRANSPARENT",
		"UID:h3\n"+hour(14)+"\nORGANIZER:mailto:one@example.com\nLOCATION:Nowhere\nCLASS:PRIVATE",
	))
	d := w.serve()
	defer d.stop()
	eventually(t, 10*time.Second, "all feeds are read", func() bool {
		return strings.Count(w.must("list", "feeds", "-o", "json"), `"good"`) == 3
	})

	day := time.Now().UTC().AddDate(0, 0, 1).Truncate(24 * time.Hour)
	listed := one[[]reservations.Reservation](t, w.must("list", "reservations", "-o", "json"))
	var got []string
	for _, r := range listed {
		if r.UID == "h4" {
			r.Start = day // local midnight: whatever that is in summer
		}
		got = append(got, strings.Join([]string{r.Source, r.UID, r.Start.Sub(day).String(), r.Desk, r.Person, string(r.Status)}, " "))
	}
	want := []string{
		"feed:room r1 8h0m0s D1 user0001 confirmed",
		"feed:own p1 8h0m0s D2 user0003 confirmed",
		"feed:room r2 9h0m0s D1  confirmed",
		"feed:house h1 12h0m0s D3 user0001 confirmed",
		"feed:house h2 13h0m0s D3  confirmed", // for a person the feed may not book for: taken, nobody is logged in
		"feed:house h4 0s D3 user0003 confirmed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reservations -want +got\n%s", diff)
	}

	lists := w.run("list", "feeds")
	w.contains(lists, 0, "room   2       1       0     1 ", "own    1       1       0     0 ", "house  3       2       0     0 ",
		"Not understood in room (1)\n  r2 at ", `no such person: "stranger@example.org"`,
		"Not understood in own (1)\n  p3 at ", `no such desk: "Dooor" (did you mean "door", which is desk "D2"?)`,
		"Not understood in house (2)\n", `this feed may not book for "user0002"`, "no such desk: (the text of a private event is not shown)")
	if strings.Contains(lists.out, "Nowhere") || strings.Contains(d.log.String(), "Nowhere") {
		t.Errorf("a private text is in\n%s%s", lists.out, d.log.String())
	}
	problems := one[[]view.Feed](t, w.must("list", "feeds", "-o", "json"))
	if p := problems[1].Problems; len(p) != 1 || p[0].UID != "p3" || !p[0].Start.Equal(day.Add(10*time.Hour)) || p[0].Line == 0 {
		t.Errorf("problems as JSON: %+v", problems[1])
	}
}
