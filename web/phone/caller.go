package phone

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"deskd/phone"
	"deskd/reservations"
)

// admit is the address from which is asked, if any page is to be made for it; else the page
// that says why not. No header of the request has a say in the address.
func (h *Handler) admit(r *http.Request) (netip.Addr, phone.Object) {
	to, err := netip.ParseAddrPort(r.RemoteAddr)
	from := to.Addr().Unmap()
	switch {
	case len(h.Networks) == 0 || h.BaseURL == "":
		return from, plain("deskd", "Not set up for phones\nThe configuration of deskd names no networks of phones (key phones).")
	case err != nil || !h.inside(from):
		return from, plain("deskd", "Not for this network\nThe configuration of deskd does not name it as one of phones (phones.networks).")
	case browses(r.Header):
		h.refuseBrowser(r, from)
		return from, plain("deskd", "This page is for phones")
	case r.Method != http.MethodGet, len(r.URL.RawQuery) > largestQuery:
		return from, plain("deskd", "Not understood\nOpen the page from the phone's services.")
	}
	admitted, tell := h.gate.admits(from, h.Clock())
	if tell {
		h.Log.Warn("phone asks too much, and is not answered", "address", from)
	}
	if !admitted {
		return from, plain("deskd", "Too many requests\nTry again in a minute.")
	}
	return from, nil
}

// inside reports whether an address is one of the phones' networks.
func (h *Handler) inside(a netip.Addr) bool {
	return slices.ContainsFunc(h.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// refuseBrowser notes that something that is no phone has followed a link that does something.
func (h *Handler) refuseBrowser(r *http.Request, from netip.Addr) {
	v := &visit{Handler: h, ctx: r.Context(), from: from, query: r.URL.Query(), now: h.Clock()}
	v.device = reservations.Legible(v.query.Get("name"))
	v.refuseForged("a browser has sent it")
}

// browses reports whether a browser has sent a request, maybe for a web page that wants
// something done: no phone sends these headers.
func browses(h http.Header) bool {
	for name := range h {
		if name == "Origin" || name == "Referer" || strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

// How long is believed what was asked about an address.
const (
	knownFor       = 10 * time.Second // of where a phone is known to be
	identifiedFor  = 2 * time.Minute  // a phone that has said its name
	strangeFor     = 20 * time.Second // one that has not
	identifyWithin = 2 * time.Second
)

// callers remembers where phones are.
type callers struct {
	known once[string, []Known]
	named once[netip.Addr, string]
}

// believes reports whether the phone of a desk is at the address from which is asked, and
// whether it is known where it is: by what is known of it, and where nothing is and that is
// believed, by what says at that address which phone it is.
func (h *Handler) believes(ctx context.Context, d reservations.Desk, from netip.Addr, now time.Time) (believed, placed bool, err error) {
	all, err := h.callers.known.get(ctx, question[string]{d.Device, knownFor, now}, func(ctx context.Context) ([]Known, error) { return h.Phones.At(ctx, d.Device) })
	if err != nil {
		return false, false, err
	}
	for _, k := range all {
		if k.Cluster != d.Cluster || !k.Address.IsValid() {
			continue
		}
		if k.Address.Unmap() == from {
			return true, true, nil
		}
		placed = true
	}
	if placed || h.Identify == nil {
		return false, placed, nil
	}
	return h.isAt(ctx, d.Device, from, now), false, nil
}

// isAt reports whether what is at an address says that it is the phone of that name.
func (h *Handler) isAt(ctx context.Context, device string, from netip.Addr, now time.Time) bool {
	says := func(age time.Duration) bool {
		name, _ := h.callers.named.get(ctx, question[netip.Addr]{from, age, now}, func(ctx context.Context) (string, error) { return h.identify(ctx, from), nil })
		return strings.EqualFold(name, device)
	}
	return says(identifiedFor) || says(strangeFor) // one that was silent, or another, is asked again sooner
}

// identify asks the phone at an address for its name. As many are asked at once as pages are made.
func (h *Handler) identify(ctx context.Context, from netip.Addr) string {
	ctx, stop := context.WithTimeout(ctx, identifyWithin)
	defer stop()
	name, err := h.Identify(ctx, from)
	if err != nil {
		h.Log.Info("phone does not say its name", "address", from, "err", err)
	}
	return name
}
