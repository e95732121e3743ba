package view_test

import (
	"deskd/scheduler/guard"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/report"
	"deskd/web/view"
)

// hold holds the logouts of a cluster that end the sessions of reservations early.
func (o *office) hold(ids ...string) plan.HeldLogouts {
	o.t.Helper()
	var held plan.HeldLogouts
	for _, id := range ids {
		r, err := o.store.Reservation(o.t.Context(), id)
		o.ok(err)
		began := o.attempt(r.Desk, r.Person, -0.9, plan.OpLogin, plan.CauseStart, plan.Done)
		held = append(held, plan.HeldLogout{Since: now, EarlyLogout: plan.EarlyLogout{
			Session: began.ID, Desk: r.Desk, Device: began.Device, Person: r.Person, Reservation: id, Until: r.End,
		}})
	}
	o.ok(o.store.KeepLogouts(o.t.Context(), "main", held, nil))
	return held
}

// A cluster is listed with what keeps it: a pause, held logouts, sessions whose unit
// looks wrong. One that was never asked is listed, too.
func TestListClusters(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.Clusters = append(o.Clusters, view.ClusterConfig{Name: "new"})
	_, err := o.store.PauseClusters(ctx, []string{"main"}, "moving", now)
	o.ok(err)
	o.ok(o.store.SaveClusterState(ctx, guard.ClusterState{Cluster: "main", UnitDoubt: guard.UnitDoubt{Units: "too early", Doubted: now, Unit: time.Minute}}))
	o.hold(o.book("D1", "jane", hours(-1, 1)), o.book("D2", "max", hours(-3, -1))) // of which the second has ended anyway
	all, err := o.ListClusters(ctx, now)
	o.ok(err)
	same(t, "clusters", []string{"main", "new"}, ids(all, func(c view.Cluster) string { return c.Name }))
	main := all[0]
	if main.Pause == nil || main.Pause.Why != "moving" || main.Held != 1 || len(main.Waiting) != 1 || !main.Doubtful {
		t.Errorf("main: paused %+v, %d held, doubtful %v", main.Pause, main.Held, main.Doubtful)
	}
	if all[1].Pause != nil || all[1].Held != 0 || all[1].Doubtful {
		t.Errorf("new: %+v", all[1])
	}
	same(t, "words", "many bookings were cut short at once, and 1 logout is held: deskd logouts show main", view.LogoutsHeld("main", main.Waiting))
	o.Clusters[0].Duration.Unit = time.Second // another unit than the one in doubt
	all, err = o.ListClusters(ctx, now)
	o.ok(err)
	if all[0].Doubtful {
		t.Error("the unit is in doubt that was replaced")
	}
}

// Held logouts are shown with what has become of each booking, and by whom.
func TestHeldLogouts(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	cancelled, deleted := o.book("D1", "jane", hours(-1, 1)), o.book("D2", "max", hours(-1, 1))
	waiting := o.hold(cancelled, deleted)
	_, err := o.store.Cancel(ctx, cancelled, now)
	o.ok(err)
	o.exec("DELETE FROM reservations WHERE id = ?", deleted)
	all, err := o.ListHeldLogouts(ctx, []string{"main", "old"}, now)
	o.ok(err)
	same(t, "clusters", []string{"main", "old"}, ids(all, func(h view.HeldLogouts) string { return h.Cluster }))
	main := all[0]
	if main.Change != waiting.ID() || !main.Waiting || !main.Since.Equal(now) || len(main.Logouts) != 2 {
		t.Fatalf("%+v", main)
	}
	same(t, "what has become of them", []reservations.Status{reservations.Cancelled, ""}, ids(main.Logouts, func(h view.HeldLogout) reservations.Status { return h.Row.Status }))
	same(t, "whose they are", []string{"jane", "max"}, ids(main.Logouts, func(h view.HeldLogout) string { return h.HeldLogout.Person }))
	same(t, "by whom", "sql", main.Logouts[1].Actor)
	if all[1].Change != "" || all[1].Logouts == nil || len(all[1].Logouts) != 0 {
		t.Errorf("of old: %+v", all[1])
	}
	released, err := o.store.ReleaseLogouts(ctx, "main", "", now)
	o.ok(err)
	shown, err := o.HeldLogouts(ctx, "main", released, now)
	o.ok(err)
	if shown.Waiting || len(shown.Logouts) != 2 {
		t.Errorf("released: %+v", shown)
	}
	if all, err = o.ListHeldLogouts(ctx, []string{"main"}, now); err != nil || len(all[0].Logouts) != 0 {
		t.Errorf("released ones wait: %+v, %v", all, err)
	}
}

// Feeds are listed in the configuration's order, read or not, with what was not
// understood; those that only the database knows come by themselves.
func TestListFeeds(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.save("rooms", []reservations.Problem{{What: "odd"}})
	o.save("attic", nil)
	o.save("Hall", nil)
	all, err := o.ListFeeds(ctx)
	o.ok(err)
	same(t, "feeds", []string{"hall", "rooms"}, ids(all, func(f view.Feed) string { return f.Name }))
	if all[0].Site != "boston" || all[0].Every != time.Minute || !all[0].Checked.IsZero() {
		t.Errorf("hall: %+v", all[0])
	}
	same(t, "not understood", 1, len(all[1].Problems))
	same(t, "read", now, all[1].Checked)
	former, err := o.ListFormerFeeds(ctx)
	o.ok(err)
	same(t, "former feeds", []string{"Hall", "attic"}, ids(former, func(f view.Feed) string { return f.Name }))
	same(t, "problem", view.NotConfigured, former[0].Problem)
	same(t, "no problems", []reservations.Problem{}, former[0].Problems)
}

// save keeps how a feed stands after a poll at now.
func (o *office) save(name string, unread []reservations.Problem, add ...reservations.Reservation) {
	o.t.Helper()
	_, err := o.store.ApplyFeed(o.t.Context(), reservations.FeedState{Name: name, Checked: now, Good: now}, reservations.Change{Add: add}, unread)
	o.ok(err)
}

func TestHeldChangeOf(t *testing.T) {
	empty := view.HeldChangeOf("hall", reservations.Held{})
	if empty.Change != "" || empty.Drop == nil || empty.Update == nil || empty.Add == nil {
		t.Errorf("nothing is held: %+v", empty)
	}
	h := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{{ID: "a", Desk: "D1"}}}, now)
	h.Answer, h.By = reservations.Rejected, "cli:jane"
	held := view.HeldChangeOf("hall", h)
	same(t, "held", view.HeldChange{
		Feed: "hall", Change: h.ID(), Answer: reservations.Rejected, By: "cli:jane", Drop: h.Change.Drop, Update: h.Change.Update, Add: h.Change.Add,
	}, held)
}

// What bookings and desks name and the configuration does not have is told, with what
// to do; so is a cluster without desks.
func TestStrays(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.save("HALL", nil, reservations.Reservation{Desk: "D1", Person: "jane", Span: hours(1, 2), Source: reservations.FeedSource("HALL"), UID: "a", Status: reservations.Confirmed})
	o.Clusters = append(o.Clusters, view.ClusterConfig{Name: "Old"})
	o.Sites = o.Sites[:1]
	all, err := o.Strays(ctx, now)
	o.ok(err)
	same(t, "strays", []view.Kind{view.KindNoFeed, view.KindNoCluster, view.KindNoSite, view.KindEmpty}, ids(all, func(s view.Stray) view.Kind { return s.Kind }))
	same(t, "of", []string{"HALL", "old", "boston", "Old"}, ids(all, func(s view.Stray) string { return s.Of }))
	same(t, "a feed of another name", "if it is called hall now, deskd feed rename HALL hall; otherwise deskd feed drop HALL, or put it back under feeds", all[0].Fix)
	same(t, "a cluster of another name", `put it back under clusters, or name another in a file of desks (deskd import desks); the configuration has "Old"`, all[1].Fix)
	clusters, err := o.StrayClusters(ctx)
	o.ok(err)
	same(t, "clusters", []string{"old"}, ids(clusters, func(s view.Stray) string { return s.Of }))
	var found report.Report
	o.ok(o.AddUndriven(ctx, &found))
	if found.Undriven != 1 || len(found.Problems) != 1 {
		t.Errorf("report: %d undriven, %q", found.Undriven, found.Problems)
	}
	later, err := o.Strays(ctx, after(2)) // the feed's last booking is over
	o.ok(err)
	same(t, "once the bookings are over", view.KindNoCluster, later[0].Kind)
}
