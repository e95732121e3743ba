package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
)

// policy lets the page load its own style sheet, icon and script, ask for
// itself again and send its own form, and nothing else: nothing inline, no
// frame, no other origin.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure sets the headers of every answer, errors included.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic below it into a 500 and a line in the log. The query
// is not logged: people search for names.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // net/http knows it unwrapped only
				panic(cause) // net/http's own way to drop a connection
			}
			log.Error("handler panicked", "path", r.URL.Path, "err", cause, "stack", string(debug.Stack()))
			http.Error(w, "internal error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// atHome lets requests through that call this machine by an address, as localhost
// or by one of names. A web page can make its own host name point here and is then
// of the same origin, but cannot change what the browser calls the host (DNS
// rebinding). /healthz, which names no person, answers every prober.
func atHome(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" && !isHome(names, r.Host) {
			reply(w, http.StatusMisdirectedRequest, "text/plain; charset=utf-8",
				[]byte("deskd does not answer to the host name it was called by. If that is its own, or that of a proxy before it, add it to hosts in the configuration.\n"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isHome(names []string, host string) bool {
	host = hostName(host)
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.ContainsFunc(append([]string{"localhost"}, names...), func(name string) bool { return strings.EqualFold(name, host) })
}

// isLocal reports whether r comes from this machine, without a sign that a proxy
// forwarded it for another one: its headers, the name it calls this machine by, or the
// old HTTP that nginx speaks by default. A proxy that changes nothing looks like a client
// on this machine.
func isLocal(r *http.Request) bool {
	for header := range r.Header {
		if slices.ContainsFunc(passedOn, func(beginning string) bool { return strings.HasPrefix(header, beginning) }) {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && r.ProtoAtLeast(1, 1) && isLoopback(r.Host)
}

// passedOn are the prefixes of the headers, as net/http spells them, that proxies add to
// what they forward.
var passedOn = []string{"Forwarded", "X-Forwarded", "X-Original", "X-Real-Ip", "X-Client", "X-Cluster-Client", "X-Envoy", "X-Proxy", "X-Scheme", "X-Remote", "X-Request-Id", "X-Haproxy", "X-Varnish", "X-Amzn", "Via", "Client-Ip", "True-Client-Ip", "Cf-", "Fastly-", "Fly-", "Traceparent"}

// isLoopback reports whether host is this machine for every machine: 127.0.0.1.
func isLoopback(host string) bool {
	host = hostName(host)
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// hostName is host without port, brackets and the dot of its end.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(strings.TrimSuffix(host, "."), "[]")
}
