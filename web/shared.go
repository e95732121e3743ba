package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"deskd/web/view"
)

// However many clients ask for pages, the daemon looks once for all who wait whether
// anything has changed, and a view is rendered once for all who ask for it until something
// does, or the minute is over that the page names. Each gets what was so after they asked:
// nothing is older than the request.
//
//	asked:   A       B C    D                E
//	looked:  |--A--|  rest  |--B, C and D--|   |--E--|
//
// The rests between two looks, and between two pages that are rendered, follow from
// how long those take, so that readers, however many they are, leave most of the
// machine to the phones.
//
// Probes and metrics, which name no one, take what was so within the last seconds: the
// daemon looks each second by itself, and they cost no look of their own.
const (
	restsFor  = 3           // times what the look before took …
	restsMost = time.Second // … but no longer
	kept      = 16          // pages of one state, for others who ask for the same
	looksFor  = 4 * readFor // at most: at first, all of a large building is read
	lookEvery = time.Second
	lately    = 2 * lookEvery
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
	last    *reading // that is done; nil before the first
	running bool
	rested  time.Time // of run: not before then is read again
}

// reading is one look and the pages rendered of it, or of another that showed the same.
type reading struct {
	done     chan struct{} // closed when what follows is there
	snapshot view.Snapshot
	err      error
	began    time.Time
	pages    *renderings

	telling sync.Once
	told    []banner
}

// banners are those of the reading, worked out once for all probes: when nothing of a large
// building answers, they are made of much.
func (of *reading) banners(now time.Time) []banner {
	of.telling.Do(func() {
		if as := of.snapshot.AsOf; !as.IsZero() {
			now = as
		}
		of.told = banners(of.snapshot, now)
	})
	return of.told
}

// renderings are pages of one state, by what they show.
type renderings struct {
	mu  sync.Mutex
	all map[filter]*rendered
}

// rendered is a page made of one state.
type rendered struct {
	of   *renderings
	key  filter
	done chan struct{} // closed when it is rendered, or given up
	body body
	err  error
}

// NewReads returns Reads that take snapshots by read. It gives up when its context
// ends, after twenty seconds; an error means that the database does not answer. Those who
// wait give up before.
func NewReads(read func(context.Context) (view.Snapshot, error), log *slog.Logger) *Reads {
	return &Reads{read: read, slot: make(chan struct{}, 1), log: log}
}

// get waits for a read that has begun after it was called. The error is that of
// the read, or ctx's.
func (r *Reads) get(ctx context.Context) (*reading, error) {
	r.mu.Lock()
	if r.next == nil {
		r.next = &reading{done: make(chan struct{}), pages: &renderings{all: make(map[filter]*rendered)}}
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

// Lately is how everything stood within the last seconds: see [view.Live].
func (r *Reads) Lately(ctx context.Context) (view.Snapshot, error) {
	read, err := r.lately(ctx)
	if err != nil {
		return view.Snapshot{}, err
	}
	return read.snapshot, nil
}

// Now is how everything stands: read after it was called.
func (r *Reads) Now(ctx context.Context) (view.Snapshot, error) {
	read, err := r.get(ctx)
	if err != nil {
		return view.Snapshot{}, err
	}
	return read.snapshot, nil
}

// Keep looks every second until ctx ends, so that [Reads.lately] has an answer.
func (r *Reads) Keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		_, _ = r.get(ctx) // the next request meets the error, and says it
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lately is what was so within the last seconds, or now.
func (r *Reads) lately(ctx context.Context) (*reading, error) {
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	if last != nil && time.Since(last.began) < lately {
		return last, last.err
	}
	return r.get(ctx)
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
		mine.began = time.Now()
		r.fill(mine)
		r.rested = time.Now().Add(min(restsFor*time.Since(mine.began), restsMost))
	}
}

// fill reads for all who wait: none of them can cancel it for the others.
func (r *Reads) fill(mine *reading) {
	defer func() {
		r.mu.Lock()
		r.last = mine
		r.mu.Unlock()
		close(mine.done)
	}()
	defer func() {
		if cause := recover(); cause != nil {
			mine.err = errBroken
			r.log.Error("handler panicked", "err", cause, "stack", string(debug.Stack()))
		}
	}()
	ctx, stop := context.WithTimeout(context.Background(), looksFor)
	defer stop()
	mine.snapshot, mine.err = r.read(ctx)
	if last := r.last; mine.err == nil && last != nil && last.err == nil && looksAs(mine.snapshot, last.snapshot) {
		mine.pages = last.pages
	}
}

// looksAs reports whether two snapshots give the same pages: nothing has changed, and
// within one minute a page tells no other time.
func looksAs(a, b view.Snapshot) bool {
	return a.Change != 0 && a.Change == b.Change && a.AsOf.Truncate(time.Minute).Equal(b.AsOf.Truncate(time.Minute))
}

// page returns the page for a key, rendered from the reading: once for all who ask, by
// the first of them, or by the next if the first goes away. The error
// is render's, or errBusy when ctx ends first.
func (r *Reads) page(ctx context.Context, of *reading, key filter, render func(view.Snapshot, filter) ([]byte, error)) (*rendered, error) {
	for {
		v, known := of.pages.page(key)
		if !known {
			return v, r.makePage(ctx, v, of.snapshot, render)
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
func (p *renderings) page(key filter) (v *rendered, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, known = p.all[key]; !known {
		v = &rendered{of: p, key: key, done: make(chan struct{}), err: errBusy}
		if len(p.all) < kept {
			p.all[key] = v
		}
	}
	return v, known
}

// makePage renders v, unless ctx ends before its turn: then another request does.
func (r *Reads) makePage(ctx context.Context, v *rendered, s view.Snapshot, render func(view.Snapshot, filter) ([]byte, error)) error {
	defer v.end()
	select {
	case r.slot <- struct{}{}:
		began := time.Now()
		defer func() { time.AfterFunc(time.Since(began), func() { <-r.slot }) }()
	case <-ctx.Done():
		return v.err
	}
	page, err := render(s, v.key)
	v.body, v.err = newBody("text/html; charset=utf-8", page), err
	return err
}

// end tells those who wait, and leaves a page that was not made to one of them.
func (v *rendered) end() {
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	if errors.Is(v.err, errBusy) && v.of.all[v.key] == v {
		delete(v.of.all, v.key)
	}
	close(v.done)
}

// body is what is answered, and a tag by which a client knows it again.
type body struct {
	kind string // media type
	text []byte
	tag  string
}

func newBody(kind string, text []byte) body {
	sum := sha256.Sum256(text)
	// A weak one: what is compressed on the way is the same page.
	return body{kind, text, `W/"` + hex.EncodeToString(sum[:12]) + `"`}
}

// send answers with b, or with status 304 to a client that has it. No page has a secret
// beside text that a stranger chose, so that all may be compressed.
func (b body) send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", b.tag)
	w.Header().Set("Content-Type", b.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.text))
}
