package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/web/access"
	"deskd/web/api/rest"
)

// Every route asks for an action that access knows, each role gets from each what access says,
// for what is its own person's and for what is another's, and without the scope nobody gets
// anything.
func TestEveryRoute(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	a := assemble(w.deps())
	hour, routes := 100.0, 0
	for path, item := range a.frame.OpenAPI().Paths {
		for method, text := range map[string]bool{http.MethodGet: item.Get != nil, http.MethodPost: item.Post != nil, http.MethodPatch: item.Patch != nil, http.MethodDelete: item.Delete != nil} {
			if !text {
				continue
			}
			routes++
			boss := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes}) // another one for each: rates are limited
			action := actionOf(a, method, path)
			if action == "" {
				t.Errorf("%s %s: no action", method, path)
			}
			for _, role := range reservations.Roles {
				for _, owner := range []string{"jane", "max"} {
					hour += 2
					request := concrete(method, path, w.object(boss, path, owner, hour), owner, hour)
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
	if routes < 42 {
		t.Errorf("%d routes", routes)
	}
}

// actionOf is what a route asks for.
func actionOf(a *api, method, path string) access.Action {
	item := a.frame.OpenAPI().Paths[path]
	op := item.Get
	switch method {
	case http.MethodPost:
		op = item.Post
	case http.MethodPatch:
		op = item.Patch
	case http.MethodDelete:
		op = item.Delete
	}
	action, _ := op.Metadata[rest.ActionKey].(access.Action)
	return action
}

// object makes what a route is about, of owner's, and returns its id.
func (w *world) object(boss, path, owner string, hour float64) string {
	w.t.Helper()
	r := ask{boss, "POST", "/reservations", wish("D1", owner, hour, hour+1), nil}
	switch {
	case strings.HasPrefix(path, "/series/"):
		r.path, r.body = "/series", repeated("D3", owner, hour, "skip")
	case strings.HasPrefix(path, "/absences/"):
		r.path, r.body = "/absences", map[string]any{"person": owner, "first_day": day(hour)}
	}
	made := w.do(r)
	if made.status != 201 {
		w.t.Fatalf("%d %s", made.status, made.text)
	}
	id, _ := made.json(w.t)["id"].(string)
	return id
}

// day is one that is so many days from now.
func day(days float64) string { return eight.AddDate(0, 0, int(days)).Format(time.DateOnly) }

// repeated is a series of two days, of half an hour from so many hours after eight.
func repeated(desk, person string, from float64, conflict string) map[string]any {
	w := wish(desk, person, from, from+0.5)
	w["rule"], w["on_conflict"] = "FREQ=DAILY;COUNT=2", conflict
	return w
}

// concrete is a request for a route, about a booking of owner's.
func concrete(method, path, id, owner string, hour float64) ask {
	r := ask{method: method}
	switch {
	case strings.HasPrefix(path, "/desks/"):
		id = "D1"
	case strings.HasPrefix(path, "/tokens/"), strings.HasPrefix(path, "/closures/"):
		id = "nowhere"
	}
	r.path = strings.NewReplacer("{id}", id, "/feeds/{name}", "/feeds/hall", "/clusters/{name}", "/clusters/main").Replace(path)
	switch {
	case path == "/reservations" && method == http.MethodPost:
		r.body = wish("D2", owner, hour, hour+1)
	case path == "/tokens" && method == http.MethodPost:
		r.body = map[string]any{"scopes": []string{"admin"}, "role": "employee", "person": owner}
	case path == "/series":
		r.body = repeated("D2", owner, hour, "skip")
	case path == "/walkups":
		r.body = map[string]any{"desk": "D2", "person": owner}
	case path == "/closures" && method == http.MethodPost:
		r.path, r.body = r.path+"?dry_run=true", map[string]any{"site": "berlin", "end": at(1), "reason": "paint"}
	case path == "/absences" && method == http.MethodPost:
		r.body = map[string]any{"person": owner, "first_day": day(hour + 1)}
	case path == "/reservations", path == "/absences":
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
	personal := slices.ContainsFunc([]string{"/reservations", "/series", "/absences", "/walkups"}, func(of string) bool { return strings.HasPrefix(r.path, of) })
	unknown := strings.HasSuffix(r.path, "/nowhere")
	switch {
	case access.ReachOf(who, action) == access.Nothing:
		if got.status != 403 {
			w.t.Errorf("%s: %d %s, want 403", about, got.status, got.text)
		}
	case personal && !access.Allows(who, action, owner):
		if got.status != 403 && got.status != 404 {
			w.t.Errorf("%s: %d %s, want 403 or 404", about, got.status, got.text)
		}
	case got.status == 403, got.status == 404 && !unknown, got.status == 503:
		w.t.Errorf("%s: %d %s", about, got.status, got.text)
	}
}
