package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"deskd/emapi"
)

// Admin returns the JSON interface to the phones' side of the emulator and to
// its faults. It asks nobody who they are: bind it to loopback. Web pages of
// other origins cannot use it.
//
//	GET    /phones /sessions /events /stats /faults
//	POST   /login {"device","user"}    a person at the phone; so /logout {"device"}
//	PUT    /devices/{name}             add or bring back; DELETE loses it
//	POST   /devices/{name}/em {"on"}   Extension Mobility on or off
//	PUT    /users/{id} {"profiles"}    add
//	POST   /faults {Fault, "delay"}    add; DELETE /faults/{id} removes
//	POST   /switch-version             all sessions are lost
//	POST   /down {"on"}                unreachable, or reachable again
func (e *Emulator) Admin() http.Handler {
	mux := http.NewServeMux()
	show(mux, "/phones", e.Phones)
	show(mux, "/sessions", e.Sessions)
	show(mux, "/events", e.Events)
	show(mux, "/stats", e.Stats)
	show(mux, "/faults", func() []faultJSON {
		all := []faultJSON{}
		for _, f := range e.Faults() {
			all = append(all, faultJSON{f, f.Delay.String()})
		}
		return all
	})
	do(mux, "POST /login", func(_ *http.Request, in struct{ Device, User string }) (any, error) {
		return nil, e.PressLogin(in.Device, in.User)
	})
	do(mux, "POST /logout", func(_ *http.Request, in struct{ Device string }) (any, error) {
		return nil, e.PressLogout(in.Device)
	})
	do(mux, "PUT /devices/{name}", func(r *http.Request, _ struct{}) (any, error) {
		e.AddDevice(r.PathValue("name"))
		return nil, nil
	})
	do(mux, "DELETE /devices/{name}", func(r *http.Request, _ struct{}) (any, error) {
		e.RemoveDevice(r.PathValue("name"))
		return nil, nil
	})
	do(mux, "POST /devices/{name}/em", func(r *http.Request, in struct{ On bool }) (any, error) {
		return nil, e.EnableEM(r.PathValue("name"), in.On)
	})
	do(mux, "PUT /users/{id}", func(r *http.Request, in struct{ Profiles []string }) (any, error) {
		e.AddUser(r.PathValue("id"), in.Profiles...)
		return nil, nil
	})
	do(mux, "POST /faults", func(_ *http.Request, in faultJSON) (any, error) { return e.addFaultJSON(in) })
	do(mux, "DELETE /faults/{id}", func(r *http.Request, _ struct{}) (any, error) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || !e.RemoveFault(id) {
			return nil, fmt.Errorf("remove fault: there is none with id %q", r.PathValue("id"))
		}
		return nil, nil
	})
	do(mux, "POST /switch-version", func(*http.Request, struct{}) (any, error) {
		e.SwitchVersion()
		return nil, nil
	})
	do(mux, "POST /down", func(_ *http.Request, in struct{ On bool }) (any, error) {
		e.Down(in.On)
		return nil, nil
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// faultJSON is a Fault with its delay written as "5s".
type faultJSON struct {
	Fault
	Delay string `json:"delay"`
}

func (e *Emulator) addFaultJSON(in faultJSON) (any, error) {
	f := in.Fault
	if in.Delay != "" {
		d, err := time.ParseDuration(in.Delay)
		if err != nil {
			return nil, fmt.Errorf("add fault: delay %q is not a duration such as 5s", in.Delay)
		}
		f.Delay = d
	}
	id, err := e.AddFault(f)
	return map[string]int{"id": id}, err
}

// show serves what list returns at path.
func show[T any](mux *http.ServeMux, path string, list func() T) {
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, list())
	})
}

// do serves an act whose arguments are the JSON body of the request, which may
// be missing. An act without result answers {}.
func do[T any](mux *http.ServeMux, pattern string, act func(*http.Request, T) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in T
		if r.ContentLength != 0 {
			dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&in); err != nil {
				reply(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("read body: %v", err)})
				return
			}
		}
		out, err := act(r, in)
		if err != nil {
			var code emapi.Code
			status := http.StatusBadRequest
			if errors.As(err, &code) {
				status = http.StatusConflict
			}
			reply(w, status, map[string]string{"error": err.Error()})
			return
		}
		if out == nil {
			out = struct{}{}
		}
		reply(w, http.StatusOK, out)
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // a client that has gone is no news
}
