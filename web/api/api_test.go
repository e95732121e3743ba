package api

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// A booking is made, found, changed, ended early and cancelled; who is too late is told what
// else is free.
func TestBook(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane := w.secrets[reservations.RoleEmployee]
		dry := w.do(ask{jane, "POST", "/reservations?dry_run=true", wish("D1", "", 1, 3), nil})
		if dry.status != 200 || strings.Contains(dry.text, `"id"`) {
			t.Errorf("dry run: %d %s", dry.status, dry.text)
		}
		made := w.do(ask{jane, "POST", "/reservations", wish("D1", "", 1, 3), []string{"Idempotency-Key", "k1"}})
		if made.status != 201 || made.json(t)["person"] != "jane" || made.json(t)["source"] != "api" {
			t.Fatalf("%d %s", made.status, made.text)
		}
		path, tag := strings.TrimPrefix(made.header.Get("Location"), rest.Base), made.header.Get("ETag")
		again := w.do(ask{jane, "POST", "/reservations", wish("D1", "", 1, 3), []string{"Idempotency-Key", "k1"}})
		if again.status != 200 || again.json(t)["id"] != made.json(t)["id"] {
			t.Errorf("again: %d %s", again.status, again.text)
		}
		if other := w.do(ask{jane, "POST", "/reservations", wish("D2", "", 1, 3), []string{"Idempotency-Key", "k1"}}); other.status != 422 || other.json(t)["code"] != "key_used" {
			t.Errorf("the key for another: %d %s", other.status, other.text)
		}
		if got := w.do(ask{jane, "GET", path, nil, nil}); got.status != 200 || got.header.Get("ETag") != tag {
			t.Errorf("%d %s, tag %s, want %s", got.status, got.text, got.header.Get("ETag"), tag)
		}
		taken := w.do(ask{w.secrets[reservations.RoleDelegate], "POST", "/reservations", wish("D1", "max", 2, 4), nil})
		if p := taken.json(t); taken.status != 409 || p["code"] != "taken" || p["until"] != "2026-03-02T11:00:00Z" || !strings.Contains(taken.text, `{"desk":"D2"`) || !strings.Contains(taken.text, "jane") {
			t.Errorf("taken: %d %s", taken.status, taken.text)
		}
		extended := w.do(ask{jane, "POST", path + "/extend", map[string]any{"until": at(4)}, []string{"If-Match", tag}})
		if extended.status != 200 || extended.json(t)["end"] != "2026-03-02T12:00:00Z" {
			t.Errorf("extended: %d %s", extended.status, extended.text)
		}
		stale := w.do(ask{jane, "PATCH", path, map[string]any{"desk": "D3"}, []string{"If-Match", tag}})
		if stale.status != 412 {
			t.Errorf("stale: %d %s", stale.status, stale.text)
		}
		if moved := w.do(ask{jane, "PATCH", path, map[string]any{"desk": "D3"}, nil}); moved.status != 200 || moved.json(t)["desk"] != "D3" {
			t.Errorf("moved: %d %s", moved.status, moved.text)
		}
		if early := w.do(ask{jane, "POST", path + "/end", nil, nil}); early.status != 409 || early.json(t)["code"] != "not_begun" {
			t.Errorf("early: %d %s", early.status, early.text)
		}
		if gone := w.do(ask{jane, "DELETE", path, nil, nil}); gone.status != 200 || gone.json(t)["status"] != "cancelled" {
			t.Errorf("cancelled: %d %s", gone.status, gone.text)
		}
		runs := w.do(ask{jane, "POST", "/reservations", map[string]any{"zone": "quiet", "start": at(-1), "end": at(1)}, nil})
		if runs.status != 201 || runs.json(t)["desk"] != "D1" {
			t.Fatalf("in a zone: %d %s", runs.status, runs.text)
		}
		ended := w.do(ask{jane, "POST", strings.TrimPrefix(runs.header.Get("Location"), rest.Base) + "/end", nil, nil})
		if ended.status != 200 || ended.json(t)["end"] != "2026-03-02T08:00:00Z" || ended.json(t)["status"] != "confirmed" {
			t.Errorf("ended: %d %s", ended.status, ended.text)
		}
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
		audit, err := w.store.Audit(ctx, reservations.AuditFilter{Kind: "reservation", Limit: 1})
		check(t, err)
		if !strings.HasPrefix(audit[0].Actor, "token:") {
			t.Errorf("actor %s", audit[0].Actor)
		}
	})
}

// What a person may not see of others is nowhere in an answer: no name, no booking, and no
// hint whether there is one.
func TestNamesOfOthers(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss, jane := w.secrets[reservations.RoleFacilities], w.secrets[reservations.RoleEmployee]
	theirs := w.do(ask{boss, "POST", "/reservations", wish("D1", "max", 0, 4), nil})
	path := strings.TrimPrefix(theirs.header.Get("Location"), rest.Base)
	for _, a := range []ask{
		{jane, "GET", "/desks", nil, nil},
		{jane, "GET", "/desks", nil, []string{"Accept", "text/csv"}},
		{jane, "GET", "/desks/D1", nil, nil},
		{jane, "GET", "/reservations", nil, nil},
		{jane, "GET", "/people", nil, nil},
		{jane, "GET", path, nil, nil},
		{jane, "DELETE", path, nil, nil},
		{jane, "PATCH", path, map[string]any{"desk": "D2"}, nil},
		{jane, "POST", "/reservations", wish("D1", "", 1, 2), nil},
		{jane, "POST", "/reservations", wish("D2", "maximilian", 1, 2), nil},
		{jane, "GET", "/desks?person=ma&free_from=2026-03-02T09:00:00Z&free_to=2026-03-02T10:00:00Z", nil, nil},
	} {
		got := w.do(a)
		if strings.Contains(strings.ToLower(strings.ReplaceAll(got.text, "maximilian", "")), "max") {
			t.Errorf("%s %s tells of Max: %s", a.method, a.path, got.text)
		}
	}
	unknown := w.do(ask{jane, "GET", "/reservations/0123456789abcdef", nil, nil})
	if hidden := w.do(ask{jane, "GET", path, nil, nil}); hidden.status != 404 || hidden.text != unknown.text {
		t.Errorf("another's: %s; none: %s", hidden.text, unknown.text)
	}
	if got := w.do(ask{boss, "GET", "/desks/D1", nil, nil}); !strings.Contains(got.text, `"person":"max"`) {
		t.Errorf("for who may see names: %s", got.text)
	}
}

// Pages of a list are the whole list, each once, whatever comes in between.
func TestPages(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleAuditor]
	book := func(i int) {
		_, err := w.store.Reserve(ctx, reservations.Reservation{Desk: "D1", Person: "max", Span: reservations.Span{Start: at(float64(i)), End: at(float64(i) + 1)}}, eight)
		check(t, err)
	}
	for i := 1; i < 20; i += 2 {
		book(i)
	}
	for _, list := range []string{"/reservations", "/audit", "/desks", "/people", "/tokens", "/attempts"} {
		seen, cursor, pages := map[string]bool{}, "", 0
		for {
			got := w.do(ask{boss, "GET", list + "?limit=3&cursor=" + cursor, nil, nil})
			page := got.json(t)
			if got.status != 200 {
				t.Fatalf("%s: %d %s", list, got.status, got.text)
			}
			for _, one := range page["items"].([]any) { //nolint:forcetypeassert // validated
				key := fmt.Sprint(members(one)["id"], members(one)["person"], members(one)["start"])
				if seen[key] {
					t.Errorf("%s: %s twice", list, key)
				}
				seen[key] = true
			}
			next, more := page["next"].(string)
			if pages++; !more {
				break
			}
			if cursor = next; list == "/reservations" && pages == 2 {
				book(2) // before what is still to come
				book(18)
			}
		}
		whole := w.do(ask{boss, "GET", list + "?limit=500", nil, nil}).json(t)["items"].([]any) //nolint:forcetypeassert // validated
		missed := 0
		if list == "/reservations" {
			missed = 1
		}
		if len(seen) != len(whole)-missed {
			t.Errorf("%s: %d on pages, %d in all", list, len(seen), len(whole))
		}
	}
	if got := w.do(ask{boss, "GET", "/audit?cursor=%21", nil, nil}); got.status != 422 {
		t.Errorf("a cursor of no list: %d", got.status)
	}
}

// However a token is wrong, the answer is the same; guesses do not get faster answers, and
// lock nobody out.
func TestGuesses(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	tokens, err := w.store.Tokens().List(ctx)
	check(t, err)
	for _, one := range tokens {
		if one.Role == reservations.RoleEmployee {
			_, err = w.store.Tokens().Revoke(ctx, one.ID, eight)
			check(t, err)
		}
	}
	var want reply
	limited := 0
	for i := range 1000 {
		secret := fmt.Sprintf("deskd_%043d", i)
		switch i % 4 {
		case 1:
			secret = w.secrets[reservations.RoleEmployee] // revoked
		case 2:
			secret = "deskd_x"
		}
		got, _ := w.send(ask{secret, "GET", "/desks", nil, nil})
		switch {
		case i == 0:
			want = got
		case got.status == http.StatusTooManyRequests:
			limited++
		case got.status != 401 || got.text != want.text || fmt.Sprint(got.header) != fmt.Sprint(want.header):
			t.Fatalf("guess %d: %d %s %v", i, got.status, got.text, got.header)
		}
	}
	if limited == 0 {
		t.Error("no guess was one too many")
	}
	if got := w.do(ask{w.secrets[reservations.RoleDelegate], "GET", "/desks", nil, nil}); got.status != 200 {
		t.Errorf("a token that counts: %d", got.status)
	}
}

// One token may ask so much, and another one meanwhile too.
func TestRate(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	limited := false
	for range 2 * rest.Burst {
		got, _ := w.send(ask{w.secrets[reservations.RoleEmployee], "GET", "/desks/nowhere", nil, nil})
		limited = limited || got.status == 429 && got.header.Get("Retry-After") == "1"
	}
	if other := w.do(ask{w.secrets[reservations.RoleAuditor], "GET", "/desks", nil, nil}); !limited || other.status != 200 {
		t.Errorf("limited %v, another one %d", limited, other.status)
	}
}

// Requests that are not as the document says are refused, and name what is wrong.
func TestRefusedRequests(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	late := wish("D1", "max", 1, 2)
	late["colour"] = "red"
	for name, c := range map[string]struct {
		ask
		want int
		code string
	}{
		"unknown field":      {ask{boss, "POST", "/reservations", late, nil}, 422, "invalid"},
		"unknown query":      {ask{boss, "GET", "/desks?colour=red", nil, nil}, 422, "invalid"},
		"no JSON":            {ask{boss, "POST", "/reservations", "{", nil}, 400, "malformed"},
		"too large":          {ask{boss, "POST", "/reservations", map[string]any{"note": strings.Repeat("x", rest.LargestBody)}, nil}, 413, "too_large"},
		"ends first":         {ask{boss, "POST", "/reservations", wish("D1", "max", 2, 1), nil}, 422, "invalid"},
		"too long":           {ask{boss, "POST", "/reservations", wish("D1", "max", 1, 24*500), nil}, 422, "invalid"},
		"over":               {ask{boss, "POST", "/reservations", wish("D1", "max", -2, -1), nil}, 422, "invalid"},
		"no desk":            {ask{boss, "POST", "/reservations", wish("", "max", 1, 2), nil}, 422, "invalid"},
		"unknown desk":       {ask{boss, "POST", "/reservations", wish("D9", "max", 1, 2), nil}, 422, "unknown_desk"},
		"unknown person":     {ask{boss, "POST", "/reservations", wish("D1", "ma", 1, 2), nil}, 422, "unknown_person"},
		"unknown booking":    {ask{boss, "DELETE", "/reservations/nowhere", nil, nil}, 404, "not_found"},
		"a page too large":   {ask{boss, "GET", "/desks?limit=501", nil, nil}, 422, "invalid"},
		"CSV of one":         {ask{boss, "GET", "/desks/D1", nil, []string{"Accept", "text/csv"}}, 406, "not_acceptable"},
		"CSV as a request":   {ask{boss, "POST", "/reservations", "a,b", []string{"Content-Type", "text/csv"}}, 400, "malformed"},
		"even so, no right":  {ask{w.secrets[reservations.RoleDelegate], "POST", "/reservations?even_so=true", wish("D1", "max", 1, 2), nil}, 403, "forbidden"},
		"a year of bookings": {ask{boss, "GET", "/reservations?to=2027-03-02T08:00:00Z", nil, nil}, 422, "invalid"},
	} {
		got := w.do(c.ask)
		if got.status != c.want || got.json(t)["code"] != c.code || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", name, got.status, got.header.Get("Content-Type"), got.text)
		}
	}
	for path, allow := range map[string]string{"/desks": "GET, HEAD", "/reservations/x": "GET, HEAD, PATCH, DELETE", "/walkups": "POST"} {
		got, _ := w.send(ask{boss, "PUT", path, nil, nil})
		if got.status != 405 || got.header.Get("Allow") != allow || got.header.Get("Content-Type") != "application/problem+json" || got.json(t)["code"] != "method_not_allowed" {
			t.Errorf("PUT %s: %d %v %s", path, got.status, got.header, got.text)
		}
	}
	for _, path := range []string{"/nothing", "/desks/D1/fly"} {
		if got, _ := w.send(ask{boss, "GET", path, nil, nil}); got.status != 404 || !strings.Contains(got.text, "openapi.json") {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log)
	}
}

// Texts from outside come out harmless: as JSON and as CSV, in problems and in the log.
func TestStrangeTexts(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	auditor := ""
	for i, text := range []string{
		"<script>alert(1)</script>", "=1+1", "@SUM(A1)", "-2+3", "+1+1", "-2", "a\r\nb", "a\u202eb", "a\x00b", strings.Repeat("x", 10_000), `"; DROP TABLE desks; --`, "\ufeff",
	} {
		boss := w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes}) // rates are limited
		auditor = w.token(reservations.Token{Role: reservations.RoleAuditor, Scopes: reservations.Scopes})
		note := wish("D1", "max", float64(2*i+1), float64(2*i+2))
		note["note"] = text
		for _, body := range []map[string]any{note, wish(text, "max", 1, 2), wish("D2", text, 1, 2), {"zone": text, "person": "max", "start": at(1), "end": at(2)}} {
			w.harmless(w.do(ask{boss, "POST", "/reservations", body, nil}))
		}
		w.harmless(w.do(ask{boss, "POST", "/reservations", wish("D3", "max", 100, 101), []string{"Idempotency-Key", strings.Map(printable, text)}}))
		series, away := repeated("D3", "max", float64(200+48*i), "skip"), map[string]any{"person": "max", "first_day": day(float64(20 + i)), "note": text}
		series["note"] = text
		for path, body := range map[string]map[string]any{"/series": series, "/absences": away, "/closures": {"desk": "D3", "start": at(5000), "end": at(5001), "reason": text}} {
			w.harmless(w.do(ask{boss, "POST", path, body, nil}))
		}
		for path, body := range map[string]map[string]any{"/series": {"desk": "D3", "person": "max", "start": at(1), "end": at(2), "rule": text}, "/absences": {"person": "max", "first_day": text}, "/walkups": {"desk": text}} {
			w.harmless(w.do(ask{boss, "POST", path, body, nil}))
		}
		for _, path := range []string{"/series/", "/absences/", "/closures/"} {
			w.harmless(w.do(ask{boss, "DELETE", path + query("x"+text), nil, nil}))
		}
		for _, list := range []string{"/reservations", "/desks", "/audit", "/closures", "/absences", "/arrivals"} {
			w.harmless(w.do(ask{auditor, "GET", list, nil, []string{"Accept", "text/csv"}}))
			w.harmless(w.do(ask{auditor, "GET", list, nil, nil}))
		}
		for _, path := range []string{"/desks?site=", "/reservations?desk=", "/reservations?person=", "/desks?cursor=", "/attempts?desk="} {
			w.harmless(w.do(ask{auditor, "GET", path + query(text), nil, nil}))
		}
	}
	for path, kept := range map[string]string{"/reservations": "'-2+3", "/closures": "'+1+1", "/absences": "'=1+1"} { // they were there
		if got := w.do(ask{auditor, "GET", path + "?limit=500" + map[bool]string{true: "&to=2026-06-01T00:00:00Z"}[path == "/reservations"], nil, []string{"Accept", "text/csv"}}); !strings.Contains(got.text, kept) {
			t.Errorf("%s: no %s in %s", path, kept, got.text)
		}
	}
	if strings.ContainsAny(w.log.String(), "\x00\r\u202e<") {
		t.Errorf("log: %s", w.log)
	}
}

func printable(r rune) rune {
	if r < ' ' {
		return -1
	}
	return r
}

func query(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// harmless reports what in an answer a browser, a terminal or a spreadsheet would act on.
func (w *world) harmless(got reply) {
	w.t.Helper()
	if strings.ContainsAny(got.text, "\x00\u202e") {
		w.t.Errorf("%d %q", got.status, got.text)
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
		if strings.Contains(got.text, "<script") {
			w.t.Errorf("%d %q", got.status, got.text)
		}
		return
	}
	rows, err := csv.NewReader(strings.NewReader(got.text)).ReadAll()
	check(w.t, err)
	for _, cell := range slices.Concat(rows...) {
		if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") { // a number is none
			w.t.Errorf("a formula: %q", cell)
		}
	}
}

// Of many who want one desk at once one gets it, and the others a 409, on both databases.
func TestRaceOverHTTP(t *testing.T) {
	rounds := 5
	dialects(t, func(t *testing.T, w *world) {
		for _, clients := range []int{2, 10, 30} {
			var secrets []string
			for range clients {
				secrets = append(secrets, w.token(reservations.Token{Role: reservations.RoleFacilities, Scopes: reservations.Scopes}))
			}
			for round := range rounds {
				start := float64(clients*1000 + round*2)
				statuses := make(chan int, clients)
				for i := range clients {
					go func() {
						got, _ := w.send(ask{secrets[i], "POST", "/reservations", wish("D1", []string{"jane", "max", "zoe"}[i%3], start+float64(i%2)/2, start+1), nil})
						statuses <- got.status
					}()
				}
				count := map[int]int{}
				for range clients {
					count[<-statuses]++
				}
				if count[201] != 1 || count[409] != clients-1 {
					t.Errorf("%d clients: %v", clients, count)
				}
			}
		}
	})
}

// A token that is revoked opens nothing from the next request on, on every node of its
// database.
func TestRevokedOnEveryNode(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		tokens, err := w.store.Tokens().List(ctx)
		check(t, err)
		began := time.Now()
		got := w.do(ask{w.secrets[reservations.RoleFacilities], "DELETE", "/tokens/" + tokens[len(tokens)-1].ID, nil, nil})
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		refused := 0
		for _, role := range reservations.Roles {
			if got, _ := w.send(ask{w.secrets[role], "GET", "/desks", nil, nil}); got.status == 401 {
				refused++
			}
		}
		if refused != 1 || time.Since(began) > time.Minute {
			t.Errorf("%d refused after %s", refused, time.Since(began))
		}
	})
}
