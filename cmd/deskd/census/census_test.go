package census_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/deskd/census"
	"deskd/phone/inventory"
	"deskd/phone/inventory/emulator"
	"deskd/scheduler/clock"
	"deskd/store"
)

// inProcess answers without a socket, which would stop the clock of a bubble.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// office is a cluster with a census of it, over a real database.
type office struct {
	*testing.T
	*census.Census
	cluster *emulator.Cluster
	store   *store.Store
	here    atomic.Bool
	told    []string
	log     bytes.Buffer
}

var names = []string{"SEP000000000001", "SEP000000000002", "SEP000000000003"}

func newOffice(t *testing.T) *office {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	o := &office{T: t, cluster: emulator.New("deskd", "secret"), store: st}
	o.here.Store(true)
	o.cluster.Set([]emulator.Phone{
		{Name: names[0], Address: "10.1.1.1", Model: "Cisco 8845", EM: true, Profile: "Lobby"},
		{Name: names[1], Address: "10.1.1.2", Model: "Cisco 7841", Status: "UnRegistered"},
		{Name: names[2], Model: "Cisco 7841", Status: "-"},
		{Name: "SEP000000000009", Address: "10.1.1.9"},
	})
	open := func(path string) func() (inventory.Service, error) {
		return func() (inventory.Service, error) {
			return inventory.Service{URL: "http://cucm" + path, User: "deskd", Password: "secret", Transport: inProcess{o.cluster}}, nil
		}
	}
	o.Census = &census.Census{
		Cluster: "main", Every: 10 * time.Minute, Version: "14.0", Clock: clock.Clock{}, Log: slog.New(slog.NewTextHandler(&o.log, nil)),
		Open:    map[string]func() (inventory.Service, error){census.RIS: open(emulator.RIS), census.AXL: open(emulator.AXL)},
		Devices: func(context.Context) ([]string, error) { return names, nil },
		Here:    o.here.Load,
		Save:    st.Phones().Save,
		Tell:    func(context.Context, census.Standing) error { return nil },
		Watch: func(s census.Standing) {
			o.told = append(o.told, fmt.Sprintf("%v %v", s[census.RIS].Problem != "", s[census.AXL].Problem != ""))
		},
	}
	return o
}

// known spells what is kept of the phones.
func (o *office) known() string {
	o.Helper()
	all, err := o.store.Phones().All(o.Context(), "main")
	if err != nil {
		o.Fatal(err)
	}
	var b strings.Builder
	is := func(p *bool) string {
		if p == nil {
			return "?"
		}
		return fmt.Sprint(*p)
	}
	for _, p := range all {
		fmt.Fprintf(&b, "%s %v %s %s %s %s; ", p.Device[14:], p.Address, p.Model, is(p.Registered), is(p.WebAccess), is(p.EM))
	}
	return b.String()
}

func (o *office) want(what, want string) {
	o.Helper()
	if got := o.known(); got != want {
		o.Errorf("%s:\n%s, want\n%s", what, got, want)
	}
}

// What a whole answer lacks is not registered; what a part of one lacks may be anything.
func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.cluster.Fail(emulator.Faults{NodeDown: true})
		o.Look(t.Context())
		o.want("in parts", "1 10.1.1.1 Cisco 8845 true true true; 2 invalid IP Cisco 7841 false ? false; 3 invalid IP Cisco 7841 ? ? false; ")
		o.cluster.Fail(emulator.Faults{})
		o.Look(t.Context())
		o.want("whole", "1 10.1.1.1 Cisco 8845 true true true; 2 invalid IP Cisco 7841 false ? false; 3 invalid IP Cisco 7841 false ? false; ")
		if got := strings.Join(o.told, ", "); got != "true false, false false" {
			t.Error(got)
		}
	})
}

// A service that fails is told once, and costs its own news alone; passwords are read again
// for each look.
func TestFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		broken := o.Open[census.RIS]
		o.Open[census.RIS] = func() (inventory.Service, error) { return inventory.Service{}, errors.New("no password") }
		for range 3 {
			o.Look(t.Context())
			time.Sleep(time.Hour)
		}
		o.want("without RISPort70", "1 invalid IP Cisco 8845 ? ? true; 2 invalid IP Cisco 7841 ? ? false; 3 invalid IP Cisco 7841 ? ? false; ")
		if n := strings.Count(o.log.String(), "level=WARN"); n != 1 || !strings.Contains(o.log.String(), "service=RISPort70 err=\"no password\"") {
			t.Errorf("%d warnings\n%s", n, &o.log)
		}
		o.Open[census.RIS] = broken
		o.Look(t.Context())
		if !strings.Contains(o.log.String(), `level=INFO msg="inventory is answered again" cluster=main service=RISPort70`) {
			t.Error(o.log.String())
		}
	})
}

// RISPort70 is asked at each look and AXL hourly; a node that does not drive the cluster asks
// nobody, until it does.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.here.Store(false)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			o.Census.Run(ctx)
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(o.cluster.Asked()); n != 0 {
			t.Errorf("asked %d times while another node drives", n)
		}
		o.here.Store(true)
		time.Sleep(2*time.Hour + time.Minute)
		synctest.Wait()
		count := make(map[string]int)
		for _, a := range o.cluster.Asked() {
			count[strings.Fields(a)[0]]++
		}
		if got := fmt.Sprint(count); got != "map[listPhone:3 selectCmDeviceExt:13]" {
			t.Error(got)
		}
		stop()
		<-ended
	})
}
