// Package records are the operations of the interface for programs that are about no booking:
// what was done at the phones, and how calendars, phone systems, tokens and the audit stand.
package records
