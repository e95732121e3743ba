package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// What systemd hears of a daemon's whole life.
func TestServeNotifies(t *testing.T) {
	w := newWorld(t).furnish()
	o := oversee(t, w.path("notify"))
	t.Setenv("NOTIFY_SOCKET", w.path("notify"))
	t.Setenv("WATCHDOG_USEC", "100000")
	d := w.start()
	o.awaits("READY=1")
	o.awaits("WATCHDOG=1")
	d.hangUp()
	o.awaits("RELOADING=1")
	o.awaits("READY=1")
	w.write("deskd.yaml", badConfig)
	d.hangUp()
	o.awaits("RELOADING=1")
	o.awaits("READY=1\nSTATUS=The configuration is wrong")
	d.end()
	o.awaits("STOPPING=1")
	code := <-d.ended // a second signal would not wait for the end
	d.ended <- code
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, d.log)
	}
}

// overseer is a service manager's end of the protocol.
type overseer struct {
	t    *testing.T
	conn *net.UnixConn
}

func oversee(t *testing.T, name string) overseer {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return overseer{t, conn}
}

// hears returns the next message.
func (o overseer) hears() string {
	o.t.Helper()
	if err := o.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		o.t.Fatal(err)
	}
	text := make([]byte, 4096)
	n, err := o.conn.Read(text)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text[:n])
}

// awaits reads messages until one begins with want.
func (o overseer) awaits(want string) {
	o.t.Helper()
	for !strings.HasPrefix(o.hears(), want) {
	}
}
