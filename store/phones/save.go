package phones

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/store/tables"
)

// key is which phone.
type key struct{ cluster, device string }

// arranged are news in the order in which they are to be taken: the oldest first, so that an
// address that moves ends with the phone that was there last.
type arranged struct {
	news []News
	// claims are, by address, who was there last as the news have it, and when.
	claims map[netip.Addr]claim
}

type claim struct {
	at  time.Time
	who map[key]bool
}

func arrange(news []News, now time.Time) (arranged, error) {
	a := arranged{slices.Clone(news), make(map[netip.Addr]claim)}
	for i, n := range a.news {
		if n.Seen.After(now) {
			n.Seen = now
		}
		n.Seen = n.Seen.UTC().Truncate(time.Millisecond)
		if n.Address != nil && n.Address.IsValid() {
			plain, err := Plain(*n.Address)
			if err != nil {
				return a, fmt.Errorf("%s: %w", n.Device, err)
			}
			n.Address = &plain
			a.claim(plain, n)
		}
		a.news[i] = n
	}
	slices.SortStableFunc(a.news, func(x, y News) int { return x.Seen.Compare(y.Seen) })
	return a, nil
}

// claim notes that a phone was at an address.
func (a arranged) claim(at netip.Addr, n News) {
	c := a.claims[at]
	if n.Seen.After(c.at) || c.who == nil {
		c = claim{n.Seen, make(map[key]bool)}
	}
	if n.Seen.Equal(c.at) {
		c.who[key{n.Cluster, n.Device}] = true
	}
	a.claims[at] = c
}

// contested are the addresses at which the news have two phones at the same instant.
func (a arranged) contested() (all []netip.Addr) {
	for _, at := range slices.SortedFunc(maps.Keys(a.claims), netip.Addr.Compare) {
		if len(a.claims[at].who) > 1 {
			all = append(all, at)
		}
	}
	return all
}

// saving takes in a part of news.
type saving struct {
	arranged

	tx    *gorm.DB
	now   time.Time
	saved Saved
}

func (s *saving) save(news []News) error {
	phones, err := known(s.tx, news)
	if err != nil {
		return err
	}
	var stayed []key // whose address is what it was: they are written together
	for _, n := range news {
		of := key{n.Cluster, n.Device}
		was, known := phones[of]
		is := was
		is.Cluster, is.Device = n.Cluster, n.Device
		taken, err := s.take(&is, n, phones)
		if err != nil {
			return err
		}
		if !taken && known {
			s.saved.Older++
			continue
		}
		s.count(was, is, known)
		phones[of] = is
		if was.Address == is.Address {
			stayed = append(stayed, of)
		} else if err := write(s.tx, is); err != nil {
			return err
		}
	}
	return s.writeStayed(stayed, phones)
}

func (s *saving) count(was, is Phone, known bool) {
	switch {
	case !known:
		s.saved.New++
	case differ(was, is):
		s.saved.Changed++
	}
}

func (s *saving) writeStayed(stayed []key, phones map[key]Phone) error {
	written := make(map[key]bool, len(stayed))
	var rows []row
	for _, of := range stayed {
		if !written[of] {
			written[of] = true
			rows = append(rows, rowOf(phones[of]))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tables.Replace(s.tx, &rows)
}

// notOlder reports whether news of an instant are no older than what is known since another.
func (s *saving) notOlder(news, known time.Time) bool {
	return known.After(s.now) || !news.Before(known)
}

// take takes into p what n tells of it and is no older than what is known, and reports whether
// that is anything.
func (s *saving) take(p *Phone, n News, others map[key]Phone) (taken bool, err error) {
	address, reached, setUp := n.tells()
	if address && s.notOlder(n.Seen, p.Seen) {
		if err := s.move(p, n, others); err != nil {
			return false, err
		}
		taken = true
	}
	if reached && s.notOlder(n.Seen, p.RegisteredAt) {
		p.Registered, p.WebAccess = told(n.Registered, p.Registered), told(n.WebAccess, p.WebAccess)
		p.RegisteredAt, taken = n.Seen, true
	}
	if setUp && s.notOlder(n.Seen, p.ToldAt) {
		p.EM, p.Profile = told(n.EM, p.EM), told(n.Profile, p.Profile)
		p.ToldAt, taken = n.Seen, true
	}
	alone := !address && !reached && !setUp
	if n.Model != nil && (taken || alone || p.Model == "") {
		p.Model, taken = *n.Model, true
	}
	return taken, nil
}

// told is what news tell of a fact, and what was known of it where they do not.
func told[T any](news, known *T) *T {
	if news != nil {
		return news
	}
	return known
}

// move gives p the address of n, unless another phone was there at the same time or later.
func (s *saving) move(p *Phone, n News, others map[key]Phone) error {
	p.Address, p.Source, p.Seen, p.Detail = netip.Addr{}, n.Source, n.Seen, ""
	if !n.Address.IsValid() {
		return nil
	}
	at := *n.Address
	if c := s.claims[at]; len(c.who) > 1 && c.at.Equal(n.Seen) {
		p.Detail = fmt.Sprintf("%d phones are said to be at %s", len(c.who), at)
	}
	other, there, err := s.at(at, others)
	if err != nil {
		return err
	}
	if there = there && (other.Cluster != p.Cluster || other.Device != p.Device); there {
		switch {
		case other.Seen.After(n.Seen) && !other.Seen.After(s.now):
			p.Detail = fmt.Sprintf("%s has been at %s since", other.Device, at)
			return nil
		case other.Seen.Equal(n.Seen):
			p.Detail = fmt.Sprintf("%s was at %s at the same time", other.Device, at)
			s.saved.Contested = append(s.saved.Contested, at)
		}
		if err := s.leave(other, p.Device, others); err != nil {
			return err
		}
	}
	if p.Detail == "" {
		p.Address = at
	}
	return nil
}

// at is the phone that has an address by now.
func (s *saving) at(address netip.Addr, others map[key]Phone) (Phone, bool, error) {
	p, there, err := one(s.tx.Where("address = ? AND address <> ''", address.String()))
	if now, read := others[key{p.Cluster, p.Device}]; there && read { // and not yet written
		p = now
	}
	return p, there, err
}

// leave takes the address of p from it, for another device.
func (s *saving) leave(p Phone, device string, others map[key]Phone) error {
	s.saved.Taken = append(s.saved.Taken, p)
	p.Detail, p.Address = fmt.Sprintf("%s has been at %s since", device, p.Address), netip.Addr{}
	if of := (key{p.Cluster, p.Device}); others[of].Device != "" {
		others[of] = p
	}
	return write(s.tx, p)
}

// differ reports whether anything but an instant differs.
func differ(a, b Phone) bool {
	for _, p := range []*Phone{&a, &b} {
		p.Seen, p.RegisteredAt, p.ToldAt, p.Source = time.Time{}, time.Time{}, time.Time{}, ""
	}
	same := equal(a.Registered, b.Registered) && equal(a.EM, b.EM) && equal(a.WebAccess, b.WebAccess) && equal(a.Profile, b.Profile)
	a.Registered, a.EM, a.WebAccess, a.Profile = b.Registered, b.EM, b.WebAccess, b.Profile
	return !same || a != b
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
