package tables

import (
	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// Token is a token as it is kept.
type Token struct {
	ID        string `gorm:"primaryKey"`
	Kind      string
	Hash      string // of the secret: SHA-256, as hex
	Scopes    string
	Person    string
	Role      string
	Shows     string
	Note      string
	By        string
	CreatedAt dialect.Milli `gorm:"autoCreateTime:false"`
	ExpiresAt dialect.Milli
	UsedAt    dialect.Milli
	RevokedAt dialect.Milli
	Proof     string
}

// TableName implements gorm's Tabler.
func (Token) TableName() string { return "tokens" }

// TokenOf is a token as it is kept, and signed.
func TokenOf(s audit.Signer, t reservations.Token, hash string) Token {
	row := Token{
		ID: t.ID, Kind: string(t.Kind), Hash: hash, Scopes: reservations.ScopesText(t.Scopes), Person: t.Person, Role: string(t.Role),
		Shows: t.Shows, Note: t.Note, By: t.By, CreatedAt: dialect.Milli{Time: t.Created}, ExpiresAt: dialect.Milli{Time: t.Expires},
		UsedAt: dialect.Milli{Time: t.Used}, RevokedAt: dialect.Milli{Time: t.Revoked},
	}
	row.Proof = s.Sign(provesToken, row.signed()...)
	return row
}

const provesToken = "token"

func (r Token) signed() []string {
	return []string{r.ID, r.Kind, r.Hash, r.Scopes, reservations.PersonKey(r.Person), r.Role, r.Shows, r.Note, r.By, r.CreatedAt.Text(), r.ExpiresAt.Text()}
}

// Proven reports whether deskd has made the token, with all that it may do.
func (r Token) Proven(s audit.Signer) bool { return s.Proves(r.Proof, provesToken, r.signed()...) }

// Decode is the token that r stands for.
func (r Token) Decode() reservations.Token {
	scopes, _ := reservations.ParseScopes(r.Scopes) // what is none opens nothing
	return reservations.Token{
		ID: r.ID, Kind: reservations.TokenKind(r.Kind), Scopes: scopes, Person: r.Person, Role: reservations.Role(r.Role), Shows: r.Shows,
		Note: r.Note, By: r.By, Created: r.CreatedAt.Time, Expires: r.ExpiresAt.Time, Used: r.UsedAt.Time, Revoked: r.RevokedAt.Time,
	}
}
