// Package notices decides what phones tell the people who are logged in at them, without having
// been asked: that their booking is about to end, that it was moved to another desk, and that the
// next person waits.
//
// It is pure. [Facts] and an instant go in, the notices that are due come out ([Facts.Due]), and
// what phones show decides whether one is pushed ([Notice.Judge]). Nothing is remembered but which
// notices were told, by [Notice.Key]: a booking that gets another end has another key.
//
//	booking, end ─┐
//	booking moved ├─> due ──who is on the phone?──┬─ its person ──> pushed: sent, refused, not sent
//	session stays ┘    │                          ├─ nobody ─────> absent (moved: pushed)
//	                   └ two minutes late: dropped └─ another ─────> someone else
//
// It pushes nothing and asks nobody.
package notices
