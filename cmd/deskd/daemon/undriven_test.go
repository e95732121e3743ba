package daemon

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deskd/configs"
)

// get is what a node answers.
func (h *hallway) get(node int, path string) (status int, body string) {
	h.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	w := httptest.NewRecorder()
	h.nodes[node].page.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// A cluster that no node can take is told by the nodes that are left, with why this one cannot, until one
// has it. None of them says so while they start, or take it over.
func TestNobodyDrives(t *testing.T) {
	if os.Getenv("DESKD_NODES") == "" {
		t.Skip("make nodes runs it: it waits by the clock")
	}
	const metric = `deskd_degraded{kind="undriven",of="main"} 1`
	h := newHallway(t, 1, func(*configs.Config) {})
	alarmed := func(node int) bool {
		_, metrics := h.get(node, "/metrics")
		return strings.Contains(metrics, metric)
	}
	driven := func(node int) func() bool {
		return func() bool {
			if alarmed(0) || alarmed(1) {
				t.Fatal("it is told while a node drives, or takes over")
			}
			return h.nodes[node].scheduler.Clusters[0].Here() != nil && !h.nodes[node].scheduler.Clusters[0].Status().Swept.IsZero()
		}
	}
	h.eventually("the first drives", driven(0))
	h.eventually("the second has heard how it stands", func() bool { return !h.nodes[1].scheduler.Clusters[0].Status().Swept.IsZero() })
	h.execute(`CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nobody may'; END $$`)
	h.execute(`CREATE TRIGGER never BEFORE INSERT OR UPDATE OF node ON duties FOR EACH ROW EXECUTE FUNCTION never()`)
	h.stop(0)
	h.eventually("it is told that nobody drives", func() bool { return alarmed(1) })
	_, ready := h.get(1, "/readyz")
	if !strings.Contains(ready, `"status":"degraded"`) || !strings.Contains(ready, "Cluster main is driven by nobody") {
		t.Errorf("/readyz: %s", ready)
	}
	if _, page := h.get(1, "/"); !strings.Contains(page, "Cluster main is driven by nobody") || !strings.Contains(page, "nobody may") || strings.Contains(page, "driven by <bdi>") {
		t.Errorf("the page does not say it, or why:\n%s", page)
	}
	h.execute(`DROP TRIGGER never ON duties`)
	h.eventually("it is told no more", func() bool { return !alarmed(1) })
	h.eventually("the second drives", driven(1))
}

// execute does what another program might.
func (h *hallway) execute(sql string) {
	h.Helper()
	conn, err := pgx.Connect(h.Context(), h.dsn)
	ok(h.T, err)
	_, err = conn.Exec(h.Context(), sql)
	ok(h.T, err)
	ok(h.T, conn.Close(h.Context()))
}
