package audit

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"deskd/reservations"
)

// Signer tells what deskd has written from what any other program can write, which
// knows all that stands in the database: by a key that stands outside, in the
// marker beside the file, for its owner alone. The zero signer has no key: it
// signs nothing, and takes everything for what it says.
//
// What it proves is that a process wrote it which could read the marker. Who is
// deskd's own user, or root, can do as deskd does.
type Signer struct{ Key string }

// NewSigner has a key of its own.
func NewSigner() Signer {
	var key [32]byte
	rand.Read(key[:]) // never fails
	return Signer{hex.EncodeToString(key[:])}
}

// Sign is the proof that deskd has written parts: the name of the key, and the
// HMAC-SHA-256 of what and parts as netstrings. what keeps the proof of one thing
// from being that of another.
func (s Signer) Sign(what string, parts ...string) string {
	if s.Key == "" {
		return "none"
	}
	mac := hmac.New(sha256.New, []byte(s.Key))
	for _, part := range append([]string{what}, parts...) {
		fmt.Fprintf(mac, "%d:%s,", len(part), part)
	}
	return s.name() + ":" + hex.EncodeToString(mac.Sum(nil))
}

// name tells keys apart, and nothing about them.
func (s Signer) name() string {
	sum := sha256.Sum256([]byte("name of " + s.Key))
	return hex.EncodeToString(sum[:4])
}

// Proves reports whether proof is one that deskd has written parts.
func (s Signer) Proves(proof, what string, parts ...string) bool {
	return s.Key == "" || hmac.Equal([]byte(proof), []byte(s.Sign(what, parts...)))
}

// former reports whether proof says that it was made with another key, one that
// is not known any more.
func (s Signer) former(proof string) bool {
	name, mac, found := strings.Cut(proof, ":")
	return found && len(name) == 8 && len(mac) == 64 && name != s.name()
}

// SQLActor is the actor of whatever deskd has not written itself.
const SQLActor = "sql"

// By is who did what parts say, when deskd has written that, and otherwise some
// program by SQL.
func (s Signer) By(actor, proof, what string, parts ...string) string {
	if actor == "" || s.Proves(proof, what, append(parts, actor)...) {
		return actor
	}
	return SQLActor
}

// Of a row of the audit two things are proven: who has signed it while it waited
// for its place in the chain, and that deskd has given it that place.
const (
	provesWaiting = "waiting"
	provesChained = "chained"
)

func (s Signer) signWaiting(r Row) string {
	return s.Sign(provesWaiting, r.signed()...)
}

// signed is what the proof of a row that waits says.
func (r Row) signed() []string {
	return []string{fmt.Sprint(r.ID), string(r.At), r.Actor, r.Verb, r.Kind, r.seal()}
}

// Wrote reports whether deskd has written who made the change of r.
func (s Signer) Wrote(r Row) bool {
	switch {
	case r.Actor == SQLActor:
		return true
	case r.Hash == "":
		return s.Proves(r.Proof, provesWaiting, r.signed()...)
	}
	return s.Proves(r.Proof, provesChained, r.Hash)
}

// Entry is r with the actor that it can be believed to have.
func (s Signer) Entry(r Row) reservations.AuditEntry {
	a := r.decode()
	if !s.Wrote(r) {
		a.Actor, a.Claims = SQLActor, cmp.Or(r.Actor, "-")
	}
	return a
}
