package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Where the pages ask for a token, one that may see phones opens them, as a bearer or as a
// password; probes need none, and what is revoked opens nothing.
func TestDoor(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("deskd.yaml", "pages: token\n"+w.config())
	type token struct{ ID, Secret string }
	makes := func(of ...string) (made token) {
		t.Helper()
		if err := json.Unmarshal([]byte(w.must(append([]string{"token", "create", "-o", "json"}, of...)...)), &made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	sees := makes("--scope", "read", "--role", "facilities")
	books := makes("--scope", "write", "--role", "facilities")
	employee := makes("--scope", "read,write", "--person", "user0001")
	d := w.serve()
	d.ready() // without a token
	ask := func(path string, with func(*http.Request)) (int, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.page+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		with(r)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close() //nolint:errcheck // it was only read
		return got.StatusCode, got.Header
	}
	bearer := func(secret string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
	}
	for _, path := range []string{"/", "/metrics"} {
		for secret, want := range map[string]int{sees.Secret: 200, books.Secret: 403, employee.Secret: 403, "": 401, "deskd_guess": 401} {
			if got, header := ask(path, bearer(secret)); got != want || (got == 401) != strings.HasPrefix(header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("GET %s with %.12q: %d, want %d: %v", path, secret, got, want, header)
			}
		}
		if got, _ := ask(path, func(r *http.Request) { r.SetBasicAuth("anyone", sees.Secret) }); got != 200 {
			t.Errorf("GET %s with a password: %d", path, got)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/static/style.css"} {
		if got, _ := ask(path, func(*http.Request) {}); got != 200 {
			t.Errorf("GET %s: %d", path, got)
		}
	}
	many := 0
	for range 100 {
		if got, _ := ask("/", bearer("deskd_guess")); got == 429 {
			many++
		}
	}
	if got, _ := ask("/", bearer(sees.Secret)); many == 0 || got != 200 {
		t.Errorf("%d of 100 guesses were too many, and the right token gets %d", many, got)
	}
	w.must("token", "revoke", sees.ID)
	if got, _ := ask("/", bearer(sees.Secret)); got == 200 {
		t.Errorf("revoked: %d", got)
	}
}
