package api

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/web/api/records"
	"deskd/web/view"

	"github.com/google/go-cmp/cmp"
)

// What was seen on phones is the same from every node, also where what one remembers is older than
// what another has written, or of a finer clock.
func TestSessionsAlike(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		fine := 123456 * time.Nanosecond
		see := func(device, person string, since, at time.Duration) {
			t.Helper()
			check(t, w.store.See(ctx, []plan.Observation{{Device: device, Person: person, Known: true, Exists: true, Ours: true, Since: eight.Add(since), At: eight.Add(at)}}))
		}
		see("SEP000000000001", "jane", -time.Hour, -time.Minute)
		see("SEP000000000002", "max", -time.Hour, -time.Minute)
		deps := w.deps()
		board, err := deps.Board(ctx)
		check(t, err)
		board.Desks[1].Phone.Person, board.Desks[1].Phone.Since, board.Desks[1].Phone.At = "zoe", eight.Add(fine), eight.Add(fine) // seen a moment ago
		board.Desks[2].Phone = plan.Observation{}                                                                                  // nobody asks it
		see("SEP000000000003", "zoe", -time.Hour, -time.Hour)
		see("SEP000000000001", "jane", -time.Hour, -time.Second) // by another node
		deps.Board = func(context.Context) (view.Snapshot, error) { return board, nil }
		w.handler, err = Handler(deps)
		check(t, err)
		got := w.do(ask{w.secrets[reservations.RoleTelephony], http.MethodGet, "/sessions", nil, nil})
		want := []records.Session{
			{Desk: "D1", Device: "SEP000000000001", Known: true, Person: "jane", Ours: true, Since: eight.Add(-time.Hour), Seen: eight.Add(-time.Second)},
			{Desk: "D2", Device: "SEP000000000002", Known: true, Person: "zoe", Ours: true, Since: eight, Seen: eight},
			{Desk: "D3", Device: "SEP000000000003"},
		}
		var is struct{ Items []records.Session }
		check(t, json.Unmarshal([]byte(got.text), &is))
		if diff := cmp.Diff(want, is.Items); got.status != http.StatusOK || diff != "" {
			t.Errorf("status %d, sessions (-want +got):\n%s", got.status, diff)
		}
	})
}
