package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

//go:embed status.html static
var files embed.FS

// readFor bounds how long a request waits for its snapshot: a database that
// does not answer must not pile requests up.
const readFor = 5 * time.Second

// Deps is what the handler needs of the daemon. All fields are required.
type Deps struct {
	// Snapshot reads what is shown. It is called once per page or readiness
	// probe, from many goroutines, and gives up when its context ends. An error
	// means that the database does not answer.
	Snapshot func(context.Context) (Snapshot, error)
	// Metrics answers /metrics; see [Metrics.Handler].
	Metrics http.Handler
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

type handler struct {
	Deps
	status *template.Template
	style  string // changes with style sheet and script, so that browsers may keep them
	blind  atomic.Bool
}

// Handler returns the handler of all routes. The error is that of an embedded
// file and speaks of a broken build. Time-outs are the server's.
func Handler(d Deps) (http.Handler, error) {
	status, err := template.ParseFS(files, "status.html")
	if err != nil {
		return nil, fmt.Errorf("parse status page: %w", err)
	}
	style, err := files.ReadFile("static/style.css")
	if err != nil {
		return nil, fmt.Errorf("read style sheet: %w", err)
	}
	script, err := files.ReadFile("static/live.js")
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	icon, err := files.ReadFile("static/icon.svg")
	if err != nil {
		return nil, fmt.Errorf("read icon: %w", err)
	}
	small, err := gzhttp.NewWrapper(gzhttp.MinSize(1 << 10))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	sum := sha256.Sum256(slices.Concat(style, script))
	h := &handler{Deps: d, status: status, style: hex.EncodeToString(sum[:6])}

	mux := http.NewServeMux()
	// The page of 2,000 desks is 0.6 MB, and a wall display asks four times a
	// minute. Nothing secret stands beside what a stranger may put in.
	mux.Handle("GET /{$}", small(http.HandlerFunc(h.page)))
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.HandleFunc("GET /readyz", h.readyz)
	mux.Handle("GET /metrics", d.Metrics)
	mux.Handle("GET /static/style.css", small(asset("text/css; charset=utf-8", style)))
	mux.Handle("GET /static/live.js", small(asset("text/javascript; charset=utf-8", script)))
	mux.Handle("GET /static/icon.svg", asset("image/svg+xml", icon))
	return secure(recovered(d.Log, http.NewCrossOriginProtection().Handler(mux))), nil
}

// asset serves an embedded file. Nothing in it is about anybody, so that it may
// be kept, unlike everything else.
func asset(contentType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		reply(w, http.StatusOK, contentType, body)
	})
}

// page answers with the status page. It is rendered whole before its first byte
// leaves: half a page would look like a small building.
func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	s, err := h.read(r.Context())
	if err != nil {
		w.Header().Set("Retry-After", "15")
		reply(w, http.StatusServiceUnavailable, "text/plain; charset=utf-8",
			[]byte(noDatabase+". Phones keep their logins. Try again in a moment; the daemon's log says more.\n"))
		return
	}
	p := newPage(s, filterOf(r.URL.Query()), h.Now())
	p.Version, p.Style = h.Version, h.style
	var body bytes.Buffer
	if err := h.status.Execute(&body, p); err != nil {
		h.Log.Error("render page", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, "text/html; charset=utf-8", body.Bytes())
}

// read takes a snapshot. A database that does not answer is logged when it
// falls silent and when it is back, not at every request.
func (h *handler) read(ctx context.Context) (Snapshot, error) {
	ctx, stop := context.WithTimeout(ctx, readFor)
	defer stop()
	s, err := h.Snapshot(ctx)
	if ctx.Err() == context.Canceled {
		return s, err // the client has gone, which says nothing about the database
	}
	switch was := h.blind.Swap(err != nil); {
	case err != nil && !was:
		h.Log.Error("database does not answer: page and readiness fail", "err", err)
	case err == nil && was:
		h.Log.Info("database answers again")
	}
	return s, err
}

func reply(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone is nobody's error
}
