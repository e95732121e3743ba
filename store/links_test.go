package store

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/links"
)

// A link acts once, whichever nodes are asked and however many at once, also after a restart;
// every node knows a seal that one of them has made; and what was done is in the audit.
func testLinks(t *testing.T, w world) {
	s, node := w.open(t), w.open(t)
	now := at(1, 0)
	seal := s.Links().Seal("a", "b")
	if seal == "" || seal != node.Links().Seal("a", "b") || seal == s.Links().Seal("ab", "") {
		t.Errorf("seals are %q, %q and %q", seal, node.Links().Seal("a", "b"), s.Links().Seal("ab", ""))
	}
	if n := (links.Keeper{}).Seal("a"); n != "" {
		t.Errorf("without a key a seal is %q", n)
	}
	deed := links.Deed{Link: "one", Device: "SEP1", Address: "10.0.0.1", Action: "end", Reservation: "r1"}
	var first atomic.Int32
	var all sync.WaitGroup
	for _, on := range []*Store{s, node, s, node, s, node} {
		all.Go(func() {
			is, err := on.Links().Spend(audit.WithActor(ctx, "phone:SEP1"), deed, now)
			if err != nil {
				t.Error(err)
			}
			if is {
				first.Add(1)
			}
		})
	}
	all.Wait()
	same(t, "first", int32(1), first.Load())
	same(t, "after a restart", false, must(w.open(t).Links().Spend(ctx, deed, now.Add(time.Hour)))(t))
	check(t, node.Links().Refuse(audit.WithActor(ctx, "phone"), links.Deed{Device: "SEP1", Address: "10.0.0.2", Action: "end", Refused: "forged"}))
	rows := must(s.Audit(ctx, reservations.AuditFilter{Kind: "phone"}))(t)
	same(t, "rows", 2, len(rows))
	for i, want := range []string{`phone SEP1 {"is":{"action":"end","address":"10.0.0.2","refused":"forged"}}`, `phone:SEP1 SEP1 {"is":{"action":"end","address":"10.0.0.1","reservation":"r1"}}`} {
		got := rows[i].Actor + " " + rows[i].Item + " " + strings.ReplaceAll(string(rows[i].What), " ", "")
		same(t, "row", want, got)
	}
	// What was followed long ago is forgotten as the next is.
	deed.Link = "two"
	same(t, "a day later", true, must(s.Links().Spend(ctx, deed, now.Add(25*time.Hour)))(t))
	var left int
	check(t, w.raw(t).QueryRow("SELECT count(*) FROM phone_links").Scan(&left))
	same(t, "left", 1, left)
}
