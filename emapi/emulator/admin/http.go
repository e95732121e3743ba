package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// atHome lets requests through that name this host by an IP address, as
// localhost, or by one of names. A web page can make its own host name point
// here and is then of the same origin, but cannot change what the browser calls
// the host (DNS rebinding).
func atHome(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		_, err := netip.ParseAddr(strings.Trim(host, "[]"))
		same := func(name string) bool { return strings.EqualFold(name, host) }
		if err != nil && !slices.ContainsFunc(append([]string{"localhost"}, names...), same) {
			reply(w, http.StatusForbidden, map[string]string{"error": fmt.Sprintf("host %q is not one this interface answers to", r.Host)})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// show is a route that lists something.
func show[T any](pattern, about string, list func() T) route {
	return route{pattern, "", about, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, list())
	}}
}

// do is a route that acts. Its arguments are the JSON body of the request, which
// may be missing. An act without result answers {}.
func do[T any](pattern, body, about string, act func(*http.Request, T) (any, error)) route {
	return route{pattern, body, about, func(w http.ResponseWriter, r *http.Request) {
		var in T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			reply(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("read body: %v", err)})
			return
		}
		out, err := act(r, in)
		if err != nil {
			reply(w, statusOf(err), map[string]string{"error": err.Error()})
			return
		}
		if out == nil {
			out = struct{}{}
		}
		reply(w, http.StatusOK, out)
	}}
}

// statusOf tells the phones' refusals from mistakes in the request.
func statusOf(err error) int {
	var code emapi.Code
	if errors.As(err, &code) || errors.Is(err, emulator.ErrRestarting) {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // a client that has gone is no error
}
