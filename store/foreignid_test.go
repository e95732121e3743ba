package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/sqlite"
)

// What another program has called a booking, its source and its key name a person,
// too: nothing of it stays, in no table and nowhere in the file, by erasure and by
// retention.
func TestForeignIDsAreForgotten(t *testing.T) {
	noRaces(t)
	for name, forget := range map[string]func(t *testing.T, s *Store){
		"erasure":   func(t *testing.T, s *Store) { must(s.Erase(ctx, "kowalska", time.Hour, at(50, 0)))(t) },
		"retention": func(t *testing.T, s *Store) { must(s.Anonymise(ctx, time.Now().Add(time.Hour), time.Now()))(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "desk.db")
			s, err := Open(ctx, path, Options{})
			check(t, err)
			furnish(t, s)
			db := rawFile(t, path)
			execute(t, db, "PRAGMA secure_delete = ON",
				`INSERT INTO reservations (id, desk, person, starts_at, ends_at, source, uid, occurrence, note) VALUES
				('kowalska-1', '4.12', 'kowalska', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z', 'kowalska', 'kowalska', 'kowalska', 'kowalska'),
				('of kowalska', '4.12', 'kowalska', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z', 'sql', '', '', ''),
				('ada', '4.12', 'kowalska', '2026-03-02T10:00:00Z', '2026-03-02T11:00:00Z', 'sql', '', '', ''),
				('kowalskakowalskakowalskakowalska', '4.12', 'kowalska', '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z', 'sql', '', '', ''),
				('kowalska to come', '4.12', 'kowalska', '2026-06-02T09:00:00Z', '2026-06-02T10:00:00Z', 'feed:kowalska', '', '', ''),
				('is kowalska''s', 'room of kowalska', 'kowalska', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z', 'feed:main/../kowalska', '', '', ''),
				('and kowalska''s', 'desk of kowalska', 'kowalska', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00Z', 'feed:', '', '', ''),
				('nobody''s kowalska', '5.01', '', '2026-06-02T09:00:00Z', '2026-06-02T10:00:00Z', 'sql', '', '', '')`,
				`UPDATE reservations SET note = 'renamed' WHERE id = 'nobody''s kowalska'`,
				`UPDATE reservations SET id = 'x' WHERE id = 'nobody''s kowalska'`, `UPDATE reservations SET person = 'kowalska' WHERE id = 'x'`,
				`INSERT INTO reservation_keys (key, reservation, fingerprint, used_at) VALUES ('kowalska 7', 'kowalska-1', '', '2026-03-02T08:00:00.000Z')`)
			session := begin(t, s, must(s.Reservation(ctx, "kowalska-1"))(t))
			execute(t, db, "INSERT INTO held_logouts (session, cluster, reservation, until_at, since) VALUES (99, 'main', 'of kowalska', '', '')",
				"UPDATE observations SET device = 'SEP000000000099', person = '', seen_at = '2099-03-02T08:00:00.000Z', ours = 0", `UPDATE reservations SET note = 'again' WHERE id = 'of kowalska'`)
			if name == "erasure" {
				execute(t, db, `INSERT INTO person_mail VALUES ('kowalska@example.com', 'max')`, `UPDATE person_mail SET person = 'jane' WHERE mail = 'kowalska@example.com'`,
					`INSERT INTO people (id, name) VALUES ('kowalska', 'Ewa Kowalska')`, `UPDATE person_mail SET person = 'kowalska' WHERE mail = 'kowalska@example.com'`,
					`INSERT INTO person_aliases VALUES ('kowalska!', 'kowalska!', 'kowalska')`)
				must(s.PauseClusters(audit.WithActor(ctx, "cli:jane"), []string{"annex"}, "asked by kowalska", at(0, 0)))(t)
				request := must(s.Requests().Ask(ctx, "poll", "kowalska", time.Now()))(t)
				check(t, s.Requests().Answer(ctx, Request{ID: request, Result: "done", Failed: false, Answered: time.Now()}))
			}
			if name == "retention" {
				execute(t, db, "UPDATE reservations SET starts_at = '2026-03-03T09:00:00Z', ends_at = '2026-03-03T10:00:00Z' WHERE ends_at > '2026-06'")
			}
			forget(t, s)
			attempt := must(s.ListAttempts(ctx, plan.AttemptFilter{}))(t)[0]
			r := must(s.Reservation(ctx, attempt.Reservation))(t)
			same(t, "the journal still knows its booking", session.Session, attempt.ID)
			same(t, "which has another id", true, r.Anonymised && len(r.ID) == 32 && r.Source == reservations.SourceSQL)
			for _, r := range must(s.ListReservations(ctx, reservations.Filter{IncludeCancelled: true}))(t) {
				same(t, "an id of deskd's", true, r.Person != "" || len(r.ID) == 32)
			}
			if p := must(s.Pause(ctx, "annex"))(t); name == "erasure" {
				same(t, "paused", "cli:jane asked by (erased)", p.By+" "+p.Why)
			}
			sound(t, s)
			check(t, db.Close())
			check(t, s.Close())
			text := must(os.ReadFile(path))(t)
			if at := bytes.Index(text, []byte("kowalska")); at >= 0 {
				t.Errorf("the file names her %d times: %q", bytes.Count(text, []byte("kowalska")), text[max(0, at-100):at+60])
			}
		})
	}
}

// Two restores within a second keep what was there under two names.
func TestTwoRestoresInASecond(t *testing.T) {
	noRaces(t)
	path := begun(t)
	must(Backup(ctx, Copy{From: path, To: path + ".bak"}, sqlite.BackupOptions{}, at(0, 0)))(t)
	first := must(Restore(ctx, Copy{From: path + ".bak", To: path}, nil, at(1, 0)))(t)
	second := must(Restore(ctx, Copy{From: path + ".bak", To: path}, nil, at(1, 0)))(t)
	same(t, "second", first.Aside+"-2", second.Aside)
	same(t, "both are there", true, isThere(first.Aside) && isThere(second.Aside))
}

// To list a person's bookings takes neither journal nor audit.
func testListOfPersonSeeks(t *testing.T, w world) {
	s := w.open(t)
	book(t, s, "4.12", "zOË", span(0, 1))
	book(t, s, "4.11", "jane", span(0, 1))
	same(t, "found", 1, len(must(s.ListReservations(ctx, reservations.Filter{Person: "ZOË"}))(t)))
	execute(t, w.raw(t), "ALTER TABLE attempts RENAME TO attempts_away", "ALTER TABLE audit RENAME TO audit_away")
	same(t, "found", 1, len(must(s.ListReservations(ctx, reservations.Filter{Person: "Zoë"}))(t)))
}
