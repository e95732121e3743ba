package configs

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Database says where the bookings are kept.
type Database struct {
	Driver string `yaml:"driver"` // "sqlite" or "postgres"
	DSN    string `yaml:"dsn"`    // path of the SQLite file, or postgres://USER@HOST/NAME
	// Anchors is the path of the file that the heads of the audit are written to;
	// empty: beside the SQLite file.
	Anchors string `yaml:"anchors"`
	// DrivingDSN leads to the server itself where DSN leads to a proxy; empty: DSN does.
	DrivingDSN string `yaml:"driving_dsn"`
	// Node is what this daemon is called among those that share a server; empty: as its machine.
	Node string `yaml:"node"`
}

// The drivers there are.
const (
	driverSQLite   = "sqlite"
	driverPostgres = "postgres"
)

// AnchorsPath is the path of the file of anchors.
func (d Database) AnchorsPath() string {
	if d.Anchors != "" {
		return d.Anchors
	}
	return d.DSN + ".anchors"
}

// Name is what people call the database: the name of the file, or of the server and its
// database.
func (d Database) Name() string {
	if u, err := url.Parse(d.DSN); err == nil && d.Driver == driverPostgres {
		return u.Host + u.Path
	}
	return filepath.Base(d.DSN)
}

// NodeName is what this daemon is called among those that share a database.
func (d Database) NodeName() string {
	if d.Node != "" {
		return d.Node
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		return host
	}
	return "deskd"
}

// longestNode is how many letters the name of a node may have.
const longestNode = 60

func (f *findings) node(d Database) {
	switch {
	case d.DrivingDSN == "":
	case d.Driver != driverPostgres:
		f.add("database.driving_dsn", complaint{"is for a PostgreSQL server", "leave it out"})
	default:
		f.add("database.driving_dsn", checkServer(d.DrivingDSN))
	}
	if len(d.Node) > longestNode || strings.ContainsFunc(d.Node, func(r rune) bool { return !unicode.IsPrint(r) }) {
		f.add("database.node", complaint{"is no name", fmt.Sprintf("at most %d printable letters, such as the machine's name", longestNode)})
	}
}

// settle fills in what the file may leave out: a server has no folder for the anchors.
func (d *Database) settle() {
	if d.Driver == driverPostgres && d.Anchors == "" {
		d.Anchors = "deskd.anchors"
	}
}

func (f *findings) database(d Database) {
	f.add("database.driver", oneOf(d.Driver, driverSQLite, driverPostgres))
	if d.Driver == driverPostgres {
		f.add("database.dsn", checkServer(d.DSN))
	} else {
		f.add("database.dsn", checkDSN(d.DSN))
	}
	f.node(d)
}

// checkDSN takes nothing but a path: bookings kept in memory would be gone with
// the daemon, and options could undo what makes them durable.
func checkDSN(dsn string) complaint {
	switch {
	case dsn == "":
		return complaint{"missing", "the path of the database file"}
	case strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://"):
		return complaint{"is that of a PostgreSQL server", "driver: postgres"}
	case dsn == ":memory:" || strings.HasPrefix(dsn, "file:") || strings.Contains(dsn, "?"):
		return complaint{fmt.Sprintf("must be the path of a file, is %q", dsn), "without file: and without options"}
	}
	return complaint{}
}

// serverOptions are what a DSN may say of how the server is reached. Settings of the
// session are deskd's own.
var serverOptions = []string{
	"host", "port", "user", "passfile", "servicefile", "service", "connect_timeout", "search_path", "krbsrvname", "krbspn",
	"sslmode", "sslcert", "sslkey", "sslrootcert", "sslsni", "sslnegotiation", "channel_binding", "target_session_attrs",
}

// primaries are what target_session_attrs may be: each means the primary, where there are several.
var primaries = []string{"any", "read-write", "primary"}

// CheckServer says what is wrong with the address of a server's database, nil when nothing is.
// It does not repeat what may be a password.
func CheckServer(dsn string) error {
	if c := checkServer(dsn); !c.none() {
		return fmt.Errorf("%s (%s)", c.what, c.hint)
	}
	return nil
}

// checkServer does not repeat what may hold a password.
func checkServer(dsn string) complaint {
	const form = "postgres://USER@HOST/NAME"
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return complaint{"must be the address of a database", form}
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return complaint{"holds a password", "put it into ~/.pgpass, or another file named with ?passfile="}
	}
	for name := range u.Query() {
		if !slices.Contains(serverOptions, name) {
			return complaint{fmt.Sprintf("has the option %q", name), "expected no others than " + strings.Join(serverOptions, ", ")}
		}
	}
	if which := u.Query().Get("target_session_attrs"); which != "" && !slices.Contains(primaries, which) {
		return complaint{fmt.Sprintf("asks for a server that takes no changes: target_session_attrs=%s", which), "leave it out: of several servers deskd takes the primary"}
	}
	if strings.Trim(u.Path, "/") == "" {
		return complaint{"names no database", form}
	}
	return complaint{}
}
