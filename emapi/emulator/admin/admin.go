package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskd/emapi/emulator"
)

// api is the emulator behind the interface.
type api struct{ *emulator.Emulator }

// route is one call of the admin interface.
type route struct {
	pattern string // of http.ServeMux
	body    string // an example, "" when there is none
	about   string
	handler http.HandlerFunc
}

// Handler returns the admin interface of e; GET / lists its calls. It asks for no
// password: bind it to loopback. Web pages cannot use it: requests of other origins are
// refused with HTTP 403, and so are those to a host name, which a page may have made to
// point here, unless it is localhost or one of names. IP addresses are always accepted.
func Handler(e *emulator.Emulator, names ...string) http.Handler {
	mux := http.NewServeMux()
	routes := api{e}.routes()
	for _, r := range routes {
		mux.HandleFunc(r.pattern, r.handler)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, r := range routes {
			_, _ = fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-42s %s  %s", r.pattern, r.about, r.body), " "))
		}
	})
	return Guard(mux, names...)
}

// Guard keeps web pages from a handler that asks for no password, as [Handler] does.
func Guard(next http.Handler, names ...string) http.Handler {
	return atHome(names, http.NewCrossOriginProtection().Handler(next))
}

func (e api) routes() []route {
	all := []route{
		show("GET /phones", "all phones, with who is logged in and whether they restart", e.Phones),
		show("GET /sessions", "who is logged in now, by phone", e.Sessions),
		show("GET /users", "all users and their profiles", e.Users),
		show("GET /events", "beginnings and ends of sessions, in time order", e.Events),
		show("GET /stats", "what the service has seen and said, and what faults did", e.Stats),
		show("GET /faults", "the rules in force", e.faultsJSON),
		show("GET /settings", "the knobs", e.Settings),
		{"GET /ca.pem", "", "the authority to trust, with TLS only", e.showAuthority},
	}
	all = append(all, e.stateRoutes()...)
	return append(all, e.serviceRoutes()...)
}

// stateRoutes change the cluster.
func (e api) stateRoutes() []route {
	return []route{
		do("POST /login", `{"device":"SEP000000000001","user":"user0001"}`, "a person logs in at the phone",
			func(_ *http.Request, in struct{ Device, User string }) (any, error) {
				return nil, e.PressLogin(in.Device, in.User)
			}),
		do("POST /visit", `{"device":"SEP000000000001","user":"zoe"}`, "a person of another cluster logs in at the phone",
			func(_ *http.Request, in struct{ Device, User string }) (any, error) {
				return nil, e.PressVisit(in.Device, in.User)
			}),
		do("POST /logout", `{"device":"SEP000000000001"}`, "a person logs out at the phone",
			func(_ *http.Request, in struct{ Device string }) (any, error) { return nil, e.PressLogout(in.Device) }),
		do("PUT /devices/{name}", "", "add a phone, or bring it back",
			func(r *http.Request, _ struct{}) (any, error) {
				e.AddDevice(r.PathValue("name"))
				return nil, nil
			}),
		do("DELETE /devices/{name}", "", "take a phone out of the cluster",
			func(r *http.Request, _ struct{}) (any, error) {
				e.RemoveDevice(r.PathValue("name"))
				return nil, nil
			}),
		do("POST /devices/{name}/em", `{"on":false}`, "Extension Mobility on or off",
			func(r *http.Request, in struct{ On bool }) (any, error) {
				return nil, e.EnableEM(r.PathValue("name"), in.On)
			}),
		do("POST /devices/{name}/logout-profile", `{"profile":"lobby"}`, "what the phone is while nobody is logged in",
			func(r *http.Request, in struct{ Profile string }) (any, error) {
				return nil, e.SetLogoutProfile(r.PathValue("name"), in.Profile)
			}),
		do("PUT /users/{id}", `{"profiles":["desk","home"],"default":"desk"}`, "add or change a user; also change_password, change_pin, barred; without a body a default profile", e.putUser),
		do("PUT /profiles/{name}", "", "add a device profile that no user needs to have",
			func(r *http.Request, _ struct{}) (any, error) {
				e.AddProfile(r.PathValue("name"))
				return nil, nil
			}),
		do("DELETE /users/{id}", "", "take a user out of the cluster",
			func(r *http.Request, _ struct{}) (any, error) {
				e.RemoveUser(r.PathValue("id"))
				return nil, nil
			}),
		do("POST /populate", `{"devices":30,"users":30}`, "add phones SEP000000000001 … and users user0001 …", e.populate),
	}
}

// serviceRoutes change the service.
func (e api) serviceRoutes() []route {
	return []route{
		do("PATCH /settings", `{"multiple-login":"auto-logout","max-concurrent":2}`, "turn knobs", e.patchSettings),
		do("POST /faults", `{"op":"login","action":"code","code":6,"count":2}`, "add a rule; also device, user, chance, effect, delay, status",
			func(_ *http.Request, in faultJSON) (any, error) { return e.addFaultJSON(in) }),
		do("DELETE /faults/{id}", "", "remove a rule",
			func(r *http.Request, _ struct{}) (any, error) {
				id, err := strconv.Atoi(r.PathValue("id"))
				if err != nil || !e.RemoveFault(id) {
					return nil, fmt.Errorf("remove fault: there is none with id %q", r.PathValue("id"))
				}
				return nil, nil
			}),
		do("DELETE /faults", "", "remove all rules",
			func(*http.Request, struct{}) (any, error) {
				e.ClearFaults()
				return nil, nil
			}),
		do("POST /switch-version", `{"outage":"2s"}`, "lose all sessions; be away for a while if told", e.switchVersion),
		do("POST /down", `{"on":false}`, "unreachable or reachable again; {\"for\":\"2s\"} for a while", e.downJSON),
	}
}

func (e api) showAuthority(w http.ResponseWriter, r *http.Request) {
	pem := e.Authority()
	if pem == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(pem) // a client that has gone is no error
}

// putUser leaves the profiles to AddUser when the body has none; an empty list is a
// user without profiles.
func (e api) putUser(r *http.Request, u emulator.User) (any, error) {
	u.ID = r.PathValue("id")
	if u.Profiles == nil {
		u.Profiles = []string{"UDP-" + u.ID}
	}
	if u.Default == "" && len(u.Profiles) > 0 {
		u.Default = u.Profiles[0]
	}
	e.SetUser(u)
	return nil, nil
}

func (e api) populate(_ *http.Request, in struct{ Devices, Users int }) (any, error) {
	const most = 1_000_000
	if in.Devices < 0 || in.Users < 0 || in.Devices > most || in.Users > most {
		return nil, fmt.Errorf("populate: %d devices and %d users are not between 0 and %d", in.Devices, in.Users, most)
	}
	e.Populate(in.Devices, in.Users)
	return nil, nil
}

func (e api) patchSettings(_ *http.Request, in map[string]knobValue) (any, error) {
	values := make(map[string]string, len(in))
	for name, v := range in {
		values[name] = string(v)
	}
	if err := e.Set(values); err != nil {
		return nil, err
	}
	return e.Settings(), nil
}

func (e api) switchVersion(_ *http.Request, in struct{ Outage string }) (any, error) {
	outage, err := span("outage", in.Outage)
	if err != nil {
		return nil, err
	}
	if outage > 0 {
		e.DownFor(outage)
	}
	e.SwitchVersion()
	return nil, nil
}

func (e api) downJSON(_ *http.Request, in struct {
	On  bool
	For string
},
) (any, error) {
	d, err := span("for", in.For)
	switch {
	case err != nil:
		return nil, err
	case d > 0:
		e.DownFor(d)
	default:
		e.Down(in.On)
	}
	return nil, nil
}

// span reads a duration that may be missing.
func span(key, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s %q is not a duration such as 5s", key, text)
	}
	return d, nil
}

// faultJSON is a Fault with its delay written as "5s".
type faultJSON struct {
	emulator.Fault
	Delay string `json:"delay"`
}

func (e api) faultsJSON() []faultJSON {
	all := []faultJSON{}
	for _, f := range e.Faults() {
		all = append(all, faultJSON{f, f.Delay.String()})
	}
	return all
}

func (e api) addFaultJSON(in faultJSON) (any, error) {
	f := in.Fault
	var err error
	if f.Delay, err = span("delay", in.Delay); err != nil {
		return nil, fmt.Errorf("add fault: %w", err)
	}
	id, err := e.AddFault(f)
	return map[string]int{"id": id}, err
}

// knobValue is a knob's value in JSON: a string, number or boolean.
type knobValue string

// UnmarshalJSON takes numbers and booleans as they are written.
func (v *knobValue) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case len(b) > 0 && b[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	case len(b) > 0 && (b[0] == '{' || b[0] == '[' || b[0] == 'n'):
		return errors.New("a knob takes a string, number or boolean")
	default:
		s = string(b)
	}
	*v = knobValue(s)
	return nil
}
