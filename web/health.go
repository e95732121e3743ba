package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/web/view"
)

// mute is [view.Silent] for who looks at a page.
func mute(w http.ResponseWriter, err error) {
	unavailable(w, view.Silent(err)+" Phones keep their logins. Try again in a moment; the daemon's log says more.\n")
}

// health is the body of both probes.
type health struct {
	Status  string    `json:"status"`
	Reasons []string  `json:"reasons,omitempty"`
	AsOf    time.Time `json:"as_of,omitzero"` // what was in memory
}

// healthz says that the process serves requests, whatever else is wrong: a
// restart would not fix a database or a phone system.
func (h *handler) healthz(w http.ResponseWriter, _ *http.Request) {
	h.answer(w, http.StatusOK, health{Status: "ok"})
}

// readyz says whether deskd knows enough to be relied on: the database answers
// and every cluster has been swept once. A degraded daemon is ready, with the
// reasons the page's banners give. It answers from memory, and says as of when.
func (h *handler) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readFor)
	defer stop()
	read, err := h.read(ctx, h.Reads.lately)
	if err != nil {
		h.answer(w, http.StatusServiceUnavailable, health{Status: "not ready", Reasons: []string{view.Silent(err)}})
		return
	}
	s := read.snapshot
	answer, status := health{Status: "ready", AsOf: s.AsOf}, http.StatusOK
	for _, b := range read.banners(h.Now()) {
		answer.Status = "degraded"
		answer.Reasons = append(answer.Reasons, b.Text)
	}
	for _, c := range s.Clusters {
		if c.Swept.IsZero() {
			answer.Status, status = "not ready", http.StatusServiceUnavailable
		}
	}
	h.answer(w, status, answer)
}

func (h *handler) answer(w http.ResponseWriter, status int, body health) {
	raw, err := json.Marshal(body)
	if err != nil {
		h.Log.Error("encode health", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	reply(w, status, "application/json", []byte(reservations.LegibleLines(string(raw))+"\n"))
}
