package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"deskd/reservations"
	"deskd/web/view"
)

//go:embed status.html static
var files embed.FS

// readFor bounds how long a request waits for its snapshot: a database that
// does not answer must not pile requests up.
const readFor = 5 * time.Second

// Deps is what the handler needs of the daemon. All fields but API, Door, Hosts, Calendars and Phones are required.
type Deps struct {
	// Reads takes the snapshots of what is shown.
	Reads *Reads
	// Metrics answers /metrics; see [Metrics.Handler].
	Metrics http.Handler
	// API answers everything below /api/; nil where there is none.
	API http.Handler
	// Calendars answers /cal/SECRET.ics; nil where there are none.
	Calendars http.Handler
	// Phones answers /phone, whatever the host is called there; nil where it is not served.
	Phones http.Handler
	// Door lets in those who may see the pages and metrics; nil: all who reach them.
	Door *Door
	// Hosts are the names, besides localhost and addresses, by which a browser may
	// call this machine, without port.
	Hosts []string
	Now   func() time.Time
	Log   *slog.Logger
}

type handler struct {
	Deps
	status *markup
	style  string // changes with style sheet and script, so that browsers may keep them
	blind  atomic.Bool
	texts  texts // of render, as status is, of which one runs at a time
}

// Handler returns the handler of all routes. An error is about an embedded file,
// and means a broken build. Time-outs are the server's.
func Handler(d Deps) (http.Handler, error) {
	status, err := parsed()
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
	sum := sha256.Sum256(slices.Concat(style, script))
	h := &handler{Deps: d, status: status, style: hex.EncodeToString(sum[:6])}

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", h.behind(http.HandlerFunc(h.page)))
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.HandleFunc("GET /readyz", h.readyz)
	mux.Handle("GET /metrics", h.behind(d.Metrics))
	if d.API != nil {
		mux.Handle("/api/", d.API)
	}
	if d.Calendars != nil {
		mux.Handle("GET /cal/{file}", d.Calendars)
	}
	for _, a := range []struct {
		path, kind string
		text       []byte
	}{
		{"style.css", "text/css; charset=utf-8", style},
		{"live.js", "text/javascript; charset=utf-8", script},
		{"icon.svg", "image/svg+xml", icon},
	} {
		mux.Handle("GET /static/"+a.path, asset(newBody(a.kind, a.text)))
	}
	pages := secure(recovered(d.Log, atHome(d.Hosts, http.NewCrossOriginProtection().Handler(gzhttp.GzipHandler(mux)))))
	if d.Phones == nil {
		return pages, nil
	}
	return beside(d.Phones, pages), nil
}

// beside answers phones by a handler of their own: they call deskd by wrong names, read no
// gzip, and show nothing but what comes with the status 200.
func beside(phones, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/phone" {
			phones.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// behind is next behind the door, where there is one.
func (h *handler) behind(next http.Handler) http.Handler {
	if h.Door == nil {
		return next
	}
	return h.Door.Before(next)
}

// asset serves an embedded file. It names no person, so browsers may cache it, unlike
// everything else.
func asset(b body) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		b.send(w, r)
	})
}

// page answers with the status page. It is rendered whole before its first byte
// leaves: half a page would look like a small building.
func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), readFor)
	defer stop()
	read, err := h.read(ctx, h.Reads.get)
	if errors.Is(err, errBroken) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if err != nil {
		mute(w, err)
		return
	}
	f := filterOf(r.URL.Query())
	v, err := h.Reads.page(ctx, read, f, h.render)
	switch {
	case errors.Is(err, errBusy):
		unavailable(w, "Too many pages are asked for at once. Phones keep their logins. Try again in a moment.\n")
	case err != nil:
		h.Log.Error("render page", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		v.body.send(w, r)
	}
}

// render makes the page from a snapshot.
func (h *handler) render(s view.Snapshot, shown filter) ([]byte, error) {
	now := s.AsOf
	if now.IsZero() {
		now = h.Now()
	}
	p := layOut(s.Arranged(), shown, now, &h.texts)
	p.Style = h.style
	var text bytes.Buffer
	err := h.status.page.Execute(&text, p)
	return []byte(reservations.LegibleLines(text.String())), err
}

// unavailable answers that there is nothing to show for the moment.
func unavailable(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "15")
	reply(w, http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte(why))
}

// read waits for a snapshot that take takes. A database that does not answer is logged when it
// falls silent and when it is back, not at every request.
func (h *handler) read(ctx context.Context, take func(context.Context) (*reading, error)) (*reading, error) {
	read, err := take(ctx)
	if read == nil || errors.Is(err, errBroken) {
		return read, err // the client has gone, or there are too many requests: the database may be fine
	}
	switch was := h.blind.Swap(err != nil); {
	case err != nil && !was:
		h.Log.Error("database does not answer: page and readiness fail", "err", err)
	case err == nil && was:
		h.Log.Info("database answers again")
	}
	return read, err
}

func reply(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // the words of an error are plain text; a client that has gone is no error
}
