// Package house is an emulated EM service and the emulated phones of its devices as one
// world: whoever is logged in by the service, or at its keys, is who the phone shows, and
// the phone restarts as long as the service says.
//
// It owns nothing but the tie between the two: sessions are the service's, screens and
// call lists the phones'. A phone learns of its session before anyone sees or reaches it,
// so nobody can tell that it was not told at once. Devices that are added later have no
// phone.
package house

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	service "deskd/emapi/emulator"
	"deskd/phone/emulator"
)

// Options are those of a house.
type Options struct {
	// First is the address of the first device's phone, by name; the others count on.
	First netip.Addr
	// Subscribe is the URL of a service that every phone has, "" for none; #DEVICENAME# in
	// it stands for the phone's name.
	Subscribe string
	// Phones are the options of the phones' world. Restart is not used.
	Phones emulator.Options
}

// House is the world. Its methods are safe for concurrent use.
type House struct {
	cluster *service.Emulator
	world   *emulator.World

	mu     sync.Mutex
	homes  []*Home
	byName map[string]*Home
}

// Home is a phone and where it is.
type Home struct {
	*emulator.Phone
	Model   emulator.Model
	Address netip.Addr

	user string    // as the phone was told
	back time.Time // likewise
}

// New puts a phone at an address for each device that the cluster has, of the five models
// in turn.
func New(cluster *service.Emulator, o Options) (*House, error) {
	h := &House{cluster: cluster, world: emulator.New(o.Phones), byName: make(map[string]*Home)}
	at := o.First
	for i, device := range cluster.Phones() {
		if !at.IsValid() {
			return nil, fmt.Errorf("there are more phones than addresses from %s on", o.First)
		}
		models := emulator.Models()
		home := &Home{Model: models[i%len(models)], Address: at}
		home.Phone = h.world.Add(home.Model, device.Device, at)
		if o.Subscribe != "" {
			home.Subscribe("Desk", o.Subscribe)
		}
		h.homes, h.byName[device.Device] = append(h.homes, home), home
		at = at.Next()
	}
	h.settle()
	return h, nil
}

// Homes are the phones, by name.
func (h *House) Homes() []*Home {
	h.settle()
	return h.homes
}

// Home is the phone of a device, nil if it has none.
func (h *House) Home(device string) *Home {
	h.settle()
	return h.byName[device]
}

// RoundTrip reaches the phones from the same process, by the addresses in URLs.
func (h *House) RoundTrip(r *http.Request) (*http.Response, error) {
	h.settle()
	return h.world.RoundTrip(r)
}

// Wait waits until no phone fetches a page that was pushed to it.
func (h *House) Wait() { h.world.Wait() }

// settle tells each phone of a session that began or ended since the last time.
func (h *House) settle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	there := make(map[string]service.Phone)
	for _, device := range h.cluster.Phones() {
		there[device.Device] = device
	}
	for _, home := range h.homes {
		device := there[home.Name()] // one that was removed has no session
		user := cmp.Or(device.Session, &service.Session{}).User
		if user == home.user && device.Ready.Equal(home.back) {
			continue
		}
		home.user, home.back = user, device.Ready
		home.Session(user, device.Ready)
	}
}

// Swap gives two phones the addresses of each other, as DHCP may.
func (h *House) Swap(a, b string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, other := h.byName[a], h.byName[b]
	if one == other {
		return
	}
	one.Address, other.Address = other.Address, one.Address
	h.world.Move(one.Phone, one.Address)
	h.world.Move(other.Phone, other.Address)
}
