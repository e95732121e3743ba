package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What opens a calendar is shown nowhere, whatever happens to the feed.
func TestFeedSecretsStayInside(t *testing.T) {
	notShort(t, "starts a daemon and reads all it says")
	const canary = "c4n4ry"
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			t.Errorf("%s is asked for without credentials", r.URL.Path)
		}
		switch asked.Add(1) % 5 {
		case 0:
			w.WriteHeader(http.StatusNotFound)
		case 1:
			w.Header().Set("Location", "/elsewhere/private-"+canary+"?token="+canary)
			w.WriteHeader(http.StatusFound)
		case 2:
			w.Header().Set("Location", "ftp://"+canary+":"+canary+"@example.com/"+canary)
			w.WriteHeader(http.StatusFound)
		case 3:
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, calendar())
		}
	}))
	defer server.Close()
	w := newWorld(t)
	w.write("token", canary+"\n")
	head, _, _ := strings.Cut(w.config(), "feeds:")
	w.write("deskd.yaml", head+fmt.Sprintf(`feeds:
  - {name: hall, url: "%s/ical/private-%s/basic.ics?key=%[2]s", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], token_file: token}
  - {name: gone, url: "https://127.0.0.1:1/private-%[2]s?key=%[2]s", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], token_file: token}
  - {name: wrong, url: "caldav+%[1]s/private-%[2]s/?key=%[2]s", site: berlin, every: 1s, allow_networks: [127.0.0.0/8], token_file: token}
`, server.URL, canary))
	w.write("desks.csv", "id,site,cluster,device\nD1,berlin,main,SEP000000000001\n")
	w.must("import", "desks", w.path("desks.csv"))
	d := w.serve()
	eventually(t, 20*time.Second, "the feeds were fetched often enough", func() bool { return asked.Load() > 12 })
	shown := map[string]string{"log": d.log.String(), "doctor": w.run("doctor").out, "list feeds": w.run("list", "feeds", "-o", "json").out}
	shown["check feed"] = fmt.Sprint(w.run("check", "feed", "hall"), w.run("check", "feed", "wrong"))
	for _, page := range []string{"/", "/metrics", "/healthz", "/readyz"} {
		shown[page] = d.body(page)
	}
	for _, file := range []string{"deskd.db", "deskd.db-wal"} {
		data, err := os.ReadFile(filepath.Join(w.folder, file))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		shown[file] = string(data)
	}
	for where, text := range shown {
		if strings.Contains(text, canary) {
			t.Errorf("%s shows the secret:\n%.2000s", where, text)
		}
	}
	if !strings.Contains(shown["log"], "/ical/***/basic.ics") {
		t.Errorf("the log does not say which feed fails:\n%s", shown["log"])
	}
}
