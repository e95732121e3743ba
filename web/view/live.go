package view

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// Live keeps in memory what a [Snapshot] shows, and brings it up to date by what has changed:
//
//	written by              and heard of by
//	this daemon's rounds    [Live.Sightings], [Live.Journal]: as they are written
//	any program             the audit: which reservations; desks and people, by reading all
//	another program         what no audit tells: see [Live.Stir]
//	another node's rounds   what is dated since; all of it once a minute
//	no one                  edges of bookings, worked out when a desk is
//
// What is shown is true as of the moment at which the database was asked whether anything
// had changed. All is read once an hour all the same. Make one with [NewLive]; its methods
// may be called from several goroutines.
type Live struct {
	model    *Model
	clusters func() []scheduler.ClusterStatus
	notices  func(now time.Time) []Notice

	heard heard

	mu     sync.Mutex // guards what follows
	whole  bool       // what is in memory has been read, and no reading has failed since
	all    int64      // what was committed when it was read; see [Changes]
	own    int64
	upto   int64     // the row of the audit
	told   time.Time // when it last told of something
	others bool      // another node drove a cluster
	heeded time.Time // up to when what no audit tells was taken in …
	wholly time.Time // … and when all of it was
	house  house
	around around
	shown  Snapshot
}

// NewLive returns a Live that has read nothing yet. It asks clusters how they stand, and
// notices for what the daemon has to say itself.
func NewLive(m *Model, clusters func() []scheduler.ClusterStatus, notices func(now time.Time) []Notice) *Live {
	return &Live{model: m, clusters: clusters, notices: notices}
}

// Stir says that another program has written within the last seconds. Unless the audit has
// just told of something, everything is read again by the next look: what was written is in
// no audit, such as an observation.
func (l *Live) Stir() {
	l.heard.mu.Lock()
	defer l.heard.mu.Unlock()
	l.heard.stirred = true
}

// Look returns how everything stands. Whatever was committed before it was called is in it,
// but for what only [Live.Stir] can tell. The error is that of the database.
func (l *Live) Look(ctx context.Context) (Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.model.Now()
	if err := l.look(ctx, now); err != nil {
		l.whole = false
		return Snapshot{}, err
	}
	l.show(now)
	return l.shown, nil
}

// look brings what is in memory up to date.
func (l *Live) look(ctx context.Context, now time.Time) error {
	all, own, err := l.model.Records.Version(ctx)
	if err != nil {
		return err
	}
	changed := !l.whole || all != l.all
	read, err := l.refurnish(ctx, commits{changed, changed && own == l.own}, now)
	if err != nil {
		return err
	}
	if changed || read || !l.around.fresh(now) {
		if err := l.around.read(ctx, l.model, now); err != nil {
			return err
		}
	}
	l.whole, l.all, l.own = true, all, own
	return nil
}

// toldWithin is for how long what the audit told stands for what another program has
// written: the daemon looks for that every two seconds.
const toldWithin = 5 * time.Second

// commits says whether there were any, and whether all of them are another program's.
type commits struct{ any, foreign bool }

// refurnish brings the desks up to date, and reports whether it has read all of them.
func (l *Live) refurnish(ctx context.Context, since commits, now time.Time) (read bool, err error) {
	news := l.heard.take()
	others := l.beside()
	read, untold := !l.whole || !l.house.covers(now), false
	if !read && since.any {
		if read, untold, err = l.follow(ctx, since.foreign); err != nil {
			return false, err
		}
	}
	if untold && !others || news.stirred && now.Sub(l.told).Abs() > toldWithin {
		read = true
	}
	if read {
		return true, l.read(ctx, now)
	}
	l.house.hear(news)
	return false, l.overhear(ctx, since.any && others, now)
}

// beside reports whether another node drives a cluster, or did at the last look.
func (l *Live) beside() bool {
	was := l.others
	l.others = slices.ContainsFunc(l.clusters(), func(c scheduler.ClusterStatus) bool { return c.Node != "" && !c.Here })
	return l.others || was
}

// How old another node's news may be that is taken in with the next look, and how long those
// that are older, or dated before they were written, wait: a call list's outcome, say.
const (
	overheard = 10 * time.Second
	overhears = time.Minute
)

// overhear takes in what other nodes have written of phones, which no audit tells: where they share
// the clusters, one always has if any program has written at all.
func (l *Live) overhear(ctx context.Context, some bool, now time.Time) error {
	var from time.Time // all of it
	switch late := now.Sub(l.wholly).Abs() >= overhears; {
	case late && (some || l.heeded.After(l.wholly)):
	case some:
		from = reservations.Earliest(l.heeded, now).Add(-overheard)
	default:
		return nil
	}
	seen, last, err := l.model.Records.SeenAndDone(ctx, from)
	if err != nil {
		return err
	}
	l.house.hear(newsOf(seen, last))
	if l.heeded = now; from.IsZero() {
		l.wholly = now
	}
	return nil
}

// follow takes in what the audit tells of since the last look. It reports whether all has to be
// read again, and whether another program has written what the audit does not tell.
func (l *Live) follow(ctx context.Context, foreign bool) (again, untold bool, err error) {
	t, err := l.model.Records.Touched(ctx, l.upto)
	if err != nil || t.More {
		return true, false, err
	}
	if l.upto = t.Upto; t.Any {
		l.told = l.model.Now()
	}
	rows, err := l.model.Records.ReservationsByID(ctx, t.Reservations)
	if err != nil {
		return true, false, err
	}
	desks, people := l.house.rebook(t.Reservations, rows)
	more, err := l.model.Records.ExplainUnknown(ctx, desks, people)
	l.around.unknown.Add(more)
	return false, foreign && !t.Any, err
}

// read reads everything. What is changed meanwhile is behind upto, and read once more.
func (l *Live) read(ctx context.Context, now time.Time) error {
	t, err := l.model.Records.Touched(ctx, -1)
	if err != nil {
		return err
	}
	h, people, err := readHouse(ctx, l.model, now)
	if err != nil {
		return err
	}
	unknown, err := l.model.Records.Unknown(ctx, now)
	if err != nil {
		return err
	}
	l.upto, l.house, l.heeded, l.wholly = t.Upto, h, now, now
	l.around = around{unknown: unknown, strays: l.model.strayDesks(h.directory())}
	l.shown.Plan = arrange(l.model.Sites, l.house.board)
	l.house.arranged(l.shown.Plan)
	l.shown.Plan.Names = people
	l.house.differs = true
	return nil
}

// show brings the snapshot up to date, under another number if it shows anything else.
func (l *Live) show(now time.Time) {
	next := l.shown
	next.AsOf, next.Sites = now, l.model.Sites
	next.Clusters, next.Notices = l.clusters(), l.notices(now)
	for _, stray := range l.around.strays {
		next.Notices = append(next.Notices, stray.Notice)
	}
	for _, stray := range l.around.feedStrays {
		next.Notices = append(next.Notices, stray.Notice)
	}
	next.Feeds, next.Ignored, next.Remarks = l.around.feeds, l.around.ignored, l.around.remarks
	next.Broken = l.around.broken
	if l.house.stand(now) {
		next.Desks = slices.Clone(l.house.board)
	}
	if l.shown.Change == 0 || l.house.differs || l.around.differs || !slices.Equal(next.Notices, l.shown.Notices) || !slices.EqualFunc(next.Clusters, l.shown.Clusters, alike) {
		next.Change++
	}
	l.house.differs, l.around.differs = false, false
	l.shown = next
}

// alike reports whether two states of a cluster look the same but for when its rounds and
// sweeps were, which a page tells by their age.
func alike(a, b scheduler.ClusterStatus) bool {
	same := slices.EqualFunc(a.Blocks, b.Blocks, func(a, b plan.Block) bool {
		a.Fields, b.Fields = nil, nil
		return reflect.DeepEqual(a, b)
	})
	a.Blocks, b.Blocks, a.Round, b.Round = nil, nil, time.Time{}, time.Time{}
	return same && reflect.DeepEqual(a, b)
}

// around is what stands around the desks: calendars, and what nobody acts on.
type around struct {
	at         time.Time
	unknown    reservations.Unknown
	strays     []Stray // of desks
	feedStrays []Stray
	feeds      []Feed
	ignored    []Ignored
	remarks    []Remark
	broken     []Broken
	differs    bool // from what was shown
}

// ignoredAhead is how far ahead reservations that are not acted on are shown.
const ignoredAhead = 7 * 24 * time.Hour

// fresh reports whether nothing has begun to count by time alone.
func (a *around) fresh(now time.Time) bool {
	return now.Sub(a.at).Abs() < time.Minute
}

func (a *around) read(ctx context.Context, m *Model, now time.Time) error {
	next := around{at: now, unknown: a.unknown, strays: a.strays, differs: a.differs}
	var err error
	if next.feeds, err = m.listFeeds(ctx, a.feeds); err != nil {
		return err
	}
	if next.feedStrays, err = m.feedStrays(ctx, now); err != nil {
		return err
	}
	span := reservations.Span{Start: now, End: now.Add(ignoredAhead)}
	if next.ignored, err = m.ignored(ctx, a.unknown, span); err != nil {
		return err
	}
	if next.remarks, err = m.remarks(ctx, "", now); err != nil {
		return err
	}
	next.broken = m.broken()
	next.differs = a.differs || !reflect.DeepEqual(next.broken, a.broken) || !slices.Equal(next.remarks, a.remarks) || !reflect.DeepEqual(next.feeds, a.feeds) || !slices.Equal(next.ignored, a.ignored) || !slices.Equal(next.feedStrays, a.feedStrays)
	*a = next
	return nil
}

// readHouse reads all desks as they stand, and what people are called.
func readHouse(ctx context.Context, m *Model, now time.Time) (h house, names map[string]string, err error) {
	r := m.Records
	desks, err := r.Desks(ctx)
	if err != nil {
		return h, nil, err
	}
	people, err := r.People(ctx)
	if err != nil {
		return h, nil, err
	}
	window := reservations.Span{Start: now, End: now.Add(keptAhead)}
	booked, err := r.Reservations(ctx, window)
	if err != nil {
		return h, nil, err
	}
	seen, err := r.Seen(ctx)
	if err != nil {
		return h, nil, err
	}
	last, err := r.LastAttempts(ctx)
	if err != nil {
		return h, nil, err
	}
	names = make(map[string]string, len(people))
	for _, p := range people {
		names[reservations.PersonKey(p.ID)] = p.Name
	}
	h = newHouse(m.ClusterNames(), window, names)
	h.furnish(desks, booked, seen, last)
	return h, names, nil
}
