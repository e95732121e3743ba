package pushes

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"deskd/configs"
	"deskd/phone/push"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/callhistory"
	"deskd/scheduler/clock"
	"deskd/scheduler/notices"
	"deskd/scheduler/phones"
	"deskd/store"
	kept "deskd/store/notices"
)

// Setup is what pushes are made of.
type Setup struct {
	Config configs.Config
	Store  *store.Store
	Aside  *store.Store // read while rounds write
	// Transport leads to phones; nil for connections that are checked as they are dialled.
	Transport http.RoundTripper
	Count     func(outcome string) // of each list of calls, in words
	// Told is called with what has become of a list, and why.
	Told func(device string, attempt int64, outcome string)
	// CountNotice counts what has become of a notice, in words.
	CountNotice func(kind, outcome string)
	// Page is the address, below a base, of the page that a phone shows for a kind of notice about
	// a booking, or about none; "" where it has none.
	Page  func(base, device, kind, about string) string
	Clock clock.Clock
	Log   *slog.Logger
}

// Pushes are those of a daemon.
type Pushes struct {
	Setup
	client *Client
}

// New are the pushes by a configuration that has been checked.
func New(s Setup) *Pushes {
	c := s.Config.Phones
	return &Pushes{s, &Client{User: c.Push.User, Password: c.Push.Password, Networks: c.Prefixes(), Transport: s.Transport}}
}

// Cluster is all that is pushed to the phones of one: nil where nothing is. Here is the reconciler
// that drives it, nil while another node does.
func (p *Pushes) Cluster(name string, access *phones.Access, here func() *scheduler.Reconciler) *Cluster {
	return p.Looking(Together(p.Lists(name, access, here), p.Notices(name, access, here)), name, here)
}

// Looking is c, whose phones are asked besides whether someone is in a call, where ends wait for that.
func (p *Pushes) Looking(c *Cluster, name string, here func() *scheduler.Reconciler) *Cluster {
	if p.Config.Policy.End.WaitForCall <= 0 {
		return c
	}
	if c == nil {
		c = new(Cluster)
	}
	asks := &push.Client{Networks: p.Config.Phones.Prefixes(), Timeout: answersWithin, Transport: p.Transport}
	c.looks = newLooks(&Looks{Here: here, Where: p.where(name), Streaming: asks.Streaming, Clock: p.Clock, Log: p.Log.With("cluster", name)})
	return c
}

// Together are lists and notices of a cluster, either of which may be nil: one push at a time goes
// to a phone, whichever it is. It is nil where both are.
func Together(lists *Lists, told *Notices) *Cluster {
	c := &Cluster{lists: lists, notices: told}
	switch {
	case lists == nil && told == nil:
		return nil
	case lists != nil && told != nil:
		told.air = lists.air
	}
	return c
}

// Lists are those of a cluster: nil where they are not cleared. Here is the reconciler that drives
// it, nil while another node does.
func (p *Pushes) Lists(cluster string, access *phones.Access, here func() *scheduler.Reconciler) *Lists {
	if !p.Config.Phones.ClearHistory {
		return nil
	}
	return NewLists(&Lists{
		Cluster: cluster, Here: here, Attempts: p.Aside.EachAttempt, Logins: access.Logins,
		Booked: p.Aside.Reservations, Ready: time.Duration(p.Config.Policy.Ready), Where: p.where(cluster),
		Push: p.client.Push, Record: p.Store.NoteCallList, Told: p.Told, Count: func(o callhistory.Outcome) { p.Count(string(o)) }, Clock: p.Clock, Log: p.Log,
	})
}

// where is the way to the addresses of the phones of a cluster.
func (p *Pushes) where(cluster string) func(context.Context, string) (netip.Addr, error) {
	return func(ctx context.Context, device string) (netip.Addr, error) {
		is, _, err := p.Aside.Phones().Of(ctx, cluster, device)
		return is.Address, err
	}
}

// Notices are those of a cluster, as for [Pushes.Lists].
func (p *Pushes) Notices(cluster string, access *phones.Access, here func() *scheduler.Reconciler) *Notices {
	wanted := p.Config.Phones.Tells()
	w := notices.Wishes{Moved: wanted.Moved, Next: wanted.Next}
	for _, d := range wanted.BeforeEnd {
		w.BeforeEnd = append(w.BeforeEnd, time.Duration(d))
	}
	if w.None() {
		return nil
	}
	return &Notices{
		Cluster: cluster, Wishes: w, Here: here, Kept: p.Store.PhoneNotices(), Logins: access.Logins, Where: p.where(cluster), Page: p.page, Push: p.client.Push,
		Read: func(ctx context.Context, now time.Time) (notices.Facts, error) { return p.facts(ctx, cluster, now) },
		Told: func(ctx context.Context, since time.Time) (keys []string, err error) {
			told, err := p.Store.PhoneNotices().List(ctx, kept.Filter{Cluster: cluster, From: since})
			for _, one := range told {
				keys = append(keys, one.Key)
			}
			return keys, err
		},
		NextLogins: func(ctx context.Context) (map[string]time.Time, error) {
			return Booked(p.Aside.Reservations).nextLogins(ctx, time.Duration(p.Config.Policy.Ready), p.Clock.Now())
		},
		Count: func(k notices.Kind, o notices.Outcome) { p.CountNotice(string(k), string(o)) }, Clock: p.Clock, Log: p.Log, air: newAir(),
	}
}

// page is the address of the page of a notice. Only that of a move is about a booking of which the
// phone may show nobody any more. What is pushed goes to the address that every phone follows: which
// of them come through by TLS, nobody knows.
func (p *Pushes) page(n notices.Notice) string {
	about := ""
	if n.Kind == notices.Moved {
		about = n.Reservation
	}
	return p.Page(p.Config.Phones.ForAll(), n.Device, string(n.Kind), about)
}

// facts are what the notices of a cluster follow from.
func (p *Pushes) facts(ctx context.Context, cluster string, now time.Time) (f notices.Facts, err error) {
	f.Gap = time.Duration(p.Config.Policy.Lead + p.Config.Policy.Grace)
	desks, err := p.Aside.Desks(ctx)
	if err != nil {
		return f, err
	}
	mine := make(map[string]bool)
	for _, d := range desks {
		if d.Cluster == cluster {
			f.Desks, mine[d.ID] = append(f.Desks, d), true
		}
	}
	if f.Booked, err = p.Aside.Reservations(ctx, notices.Window(now)); err != nil {
		return f, err
	}
	seen, err := p.Aside.Seen(ctx)
	if err != nil {
		return f, err
	}
	attempts, err := p.Aside.Attempts(ctx, now.Add(-2*notices.Lately))
	if err != nil {
		return f, err
	}
	f.Sessions = slices.DeleteFunc(append(notices.Running(f.Desks, seen), notices.Over(attempts, now)...), func(s notices.Session) bool { return !mine[s.Desk] })
	f.Gone, err = p.gone(ctx, f)
	return f, err
}

// gone are the reservations of the sessions of f that are not among those that it has.
func (p *Pushes) gone(ctx context.Context, f notices.Facts) ([]reservations.Reservation, error) {
	known := make(map[string]bool, len(f.Booked))
	for _, r := range f.Booked {
		known[r.ID] = true
	}
	var ids []string
	for _, s := range f.Sessions {
		if !known[s.Reservation] {
			ids = append(ids, s.Reservation)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Aside.ReservationsByID(ctx, ids)
}
