// Package tokens keeps with what programs and people ask deskd over HTTP, and never the
// secret itself: of that its SHA-256, by which a token is looked up. A secret has 256 random
// bits, so that a plain hash cannot be guessed back, and the time that a look-up takes tells
// nothing of any other.
//
// Nothing is remembered between two questions: a token that is revoked, or whose person has
// gone or has another role, opens nothing more on any node from the next request on. A row
// that deskd has not signed opens nothing, by whichever program it was written.
//
// It imports audit, dialect, tables and the nouns.
package tokens
