package guide

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The page shows each operation of the document once, with its command, and what it takes.
func TestResources(t *testing.T) {
	text, err := os.ReadFile("../../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want, got := 0, 0
	for _, methods := range d.Paths {
		want += len(methods)
	}
	byID := map[string]operation{}
	for _, r := range d.resources() {
		for _, op := range r.Operations {
			got++
			byID[op.ID] = op
		}
	}
	if got != want || len(byID) != want || want < 42 {
		t.Errorf("%d operations, %d ids, of %d", got, len(byID), want)
	}
	for id, curl := range map[string]string{
		"list-desks": `curl -H "Authorization: Bearer $TOKEN" "$DESKD/api/v1/desks"`,
		"listen":     `curl -N -H "Authorization: Bearer $TOKEN" "$DESKD/api/v1/events"`,
		"book":       `curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"desk":"4.12","end":"2026-03-02T12:00:00Z","start":"2026-03-02T09:00:00Z"}' "$DESKD/api/v1/reservations"`,
		"move":       `curl -X PATCH -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"desk":"4.12"}' "$DESKD/api/v1/reservations/ID"`,
	} {
		if byID[id].Curl != curl {
			t.Errorf("%s: %s, want %s", id, byID[id].Curl, curl)
		}
	}
	book := byID["book"]
	if book.Action != "book" || book.CSV || !byID["list-desks"].CSV || len(book.Groups) != 3 {
		t.Errorf("book: %+v", book)
	}
	body := book.Groups[2]
	if at := slices.IndexFunc(body.Fields, func(f field) bool { return f.Name == "start" }); at < 0 || body.Fields[at].Kind != "instant, required" {
		t.Errorf("its body: %+v", body)
	}
}

// A document is text: what of it looks like a tag is shown, and none is no document.
func TestNew(t *testing.T) {
	p, err := New([]byte(`{"info":{"title":"<b>"},"servers":[{"url":"/v1"}],"paths":{"/x":{"get":{"operationId":"x","summary":"<script>","responses":{"200":{}}}}}}`), "/doc")
	if err != nil {
		t.Fatal(err)
	}
	if page := string(p.page); strings.Contains(page, "<script") || strings.Contains(page, "style=") || !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, `href="/doc"`) {
		t.Error(page)
	}
	for _, wrong := range []string{"", "{", "{}", `{"servers":[{"url":"/"}]}`, `{"servers":[{"url":"/"}],"paths":{"/x":{"get":{"parameters":[{"schema":{"type":1}}]}}}}`} {
		if _, err := New([]byte(wrong), "/doc"); err == nil {
			t.Errorf("%q is a document", wrong)
		}
	}
}
