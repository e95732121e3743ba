package daemon

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/scheduler"
)

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

func TestSupervisorOf(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		want ServiceManager
	}{
		"nobody":             {nil, ServiceManager{}},
		"no watchdog":        {map[string]string{"NOTIFY_SOCKET": "/run/n"}, ServiceManager{"/run/n", 0}},
		"watchdog":           {map[string]string{"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "7"}, ServiceManager{"@n", 2 * time.Minute}},
		"of any process":     {map[string]string{"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "1000"}, ServiceManager{"@n", time.Millisecond}},
		"of another process": {map[string]string{"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "8"}, ServiceManager{"@n", 0}},
		"nonsense":           {map[string]string{"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "soon"}, ServiceManager{"@n", 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := FindServiceManager(func(key string) string { return test.env[key] }, 7)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(ServiceManager{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Names of files and abstract names are both reached; nobody is told nothing,
// and one that has gone is an error.
func TestSupervisorTell(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@deskd-test-%d", time.Now().UnixNano())} {
		o := oversee(t, name)
		if err := (ServiceManager{socket: name}).tell("READY=1\nSTATUS=well"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := o.hears(); got != "READY=1\nSTATUS=well" {
			t.Errorf("%s: heard %q", name, got)
		}
	}
	if err := (ServiceManager{}).tell("READY=1"); err != nil {
		t.Error(err)
	}
	if err := (ServiceManager{socket: filepath.Join(t.TempDir(), "gone")}).tell("READY=1"); err == nil {
		t.Error("a socket that is not there took a message")
	}
}

// No sign of life is given for a daemon that shows none, and one as soon as it
// does.
func TestWatchdog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	o := oversee(t, name)
	asked := make(chan int, 1000)
	n := 0
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		(ServiceManager{name, 4 * time.Millisecond}).watchdog(ctx, func() bool {
			n++
			asked <- n
			return n > 3
		})
	}()
	if got := o.hears(); got != "WATCHDOG=1" || len(asked) < 4 {
		t.Errorf("heard %q after %d looks, want a sign of life after the fourth", got, len(asked))
	}
	if got := o.hears(); got != "WATCHDOG=1" {
		t.Errorf("heard %q", got)
	}
	stop()
	<-ended
}

func TestStuck(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	at := func(round time.Time) scheduler.ClusterStatus {
		return scheduler.ClusterStatus{Cluster: "main", Round: round}
	}
	tests := map[string]struct {
		clusters []scheduler.ClusterStatus
		began    time.Time
		want     string
	}{
		"no cluster":       {nil, noon.Add(-time.Hour), ""},
		"a round just now": {[]scheduler.ClusterStatus{at(noon)}, noon.Add(-time.Hour), ""},
		"at the limit":     {[]scheduler.ClusterStatus{at(noon.Add(-5 * time.Minute))}, noon.Add(-time.Hour), ""},
		"beyond it":        {[]scheduler.ClusterStatus{at(noon.Add(-5*time.Minute - time.Second))}, noon.Add(-time.Hour), `cluster "main": no round for 5m1s`},
		"one of two":       {[]scheduler.ClusterStatus{at(noon), at(noon.Add(-time.Hour))}, noon.Add(-2 * time.Hour), `cluster "main": no round for 1h0m0s`},
		"none yet":         {[]scheduler.ClusterStatus{at(time.Time{})}, noon.Add(-time.Minute), ""},
		"none ever":        {[]scheduler.ClusterStatus{at(time.Time{})}, noon.Add(-time.Hour), `cluster "main": no round for 1h0m0s`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := stuck(test.clusters, test.began, noon); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
