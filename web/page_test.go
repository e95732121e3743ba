package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

func TestSentence(t *testing.T) {
	for want, c := range map[string]tally{
		"No desk is set up yet.":                                                                                               {},
		"No desk is booked right now.":                                                                                         {desks: 9},
		"No desk is booked right now; 1 needs a look.":                                                                         {desks: 9, trouble: 1},
		"The one booked desk has the right person on the phone.":                                                               {desks: 9, booked: 1, right: 1},
		"The one booked desk does not have the right person on the phone; 1 is just starting.":                                 {desks: 9, booked: 1, starting: 1},
		"All 43 booked desks have the right person on the phone.":                                                              {desks: 60, booked: 43, right: 43},
		"41 of 43 booked desks have the right person on the phone; 2 need a look.":                                             {desks: 60, booked: 43, right: 41, trouble: 2},
		"1 of 2 booked desks has the right person on the phone; 2 are just starting.":                                          {desks: 60, booked: 2, right: 1, starting: 2},
		"0 of 9 booked desks have the right person on the phone; 1 is just starting, 1 needs a look, 7 cannot be checked now.": {desks: 60, booked: 9, starting: 1, trouble: 1, blind: 7},
	} {
		if got := c.sentence(); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

func TestTally(t *testing.T) {
	named, unnamed := booked("1", "jane", 0, time.Hour), booked("1", "", 0, time.Hour)
	for name, c := range map[string]struct {
		desk board.Desk
		want tally
	}{
		"ready":              {board.Desk{State: board.Ready, Booking: named}, tally{desks: 1, taken: 1, booked: 1, right: 1}},
		"early":              {board.Desk{State: board.Ready, Next: named}, tally{desks: 1}},
		"occupied":           {board.Desk{State: board.Occupied, Booking: unnamed}, tally{desks: 1, taken: 1}},
		"missing":            {board.Desk{State: board.Missing, Booking: named}, tally{desks: 1, taken: 1, booked: 1, trouble: 1}},
		"starting":           {board.Desk{State: board.Starting, Booking: named}, tally{desks: 1, taken: 1, booked: 1, starting: 1}},
		"missing and silent": {board.Desk{State: board.Missing, Booking: named, Desk: reservations.Desk{Cluster: "silent"}}, tally{desks: 1, taken: 1, booked: 1, trouble: 1}},
		"unknown and silent": {board.Desk{State: board.Unknown, Desk: reservations.Desk{Cluster: "silent"}}, tally{desks: 1, blind: 1}},
	} {
		v := newWording(view.Snapshot{Clusters: []scheduler.ClusterStatus{{Cluster: "silent", Blocks: blocked(plan.KindSilent, "")}}}, noon)
		trouble, blind := v.looks(&c.desk)
		if got := tallyOf(&c.desk, trouble, blind); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// desks lists the ids of rows.
func desks(rows []row) []string {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Desk)
	}
	return ids
}

func shownDesks(p page) []string {
	var ids []string
	for _, g := range p.Groups {
		for _, f := range g.Floors {
			ids = append(ids, desks(f.Rows)...)
		}
	}
	return ids
}

func TestFilter(t *testing.T) {
	s := example(t)
	all := []string{"4.1", "4.2", "4.3", "4.4", "4.10", "10.1", "10.2", "10.3", "10.4", "L-1"}
	for query, want := range map[string][]string{
		"":                      all,
		"unheard=of":            all,
		"site=london":           {"L-1"},
		"floor=4":               {"4.1", "4.2", "4.3", "4.4", "4.10"},
		"site=london&floor=4":   nil,
		"q=JANE":                {"4.2", "4.4"}, // a user id, written otherwise
		"q=+muster++since+":     nil,            // "since" is nobody's
		"q=max+occupied":        {"10.1"},       // words of two columns
		"q=o%27hara":            {"4.1", "4.3"}, // a name
		"q=SEP00aabb":           {"L-1"},        // a phone
		"q=profile":             {"4.10"},       // what is wrong
		"q=street":              {"L-1"},        // part of the floor
		"trouble=1":             {"4.4", "4.10", "10.4", "L-1"},
		"trouble=1&site=berlin": {"4.4", "4.10", "10.4"},
		"trouble=yes":           all,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		p := newPage(s, filterOf(values), noon)
		got := shownDesks(p)
		if p.Filter.Trouble {
			got = desks(p.Trouble)
		}
		if diff := cmp.Diff(want, got); diff != "" || p.Shown != len(want) {
			t.Errorf("?%s: %d shown (-want +got):\n%s", query, p.Shown, diff)
		}
		if whole := newPage(s, filter{}, noon); p.Headline != whole.Headline || len(p.Banners) != len(whole.Banners) || p.Total != 10 {
			t.Errorf("?%s changes the headline or the banners", query)
		}
	}
}

func TestToggleKeepsFilter(t *testing.T) {
	f := filter{Site: "berlin", Floor: "4 & 5", Query: "o'hara", Trouble: true}
	for range 2 {
		address, err := url.Parse(f.Toggle())
		if err != nil {
			t.Fatal(err)
		}
		want := f
		want.Still = !f.Still
		if got := filterOf(address.Query()); got != want {
			t.Fatalf("%s leads to %+v, want %+v", f.Toggle(), got, want)
		}
		f = want
	}
}

// A silent cluster is one banner, not a row of trouble for each of its phones.
func TestSilentClusterIsNotEachDesksTrouble(t *testing.T) {
	s := calm(t, 20)
	for i := range s.Desks {
		s.Desks[i].State = board.Unknown
		s.Desks[i].Phone.Known = false
		s.Desks[i].Problem = "the phone system has not said who is on this phone"
	}
	s.Desks[3].State = board.NoDevice // known from before
	s.Clusters[0].Blocks = blocked(plan.KindSilent, "connection refused")
	p := newPage(s, filter{}, noon)
	if diff := cmp.Diff([]string{"1.4"}, desks(p.Trouble)); diff != "" {
		t.Errorf("trouble (-want +got):\n%s", diff)
	}
	want := []banner{{plan.KindSilent, "main", true, "Cluster main does not answer.", "Its phones stay as they are. Reason: connection refused.", "#clusters"}}
	if diff := cmp.Diff(want, p.Banners); diff != "" {
		t.Errorf("banners (-want +got):\n%s", diff)
	}
	if want := "0 of 20 booked desks have the right person on the phone; 1 needs a look, 19 cannot be checked now."; p.Headline != want {
		t.Errorf("headline %q, want %q", p.Headline, want)
	}
	if p.Calm {
		t.Error("calm")
	}
}

// A single phone that did not answer is trouble of its desk.
func TestUnknownPhoneOfAnsweringCluster(t *testing.T) {
	s := calm(t, 2)
	s.Desks[1].State, s.Desks[1].Phone = board.Unknown, plan.Observation{}
	p := newPage(s, filter{}, noon)
	if len(p.Trouble) != 1 || p.Trouble[0].Phone.Name != "not known" || len(p.Banners) != 0 || p.Calm {
		t.Errorf("trouble %+v, banners %+v, calm %v", p.Trouble, p.Banners, p.Calm)
	}
}

func TestClusterBanner(t *testing.T) {
	swept, long := noon.Add(-time.Minute), noon.Add(-time.Hour)
	since := func(at, until time.Time, blocks []plan.Block) []plan.Block {
		for i := range blocks {
			blocks[i].Since, blocks[i].Until = at, until
		}
		return blocks
	}
	paused := since(long, time.Time{}, blocked(plan.KindPaused, "by cli:jane"))
	for want, c := range map[string]scheduler.ClusterStatus{
		"":                                      {Cluster: "main", Swept: swept, Unknown: 3},
		"silent: Cluster main does not answer.": {Swept: swept, Blocks: blocked(plan.KindSilent, "")},
		"certificate: Cluster main is not trusted: its certificate is not accepted.":                                                                                     {Swept: swept, Blocks: blocked(plan.KindCertificate, "")},
		"database_write: Cluster main is in trouble: the database cannot be read or written.":                                                                            {Swept: swept, Blocks: blocked(plan.KindDatabaseWrite, "the disk is full")},
		"starting: Cluster main has not been asked about every phone yet.":                                                                                               {},
		"unanswered: Cluster main is not asked for another 14 min; nothing is sent to it.":                                                                               {Blocks: since(noon, noon.Add(15*time.Minute-1), blocked(plan.KindUnanswered, ""))},
		"refused: Cluster main has refused deskd for 2 h; nothing is sent to it for another 9 min.":                                                                      {Blocks: since(noon.Add(-2*time.Hour), noon.Add(9*time.Minute), blocked(plan.KindRefused, ""))},
		"refused: Cluster main refuses deskd; nothing is sent to it.":                                                                                                    {Blocks: since(noon, noon.Add(-time.Second), blocked(plan.KindRefused, ""))},
		"unit: Cluster main: the unit of its sessions looks wrong.":                                                                                                      {Swept: noon, Blocks: blocked(plan.KindUnit, "sessions end after seconds")},
		"clock: Cluster main: the clock is in doubt.":                                                                                                                    {Swept: noon, Blocks: blocked(plan.KindClock, "it is three hours later")},
		"sessions_lost: Cluster main has lost many sessions at once; 7 are still to be begun again.":                                                                     {Swept: noon, Blocks: blocked(plan.KindSessionsLost, "", "1", "2", "3", "4", "5", "6", "7")},
		"undriven: Cluster main is driven by nobody: nothing was heard of a node that does for 1 h.":                                                                     {Swept: noon, Round: long, Undriven: long, Untaken: "this node must not"},
		"undriven: Cluster main is driven by nobody: nothing was heard of a node that does for 2 h.":                                                                     {Undriven: noon.Add(-2 * time.Hour)},
		"stuck: Cluster main: its last round was 1 h ago.":                                                                                                               {Swept: noon, Round: long},
		"node: Cluster main: 1 node does not answer.":                                                                                                                    {Swept: noon, Blocks: blocked(plan.KindNode, "connection refused", "cucm2:8443")},
		"late: Cluster main is late: 70 logins and logouts wait.":                                                                                                        {Swept: noon, Blocks: blocked(plan.KindLate, ""), Waiting: 70},
		"unknown_device: Cluster main does not know 2 phones.":                                                                                                           {Swept: noon, Blocks: blocked(plan.KindUnknownDevice, "", "4.10", "4.2")},
		"no_answer: Cluster main says nothing about 1 phone.":                                                                                                            {Swept: noon, Blocks: blocked(plan.KindNoAnswer, "", "4.1")},
		"paused: Cluster main has been paused for 1 h; nothing is sent to its phones.":                                                                                   {Swept: noon, Blocks: paused},
		"paused: Cluster main has been paused for 1 h; nothing is sent to its phones.|silent: Cluster main does not answer.|clock: Cluster main: the clock is in doubt.": {Swept: noon, Blocks: slices.Concat(paused, blocked(plan.KindSilent, ""), blocked(plan.KindClock, "x"))},
		// A kind that the page has no words for says its own.
		"stale: Cluster main: 2 desks: its answer may be old.": {Swept: noon, Blocks: blocked(plan.KindStale, "its answer may be old", "4.1", "4.2")},
	} {
		c.Cluster = "main"
		var got []string
		for _, b := range clusterBanners(c, noon) {
			if b.Of != "main" || b.Detail == "" {
				t.Errorf("%+v", b)
			}
			got = append(got, string(b.Kind)+": "+b.Text)
		}
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// What is degraded is named as far as a line holds it, in the order of people.
func TestBannerNames(t *testing.T) {
	if got := named(blocked("", "", "4.10", "4.2")); got != "4.2, 4.10" {
		t.Error(got)
	}
	if got := named(blocked("", "", "7", "6", "5", "4", "3", "2", "1")); got != "1, 2, 3, 4, 5 and 2 more" {
		t.Error(got)
	}
}

// That logouts are held is said whatever else is wrong with the cluster, once.
func TestHeldBanner(t *testing.T) {
	c := scheduler.ClusterStatus{Cluster: "main", Swept: noon, Blocks: blocked(plan.KindHeldLogouts, "", strings.Fields(strings.Repeat("D ", 20))...)}
	for i := range c.Blocks {
		c.Blocks[i].Since = noon.Add(time.Duration(i-12) * time.Minute)
	}
	c.Blocks[0].Since, c.Blocks[19].Since = noon, noon.Add(-12*time.Minute)
	const held = "Cluster main: many bookings were cut short at once 12 min ago; 20 people stay logged in."
	for name, test := range map[string]struct {
		spoil func(*scheduler.ClusterStatus)
		more  []string
	}{
		"alone":  {func(*scheduler.ClusterStatus) {}, nil},
		"silent": {func(c *scheduler.ClusterStatus) { c.Blocks = append(blocked(plan.KindSilent, ""), c.Blocks...) }, []string{"Cluster main does not answer."}},
		"paused": {func(c *scheduler.ClusterStatus) {
			paused := blocked(plan.KindPaused, "by cli:jane")
			paused[0].Since = noon.Add(-time.Hour)
			c.Blocks = append(paused, c.Blocks...)
		}, []string{"Cluster main has been paused for 1 h; nothing is sent to its phones."}},
	} {
		c := c
		test.spoil(&c)
		said := make(map[string]int)
		for _, b := range banners(view.Snapshot{Clusters: []scheduler.ClusterStatus{c}}, noon) {
			said[b.Text]++
		}
		for _, text := range append(test.more, held) {
			if said[text] != 1 || len(said) != 1+len(test.more) {
				t.Errorf("%s: %v, expected %q once", name, said, text)
			}
		}
	}
	if clusterStateOf(c) != clusterHeld {
		t.Errorf("the cluster is %s", clusterStateOf(c))
	}
}

func TestFeedState(t *testing.T) {
	at := func(ago time.Duration) time.Time { return noon.Add(-ago) }
	for name, c := range map[string]struct {
		state reservations.FeedState
		every time.Duration
		want  feedState
		text  string
	}{
		"never polled":        {reservations.FeedState{}, time.Minute, feedWaiting, ""},
		"good":                {reservations.FeedState{Checked: at(0), Good: at(0)}, time.Minute, feedGood, ""},
		"failed twice":        {reservations.FeedState{Checked: at(0), Good: at(2 * time.Minute), Failures: 2}, time.Minute, feedRetrying, ""},
		"failed three times":  {reservations.FeedState{Checked: at(0), Good: at(3 * time.Minute), Failures: 3}, time.Minute, feedFailing, "Feed f was last read 3 min ago."},
		"not polled any more": {reservations.FeedState{Checked: at(4 * time.Minute), Good: at(4 * time.Minute)}, time.Minute, feedFailing, "Feed f was last read 4 min ago."},
		"interval not known":  {reservations.FeedState{Checked: at(4 * time.Hour), Good: at(4 * time.Hour)}, 0, feedGood, ""},
		"never good":          {reservations.FeedState{Checked: at(0), Failures: 3}, time.Minute, feedFailing, "Feed f has never been read."},
		"failed at once":      {reservations.FeedState{Checked: at(0), Failures: 1}, time.Minute, feedRetrying, ""},
		"rejected":            {reservations.FeedState{Checked: at(0), Good: at(time.Hour), HeldSeen: 1, HeldLoss: 9, HeldRejected: true}, time.Minute, feedRejected, "Feed f is not followed: what it says was rejected."},
		"held":                {reservations.FeedState{Checked: at(0), Good: at(time.Hour), HeldSeen: 1, HeldLoss: 9}, time.Minute, feedHeld, "Feed f would drop 9 bookings at once; the change is held."},
	} {
		c.state.Name = "f"
		f := view.Feed{FeedState: c.state, Every: c.every}
		b, degraded := feedBanner(f, noon)
		if got := stateOf(f, noon); got != c.want || b.Text != c.text || degraded != (c.text != "") {
			t.Errorf("%s: %s %q, want %s %q", name, got, b.Text, c.want, c.text)
		}
	}
}

func TestUnreadIsBounded(t *testing.T) {
	s := calm(t, 1)
	s.Feeds[0].Unread = 2000
	s.Feeds[0].Problems = make([]reservations.Problem, 2000)
	p := newPage(s, filter{}, noon)
	if got := p.Feeds[0]; len(got.List) != mostUnread || got.More != 2000-mostUnread {
		t.Errorf("%d listed, %d more", len(got.List), got.More)
	}
}

// Whatever the building, without a filter every desk is shown exactly once, in
// order, trouble is listed first and complete, and the counts add up.
func TestPageIsComplete(t *testing.T) {
	states := []board.State{
		board.Free, board.Ready, board.Starting, board.Missing, board.Stranger,
		board.Occupied, board.Walkup, board.Ending, board.Unknown, board.NoDevice,
	}
	rapid.Check(t, func(t *rapid.T) {
		var s view.Snapshot
		for i := range rapid.IntRange(0, 30).Draw(t, "desks") {
			d := reservations.Desk{
				ID:   fmt.Sprint(i),
				Site: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "site"), Floor: rapid.SampledFrom([]string{"", "1", "10", "2"}).Draw(t, "floor"),
				Cluster: rapid.SampledFrom([]string{"main", "annex"}).Draw(t, "cluster"),
			}
			s.Desks = append(s.Desks, &board.Desk{Desk: d, State: rapid.SampledFrom(states).Draw(t, "state")})
		}
		s.Clusters = []scheduler.ClusterStatus{{Cluster: "main", Swept: noon}, {Cluster: "annex", Swept: noon}}
		if rapid.Bool().Draw(t, "silent") {
			s.Clusters[1].Blocks = blocked(plan.KindSilent, "")
		}
		p := newPage(s, filter{}, noon)
		got := shownDesks(p)
		slices.Sort(got)
		if len(got) != len(s.Desks) || len(slices.Compact(got)) != len(s.Desks) || p.Shown != len(s.Desks) {
			t.Fatalf("%d desks, shown are %q", len(s.Desks), got)
		}
		var sum tally
		var bad []string
		seen := make(map[string]bool)
		for _, g := range p.Groups {
			if seen[g.Site] {
				t.Fatalf("site %q is shown twice", g.Site)
			}
			seen[g.Site] = true
			var site tally
			for _, f := range g.Floors {
				if seen[g.Site+f.Title] {
					t.Fatalf("%s of site %q is shown twice", f.Title, g.Site)
				}
				seen[g.Site+f.Title] = true
				site.add(f.Count)
				for _, r := range f.Rows {
					if r.Trouble {
						bad = append(bad, r.Desk)
					}
				}
			}
			if site != g.Count {
				t.Fatalf("site %q counts %+v, its floors %+v", g.Site, g.Count, site)
			}
			sum.add(site)
		}
		if diff := cmp.Diff(bad, desks(p.Trouble)); diff != "" || p.Headline != sum.sentence() {
			t.Fatalf("headline %q of %+v; trouble (-floors +first):\n%s", p.Headline, sum, diff)
		}
	})
}

// A large building is shown in pages: each desk on one of them, counted on all of them
// alike, in the order of the whole.
func TestPagesOfDesks(t *testing.T) {
	const desks = 2*perPage + 50
	s := calm(t, desks)
	for i := range mostTrouble + 7 {
		s.Desks[4*i].State = board.Missing
	}
	whole := newPage(s, filter{Query: "1.1"}, noon)
	if whole.Pager != nil || whole.Overview != nil {
		t.Errorf("a few desks are paged: %+v", whole.Pager)
	}
	var all []string
	for page, want := range []pager{
		{First: 1, Last: perPage, Of: desks, After: "/?page=2"},
		{First: perPage + 1, Last: 2 * perPage, Of: desks, Before: "/?", After: "/?page=3"},
		{First: 2*perPage + 1, Last: desks, Of: desks, Before: "/?page=2"},
	} {
		p := newPage(s, filter{Page: page + 1}, noon)
		if diff := cmp.Diff(&want, p.Pager); diff != "" {
			t.Errorf("page %d (-want +got):\n%s", page+1, diff)
		}
		all = append(all, shownDesks(p)...)
		if g := p.Groups[0]; g.Count.desks != desks || g.Floors[0].Count.desks != 50 {
			t.Errorf("page %d counts %d desks, %d of its first floor", page+1, g.Count.desks, g.Floors[0].Count.desks)
		}
		if want := fmt.Sprintf("(%d) Hot desks", mostTrouble+7); p.Title != want {
			t.Errorf("page %d has the title %q, want %q", page+1, p.Title, want)
		}
		trouble, more := 0, 0
		if page == 0 {
			trouble, more = mostTrouble, 7
		}
		if len(p.Trouble) != trouble || p.More != more {
			t.Errorf("page %d lists %d desks in trouble and %d more", page+1, len(p.Trouble), p.More)
		}
		if len(p.Overview) != desks/50 || p.Overview[4].Address != "/?floor=5&site=berlin" {
			t.Errorf("page %d leads to %+v", page+1, p.Overview)
		}
	}
	if len(all) != desks || !slices.IsSortedFunc(all, view.Naturally) || len(slices.Compact(all)) != desks {
		t.Errorf("%d of %d desks are shown, sorted: %v", len(all), desks, slices.IsSortedFunc(all, view.Naturally))
	}
	if p := newPage(s, filter{Page: 99}, noon); p.Pager.Last != desks {
		t.Errorf("a page that there is not shows %+v", p.Pager)
	}
	if p := newPage(s, filter{Trouble: true}, noon); len(p.Trouble) != mostTrouble+7 || p.More != 0 {
		t.Errorf("all in trouble: %d, %d more", len(p.Trouble), p.More)
	}
}

// Of many blocks the first few are named, as people count, whatever their order.
func TestNamed(t *testing.T) {
	for want, names := range map[string]string{
		"4.1":                                 "4.1",
		"4.1, 4.2, 4.10":                      "4.10 4.2 4.1",
		"4.1, 4.2, 4.3, 4.9, 4.10":            "4.10 4.9 4.2 4.1 4.3",
		"4.1, 4.2, 4.3, 4.9, 4.10 and 2 more": "4.10 4.12 4.9 4.2 4.11 4.1 4.3",
		"4.1, 4.1, 4.2, 4.3, 4.9 and 1 more":  "4.9 4.10 4.1 4.3 4.1 4.2",
	} {
		if got := named(blocked(plan.KindNoAnswer, "", strings.Fields(names)...)); got != want {
			t.Errorf("of %s: %q, want %q", names, got, want)
		}
	}
}

// What is searched of a desk is as the desk is now, though it is kept.
func TestSearchIsOfNow(t *testing.T) {
	var known texts
	s := calm(t, 3).Arranged()
	found := func(query string) string {
		return strings.Join(shownDesks(layOut(s, filter{Query: query}, noon, &known)), " ")
	}
	if got := found("missing") + "|" + found("ready person"); got != "|1.1 1.2 1.3" {
		t.Errorf("found %q", got)
	}
	s.Desks = slices.Clone(s.Desks)
	moved := *s.Desks[1]
	moved.State = board.Missing
	s.Desks[1] = &moved
	if got := found("missing") + "|" + found("ready"); got != "1.2|1.1 1.3" {
		t.Errorf("after a change: %q", got)
	}
	renamed := *s.Plan
	renamed.Names = map[string]string{"user002": "Ada"}
	s.Plan = &renamed
	if got := found("ada"); got != "1.3" {
		t.Errorf("by a new name: %q", got)
	}
}

// Every state has a word in the page's legend and a colour.
func TestStatesAreExplained(t *testing.T) {
	page, err := files.ReadFile("status.html")
	if err != nil {
		t.Fatal(err)
	}
	style, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for state, tone := range tones {
		if !strings.Contains(string(page), "<dt>"+string(state)+"</dt>") {
			t.Errorf("state %q is not in the legend", state)
		}
		if !strings.Contains(string(style), tone+" { color") {
			t.Errorf("state %q: the style sheet has no class %q", state, tone)
		}
		if (tone == "bad" || tone == "doubt") != state.Trouble() {
			t.Errorf("state %q: tone %q, trouble %v", state, tone, state.Trouble())
		}
	}
}
