package admin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

var phone1, phone2 = emulator.DeviceName(1), emulator.DeviceName(2)

// newWorld is an emulator with three phones and three users.
func newWorld() *emulator.Emulator {
	e := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	e.Populate(3, 3)
	return e
}

func TestAdmin(t *testing.T) {
	e := newWorld()
	port := Handler(e)
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		port.ServeHTTP(w, httptest.NewRequest(method, "http://127.0.0.1:8081"+path, strings.NewReader(body)))
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
		{"GET", "/stats", "", 200, `"down": true`},
		{"POST", "/down", `{"for":"soon"}`, 400, `for \"soon\"`},
		{"POST", "/down", `{"for":"1h"}`, 200, "{}"},
		{"POST", "/switch-version", `{"outage":"-1s"}`, 400, "outage"},
		{"POST", "/switch-version", `{"outage":"1h"}`, 200, "{}"},
		{"POST", "/populate", `{"devices":-1}`, 400, "-1 devices"},
		{"POST", "/populate", `{"devices":4,"users":1}`, 200, "{}"},
		{"GET", "/phones", "", 200, "SEP000000000004"},
		{"PUT", "/users/bob", `{"profiles":[]}`, 200, "{}"},
		{"POST", "/login", `{"device":"SEP000000000003","user":"bob"}`, 409, "code 12"},
		{"PUT", "/users/bob", "", 200, "{}"},
		{"GET", "/users", "", 200, `"UDP-bob"`},
		{"PUT", "/users/bob", `{"change_pin":true}`, 200, "{}"},
		{"POST", "/login", `{"device":"SEP000000000003","user":"bob"}`, 409, "code 41"},
		{"DELETE", "/users/bob", "", 200, "{}"},
		{"POST", "/login", `{"device":"SEP000000000003","user":"bob"}`, 409, "code 23"},
		{"POST", "/devices/SEP000000000003/logout-profile", `{"profile":"lobby"}`, 200, "{}"},
		{"POST", "/devices/nothing/logout-profile", `{"profile":"lobby"}`, 409, "code 11"},
		{"GET", "/phones", "", 200, `"logout_profile": "lobby"`},
		{"PATCH", "/settings", `{"dialect":"9","max-concurrent":2}`, 400, "expected 12 or 8.5"},
		{"PATCH", "/settings", `{"max-concurrent":{}}`, 400, "string, number or boolean"},
		{"GET", "/settings", "", 200, `"max-concurrent": "0"`},
		{"PATCH", "/settings", `{"max-concurrent":2,"lenient":true,"login-restart":"16s","app-password":"hidden"}`, 200, `"max-concurrent": "2"`},
		{"GET", "/settings", "", 200, `"app-password": "***"`},
		{"POST", "/login", `{"device":"SEP000000000003","user":"user0003"}`, 200, "{}"},
		{"POST", "/logout", `{"device":"SEP000000000003"}`, 409, "restarting"},
		{"GET", "/phones", "", 200, `"restarting": true`},
		{"POST", "/faults", `{"action":"delay","user":"max"}`, 200, `"id": 2`},
		{"DELETE", "/faults", "", 200, "{}"},
		{"GET", "/faults", "", 200, "[]"},
		{"GET", "/stats", "", 200, `"matched": 0`},
		{"GET", "/", "", 200, "PATCH /settings"},
		{"PATCH", "/phones", "", 405, ""},
		{"GET", "/nothing", "", 404, ""},
	}
	for _, s := range steps {
		status, body := call(s.method, s.path, s.body)
		if status != s.status || !strings.Contains(body, s.says) {
			t.Errorf("%s %s %s: HTTP %d %s; expected %d with %s", s.method, s.path, s.body, status, body, s.status, s.says)
		}
	}
	if _, err := e.Transport().RoundTrip(httptest.NewRequest("POST", emulator.Path, nil)); err == nil {
		t.Error("the service is not down")
	}
}

func TestAdminFaultIsTheFault(t *testing.T) {
	e := newWorld()
	want := emulator.Fault{ID: 1, Op: "login", Device: phone1, Action: emulator.Status, Count: 3, Chance: 0.5, Effect: true, Delay: 2 * time.Second, Code: emapi.CodeBusy, Status: 500}
	body, err := json.Marshal(faultJSON{want, "2s"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	Handler(e).ServeHTTP(w, httptest.NewRequest("POST", "http://localhost:8081/faults", strings.NewReader(string(body))))
	if diff := cmp.Diff([]emulator.Fault{want}, e.Faults()); diff != "" {
		t.Errorf("fault (-sent +in force):\n%s", diff)
	}
}

// A page in a browser cannot use the interface: neither from its own origin, nor
// by making its own name mean this host.
func TestAdminRefusesPages(t *testing.T) {
	tests := []struct {
		method, host, header, value string
		want                        int
	}{
		{"POST", "127.0.0.1:8081", "", "", 200},
		{"POST", "localhost:8081", "", "", 200},
		{"POST", "LOCALHOST", "", "", 200},
		{"POST", "[::1]:8081", "", "", 200},
		{"POST", "[::1]", "", "", 200},
		{"POST", "192.0.2.7:8081", "", "", 200},
		{"POST", "emulator.example.com:8081", "", "", 200},
		{"POST", "attacker.example.com:8081", "", "", 403},
		{"GET", "attacker.example.com:8081", "", "", 403},
		{"POST", "", "", "", 403},
		{"POST", "localhost.attacker.example.com", "", "", 403},
		{"POST", "127.0.0.1:8081", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "127.0.0.1:8081", "Sec-Fetch-Site", "same-site", 403},
		{"POST", "127.0.0.1:8081", "Sec-Fetch-Site", "same-origin", 200},
		{"POST", "127.0.0.1:8081", "Origin", "http://attacker.example.com", 403},
		{"POST", "127.0.0.1:8081", "Origin", "null", 403},
		{"POST", "127.0.0.1:8081", "Origin", "http://127.0.0.1:8081", 200},
	}
	for _, tt := range tests {
		e := newWorld()
		if err := e.PressLogin(phone1, "user0001"); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(tt.method, "http://127.0.0.1/switch-version", nil)
		if tt.method == "GET" {
			r.URL.Path = "/phones"
		}
		r.Host = tt.host
		if tt.header != "" {
			r.Header.Set(tt.header, tt.value)
		}
		w := httptest.NewRecorder()
		Handler(e, "Emulator.example.com").ServeHTTP(w, r)
		if acted := len(e.Sessions()) == 0; w.Code != tt.want || acted != (tt.want == 200) {
			t.Errorf("%s to %q with %s %s: HTTP %d, acted %v", tt.method, tt.host, tt.header, tt.value, w.Code, acted)
		}
	}
}

// The authority is to be had once there is a door with TLS.
func TestAdminShowsAuthority(t *testing.T) {
	e := newWorld()
	ask := func() (int, string) {
		w := httptest.NewRecorder()
		Handler(e).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/ca.pem", nil))
		return w.Code, w.Body.String()
	}
	if status, _ := ask(); status != http.StatusNotFound {
		t.Errorf("without TLS: HTTP %d", status)
	}
	id, err := emulator.NewIdentity(nil, []string{"localhost"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e.TLSConfig(id)
	if status, text := ask(); status != http.StatusOK || text != string(id.Authority()) {
		t.Errorf("with TLS: HTTP %d %s", status, text)
	}
}
