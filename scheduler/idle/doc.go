// Package idle decides whose session ends because nobody has touched the phone for long: one
// that is outside every booking of its person.
//
// It is pure. Phones say by their Idle URL that they rest, and say it again and again while
// they do ([Rest]); what is silent for longer than [Gap] is not known to rest. Its invariants:
// no session ends within a booking of its person, and none without a phone that has said
// within seconds that no stream runs there. What is not known ends nothing.
package idle
