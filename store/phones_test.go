package store

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/phones"
)

// alike compares phones, addresses and all.
func alike(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// seenAt is news of an address; the empty one says that none is known.
func seenAt(device, address string, at time.Time) phones.News {
	var a netip.Addr
	if address != "" {
		a = netip.MustParseAddr(address)
	}
	return phones.News{Cluster: "main", Device: device, Source: phones.RIS, Seen: at, Address: &a}
}

// What was told of a phone is there with the instant of each fact; what is older than what is
// known changes nothing, and what is not told stays.
func testPhones(t *testing.T, w world) {
	k := w.open(t).Phones()
	save := func(now time.Time, news ...phones.News) phones.Saved {
		return must(k.Save(audit.WithActor(ctx, "cli:root"), news, now))(t)
	}
	where := func(device string) string {
		p, known, err := k.Of(ctx, "main", device)
		check(t, err)
		if !known {
			return "unknown"
		}
		return strings.TrimSpace(fmt.Sprintf("%s %s", cmpAddr(p.Address), p.Detail))
	}
	const a, b = "SEP00000000000A", "SEP00000000000B"
	told := seenAt(a, "::ffff:10.0.0.1", at(1, 0))
	told.Model, told.Registered, told.WebAccess = new("Cisco 8845"), new(true), new(false)
	same(t, "new", phones.Saved{New: 1}, save(at(1, 0), told))
	same(t, "again", phones.Saved{}, save(at(1, 0), told))
	setUp := phones.News{Cluster: "main", Device: a, Source: phones.AXL, Seen: at(0, 30), EM: new(true), Profile: new("")}
	same(t, "set up", phones.Saved{Changed: 1}, save(at(1, 5), setUp))
	want := phones.Phone{
		Cluster: "main", Device: a, Address: netip.MustParseAddr("10.0.0.1"), Source: phones.RIS, Seen: at(1, 0), Model: "Cisco 8845",
		Registered: new(true), RegisteredAt: at(1, 0), EM: new(true), Profile: new(""), WebAccess: new(false), ToldAt: at(0, 30),
	}
	got, _, err := k.Of(ctx, "main", a)
	check(t, err)
	alike(t, "of", want, got)
	alike(t, "by device", []phones.Phone{want}, must(k.ByDevice(ctx, a))(t))
	alike(t, "all", []phones.Phone{want}, must(k.All(ctx, ""))(t))
	alike(t, "of another cluster", []phones.Phone{}, must(k.All(ctx, "other"))(t))
	got, known, err := k.At(ctx, netip.MustParseAddr("::ffff:10.0.0.1"))
	check(t, err)
	same(t, "known", true, known)
	alike(t, "at", want, got)
	for _, nowhere := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("224.0.0.1")} {
		if p, is, err := k.At(ctx, nowhere); is || err != nil {
			t.Errorf("at %v: %v, %v", nowhere, p, err)
		}
	}

	older := told
	older.Seen, older.Address, older.Registered, older.Model = at(0, 59), new(netip.MustParseAddr("10.0.0.9")), new(false), new("Cisco 7841")
	same(t, "older", phones.Saved{Older: 1}, save(at(1, 5), older))
	setUp.Seen, setUp.EM, setUp.Profile = at(0, 29), new(false), nil
	same(t, "older of how it is set up", phones.Saved{Older: 1}, save(at(1, 5), setUp))
	alike(t, "nothing older", []phones.Phone{want}, must(k.All(ctx, ""))(t))

	// An address that moves is taken from the phone that had it.
	save(at(2, 0), seenAt(b, "10.0.0.1", at(2, 0)))
	same(t, "moved", []string{"- " + b + " has been at 10.0.0.1 since", "10.0.0.1"}, []string{where(a), where(b)})
	save(at(2, 5), seenAt(a, "10.0.0.1", at(1, 59)))
	same(t, "not given back by older news", []string{"- " + b + " has been at 10.0.0.1 since", "10.0.0.1"}, []string{where(a), where(b)})
	save(at(3, 0), seenAt(a, "10.0.0.1", at(3, 0)), seenAt(b, "10.0.0.2", at(3, 0)))
	save(at(4, 0), seenAt(a, "10.0.0.2", at(4, 0)), seenAt(b, "10.0.0.1", at(4, 0)))
	same(t, "exchanged", []string{"10.0.0.2", "10.0.0.1"}, []string{where(a), where(b)})
	saved := save(at(5, 0), seenAt(a, "10.0.0.3", at(5, 0)), seenAt(b, "10.0.0.3", at(5, 0)))
	alike(t, "contested", []netip.Addr{netip.MustParseAddr("10.0.0.3")}, saved.Contested)
	same(t, "believed of neither", []string{"- 2 phones are said to be at 10.0.0.3", "- 2 phones are said to be at 10.0.0.3"}, []string{where(a), where(b)})
	save(at(6, 0), seenAt(a, "10.0.0.3", at(6, 0)))
	saved = save(at(6, 0), seenAt(b, "10.0.0.3", at(6, 0)))
	alike(t, "contested later", []netip.Addr{netip.MustParseAddr("10.0.0.3")}, saved.Contested)
	same(t, "believed of neither later", []string{"- " + b + " has been at 10.0.0.3 since", "- " + a + " was at 10.0.0.3 at the same time"}, []string{where(a), where(b)})
	save(at(7, 0), seenAt(a, "10.0.0.3", at(7, 0)))
	same(t, "cleared", phones.Saved{Changed: 1}, save(at(8, 0), seenAt(a, "", at(8, 0))))
	same(t, "nowhere", "-", where(a))

	// A clock that was ahead keeps no later truth out.
	save(at(8, 0), seenAt(a, "10.0.0.4", at(100, 0)))
	save(at(9, 0), seenAt(a, "10.0.0.5", at(9, 0)))
	execute(t, w.raw(t), `UPDATE phones SET seen_at = '2030-01-01T00:00:00.000Z' WHERE device = '`+a+`'`)
	save(at(9, 1), seenAt(b, "10.0.0.5", at(9, 1)))
	same(t, "a clock ahead", []string{"- " + b + " has been at 10.0.0.5 since", "10.0.0.5"}, []string{where(a), where(b)})
	execute(t, w.raw(t), `UPDATE phones SET seen_at = '2030-01-01T00:00:00.000Z' WHERE device = '`+b+`'`)
	save(at(9, 2), seenAt(b, "10.0.0.6", at(9, 2)))
	same(t, "its own news", "10.0.0.6", where(b))
	if _, err := k.Save(ctx, []phones.News{seenAt(b, "224.0.0.1", at(9, 2))}, at(9, 2)); err == nil || !strings.Contains(err.Error(), b+": 224.0.0.1 is no address of a phone") {
		t.Error(err)
	}
	execute(t, w.raw(t), `UPDATE phones SET address = 'nonsense' WHERE device = '`+b+`'`)
	same(t, "spoilt", `- its row in the database cannot be read: address is "nonsense"`, where(b))
	row := must(w.open(t).Audit(ctx, reservations.AuditFilter{Kind: "phone", Item: a}))(t)
	same(t, "audit", `cli:root phones {"is":{"cluster":"main","address":"10.0.0.1","source":"ris"}}`, row[len(row)-1].Actor+" "+row[len(row)-1].Verb+" "+string(row[len(row)-1].What))
}

func cmpAddr(a netip.Addr) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

// What is of no desk is forgotten once it is old; a desk's phone is kept.
func testPhonesPruned(t *testing.T, w world) {
	k := w.open(t).Phones()
	desk := "SEP000000000501"
	must(k.Save(ctx, []phones.News{seenAt(desk, "10.0.0.1", at(1, 0)), seenAt("SEPOLD", "10.0.0.2", at(1, 0)), seenAt("SEPNEW", "10.0.0.3", at(3, 0))}, at(3, 0)))(t)
	same(t, "pruned", 1, must(k.Prune(ctx, at(2, 0)))(t))
	var left []string
	for _, p := range must(k.All(ctx, "main"))(t) {
		left = append(left, p.Device)
	}
	same(t, "left", []string{desk, "SEPNEW"}, left)
}

// What a phone tells of being touched is written down beside what else is known, which stays;
// nothing of it is in the audit.
func testPhonesIdle(t *testing.T, w world) {
	s := w.open(t)
	k := s.Phones()
	must(k.Save(ctx, []phones.News{seenAt("SEPA", "10.0.0.1", at(1, 0))}, at(1, 0)))(t)
	rows := len(must(s.Audit(ctx, reservations.AuditFilter{}))(t))
	note := func(device string, since, told time.Time) {
		check(t, k.NoteIdle(ctx, []phones.Idled{{Cluster: "main", Device: device, Next: func(was phones.Phone) (time.Time, time.Time) {
			if was.Device != device {
				t.Errorf("of %s what was is %+v", device, was)
			}
			return since, told
		}}}))
	}
	note("SEPA", at(2, 0), at(2, 5))
	note("SEPNEW", at(2, 0), at(2, 1))
	want := phones.Phone{Cluster: "main", Device: "SEPA", Address: netip.MustParseAddr("10.0.0.1"), Source: phones.RIS, Seen: at(1, 0), Idle: at(2, 0), IdleAt: at(2, 5)}
	alike(t, "resting", []phones.Phone{want}, must(k.Resting(ctx, at(2, 2)))(t))
	alike(t, "resting since before", []phones.Phone{want, {Cluster: "main", Device: "SEPNEW", Idle: at(2, 0), IdleAt: at(2, 1)}}, must(k.Resting(ctx, at(2, 0)))(t))
	note("SEPA", time.Time{}, at(2, 6))
	must(k.Save(ctx, []phones.News{seenAt("SEPA", "10.0.0.1", at(3, 0))}, at(3, 0)))(t)
	want.Idle, want.IdleAt, want.Seen = time.Time{}, at(2, 6), at(3, 0)
	alike(t, "in use, and seen again", []phones.Phone{want}, must(k.Resting(ctx, at(2, 2)))(t))
	same(t, "rows of the audit", rows, len(must(s.Audit(ctx, reservations.AuditFilter{}))(t)))
	must(k.Prune(ctx, at(1, 30)))(t)
	if _, known, err := k.Of(ctx, "main", "SEPNEW"); known || err != nil {
		t.Errorf("a phone of no desk that tells nothing else stays: %v", err)
	}
}

// Whatever news come, and in how many parts, an address has one phone at most: the one that
// was there last, unless another was there at the same instant.
func testPhonesModel(t *testing.T, w world) {
	k := w.open(t).Phones()
	raw := w.raw(t)
	rapid.Check(t, func(t *rapid.T) {
		if _, err := raw.Exec("DELETE FROM phones"); err != nil {
			t.Fatal(err)
		}
		var all []phones.News
		for batch := range rapid.IntRange(1, 3).Draw(t, "batches") {
			var news []phones.News
			for range rapid.IntRange(1, 8).Draw(t, "news") {
				news = append(news, seenAt(fmt.Sprintf("SEP%d", rapid.IntRange(0, 3).Draw(t, "device")),
					rapid.SampledFrom([]string{"", "10.0.0.1", "10.0.0.2", "10.0.0.3"}).Draw(t, "address"), at(batch, rapid.IntRange(0, 4).Draw(t, "minute"))))
			}
			if _, err := k.Save(ctx, news, at(24, 0)); err != nil {
				t.Fatal(err)
			}
			all = append(all, news...)
		}
		got, err := k.All(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got {
			if want := shouldBeAt(p.Device, all); p.Address != want {
				t.Fatalf("%s is at %v, not at %v: %s", p.Device, p.Address, want, p.Detail)
			}
		}
	})
}

// shouldBeAt is where a phone is: where its newest news have it, if no other was there then or
// later.
func shouldBeAt(device string, all []phones.News) netip.Addr {
	var newest phones.News
	for _, n := range all {
		if n.Device == device && !n.Seen.Before(newest.Seen) {
			newest = n
		}
	}
	a := *newest.Address
	if a.IsValid() && slices.ContainsFunc(all, func(n phones.News) bool {
		return n.Device != device && *n.Address == a && !n.Seen.Before(newest.Seen)
	}) {
		return netip.Addr{}
	}
	return a
}
