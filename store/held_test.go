package store

import (
	"errors"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/store/audit"
)

// The question and its answer are read back as they were written; the same
// question does not wipe out the answer, another one does, and a change that is
// applied ends both.
func testFeedHeld(t *testing.T, w world) {
	s, daemon := w.open(t), w.open(t)
	jane := audit.WithActor(ctx, "cli:jane")
	nothing := reservations.Held{}
	same(t, "before", nothing, must(s.HeldChange(ctx, "hq"))(t))
	if _, err := s.AnswerHeld(jane, HeldAnswer{Feed: "hq", Answer: reservations.Accepted}, at(0, 0)); !errors.Is(err, reservations.ErrNotHeld) {
		t.Errorf("answer to nothing: %v", err)
	}
	row := reservations.Reservation{ID: "a", Desk: "4.12", Person: "jane", Span: span(0, 2)}
	first := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{row}, Add: []reservations.Reservation{{Desk: "4.11", Person: "max", Span: span(1, 2)}}}, at(100, 0))
	first.Change.Update = []reservations.Reservation{}
	first.Seen = map[string]reservations.Sighting{"a": {Since: at(0, 0), Times: 1}}
	check(t, daemon.HoldChange(ctx, "hq", first))
	same(t, "held", first, must(s.HeldChange(ctx, "hq"))(t))
	same(t, "another feed", nothing, must(s.HeldChange(ctx, "rooms"))(t))

	if _, err := s.AnswerHeld(jane, HeldAnswer{Feed: "hq", Change: "00000000", Answer: reservations.Accepted}, at(1, 0)); !errors.Is(err, reservations.ErrNotHeld) {
		t.Errorf("answer to another change: %v", err)
	}
	answered := first
	answered.Answer, answered.By, answered.At = reservations.Rejected, "cli:jane", at(1, 0)
	same(t, "answer", answered, must(s.AnswerHeld(jane, HeldAnswer{Feed: "hq", Change: first.ID(), Answer: reservations.Rejected}, at(1, 0)))(t))
	first.Seen = map[string]reservations.Sighting{"a": {Since: at(0, 0), Times: 2}}
	answered.Seen = first.Seen
	check(t, daemon.HoldChange(ctx, "hq", first))
	same(t, "asked again", answered, must(s.HeldChange(ctx, "hq"))(t))

	row.ID = "b"
	second := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{row}}, at(100, 0))
	check(t, daemon.HoldChange(ctx, "hq", second))
	same(t, "another question", second.ID(), must(s.HeldChange(ctx, "hq"))(t).ID())
	same(t, "without answer", reservations.Unanswered, must(s.HeldChange(ctx, "hq"))(t).Answer)

	must(daemon.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(2, 0), HeldSeen: 1}, reservations.Change{}, nil))(t)
	same(t, "something else is applied", second.ID(), must(s.HeldChange(ctx, "hq"))(t).ID())
	must(daemon.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(2, 0)}, reservations.Change{}, nil))(t)
	same(t, "applied", nothing, must(s.HeldChange(ctx, "hq"))(t))
	var said []string
	for _, row := range must(s.Audit(ctx, reservations.AuditFilter{Item: "hq"}))(t) {
		said = append(said, row.Actor+" "+row.Verb+" "+string(row.What))
	}
	was := `{"change":"` + first.ID() + `","until_at":"2026-03-06T12:00:00.000Z","answer":"`
	same(t, "audit", []string{
		`daemon hold {"was":` + was + `rejected"},"is":` + strings.ReplaceAll(was, first.ID(), second.ID()) + `"}}`,
		`cli:jane answer {"is":{"added":1,"answer":"rejected","change":"` + first.ID() + `","dropped":1}}`,
		`cli:jane answer {"was":` + was + `"},"is":` + was + `rejected"}}`,
		`daemon hold {"is":` + was + `"}}`,
	}, said)
}

// What another program says of how long a change was seen does not let it ripen, and
// what it changes of the change, or the answer, is in the audit.
func testHeldIsSigned(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	r := book(t, s, "4.11", "jane", span(10, 11))
	h := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{r}}, at(100, 0))
	h.Seen = map[string]reservations.Sighting{reservations.KeyOfDrop(r): {Since: at(0, 0), Times: 1}}
	check(t, s.HoldChange(ctx, "hq", h))
	same(t, "seen", h.Seen, must(s.HeldChange(ctx, "hq"))(t).Seen)
	for statement, rows := range map[string]int{
		`UPDATE feed_held SET seen = replace(seen, '2026', '2001')`:              0,
		`UPDATE feed_held SET seen_proof = ''`:                                   0,
		`UPDATE feed_held SET until_at = '2026-01-01T00:00:00.000Z'`:             1,
		`UPDATE feed_held SET answer = 'accepted', by = 'cli:root', proof = 'x'`: 1,
	} {
		check(t, s.HoldChange(ctx, "hq", h))
		before := len(trail(t, s))
		execute(t, db, statement)
		must(s.ChainAudit(ctx))(t)
		same(t, statement, rows, len(trail(t, s))-before)
		if now := must(s.HeldChange(ctx, "hq"))(t); rows == 0 && len(now.Seen) > 0 || now.By != "" && now.By != "sql" {
			t.Errorf("%s: seen %v, answered by %q", statement, now.Seen, now.By)
		}
	}
	sound(t, s)
}

// Whom a calendar may log in follows from groups: who changes them is in the audit.
func testGroupsAreAudited(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	before := len(trail(t, s))
	execute(t, db, `UPDATE people SET groups = 'board' WHERE id = 'jane'`)
	rows := trail(t, s)[before:]
	if len(rows) != 1 || !strings.Contains(rows[0], `"groups":""`) || !strings.Contains(rows[0], `"groups":"board"`) {
		t.Errorf("rows %q", rows)
	}
}
