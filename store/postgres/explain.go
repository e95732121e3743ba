package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"deskd/store/dialect"
)

// advice is what to do about an error of the server, by its code or the class of that.
var advice = map[string]string{
	"55P03": "another program has been writing for 5 seconds without committing; try again, or end that program",
	"40001": "another program has changed the same; try again",
	"40P01": "another program and deskd waited for each other; try again",
	"57014": "the server has ended it after statement_timeout; try again",
	"57P01": "an administrator has ended the connection; deskd connects again",
	"57P02": "the server has crashed; deskd connects again",
	"57P03": "the server is starting or stopping; try again",
	"25P03": "the server has ended a transaction in which nothing was done for a minute; try again",
	"57P05": "the server has ended a connection that was idle for too long; deskd connects again",
	"53100": "the server's disk is full; free some space",
	"53200": "the server is out of memory",
	"53300": "the server has no connection left; raise its max_connections, or end other programs",
	"25006": "the server takes no changes: it is a replica, or default_transaction_read_only is on; name the primary in database.dsn",
	"28P01": "check the user and password of database.dsn, or its password file (~/.pgpass, or passfile=)",
	"28000": "check the user of database.dsn, and the server's pg_hba.conf",
	"3D000": "create it first: createdb --encoding=UTF8 --template=template0 NAME, owned by deskd's role",
	"42P01": "its tables are not where database.dsn looks: a schema was renamed, or search_path changed",
	"42501": "deskd's role must own what it uses: create the database with it as the owner",
	"42704": "check the options of database.dsn, and that the server is PostgreSQL 14 or newer: it does not know one of them",
	"XX001": "restore a backup",
	"XX002": "REINDEX it, and look for the cause",
	"58P01": missingExtension,
	"08P01": "database.dsn leads to a pooler, which cannot be used: name the server itself",
	"08":    "check that the server runs, and can be reached at database.dsn",
}

const missingExtension = "install the server's contrib package (postgresql-contrib), which has btree_gist and citext"

// advised is an error of the server that already says what to do.
type advised struct {
	error
	hint string
	code string
}

func (a advised) Error() string { return fmt.Sprintf("%v: %s", a.error, a.hint) }
func (a advised) Unwrap() error { return a.error }

// codeSetup is the code of what deskd finds wrong itself.
const codeSetup = "setup"

// toSetUp are the codes of what stays as it is until a person corrects it. A server that is
// not there, or has no connection left, is not among them: it may be back the next moment.
var toSetUp = []string{codeSetup, "28P01", "28000", "3D000", "42501", "42P01", "42704", "58P01", "0A000", "08P01"}

// Is makes damage that the server met an [dialect.ErrDamaged], and what has to be corrected an
// [dialect.ErrSetup].
func (a advised) Is(target error) bool {
	return target == dialect.ErrDamaged && (a.code == "XX001" || a.code == "XX002") || target == dialect.ErrSetup && slices.Contains(toSetUp, a.code)
}

// Explain adds to an error what to do about it, once: for what asks the server beside [DB].
func Explain(err error) error { return explain(err) }

// explain adds to an error what to do about it, once.
func explain(err error) error {
	var told advised
	var no refusal
	if err == nil || errors.As(err, &told) || errors.As(err, &no) || errors.Is(err, errReplica) {
		return err
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return explained(err, e)
	}
	if hint := untrusted(err); hint != "" {
		return advised{err, hint, codeSetup}
	}
	var c *pgconn.ConnectError
	var n net.Error
	if errors.As(err, &c) || errors.As(err, &n) && !errors.Is(err, context.DeadlineExceeded) {
		return advised{err, advice["08"], "08"}
	}
	return err
}

// untrusted says what to do about a connection that TLS has kept from being made, or nothing.
func untrusted(err error) string {
	var no *tls.CertificateVerificationError
	var n *net.OpError
	switch {
	case errors.As(err, &no):
		return "the server's certificate is not accepted: name the server in database.dsn as its certificate does, and the file of its authority with ?sslrootcert="
	// Quirk: the driver has but words for it.
	case strings.Contains(err.Error(), "server refused TLS connection") && !errors.As(err, &n):
		return "switch TLS on in the server (ssl = on), or do without with ?sslmode=disable"
	}
	return ""
}

func explained(err error, e *pgconn.PgError) error {
	switch e.Code[:2] {
	case "22", "23": // a value that is none of its type, or a rule
		return refusal{err, e.Code == "23P01"}
	}
	if e.Code == "0A000" && strings.HasPrefix(e.Message, "extension ") { // since version 15
		return advised{err, missingExtension, e.Code}
	}
	for _, code := range []string{e.Code, e.Code[:2]} {
		if hint, ok := advice[code]; ok {
			return advised{err, hint, e.Code}
		}
	}
	return err
}

// answered reports whether err is the server's own answer, after which it goes on: what
// it has refused is undone for certain.
func answered(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR"
}

// refusal is the refusal of a rule of the schema, whose name is in its text.
type refusal struct {
	error
	overlap bool // of the exclusion constraint
}

func (r refusal) Unwrap() error { return r.error }

func (r refusal) Is(target error) bool {
	return target == dialect.ErrConstraint || target == dialect.ErrOverlap && r.overlap
}
