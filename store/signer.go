package store

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// signer tells what deskd has written from what any other program can write, which
// knows all that stands in the database: by a key that stands outside, in the
// marker beside the file, for its owner alone. The zero signer has no key: it
// signs nothing, and takes everything for what it says.
//
// What it proves is that a process wrote it which could read the marker. Who is
// deskd's own user, or root, can do as deskd does.
type signer struct{ key string }

// newSigner has a key of its own.
func newSigner() signer {
	var key [32]byte
	rand.Read(key[:]) // never fails
	return signer{hex.EncodeToString(key[:])}
}

// sign is the proof that deskd has written parts: the name of the key, and the
// HMAC-SHA-256 of what and parts as netstrings. what keeps the proof of one thing
// from being that of another.
func (s signer) sign(what string, parts ...string) string {
	if s.key == "" {
		return "none"
	}
	mac := hmac.New(sha256.New, []byte(s.key))
	for _, part := range append([]string{what}, parts...) {
		fmt.Fprintf(mac, "%d:%s,", len(part), part)
	}
	return s.name() + ":" + hex.EncodeToString(mac.Sum(nil))
}

// name tells keys apart, and nothing about them.
func (s signer) name() string {
	sum := sha256.Sum256([]byte("name of " + s.key))
	return hex.EncodeToString(sum[:4])
}

// proves reports whether proof is one that deskd has written parts.
func (s signer) proves(proof, what string, parts ...string) bool {
	return s.key == "" || hmac.Equal([]byte(proof), []byte(s.sign(what, parts...)))
}

// former reports whether proof says that it was made with another key, one that
// is not known any more.
func (s signer) former(proof string) bool {
	name, mac, found := strings.Cut(proof, ":")
	return found && len(name) == 8 && len(mac) == 64 && name != s.name()
}

// sqlActor is the actor of whatever deskd has not written itself.
const sqlActor = "sql"

// by is who did what parts say, when deskd has written that, and otherwise some
// program by SQL.
func (s signer) by(actor, proof, what string, parts ...string) string {
	if actor == "" || s.proves(proof, what, append(parts, actor)...) {
		return actor
	}
	return sqlActor
}

// Of a row of the audit two things are proven: who has signed it while it waited
// for its place in the chain, and that deskd has given it that place.
const (
	provesWaiting = "waiting"
	provesChained = "chained"
)

func (s signer) signWaiting(r auditRow) string {
	return s.sign(provesWaiting, r.signed()...)
}

// signed is what the proof of a row that waits says.
func (r auditRow) signed() []string {
	return []string{fmt.Sprint(r.ID), r.At, r.Actor, r.Verb, r.Kind, r.seal()}
}

// own reports whether deskd has written who made the change of r.
func (s signer) own(r auditRow) bool {
	switch {
	case r.Actor == sqlActor:
		return true
	case r.Hash == "":
		return s.proves(r.Proof, provesWaiting, r.signed()...)
	}
	return s.proves(r.Proof, provesChained, r.Hash)
}

// noun is r with the actor that it can be believed to have.
func (s signer) noun(r auditRow) Audited {
	a := r.noun()
	if !s.own(r) {
		a.Actor, a.Claims = sqlActor, cmp.Or(r.Actor, "-")
	}
	return a
}
