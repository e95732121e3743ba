// Package postgrestest makes PostgreSQL databases for tests: a private cluster for each
// test process, on a unix socket in a temporary folder, which ends with the process however
// that ends.
//
// It needs the server's programs (initdb, postgres), in PATH or where Debian has them, and no
// running server. Without them a test that asks for a database says so and is skipped.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that the server's programs are not installed.
var ErrMissing = errors.New("PostgreSQL is not installed (initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin)")

// T is the test that asks, a [testing.TB].
type T interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
	Error(args ...any)
	Cleanup(do func())
	Context() context.Context
}

// cluster is that of this process.
var cluster = sync.OnceValues(start)

// running is a cluster: the folder of its socket, and what keeps it from ending.
type running struct {
	socket string
	life   io.Closer
}

// made counts databases, for their names.
var made atomic.Int64

// Ready starts the cluster, which otherwise begins when the first database is asked for:
// too late where time is a test's own.
func Ready() error {
	_, err := cluster()
	return err
}

// New makes an empty database, and returns its DSN.
func New(t T) string {
	t.Helper()
	return Copy(t, "template1")
}

// Copy makes a database like the one of that name, to which nobody may be connected, and
// returns its DSN.
func Copy(t T, template string) string {
	t.Helper()
	c, err := cluster()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test%d", made.Add(1))
	ctx := context.WithoutCancel(t.Context()) // the database is dropped when that has ended
	if err := execute(ctx, c.socket, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(ctx, c.socket, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			t.Error(err)
		}
	})
	return DSN(c.socket, name)
}

// Keep is [New] for a database that stays for as long as the process, such as one to make
// copies of.
func Keep(t T, name string) string {
	t.Helper()
	c, err := cluster()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err == nil {
		err = execute(t.Context(), c.socket, "CREATE DATABASE "+name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return DSN(c.socket, name)
}

// DSN names a database of the cluster whose socket is in a folder.
func DSN(socket, name string) string {
	return "postgres://deskd@/" + name + "?host=" + url.QueryEscape(socket)
}

func execute(ctx context.Context, socket, statement string) error {
	conn, err := pgx.Connect(ctx, DSN(socket, "postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// program is where a program of the server is.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is right
	if len(all) == 0 {
		return "", ErrMissing
	}
	return slices.Max(all), nil
}

// unprivileged is a user for the server, which refuses root: nil for the one who asks.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else is needed
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
	}
	return nil, errors.New("no user postgres or nobody to run the server as")
}

// run runs the server for as long as its standard input is open: the kernel closes that with
// the process, whatever ends it. The folder goes with the server.
const run = `"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300 \
	-c shared_buffers=32MB -c max_wal_size=256MB -c logging_collector=off -c deadlock_timeout=200ms >"$2/log" 2>&1 &
read -r _
kill -QUIT $!
wait
rm -rf "$2"`

// start makes the cluster.
func start() (running, error) {
	initdb, err := program("initdb")
	if err != nil {
		return running{}, err
	}
	postgres, err := program("postgres")
	if err != nil {
		return running{}, err
	}
	as, err := unprivileged()
	if err != nil {
		return running{}, err
	}
	dir, err := os.MkdirTemp("", "deskd-pg") // short: a socket's path has 107 bytes
	if err == nil && as != nil {
		err = os.Chown(dir, int(as.Uid), int(as.Gid))
	}
	if err != nil {
		return running{}, err
	}
	making := exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", "deskd", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "--no-instructions") //nolint:gosec,noctx // as found, for the whole process
	making.Dir, making.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := making.CombinedOutput(); err != nil {
		return running{}, fmt.Errorf("initdb: %w: %s", err, out)
	}
	server := exec.Command("/bin/sh", "-c", run, "sh", postgres, dir)                         //nolint:gosec,noctx // likewise
	server.Dir, server.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as, Setpgid: true} // no Ctrl-C: it ends with us
	life, err := server.StdinPipe()
	if err != nil {
		return running{}, err
	}
	if err := server.Start(); err != nil {
		return running{}, err
	}
	return running{dir, life}, answers(dir)
}

// answers waits until the server does.
func answers(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := execute(ctx, dir, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("wait for the server: %w: %s", err, log)
		case <-again.C:
		}
	}
}
