package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"deskd/web/view"
)

// However many clients ask for pages and probes, the database is read once for all
// who wait, and a view is rendered once for all who ask for it. Each gets what
// was read after they asked: nothing is older than the request.
//
//	asked:  A       B C    D                E
//	read:   |--A--|  rest  |--B, C and D--|   |--E--|
//
// The rests between two reads, and between two pages that are rendered, follow from
// how long those take, so that readers, however many they are, leave most of the
// machine to the phones.
const (
	restsFor  = 3           // times what the read before took …
	restsMost = time.Second // … but no longer
	kept      = 16          // pages of one read, for others who ask for the same
)

var (
	errBusy   = errors.New("too many pages are asked for at once")
	errBroken = errors.New("internal error") // the log says which
)

// Reads takes snapshots for all who wait for one, one after the other. Make one with
// [NewReads].
type Reads struct {
	read func(context.Context) (view.Snapshot, error)
	slot chan struct{} // of the page that is being rendered
	log  *slog.Logger

	mu      sync.Mutex
	next    *reading // for those who come now; nil when no one waits
	running bool
	rested  time.Time // of run: not before then is read again
}

// reading is one read and the pages rendered of it.
type reading struct {
	done     chan struct{} // closed when what follows is there
	snapshot view.Snapshot
	err      error

	mu    sync.Mutex
	pages map[filter]*rendered
}

// rendered is a page made of one reading.
type rendered struct {
	of   *reading
	key  filter
	done chan struct{} // closed when it is rendered, or given up
	body body
	err  error
}

// NewReads returns Reads that take snapshots by read. It gives up when its context
// ends, after five seconds; an error means that the database does not answer.
func NewReads(read func(context.Context) (view.Snapshot, error), log *slog.Logger) *Reads {
	return &Reads{read: read, slot: make(chan struct{}, 1), log: log}
}

// get waits for a read that has begun after it was called. The error is that of
// the read, or ctx's.
func (r *Reads) get(ctx context.Context) (*reading, error) {
	r.mu.Lock()
	if r.next == nil {
		r.next = &reading{done: make(chan struct{}), pages: make(map[filter]*rendered)}
	}
	mine := r.next
	if !r.running {
		r.running = true
		go r.run()
	}
	r.mu.Unlock()
	select {
	case <-mine.done:
		return mine, mine.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run reads as long as anyone waits.
func (r *Reads) run() {
	for {
		r.mu.Lock()
		if r.next == nil {
			r.running = false
			r.mu.Unlock()
			return
		}
		rest := time.Until(r.rested)
		r.mu.Unlock()
		time.Sleep(rest) // meanwhile others may join

		r.mu.Lock()
		mine := r.next
		r.next = nil
		r.mu.Unlock()
		began := time.Now()
		r.fill(mine)
		r.rested = time.Now().Add(min(restsFor*time.Since(began), restsMost))
	}
}

// fill reads for all who wait: none of them can cancel it for the others.
func (r *Reads) fill(mine *reading) {
	defer close(mine.done)
	defer func() {
		if cause := recover(); cause != nil {
			mine.err = errBroken
			r.log.Error("handler panicked", "err", cause, "stack", string(debug.Stack()))
		}
	}()
	ctx, stop := context.WithTimeout(context.Background(), readFor)
	defer stop()
	mine.snapshot, mine.err = r.read(ctx)
}

// page returns the page for a key, rendered from the reading: once for all who ask, by
// the first of them, or by the next if the first goes away. The error
// is render's, or errBusy when ctx ends first.
func (r *Reads) page(ctx context.Context, of *reading, key filter, render func(view.Snapshot, filter) ([]byte, error)) (*rendered, error) {
	for {
		v, known := of.page(key)
		if !known {
			return v, r.makePage(ctx, v, render)
		}
		select {
		case <-v.done:
			if !errors.Is(v.err, errBusy) || ctx.Err() != nil {
				return v, v.err
			}
		case <-ctx.Done():
			return nil, errBusy
		}
	}
}

// page is the one for a key, and whether another request makes it.
func (of *reading) page(key filter) (v *rendered, known bool) {
	of.mu.Lock()
	defer of.mu.Unlock()
	if v, known = of.pages[key]; !known {
		v = &rendered{of: of, key: key, done: make(chan struct{}), err: errBusy}
		if len(of.pages) < kept {
			of.pages[key] = v
		}
	}
	return v, known
}

// makePage renders v, unless ctx ends before its turn: then another request does.
func (r *Reads) makePage(ctx context.Context, v *rendered, render func(view.Snapshot, filter) ([]byte, error)) error {
	defer v.end()
	select {
	case r.slot <- struct{}{}:
		began := time.Now()
		defer func() { time.AfterFunc(time.Since(began), func() { <-r.slot }) }()
	case <-ctx.Done():
		return v.err
	}
	page, err := render(v.of.snapshot, v.key)
	if err == nil {
		v.body, err = newBody("text/html; charset=utf-8", page)
	}
	v.err = err
	return err
}

// end tells those who wait, and leaves a page that was not made to one of them.
func (v *rendered) end() {
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	if errors.Is(v.err, errBusy) && v.of.pages[v.key] == v {
		delete(v.of.pages, v.key)
	}
	close(v.done)
}

// body is what is answered, in both forms that a client may take.
type body struct {
	kind         string // media type
	plain, small []byte // the second is compressed
}

func newBody(kind string, text []byte) (body, error) {
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, err := z.Write(text)
	err = errors.Join(err, z.Close())
	return body{kind, text, small.Bytes()}, err
}

// send answers with b, compressed if the client accepts that. No page has a secret
// beside text that a stranger chose.
func (b body) send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Encoding")
	text := b.plain
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		text = b.small
	}
	reply(w, http.StatusOK, b.kind, text)
}

// takesGzip reads an Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "gzip" && coding != "x-gzip" {
			continue
		}
		weight, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !found || err == nil && q > 0
	}
	return false
}
