package house

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"deskd/phone/emulator"
)

// Listen opens a port for each phone, at its address. A caller tells phones apart by
// their addresses, as it does real ones: an Execute has no place for a path.
func (h *House) Listen(ctx context.Context, port uint16) (map[*Home]net.Listener, error) {
	var config net.ListenConfig
	open := make(map[*Home]net.Listener)
	for _, home := range h.homes {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(home.Address.String(), strconv.Itoa(int(port))))
		if err != nil {
			for _, l := range open {
				err = errors.Join(err, l.Close())
			}
			return nil, err
		}
		open[home] = l
	}
	return open, nil
}

// Handler is the web server of a phone.
func (h *House) Handler(home *Home) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.settle()
		home.ServeHTTP(w, r)
	})
}

// Transport lets the requests of phones come from their addresses, each over a connection
// of its own.
func Transport() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		if from := emulator.Source(ctx); from != (netip.Addr{}) {
			d.LocalAddr = &net.TCPAddr{IP: from.AsSlice()}
		}
		return d.DialContext(ctx, network, address)
	}}
}
