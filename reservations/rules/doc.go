// Package rules says who may book which desk when: opening hours and holidays, how far
// ahead and how long, one desk at a time, quotas, groups, buffers, closures, owners.
//
// It is pure: [Judge] and [Check] are functions of the rules of a place, of the bookings
// around a request, and of an instant. Days are those of the site's wall clock, so that one
// of 23 or 25 hours is a day like others. What a rule forbids is told as a [Refusal], with
// the rule, its value, and until when it stands; all refusals of a request are told at once.
//
// The zero [Rules] allow everything. That no two bookings of a desk overlap is no rule of a
// site but of the database, and not told here.
package rules
