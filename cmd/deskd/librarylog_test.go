package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Given the address of a server alone, its calendars are listed as url takes them.
func TestCheckFeedListsCalendars(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "PROPFIND" || r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusMultiStatus)
		io.WriteString(w, `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">`)
		if strings.Contains(string(body), "displayname") {
			for _, name := range []string{"desks", "hall"} {
				fmt.Fprintf(w, `<response><href>/cal/%s/</href><propstat><prop><resourcetype><C:calendar/></resourcetype><displayname>The %s</displayname></prop><status>HTTP/1.1 200 OK</status></propstat></response>`, name, name)
			}
		}
		io.WriteString(w, `</multistatus>`)
	}))
	defer server.Close()
	w := newWorld(t)
	w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s,", "every: 1s, allow_networks: [127.0.0.0/8],", 1))
	w.contains(w.run("check", "feed", "caldav+"+server.URL+"/"), 1,
		"calendars of this server:", "caldav+"+server.URL+"/cal/desks/  \"The desks\"", "caldav+"+server.URL+"/cal/hall/", "but 2 elsewhere; deskd check feed lists them")
}
