package calendar

import "slices"

// series is everything a feed says under one UID.
type series struct {
	master    *event
	masters   []*event // of several that share the UID, those that count
	overrides []*event
	known     bool // there is a master, even if it is out of reach
	cancelled bool
	unread    []*event // what could not be read and is no change of an instance
	vague     bool     // among what could not be read is a change of nobody knows which instance
}

// any is the event that stands for s in messages.
func (s *series) any() *event {
	switch {
	case s.master != nil:
		return s.master
	case len(s.masters) > 0:
		return s.masters[0]
	case len(s.overrides) > 0:
		return s.overrides[0]
	}
	return s.unread[0]
}

// add sorts an event of s in.
func (s *series) add(e *event) {
	switch {
	case e.record.vague, e.unread && e.original != nil && e.following && !e.cancelled():
		s.unread, s.vague = append(s.unread, e), true
	case e.unread && e.original == nil && !e.cancelled():
		s.unread = append(s.unread, e)
	case e.original != nil:
		s.overrides = append(s.overrides, e)
	default:
		s.masters = append(s.masters, e)
	}
}

// adopt makes an override with a rule of its own the master where there is
// none: some servers export the rest of a split series so.
func (s *series) adopt() {
	for i, o := range s.overrides {
		if len(o.rules) > 0 && !o.following && !o.unread {
			s.master = o
			s.overrides = slices.Delete(s.overrides, i, i+1)
			return
		}
	}
}
