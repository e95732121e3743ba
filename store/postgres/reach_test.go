package postgres

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"deskd/store/postgrestest"
)

// Of several servers that a DSN names, every connection is to the primary: what another reads,
// and whose locks it has, is the same.
func TestSeveralServers(t *testing.T) {
	first := postgrestest.Start(t)
	first.Execute(t, "postgres", "CREATE DATABASE desks")
	replica := first.Replica(t)
	_, where, _ := strings.Cut(replica.DSN("desks"), "host=")
	both := strings.Replace(first.DSN("desks"), "host=", "host="+where+"%2C", 1)
	for _, dsn := range []string{both, both + "&target_session_attrs=read-write", both + "&target_session_attrs=any"} {
		l, err := Join(ctx, dsn, "a")
		check(t, err)
		if _, err := Join(ctx, first.DSN("desks"), "a"); err == nil {
			t.Error("the name of a node is taken twice")
		}
		held, err := Held(ctx, dsn)
		check(t, err)
		same(t, "held", true, held)
		check(t, l.Close())
		for _, o := range []Options{{}, {ReadOnly: true}} {
			s, err := Open(ctx, dsn, o)
			check(t, err)
			var replica bool
			check(t, s.Read(ctx).Raw("SELECT pg_is_in_recovery()").Row().Scan(&replica))
			same(t, "the replica is read", false, replica)
			if o == (Options{}) {
				n, err := s.Take(ctx, "cluster main")
				check(t, err)
				check(t, n.Close())
			}
			check(t, s.Close())
		}
	}
	refused(t, replica.DSN("desks"), false, "the server is a replica; name the primary")
}

// What a server, a database or a role has for others does not keep a node from driving.
func TestReadOnlyDatabase(t *testing.T) {
	dsn := postgrestest.New(t)
	execute(t, connected(t, dsn), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	check(t, noteBy(taken(t, s, "cluster main"), "hq"))
}

// listening is a database of a server that is reached by the network.
func listening(t *testing.T) string {
	t.Helper()
	address := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250)) // at the usual port
	postgrestest.Start(t, "listen_addresses="+address)
	return "postgres://deskd@" + address + "/postgres"
}

// The server lets go of the locks of a machine that says nothing any more, and of a transaction
// in which nothing is done.
func TestSettled(t *testing.T) {
	dsn := listening(t) + "?sslmode=disable"
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	l, err := Join(ctx, dsn, "a")
	check(t, err)
	const want = "10 5 3 25000 1min"
	const ask = `SELECT concat_ws(' ', current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count'),
		current_setting('tcp_user_timeout'), current_setting('idle_in_transaction_session_timeout'))`
	var got [4]string
	check(t, l.conn.QueryRow(ctx, ask).Scan(&got[0]))
	check(t, s.writes.audited.Raw(ask).Row().Scan(&got[1]))
	check(t, s.writes.journal.Raw(ask).Row().Scan(&got[2]))
	check(t, s.Read(ctx).Raw(ask).Row().Scan(&got[3]))
	same(t, "settings", [4]string{want, want, want, want}, got)
	check(t, l.Close())
	check(t, s.Close())
}

// That TLS is missing, or a certificate is not accepted, does not pass by itself.
func TestUntrusted(t *testing.T) {
	refused(t, listening(t)+"?sslmode=require", true, "switch TLS on in the server")

	of := httptest.NewTLSServer(nil)
	defer of.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 8)) // asks for TLS
			_, _ = conn.Write([]byte("S"))
			_ = tls.Server(conn, of.TLS).Handshake()
			_ = conn.Close()
		}
	}()
	refused(t, "postgres://deskd@"+l.Addr().String()+"/desks?sslmode=verify-full", true, "the server's certificate is not accepted")
	_, err = Held(ctx, "postgres://deskd@127.0.0.1:1/desks?sslmode=disable")
	if err == nil || !strings.Contains(err.Error(), "check that the server runs") {
		t.Errorf("%v", err)
	}
}
