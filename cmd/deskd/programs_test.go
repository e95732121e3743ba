package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A running daemon answers programs that have a token, and nobody else; what they book is a
// booking like any other.
func TestProgramsAskTheDaemon(t *testing.T) {
	w := newWorld(t).furnish()
	var made struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(w.must("token", "create", "--scope", "read,write", "--person", "user0001", "-o", "json")), &made); err != nil {
		t.Fatal(err)
	}
	base := w.serve().page
	ask := func(secret, method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/json")
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close() //nolint:errcheck // it was only read
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode, string(text)
	}
	start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	body := `{"desk":"D1","start":"` + start.Format(time.RFC3339) + `","end":"` + start.Add(time.Hour).Format(time.RFC3339) + `"}`
	if status, text := ask(made.Secret, "POST", "/api/v1/reservations", body); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	w.contains(w.run("list", "reservations"), 0, "D1    user0001", "confirmed  api")
	eventually(t, 5*time.Second, "the desk shows its booking", func() bool {
		status, text := ask(made.Secret, "GET", "/api/v1/desks/D1", "")
		return status == 200 && strings.Contains(text, `"person":"user0001"`)
	})

	// What begins now is acted on now, and so is what ends now.
	now := time.Now().UTC().Truncate(time.Second)
	body = `{"desk":"D2","start":"` + now.Format(time.RFC3339) + `","end":"` + now.Add(30*time.Minute).Format(time.RFC3339) + `"}`
	status, text := ask(made.Secret, "POST", "/api/v1/reservations", body)
	var booked struct{ ID string }
	if err := json.Unmarshal([]byte(text), &booked); err != nil || status != 201 {
		t.Fatalf("%v: %d %s", err, status, text)
	}
	eventually(t, 5*time.Second, "the phone is theirs", func() bool { return w.session("SEP000000000002") == "user0001" })
	time.Sleep(time.Until(now.Add(time.Second))) // a booking that has not lasted a second cannot end
	if status, text := ask(made.Secret, "POST", "/api/v1/reservations/"+booked.ID+"/end", "{}"); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	eventually(t, 5*time.Second, "the phone is free", func() bool { return w.session("SEP000000000002") == "" })
	if status, text := ask("deskd_x", "GET", "/api/v1/desks", ""); status != 401 {
		t.Errorf("without a token: %d %s", status, text)
	}
	if status, text := ask("", "GET", "/api/v1/openapi.json", ""); status != 200 || !strings.HasPrefix(text, "{") {
		t.Errorf("the document: %d", status)
	}
	w.must("token", "revoke", made.ID)
	if status, text := ask(made.Secret, "GET", "/api/v1/desks", ""); status != 401 {
		t.Errorf("revoked: %d %s", status, text)
	}
	w.contains(w.run("list", "audit"), 0, "token:"+made.ID)
}
