package remarks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/scheduler/notices"
	"deskd/store"
	kept "deskd/store/notices"
)

// The page tells of each desk what its phone was told last, when, and what came of it, for
// twenty minutes; and reads no more than what may have changed.
func TestTold(t *testing.T) {
	st, err := store.Open(t.Context(), t.TempDir()+"/desk.db", store.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, st.Close()) })
	keeper, read, fails := st.PhoneNotices(), 0, false
	told := &Told{List: func(ctx context.Context, f kept.Filter) ([]kept.Told, error) {
		if fails {
			return nil, errors.New("down")
		}
		all, err := keeper.List(ctx, f)
		read += len(all)
		return all, err
	}}
	begun := time.Date(2026, 3, 2, 12, 45, 0, 0, time.UTC)
	at := func(minutes float64) time.Time { return begun.Add(time.Duration(minutes * float64(time.Minute))) }
	begin := func(n notices.Notice, minutes float64) notices.Notice {
		t.Helper()
		n.Cluster, n.Due = "main", at(minutes)
		if first, err := keeper.Begin(t.Context(), n, at(minutes)); err != nil || !first {
			t.Fatal(first, err)
		}
		return n
	}
	says := func(minutes float64, rows int, want ...string) {
		t.Helper()
		read = 0
		all, err := told.Remarks(t.Context(), at(minutes))
		check(t, err)
		var got []string
		for _, r := range all {
			got = append(got, fmt.Sprint(r.Desk, " ", r.Before, " ", r.At.UTC().Format("15:04"), " ", r.After))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") || read != rows {
			t.Errorf("after %g minutes: %q of %d rows, want %q of %d", minutes, got, read, want, rows)
		}
	}
	says(0, 0)
	ends := begin(notices.Notice{Kind: notices.BeforeEnd, Desk: "A", Reservation: "r", About: at(15), Ahead: 15 * time.Minute}, 0)
	says(0, 1, "A told at 12:45 that it ends in 15m")
	says(1, 1, "A told at 12:45 that it ends in 15m") // until it has ended
	check(t, keeper.End(t.Context(), ends, notices.Result{Outcome: notices.Sent}, at(1)))
	gone := begin(notices.Notice{Kind: notices.BeforeEnd, Desk: "B", Reservation: "s", About: at(15), Ahead: 15 * time.Minute}, 1)
	check(t, keeper.End(t.Context(), gone, notices.Result{Outcome: notices.Absent}, at(1)))
	says(2, 2, "A told at 12:45 that it ends in 15m (sent)")
	moved := begin(notices.Notice{Kind: notices.Moved, Desk: "B", Reservation: "s", Other: "C"}, 2)
	check(t, keeper.End(t.Context(), moved, notices.Result{Outcome: notices.NotSent, Problem: "web access off"}, at(2)))
	begin(notices.Notice{Kind: notices.Next, Desk: "A", Reservation: "r", Other: "n"}, 16)
	says(16, 2, "A told at 13:01 that the next person waits", "B told at 12:47 that it was moved to desk C (not sent: web access off)")
	says(17, 1, "A told at 13:01 that the next person waits", "B told at 12:47 that it was moved to desk C (not sent: web access off)")
	says(1.5, 4, "A told at 13:01 that the next person waits", "B told at 12:47 that it was moved to desk C (not sent: web access off)") // the clock was put back
	fails = true
	if _, err := told.Remarks(t.Context(), at(18)); err == nil {
		t.Error("no error")
	}
	fails = false
	says(30, 1, "A told at 13:01 that the next person waits")
	says(37, 0)
	if all, err := (*Told)(nil).Remarks(t.Context(), begun); all != nil || err != nil {
		t.Error(all, err)
	}
}
