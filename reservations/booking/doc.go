// Package booking is what can be done with a booking, once, for every door: the command
// line now, and whatever else books later. Search, book, also again and again, be away, move, extend, end, cancel.
//
// Each operation takes an actor, a request and now, and answers with the booking as it is
// then, or with a [Refusal]: a code, a sentence, the rule and its value, until when, and
// what else is free. It reads what it decides by in the transaction in which it writes, so
// that of two who want one desk, or the last booking of a quota, one gets it. A dry run is
// the same transaction, undone: it says what the run would say.
//
// The rules are those of package rules, as the configuration gives them for each desk. Feeds
// and other programs' rows are not held against them: a calendar owns what is in it. So a
// feed's booking can be cancelled here, and is changed in its calendar.
//
// The package knows no database. Its invariant: it writes nothing that the rules or another
// booking stand against, unless an operator asked for that.
package booking
