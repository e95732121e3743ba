package emulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/emapi"
)

func TestAdmin(t *testing.T) {
	e := newWorld(Options{})
	admin := e.Admin()
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, httptest.NewRequest(method, "http://127.0.0.1:8081"+path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	steps := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/sessions", "", 200, "[]"},
		{"GET", "/faults", "", 200, "[]"},
		{"POST", "/login", `{"device":"` + phone1 + `","user":"user0001"}`, 200, "{}"},
		{"POST", "/login", `{"device":"` + phone1 + `","user":"user0002"}`, 409, "code 18"},
		{"POST", "/login", `{"phone":"x"}`, 400, `unknown field \"phone\"`},
		{"POST", "/login", `{`, 400, "read body"},
		{"GET", "/sessions", "", 200, `"by": "phone"`},
		{"POST", "/logout", `{"device":"` + phone1 + `"}`, 200, "{}"},
		{"PUT", "/users/max", `{"profiles":["P1"]}`, 200, "{}"},
		{"PUT", "/devices/SEP0000000000AA", "", 200, "{}"},
		{"POST", "/login", `{"device":"SEP0000000000AA","user":"max"}`, 200, "{}"},
		{"POST", "/devices/SEP0000000000AA/em", `{"on":false}`, 200, "{}"},
		{"POST", "/logout", `{"device":"SEP0000000000AA"}`, 409, "code 5"},
		{"GET", "/phones", "", 200, `"em": false`},
		{"DELETE", "/devices/SEP0000000000AA", "", 200, "{}"},
		{"GET", "/events", "", 200, `"by": "removal"`},
		{"POST", "/login", `{"device":"` + phone2 + `","user":"user0002"}`, 200, "{}"},
		{"POST", "/switch-version", "", 200, "{}"},
		{"GET", "/events", "", 200, `"by": "switch"`},
		{"POST", "/faults", `{"action":"code","code":6,"op":"login","delay":"20ms","count":1}`, 200, `"id": 1`},
		{"POST", "/faults", `{"action":"code","delay":"soon"}`, 400, "soon"},
		{"POST", "/faults", `{"action":"explode"}`, 400, "explode"},
		{"GET", "/faults", "", 200, `"delay": "20ms"`},
		{"DELETE", "/faults/1", "", 200, "{}"},
		{"DELETE", "/faults/1", "", 400, "none"},
		{"POST", "/down", `{"on":true}`, 200, "{}"},
		{"GET", "/stats", "", 200, `"peak": 0`},
		{"GET", "/nothing", "", 404, ""},
	}
	for _, s := range steps {
		status, body := call(s.method, s.path, s.body)
		if status != s.status || !strings.Contains(body, s.says) {
			t.Errorf("%s %s %s: HTTP %d %s; expected %d with %s", s.method, s.path, s.body, status, body, s.status, s.says)
		}
	}
	if _, err := e.Transport().RoundTrip(httptest.NewRequest("POST", Path, nil)); err == nil {
		t.Error("the service is not down")
	}
}

func TestAdminFaultIsTheFault(t *testing.T) {
	e := newWorld(Options{})
	want := Fault{ID: 1, Op: "login", Device: phone1, Action: Status, Count: 3, Chance: 0.5, Effect: true, Delay: 2 * time.Second, Code: emapi.CodeBusy, Status: 500}
	body, err := json.Marshal(faultJSON{want, "2s"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	e.Admin().ServeHTTP(w, httptest.NewRequest("POST", "http://localhost:8081/faults", strings.NewReader(string(body))))
	if diff := cmp.Diff([]Fault{want}, e.Faults()); diff != "" {
		t.Errorf("fault (-sent +in force):\n%s", diff)
	}
}

func TestAdminRefusesOtherOrigins(t *testing.T) {
	e := newWorld(Options{})
	r := httptest.NewRequest("POST", "http://[::1]/switch-version", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	e.Admin().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a page of another origin gets HTTP %d", w.Code)
	}
}
