package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/web/access"
)

// Every route asks for an action that access knows, each role gets from each what access says,
// for what is its own person's and for what is another's, and without the scope nobody gets
// anything.
func TestEveryRoute(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	a, _ := assemble(w.deps())
	boss := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes})
	hour, routes := 100.0, 0
	for path, item := range a.huma.OpenAPI().Paths {
		for method, text := range map[string]bool{http.MethodGet: item.Get != nil, http.MethodPost: item.Post != nil, http.MethodPatch: item.Patch != nil, http.MethodDelete: item.Delete != nil} {
			if !text {
				continue
			}
			routes++
			action := actionOf(a, method, path)
			if action == "" {
				t.Errorf("%s %s: no action", method, path)
			}
			for _, role := range reservations.Roles {
				for _, owner := range []string{"jane", "max"} {
					hour += 2
					made := w.do(ask{boss, "POST", "/reservations", wish("D1", owner, hour, hour+1), nil})
					if made.status != 201 {
						t.Fatalf("%d %s", made.status, made.text)
					}
					id, _ := made.json(t)["id"].(string)
					request := concrete(method, path, id, owner, hour)
					w.judge(role, action, owner, request)
				}
			}
			for _, scope := range reservations.Scopes {
				token := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: []reservations.Scope{scope}})
				request := concrete(method, path, "nowhere", "jane", hour)
				request.secret = token
				got := w.do(request)
				who := access.Asker{Token: "x", Role: reservations.RoleFacilities, Scopes: []reservations.Scope{scope}}
				if allowed := access.ReachOf(who, action) != access.Nothing; allowed == (got.status == 403) {
					t.Errorf("%s %s with %s alone: %d %s", method, path, scope, got.status, got.text)
				}
			}
		}
	}
	if routes < 18 {
		t.Errorf("%d routes", routes)
	}
}

// actionOf is what a route asks for.
func actionOf(a *api, method, path string) access.Action {
	item := a.huma.OpenAPI().Paths[path]
	op := item.Get
	switch method {
	case http.MethodPost:
		op = item.Post
	case http.MethodPatch:
		op = item.Patch
	case http.MethodDelete:
		op = item.Delete
	}
	action, _ := op.Metadata[actionKey].(access.Action)
	return action
}

// concrete is a request for a route, about a booking of owner's.
func concrete(method, path, id, owner string, hour float64) ask {
	r := ask{method: method}
	switch {
	case strings.HasPrefix(path, "/desks/"):
		id = "D1"
	case strings.HasPrefix(path, "/tokens/"):
		id = "nowhere"
	}
	r.path = strings.ReplaceAll(path, "{id}", id)
	switch {
	case path == "/reservations" && method == http.MethodPost:
		r.body = wish("D2", owner, hour, hour+1)
	case path == "/reservations":
		r.path += "?person=" + owner
	case method == http.MethodPatch:
		r.body = map[string]any{"desk": "D3"}
	case strings.HasSuffix(path, "/extend"):
		r.body = map[string]any{"until": at(hour + 1.5)}
	}
	return r
}

// judge asks as Jane in a role, about what is of owner, and holds the answer against access.
func (w *world) judge(role reservations.Role, action access.Action, owner string, r ask) {
	w.t.Helper()
	r.secret = w.secrets[role]
	if action == access.SeePhones && strings.HasSuffix(r.path, "/explain") {
		r.path += "?at=2026-02-02T08:00:00Z" // the past needs no preview
	}
	got := w.do(r)
	who := access.Asker{Token: "x", Person: "jane", Role: role, Scopes: reservations.Scopes}
	about := fmt.Sprintf("%s: %s %s of %s", role, r.method, r.path, owner)
	personal := strings.HasPrefix(r.path, "/reservations")
	switch {
	case access.ReachOf(who, action) == access.Nothing:
		if got.status != 403 {
			w.t.Errorf("%s: %d %s, want 403", about, got.status, got.text)
		}
	case personal && !access.Allows(who, action, owner):
		if got.status != 403 && got.status != 404 {
			w.t.Errorf("%s: %d %s, want 403 or 404", about, got.status, got.text)
		}
	case got.status == 403, got.status == 404 && !strings.HasPrefix(r.path, "/tokens/"), got.status == 503:
		w.t.Errorf("%s: %d %s", about, got.status, got.text)
	}
}
