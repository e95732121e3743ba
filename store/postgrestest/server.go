package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a cluster of one test's own, which may be put into any state. It ends with the
// test, or with the process.
type Server struct {
	dir    string
	as     *syscall.Credential
	launch func(t T) // it, again
}

// Start makes a cluster whose settings are name=value.
func Start(t T, settings ...string) *Server {
	t.Helper()
	return startOwn(t, "", nil, settings)
}

// StartWithout is [Start] with a server that lacks an extension's files, as one does on which
// the contrib package is not installed.
func StartWithout(t T, extension string) *Server {
	t.Helper()
	return startOwn(t, extension, nil, nil)
}

// Replica is a streaming replica of s.
func (s *Server) Replica(t T, settings ...string) *Server {
	t.Helper()
	return startOwn(t, "", s, settings)
}

// DSN names a database of the cluster.
func (s *Server) DSN(name string) string { return DSN(s.dir, name) }

// Execute executes statements in a database of the cluster, as its superuser.
func (s *Server) Execute(t T, database string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.DSN(database))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Error(statement, err)
		}
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}

// Admit has the cluster admit whom these lines of pg_hba.conf do, before all others.
func (s *Server) Admit(t T, lines ...string) {
	t.Helper()
	name := filepath.Join(s.dir, "data", "pg_hba.conf")
	text, err := os.ReadFile(name) //nolint:gosec // of our own folder
	if err == nil {
		err = os.WriteFile(name, append([]byte(strings.Join(lines, "\n")+"\n"), text...), 0o600) //nolint:gosec // likewise
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Execute(t, "postgres", "SELECT pg_reload_conf()")
}

// Pooler is a pgbouncer in transaction mode before a server's database, and returns its DSN. It
// takes the settings that it is told to ignore for granted.
func Pooler(t T, dsn string, ignored ...string) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	pgbouncer, err := exec.LookPath("pgbouncer")
	if err != nil {
		if pgbouncer = "/usr/sbin/pgbouncer"; !exists(pgbouncer) {
			t.Skip("pgbouncer is not installed")
		}
	}
	dir, as := folder(t)
	ini := fmt.Sprintf(`[databases]
* = host=%s user=%s
[pgbouncer]
pool_mode = transaction
unix_socket_dir = %s
unix_socket_mode = 0777
listen_addr =
auth_type = any
ignore_startup_parameters = %s
`, config.Host, config.User, dir, strings.Join(append(ignored, "extra_float_digits"), ","))
	name := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(name, []byte(ini), 0o644); err != nil { //nolint:gosec // its user reads it
		t.Fatal(err)
	}
	(&Server{dir: dir, as: as}).run(t, `"$1" -q "$2/pgbouncer.ini" >"$2/log" 2>&1 &`, pgbouncer)
	listens(t, filepath.Join(dir, ".s.PGSQL.6432"), filepath.Join(dir, "log"))
	return DSN(dir, config.Database) + "&port=6432"
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// folder is one for a server, and the user that it runs as.
func folder(t T) (dir string, as *syscall.Credential) {
	t.Helper()
	as, err := unprivileged()
	if err == nil {
		dir, err = os.MkdirTemp("", "deskd-pg") // short: a socket's path has 107 bytes
	}
	if err == nil && as != nil {
		err = errors.Join(os.Chown(dir, int(as.Uid), int(as.Gid)), os.Chmod(dir, 0o755)) //nolint:gosec // a test's own folder, which another user of it enters
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, as
}

// run runs a program beside the test, until that ends or the process does: see [run].
func (s *Server) run(t T, how, program string) {
	t.Helper()
	const until = "\nread -r _\nkill -QUIT $!\nkill -TERM $!\nwait\nrm -rf \"$2\"" // a pooler does not heed the first
	c := exec.Command("/bin/sh", "-c", how+until, "sh", program, s.dir)            //nolint:gosec,noctx // as found, for the whole test
	c.Dir, c.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	life, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = life.Close()
		_ = c.Wait()
		_ = os.RemoveAll(s.dir)
	})
}

// listens waits until a program listens at a socket.
func listens(t T, socket, log string) {
	t.Helper()
	for range 500 {
		if conn, err := new(net.Dialer).DialContext(t.Context(), "unix", socket); err == nil {
			_ = conn.Close() // it was to see that there is one
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(log) //nolint:gosec // of our own folder
	t.Fatal("it does not listen: " + string(text))
}

// startOwn makes a cluster, or a replica of another.
func startOwn(t T, without string, of *Server, settings []string) *Server {
	t.Helper()
	postgres, err := program("postgres")
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err == nil {
		postgres, err = filepath.EvalSymlinks(postgres) // its other programs stand beside it
	}
	if err != nil {
		t.Fatal(err)
	}
	dir, as := folder(t)
	s := &Server{dir: dir, as: as}
	bin := filepath.Dir(postgres)
	if of == nil {
		s.does(t, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "deskd", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "--no-instructions")
	} else {
		s.does(t, filepath.Join(bin, "pg_basebackup"), "-h", of.dir, "-U", "deskd", "-D", filepath.Join(dir, "data"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	}
	if without != "" {
		postgres = s.lacking(t, postgres, without)
	}
	flags := ""
	for _, setting := range settings {
		flags += " -c '" + setting + "'"
	}
	s.launch = func(t T) {
		t.Helper()
		s.run(t, `"$1" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=40 -c shared_buffers=16MB \
	-c logging_collector=off -c fsync=off`+flags+` >>"$2/log" 2>&1 &`, postgres)
		if err := answers(dir); err != nil {
			t.Fatal(err)
		}
	}
	s.launch(t)
	return s
}

// Signal sends a signal to the server's first process: SIGINT ends it in order, SIGQUIT as a
// crash does, SIGSTOP pauses new connections alone.
func (s *Server) Signal(t T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.pid(t), signal); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) pid(t T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid")) //nolint:gosec // of our own folder
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// End ends the server by a signal.
func (s *Server) End(t T, signal syscall.Signal) {
	t.Helper()
	pid := s.pid(t)
	s.Signal(t, signal)
	for runs(pid) {
		<-time.After(10 * time.Millisecond)
	}
}

// Restart ends the server by a signal, and starts it again.
func (s *Server) Restart(t T, signal syscall.Signal) {
	t.Helper()
	s.End(t, signal)
	s.launch(t)
}

// Again starts the server if it has ended by itself.
func (s *Server) Again(t T) {
	t.Helper()
	if !exists(filepath.Join(s.dir, "data", "postmaster.pid")) || !runs(s.pid(t)) {
		s.launch(t)
	}
}

// runs reports whether a process does: one that has ended is there until its parent asks.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// does runs a program to its end as the server's user.
func (s *Server) does(t T, program string, args ...string) {
	t.Helper()
	c := exec.Command(program, args...) //nolint:gosec,noctx // as found
	c.Dir, c.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.as}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatal(program, err, string(out))
	}
}

// lacking is a copy of the server's program that finds all that the original does, by where it
// stands, but for the files of an extension.
func (s *Server) lacking(t T, postgres, extension string) string {
	t.Helper()
	tree := filepath.Join(s.dir, "tree")
	config := func(what string) string {
		out, err := exec.Command(filepath.Join(filepath.Dir(postgres), "pg_config"), what).Output() //nolint:gosec,noctx // as found
		if err != nil {
			t.Skip("pg_config does not tell where the server's files are")
		}
		return strings.TrimSpace(string(out))
	}
	share, lib, bin := config("--sharedir"), config("--pkglibdir"), config("--bindir")
	copied := filepath.Join(tree, bin, "postgres")
	for _, dir := range []string{filepath.Join(tree, bin), filepath.Join(tree, share, "extension")} {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the server's user reads it
			t.Fatal(err)
		}
	}
	s.linked(t, share, filepath.Join(tree, share), "extension")
	s.linked(t, filepath.Join(share, "extension"), filepath.Join(tree, share, "extension"), extension)
	if err := os.Symlink(lib, filepath.Join(tree, lib)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(postgres) //nolint:gosec // as found
	if err == nil {
		err = os.WriteFile(copied, text, 0o755) //nolint:gosec // it is run
	}
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

// linked links what stands in a folder into another, but for what begins with a name.
func (s *Server) linked(t T, from, to, but string) {
	t.Helper()
	all, err := os.ReadDir(from)
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), but) && err == nil {
			err = os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
