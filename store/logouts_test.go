package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
)

// begin is a session of a person at a desk, for the reservation r, as the
// journal and the phones show it.
func begin(t *testing.T, s *Store, r reservations.Reservation) plan.EarlyLogout {
	t.Helper()
	d := must(s.Desk(ctx, r.Desk))(t)
	l := plan.Login{Desk: d.ID, Device: d.Device, Person: r.Person, Reservation: r.ID, From: r.Start, Until: r.End, Through: r.End}
	a := must(s.Begin(ctx, plan.Attempt{Cluster: d.Cluster, Step: plan.Step{Op: plan.OpLogin, Login: l}, Outcome: plan.Open, Began: r.Start}))(t)
	a.Outcome, a.Ended = plan.Done, r.Start
	check(t, s.Finish(ctx, a, plan.Observation{Device: d.Device, Person: r.Person, Exists: true, Known: true, Ours: true, Reservation: r.ID, Since: r.Start, At: r.Start}))
	return plan.EarlyLogout{Session: a.ID, Desk: d.ID, Device: d.Device, Person: r.Person, Reservation: r.ID, Until: r.End}
}

// Held ends are known to every process and keep their first form and their
// answer; an answer is to those that wait, and in the audit.
func testHeldLogouts(t *testing.T, w world) {
	s, daemon := w.open(t), w.open(t)
	jane := audit.WithActor(ctx, "cli:jane")
	a := begin(t, daemon, book(t, s, "4.11", "jane", span(0, 4)))
	b := begin(t, daemon, book(t, s, "4.12", "max", span(0, 4)))
	c := begin(t, daemon, book(t, s, "5.01", "Zoë", span(0, 2)))
	if _, err := s.ReleaseLogouts(jane, "main", "", at(1, 0)); !errors.Is(err, reservations.ErrNotHeld) {
		t.Errorf("nothing is held: %v", err)
	}
	held := plan.HeldLogouts{{EarlyLogout: a, Since: at(1, 0)}, {EarlyLogout: c, Since: at(1, 1)}}
	check(t, daemon.KeepLogouts(ctx, "main", held, nil))
	longer := held[0]
	longer.Since, longer.Until = at(3, 0), at(9, 0)
	check(t, daemon.KeepLogouts(ctx, "main", plan.HeldLogouts{longer}, nil))
	same(t, "held", held, must(w.open(t).HeldLogouts(ctx, "main"))(t))
	same(t, "another cluster", plan.HeldLogouts(nil), must(s.HeldLogouts(ctx, "annex"))(t))

	if _, err := s.ReleaseLogouts(jane, "main", "00000000", at(1, 30)); !errors.Is(err, reservations.ErrNotHeld) {
		t.Errorf("other ends: %v", err)
	}
	id := must(s.HeldLogouts(ctx, "main"))(t).Waiting(at(3, 0)).ID() // without c, whose booking is over
	released := must(s.ReleaseLogouts(jane, "main", id, at(3, 0)))(t)
	held[0].Released, held[0].By = at(3, 0), "cli:jane"
	same(t, "released", held[:1], released)
	check(t, daemon.KeepLogouts(ctx, "main", plan.HeldLogouts{{EarlyLogout: a, Since: at(3, 1)}, {EarlyLogout: b, Since: at(3, 1)}}, []int64{c.Session}))
	want := plan.HeldLogouts{held[0], {EarlyLogout: b, Since: at(3, 1)}}
	same(t, "after", want, must(daemon.HeldLogouts(ctx, "main"))(t))
	same(t, "further ones wait", want[1:], want.Waiting(at(3, 2)))

	said := trail(t, s)
	said = said[slices.IndexFunc(said, func(row string) bool { return strings.HasPrefix(row, "cli:jane release") }):]
	same(t, "audit", []string{
		fmt.Sprintf(`cli:jane release cluster main {"was":{"session":%d,"until_at":"2026-03-02T12:00:00.000Z","released_at":""},`+
			`"is":{"session":%[1]d,"until_at":"2026-03-02T12:00:00.000Z","released_at":"2026-03-02T11:00:00.000Z"}}`, a.Session),
		`cli:jane release cluster main {"is":{"change":"` + id + `","logouts":1}}`,
		fmt.Sprintf(`daemon hold cluster main {"was":{"session":%d,"until_at":"2026-03-02T10:00:00.000Z"}}`, c.Session),
	}, said)
}

// The logins behind the sessions on phones are found however old they are, and
// those of sessions that are over, or not deskd's, are not.
func testBegun(t *testing.T, w world) {
	s := w.open(t)
	old := book(t, s, "4.11", "jane", span(-100*24, 0))
	begin(t, s, old)
	a := begin(t, s, old)
	b := begin(t, s, book(t, s, "4.12", "max", span(0, 2)))
	begin(t, s, book(t, s, "5.01", "Zoë", span(0, 2)))
	check(t, s.See(ctx, []plan.Observation{{Device: "SEP000000000501", Exists: true, Known: true, At: at(1, 0)},
		{Device: "SEP000000000012", Person: "MAX", Ours: true, Exists: true, At: at(1, 0)}}))
	var got []int64
	for _, at := range must(s.Begun(ctx))(t) {
		got = append(got, at.ID)
	}
	same(t, "begun", []int64{a.Session, b.Session}, got)
	check(t, s.See(ctx, []plan.Observation{{Device: "SEP000000000012", Person: "jane", Ours: true, Exists: true, At: at(1, 0)},
		{Device: "SEP000000000011", Person: "jane", Exists: true, At: at(1, 0)}}))
	same(t, "nobody's", 0, len(must(s.Begun(ctx))(t)))
}

// Whose deed it is that a session ends early.
func testFates(t *testing.T, w world) {
	s, other := w.open(t), w.raw(t)
	cli := audit.WithActor(ctx, "cli:jane")
	sql := func(query string, args ...any) func(string) {
		return func(id string) {
			t.Helper()
			_, err := other.ExecContext(ctx, strings.ReplaceAll(query, "ID", "'"+id+"'"), args...)
			check(t, err)
		}
	}
	silently := func(query string) func(string) { // as with a clock, or functions, of its own
		return func(id string) {
			over := without(t, s, "reservations_audit_update", "reservations_audit_delete", "desks_audit_update")
			sql(query)(id)
			over()
		}
	}
	cancel := func(id string) { must(s.Cancel(cli, id, at(1, 0)))(t) }
	importDesk := func(device string) func(string) {
		return func(string) {
			d := testDesks[0]
			d.Device = device
			must(s.ImportDesks(cli, []reservations.Desk{d}, false))(t)
		}
	}
	importMail := func(mail string) func(string) {
		return func(string) {
			d := testDesks[0]
			d.Device, d.Mail = "SEP000000000011", nil
			if mail != "" {
				d.Mail = []string{mail}
			}
			must(s.ImportDesks(cli, []reservations.Desk{d}, false))(t)
		}
	}
	insert := `INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES (ID, '4.11', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T10:00:00Z')`
	tests := []struct {
		name   string
		deeds  []func(id string)
		want   string // kind, actor, status of the row
		person string // of the row
	}{
		{"deleted by another program", []func(string){sql("DELETE FROM reservations WHERE id = ID")}, "reservation sql ", ""},
		{"cancelled by another program", []func(string){sql("UPDATE reservations SET status = 'cancelled' WHERE id = ID")}, "reservation sql cancelled", "jane"},
		{"shortened by another program", []func(string){sql("UPDATE reservations SET ends_at = '2026-03-02T08:30:00Z' WHERE id = ID")}, "reservation sql confirmed", "jane"},
		{"moved to later", []func(string){sql("UPDATE reservations SET starts_at = '2026-03-02T09:30:00Z' WHERE id = ID")}, "reservation sql confirmed", "jane"},
		{"moved to another desk", []func(string){sql("UPDATE reservations SET desk = '5.01' WHERE id = ID")}, "reservation sql confirmed", "jane"},
		{"another person's", []func(string){sql("UPDATE reservations SET person = 'max' WHERE id = ID")}, "reservation sql confirmed", "max"},
		{"deskd cancel", []func(string){cancel}, "reservation cli:jane cancelled", "jane"},
		{"deskd cancel, before and after which another program wrote", []func(string){sql("UPDATE reservations SET note = 'x' WHERE id = ID"), cancel}, "reservation cli:jane cancelled", "jane"},
		{"another desk's phone, by another program", []func(string){sql("UPDATE desks SET device = 'SEP000000009999' WHERE id = '4.11'")}, "desk sql confirmed", "jane"},
		{"another desk's phone, by deskd import", []func(string){importDesk("SEP000000008888")}, "desk cli:jane confirmed", "jane"},
		{"the desk is gone", []func(string){sql("DELETE FROM desks WHERE id = '4.11'")}, "desk sql confirmed", "jane"},
		{"protected by another program", []func(string){sql("UPDATE people SET protected = TRUE WHERE id = 'jane'")}, "person sql confirmed", "jane"},
		{"its name taken out without a row", []func(string){
			silently("UPDATE reservations SET anonymised = TRUE, person = '', note = '', uid = '', why = '' WHERE id = ID"),
		}, "reservation sql confirmed", ""},
		{"given away without a row", []func(string){silently("UPDATE reservations SET person = 'max' WHERE id = ID")}, "reservation sql confirmed", "max"},
		{"deleted without a row", []func(string){silently("DELETE FROM reservations WHERE id = ID")}, "reservation sql ", ""},
		{"cancelled under another id", []func(string){sql("UPDATE reservations SET id = 'x' || id, status = 'cancelled' WHERE id = ID")}, "reservation sql ", ""},
		{"deskd cancel, and then another id without a row", []func(string){cancel, silently("UPDATE reservations SET id = 'x' || id WHERE id = ID")}, "reservation cli:jane ", ""},
		{"the desk under another id", []func(string){sql("UPDATE desks SET id = 'x' WHERE id = '4.11'")}, "desk sql confirmed", "jane"},
		{"the desk's phone without a row", []func(string){silently("UPDATE desks SET device = 'SEP000000009999' WHERE id = '4.11'")}, "desk sql confirmed", "jane"},
		{"the desk under another id, and a row of a name it had", []func(string){importMail("front@example.com"), importMail(""), sql("UPDATE desks SET id = 'x' WHERE id = '4.11'")}, "desk sql confirmed", "jane"},
		{"another desk's phone, by deskd import, which removes a name of it", []func(string){importMail("front@example.com"), importDesk("SEP000000008888")}, "desk cli:jane confirmed", "jane"},
		{"gone and back", []func(string){sql("DELETE FROM reservations WHERE id = ID"), sql(insert)}, "  confirmed", "jane"},
		{"no row of the audit", []func(string){sql("DELETE FROM reservations WHERE id = ID"), func(string) {
			without(t, s, "audit_is_append_only_delete")
			sql("DELETE FROM audit WHERE kind = 'reservation'")("")
		}}, "reservation  ", ""},
	}
	for _, test := range tests {
		sql("UPDATE desks SET id = '4.11' WHERE id = 'x'")("")
		importDesk("SEP000000000011")("")
		sql("UPDATE people SET protected = FALSE")("")
		r := book(t, s, "4.11", "jane", span(0, 2))
		e := begin(t, s, r)
		for _, deed := range test.deeds {
			deed(r.ID)
		}
		ends := []plan.EarlyLogout{{Session: 999, Reservation: "nothing"}, e}
		fates := must(s.Fates(ctx, ends, at(1, 0)))(t)
		same(t, "answers", 2, len(fates))
		f := fates[1]
		same(t, test.name, test.want+" "+test.person, fmt.Sprintf("%s %s %s %s", f.Kind, f.Actor, f.Row.Status, f.Row.Person))
		told := f.Actor != "" && !strings.Contains(test.name, "without a row") && !strings.Contains(test.name, "under another id") // else it is not known when
		same(t, test.name+": at", told || f.Actor == "cli:jane", time.Since(f.At) < time.Hour)
		same(t, test.name+": of nothing", plan.Fate{Kind: "reservation"}, fates[0])
		sql("DELETE FROM reservations WHERE id = ID")(r.ID)
	}
}

// Many at once, and each is found by a seek.
func testManyFates(t *testing.T, w world) {
	noRaces(t)
	s, n := w.open(t), orShort(1200, 510)
	var ends []plan.EarlyLogout
	for i := range n {
		ends = append(ends, begin(t, s, book(t, s, "4.11", "jane", span(i, i+1))))
	}
	_, err := w.raw(t).ExecContext(ctx, "UPDATE reservations SET status = 'cancelled'")
	check(t, err)
	for _, f := range must(s.Fates(ctx, ends, at(0, 30)))(t) {
		same(t, "fate", "sql", f.Actor)
	}
	var held plan.HeldLogouts
	var over []int64
	for _, e := range ends {
		held, over = append(held, plan.HeldLogout{EarlyLogout: e, Since: at(0, 30)}), append(over, e.Session)
	}
	check(t, s.KeepLogouts(ctx, "main", held, nil))
	same(t, "released", n, len(must(s.ReleaseLogouts(ctx, "main", "", at(0, 30)))(t)))
	check(t, s.KeepLogouts(ctx, "main", nil, over))
	same(t, "left", 0, len(must(s.HeldLogouts(ctx, "main"))(t)))
}
