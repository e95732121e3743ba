package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"deskd/store"
)

// A head that the audit does not contain is said by doctor and by a verification.
func TestAnchorsThatTheAuditLacks(t *testing.T) {
	w := newWorld(t).furnish()
	st, err := store.Open(t.Context(), w.path("deskd.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	head, err := st.Head(t.Context(), time.Now())
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	head.Hash = strings.Repeat("0", 64)
	name := w.path("deskd.db.anchors")
	if err := store.AppendAnchor(name, head); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("doctor"), 1, "wrong  anchors", "the audit does not contain what")
	w.contains(w.run("audit", "verify", "--anchors", name), 1, "is another one")
}

// What explains a day whose names were removed says so.
func TestNamesRemovedAreSaid(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (id, desk, person, starts_at, ends_at, note) VALUES
		('old', 'D1', 'user0001', '2026-01-05T08:00:00Z', '2026-01-05T12:00:00Z', 'window please'),
		('new', 'D1', 'user0001', '2026-01-12T08:00:00Z', '2026-01-12T12:00:00Z', 'window please')`)
	st, err := store.Open(t.Context(), w.path("deskd.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)
	_, err = st.Anonymise(t.Context(), night.Add(-240*time.Hour), night)
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("list", "reservations", "--since", "2026-01-01 00:00", "--until", "2026-02-01 00:00"), 0, "(names removed)", "user0001")
	w.contains(w.run("list", "audit"), 0, "anonymise", "database", "names", `"reservations":1`)
}
