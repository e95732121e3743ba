package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/audit"
)

// A token opens what it says until it expires or is revoked, on every node from the next
// question on; its secret is nowhere in the database, and not in its files.
func testTokens(t *testing.T, w world) {
	s, node := w.open(t), w.open(t)
	now := at(1, 0)
	asked := reservations.Token{Kind: reservations.TokenAPI, Scopes: []reservations.Scope{reservations.ScopeRead, reservations.ScopeWrite}, Person: "JANE", Note: "for a wall"}
	made, secret, err := s.Tokens().Create(audit.WithActor(ctx, "cli:root"), asked, now)
	check(t, err)
	want := asked
	want.ID, want.Person, want.By, want.Created = made.ID, "jane", "cli:root", now
	same(t, "made", want, made)
	if len(secret) != 49 || !strings.HasPrefix(secret, "deskd_") {
		t.Errorf("secret %q", secret)
	}
	find := func(secret string, now time.Time) (reservations.Token, error) {
		return node.Tokens().Find(ctx, reservations.TokenAPI, secret, now)
	}
	same(t, "found", want, must(find(secret, now))(t))
	same(t, "listed", []reservations.Token{want}, must(node.Tokens().List(ctx))(t))

	// Who has another role has it with the token, too; who has gone, none.
	execute(t, w.raw(t), `UPDATE people SET role = 'delegate' WHERE id = 'jane'`)
	same(t, "role", reservations.RoleDelegate, must(find(secret, now))(t).Role)
	_, pass, err := s.Tokens().Create(ctx, reservations.Token{Kind: reservations.TokenAPI, Scopes: asked.Scopes, Role: reservations.RoleTelephony, Expires: at(2, 0)}, now)
	check(t, err)
	_, calendar, err := s.Tokens().Create(ctx, reservations.Token{Kind: reservations.TokenCalendar, Shows: "desk:4.12", Person: "max"}, now)
	check(t, err)
	must(find(pass, at(1, 59)))(t)

	// Its use is written down to the hour.
	used := must(find(secret, now))(t)
	check(t, node.Tokens().Using(ctx, used, at(5, 20)))
	same(t, "used", at(5, 0), must(find(secret, now))(t).Used)
	check(t, node.Tokens().Using(ctx, must(find(secret, now))(t), at(5, 59)))
	same(t, "within the hour", at(5, 0), must(find(secret, now))(t).Used)

	must(s.Tokens().Revoke(ctx, made.ID, at(6, 0)))(t)
	same(t, "revoked again", at(6, 0), must(s.Tokens().Revoke(ctx, made.ID, at(7, 0)))(t).Revoked)
	execute(t, w.raw(t), `DELETE FROM people WHERE id = 'max'`)
	forged := "deskd_" + strings.Repeat("A", 43)
	sum := sha256.Sum256([]byte(forged))
	execute(t, w.raw(t), `INSERT INTO tokens (id, kind, hash, scopes, role, created_at) VALUES ('forged', 'api', '`+hex.EncodeToString(sum[:])+`', 'read admin', 'telephony', '2026-03-02T08:00:00.000Z')`)
	for what, secret := range map[string]string{
		"revoked": secret, "expired": pass, "of a calendar": calendar, "of another program's row": forged,
		"unknown": "deskd_" + strings.Repeat("B", 43), "too short": "deskd_", "none": "", "without its prefix": strings.Repeat("B", 49), "odd": "deskd_\x00' OR 1=1 --" + strings.Repeat("B", 26),
	} {
		if _, err := find(secret, at(6, 0)); !errors.Is(err, reservations.ErrToken) || err.Error() != reservations.ErrToken.Error() {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Tokens().Find(ctx, reservations.TokenCalendar, calendar, now); !errors.Is(err, reservations.ErrToken) {
		t.Errorf("whose person has gone: %v", err)
	}
	if _, err := s.Tokens().Revoke(ctx, "nowhere", now); !errors.Is(err, reservations.ErrToken) {
		t.Errorf("revoke what is not there: %v", err)
	}
	var rows []string
	for _, a := range must(s.Audit(ctx, reservations.AuditFilter{Kind: "token", Item: made.ID}))(t) {
		rows = append(rows, a.Actor+" "+a.Verb+" "+string(a.What))
	}
	same(t, "audit", []string{`daemon token {"is":{"revoked":true}}`, `cli:root token {"is":{"kind":"api","role":"","scopes":"read write"}}`}, rows)
	for _, name := range filesOf(s) {
		text, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(text), secret[6:]) {
			t.Errorf("the secret stands in %s", name)
		}
	}
}

// What cannot be a token is refused before anything is written.
func testTokensRefused(t *testing.T, w world) {
	s := w.open(t)
	read := []reservations.Scope{reservations.ScopeRead}
	for want, asked := range map[string]reservations.Token{
		`a token of no person needs a role`:  {Kind: reservations.TokenAPI, Scopes: read},
		`role "janitor": employee, delegate`: {Kind: reservations.TokenAPI, Scopes: read, Role: "janitor"},
		`no scope: read, write`:              {Kind: reservations.TokenAPI, Person: "jane"},
		`scope "fly"`:                        {Kind: reservations.TokenAPI, Person: "jane", Scopes: []reservations.Scope{"fly"}},
		`needs what it shows`:                {Kind: reservations.TokenCalendar},
		`kind "": api or calendar`:           {Person: "jane"},
		`would have expired already`:         {Kind: reservations.TokenAPI, Person: "jane", Scopes: read, Expires: at(0, 59)},
		`no such person`:                     {Kind: reservations.TokenAPI, Person: "nobody", Scopes: read},
		"note":                               {Kind: reservations.TokenAPI, Person: "jane", Scopes: read, Note: "a\u202eb"},
	} {
		if _, _, err := s.Tokens().Create(ctx, asked, at(1, 0)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	same(t, "kept", []reservations.Token{}, must(s.Tokens().List(ctx))(t))
}

// A role is imported, told, and in the audit; one that there is not is refused.
func testRoles(t *testing.T, w world) {
	s := w.open(t)
	jane := must(s.Person(ctx, "jane"))(t)
	jane.Role = reservations.RoleAuditor
	must(s.ImportPeople(ctx, []reservations.Person{jane}, false))(t)
	same(t, "role", reservations.RoleAuditor, must(s.Person(ctx, "jane"))(t).Role)
	rows := must(s.Audit(ctx, reservations.AuditFilter{Kind: "person", Item: "jane", Limit: 1}))(t)
	if !strings.Contains(string(rows[0].What), `"role":"auditor"`) {
		t.Errorf("audit: %s", rows[0].What)
	}
	if _, err := w.raw(t).Exec(`UPDATE people SET role = 'king'`); err == nil {
		t.Error("a role that there is not")
	}
}

// However many guesses, each is answered alike.
func BenchmarkFindToken(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	_, secret, err := s.Tokens().Create(ctx, reservations.Token{Kind: reservations.TokenAPI, Scopes: reservations.Scopes, Role: reservations.RoleAuditor}, at(1, 0))
	check(b, err)
	for name, secret := range map[string]string{"known": secret, "unknown": "deskd_" + strings.Repeat("B", 43)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := s.Tokens().Find(ctx, reservations.TokenAPI, secret, at(1, 0))
				if (err == nil) != (name == "known") {
					b.Fatal(fmt.Sprint(err))
				}
			}
		})
	}
}

// BenchmarkRefusedTokens is what it takes to refuse a secret that there never was, one that is
// revoked, and one that has expired: about the same.
func BenchmarkRefusedTokens(b *testing.B) {
	s := newSQLite(b).open(b)
	of := reservations.Token{Kind: reservations.TokenAPI, Scopes: []reservations.Scope{reservations.ScopeRead}, Role: reservations.RoleAuditor}
	revoked, taken, err := s.Tokens().Create(ctx, of, at(0, 0))
	check(b, err)
	must(s.Tokens().Revoke(ctx, revoked.ID, at(0, 1)))(b)
	of.Expires = at(1, 0)
	_, expired, err := s.Tokens().Create(ctx, of, at(0, 0))
	check(b, err)
	for name, secret := range map[string]string{"unknown": "deskd_" + strings.Repeat("x", 43), "revoked": taken, "expired": expired} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Tokens().Find(ctx, reservations.TokenAPI, secret, at(2, 0)); !errors.Is(err, reservations.ErrToken) {
					b.Fatal(err)
				}
			}
		})
	}
}
