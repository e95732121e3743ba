package daemon

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"deskd/cmd/emulator/house"
	"deskd/configs"
	"deskd/emapi/emulator"
	phoneemulator "deskd/phone/emulator"
	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/store/phones"
	"deskd/store/postgrestest"
)

// hallway is one database with two nodes that know of the same phones; the first one drives
// their cluster.
type hallway struct {
	*testing.T
	cluster *emulator.Emulator
	rooms   *house.House
	store   *store.Store
	dsn     string
	nodes   []*Instance
	ends    []func() // of each node, once
	front   *front
}

// newHallway has so many phones; other changes what the nodes are configured to do.
func newHallway(t *testing.T, n int, other func(c *configs.Config)) *hallway {
	t.Helper()
	dsn := postgrestest.New(t)
	h := &hallway{T: t, dsn: dsn, cluster: emulator.New(emulator.Options{AppID: "deskd", Password: "only-for-tests"})}
	h.cluster.Populate(n, n)
	var err error
	h.front = &front{h, make(chan string, 100)}
	h.rooms, err = house.New(h.cluster, house.Options{First: netip.MustParseAddr("10.0.0.1"), Phones: phoneemulator.Options{
		Service: h.front, Authenticate: func(user, password, _ string) bool { return user == "pusher" && password == "only-for-tests" },
	}})
	ok(t, err)
	for _, name := range []string{"a", "b"} {
		c := h.config(dsn, name)
		other(&c)
		st, err := store.Open(t.Context(), c.Database.DSN, store.Options{})
		ok(t, err)
		t.Cleanup(func() { st.Close() })
		a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
		ok(t, err)
		a.Transport = func(*tls.Config) http.RoundTripper { return h.cluster.Transport() }
		a.PhonesBy = h.rooms
		if h.store == nil {
			h.store = st
			ok(t, a.Configure(t.Context()))
			h.furnish()
		}
		h.start(a)
	}
	return h
}

func (h *hallway) config(dsn, node string) configs.Config {
	folder := h.TempDir()
	writeFile(h.T, filepath.Join(folder, "em-password"), "only-for-tests\n")
	writeFile(h.T, filepath.Join(folder, "deskd.yaml"), fmt.Sprintf(`database: {driver: postgres, dsn: %q, node: %s}
sites: [{name: berlin, timezone: Europe/Berlin}]
clusters: [{name: main, url: "http://127.0.0.1:9/emservice/EMServiceServlet", app_id: deskd, app_password_file: em-password}]
`, dsn, node)+lounging)
	c, err := configs.Load(filepath.Join(folder, "deskd.yaml"))
	ok(h.T, err)
	return c
}

func (h *hallway) furnish() {
	var news []phones.News
	var desks []reservations.Desk
	var people []reservations.Person
	for i, home := range h.rooms.Homes() {
		news = append(news, phones.News{Cluster: "main", Device: home.Name(), Source: phones.CSV, Seen: time.Now(), Address: &home.Address})
		desks = append(desks, reservations.Desk{ID: fmt.Sprintf("D%d", i+1), Site: "berlin", Cluster: "main", Device: home.Name()})
		people = append(people, reservations.Person{ID: emulator.UserName(i + 1)})
	}
	_, err := h.store.ImportDesks(h.Context(), desks, false)
	ok(h.T, err)
	_, err = h.store.ImportPeople(h.Context(), people, false)
	ok(h.T, err)
	_, err = h.store.Phones().Save(h.Context(), news, time.Now())
	ok(h.T, err)
}

// start runs a node until the test ends.
func (h *hallway) start(a *Parts) {
	d, err := New(a)
	ok(h.T, err)
	if d.arrivals != nil {
		d.arrivals.Every = 500 * time.Millisecond // and not each quarter of a minute
	}
	h.nodes = append(h.nodes, d)
	ctx, stop := context.WithCancel(context.WithoutCancel(h.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.live(ctx, func(error) {}) }()
	end := sync.OnceFunc(func() {
		stop()
		ok(h.T, <-ended)
	})
	h.ends = append(h.ends, end)
	h.Cleanup(end)
	h.eventually("node a drives the cluster", func() bool { return h.nodes[0].scheduler.Clusters[0].Here() != nil })
}

// stop ends a node.
func (h *hallway) stop(node int) { h.ends[node]() }

func (h *hallway) eventually(what string, holds func() bool) {
	h.Helper()
	for end := time.Now().Add(25 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("not in time: %s", what)
		}
	}
}

// asks has the phone of a number ask a node for a page.
func (h *hallway) asks(node, n int, query string) {
	home := h.rooms.Home(emulator.DeviceName(n))
	r := httptest.NewRequest(http.MethodGet, "/phone?name="+home.Name()+query, nil)
	r.Header.Set("x-CiscoIPPhoneModelName", "CP-8845")
	r.RemoteAddr = netip.AddrPortFrom(home.Address, 49152).String()
	h.nodes[node].page.ServeHTTP(httptest.NewRecorder(), r)
}

// on are the numbers of the phones at which someone is logged in.
func (h *hallway) on() (all []int) {
	for n := range h.rooms.Homes() {
		for _, s := range h.cluster.Sessions() {
			if s.Device == emulator.DeviceName(n+1) {
				all = append(all, n+1)
			}
		}
	}
	return all
}

// What phones tell a node that does not drive their cluster ends sessions there, once; and someone
// who uses their phone keeps theirs, whichever node hears of it.
func TestIdleOverNodes(t *testing.T) {
	if os.Getenv("DESKD_NODES") == "" {
		t.Skip("make nodes runs it: nodes talk by the database every ten seconds")
	}
	h := newHallway(t, 4, func(c *configs.Config) { // at the last of which nobody is
		c.Phones.IdleLogout.After = configs.Duration(2 * time.Second) // which nobody may configure
	})
	if h.nodes[1].scheduler.Clusters[0].Here() != nil {
		t.Fatal("both nodes drive the cluster")
	}
	for n := 1; n <= 3; n++ {
		ok(t, h.cluster.PressLogin(emulator.DeviceName(n), emulator.UserName(n)))
	}
	ok(t, h.nodes[0].scheduler.Clusters[0].Here().Sweep(t.Context()))
	for n := 1; n <= 3; n++ {
		h.asks(1, n, "&p=idle")
	}
	h.asks(1, 1, "&p=idle&a=still")
	began := time.Now()
	for after := range 4 { // seconds, of which two are enough
		time.Sleep(time.Until(began.Add(time.Duration(after) * time.Second)))
		for n := 1; n <= 3; n++ {
			h.asks(1, n, "&p=idle&a=still")
		}
	}
	flushed := func() { time.Sleep(500 * time.Millisecond) } // a node writes and reads at once where someone uses a phone
	h.asks(0, 2, "")
	flushed()
	h.asks(1, 3, "") // and now the other node tells what it had heard of the second phone before
	flushed()
	h.eventually("who has left is logged out", func() bool {
		h.asks(0, 4, "")
		flushed()
		return slices.Equal(h.on(), []int{2, 3})
	})
	for range 4 {
		h.asks(0, 4, "")
		h.asks(1, 4, "")
		flushed()
	}
	if got := h.on(); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("logged in are %v", got)
	}
	all, err := h.store.Attempts(t.Context(), began)
	ok(t, err)
	if len(all) != 1 || all[0].Op != plan.OpLogout || all[0].Cause != plan.CauseIdle || all[0].Device != emulator.DeviceName(1) || all[0].Outcome != plan.Done {
		t.Errorf("done was %+v", all)
	}
	if sent := h.cluster.Stats().Requests["logout"]; sent != 1 {
		t.Errorf("%d logouts were sent", sent)
	}
}
