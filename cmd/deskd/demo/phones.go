package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/imports"
	"deskd/cmd/emulator/house"
	"deskd/phone/emulator"
)

// Where phones are, how they reach deskd, and as whom deskd has them do something. None of
// it is on a network.
const (
	phonesIn   = "10.64.0.0/16"
	firstPhone = "10.64.0.1"
	phoneBase  = "http://deskd.example.com"
	pushUser   = "deskd-push"
)

// switchboard lets phones reach the daemon where its page listens, each from its own
// address: over pipes, for the addresses are those of no interface of this machine.
type switchboard struct {
	net.Listener
	calls chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func newSwitchboard(page net.Listener) *switchboard {
	s := &switchboard{Listener: page, calls: make(chan net.Conn), gone: make(chan struct{})}
	go func() {
		for {
			conn, err := page.Accept()
			if err != nil {
				s.once.Do(func() { close(s.gone) })
				return
			}
			if !s.hand(conn) {
				_ = conn.Close()
			}
		}
	}()
	return s
}

// hand gives a connection to the daemon, and reports whether it was taken.
func (s *switchboard) hand(conn net.Conn) bool {
	select {
	case s.calls <- conn:
		return true
	case <-s.gone:
		return false
	}
}

// Accept implements [net.Listener].
func (s *switchboard) Accept() (net.Conn, error) {
	select {
	case conn := <-s.calls:
		return conn, nil
	case <-s.gone:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (s *switchboard) Close() error {
	err := s.Listener.Close()
	s.once.Do(func() { close(s.gone) })
	return err
}

// line is a connection from a phone.
type line struct {
	net.Conn
	from net.Addr
}

// RemoteAddr implements [net.Conn].
func (l line) RemoteAddr() net.Addr { return l.from }

// transport carries the requests of phones.
func (s *switchboard) transport() http.RoundTripper {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		phone, deskd := net.Pipe()
		if !s.hand(line{deskd, net.TCPAddrFromAddrPort(netip.AddrPortFrom(emulator.Source(ctx), 49152))}) {
			return nil, errors.New("the daemon has ended")
		}
		return phone, nil
	}}
}

// place puts a phone on every desk, and has deskd know where each is.
func (d *world) place(ctx context.Context, a *daemon.Parts) error {
	var err error
	d.house, err = house.New(d.phones, house.Options{
		First: netip.MustParseAddr(firstPhone), Subscribe: phoneBase + "/phone?name=#DEVICENAME#",
		Phones: emulator.Options{
			Service: d.board.transport(), Now: d.clock.Now,
			Authenticate: func(user, given, _ string) bool { return user == pushUser && given == password },
		},
	})
	if err != nil {
		return err
	}
	a.PhonesBy = d.house
	var file strings.Builder
	file.WriteString("device,address\n")
	for _, home := range d.house.Homes() {
		fmt.Fprintf(&file, "%s,%s\n", home.Name(), home.Address)
	}
	i := imports.Importer{Parts: a, File: "phones.csv"}
	r, err := i.Run(ctx, imports.PhonesKind, strings.NewReader(file.String()))
	if err == nil && r.LeftOut > 0 {
		err = errors.New(r.Problems[0].Text)
	}
	return err
}
