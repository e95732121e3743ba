package house

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"deskd/phone/emulator"
)

// deed is what a person does at a phone.
type deed struct {
	Do     string `json:"do"`
	Item   int    `json:"item"`  // choose: from 1
	Label  string `json:"label"` // press: of a softkey
	Param  string `json:"param"` // fill
	Value  string `json:"value"` // fill
	URL    string `json:"url"`   // open
	Number string `json:"number"`
}

// deeds are what can be done. They wait for a page that they open.
var deeds = map[string]func(context.Context, *emulator.Phone, deed) error{
	"services": func(_ context.Context, p *emulator.Phone, _ deed) error { p.Services(); return nil },
	"choose":   func(ctx context.Context, p *emulator.Phone, d deed) error { return p.Choose(ctx, d.Item) },
	"press":    func(ctx context.Context, p *emulator.Phone, d deed) error { return p.Press(ctx, d.Label) },
	"fill":     func(_ context.Context, p *emulator.Phone, d deed) error { return p.Fill(d.Param, d.Value) },
	"submit":   func(ctx context.Context, p *emulator.Phone, _ deed) error { return p.Submit(ctx) },
	"open":     func(ctx context.Context, p *emulator.Phone, d deed) error { p.Open(ctx, d.URL); return nil },
	"back":     func(_ context.Context, p *emulator.Phone, _ deed) error { p.Back(); return nil },
	"exit":     func(_ context.Context, p *emulator.Phone, _ deed) error { p.Exit(); return nil },
	"dial":     func(_ context.Context, p *emulator.Phone, d deed) error { p.Dial(d.Number); return nil },
	"take":     func(_ context.Context, p *emulator.Phone, d deed) error { p.Take(d.Number); return nil },
	"miss":     func(_ context.Context, p *emulator.Phone, d deed) error { p.Miss(d.Number); return nil },
	"hang-up":  func(_ context.Context, p *emulator.Phone, _ deed) error { p.HangUp(); return nil },
}

const usage = `GET  /phones/                the phones, with address, model and who is logged in
GET  /phones/{name}/screen   what the phone shows, as text
GET  /phones/{name}/calls    its call list, as JSON
POST /phones/{name}/hand     someone at the phone, answered with the screen:
     {"do":"services"}, {"do":"choose","item":1}, {"do":"press","label":"Exit"}, {"do":"back"}, {"do":"exit"},
     {"do":"fill","param":"q","value":"4.12"}, {"do":"submit"}, {"do":"open","url":"http://…"},
     {"do":"dial","number":"4711"}, {"do":"take","number":"4711"}, {"do":"miss","number":"4711"}, {"do":"hang-up"}
PUT  /phones/{name}/faults   what is wrong with the phone from now on, {} for nothing:
     {"web_access_off":true}, {"slow":"3s"}, {"padded":true}, {"error":4}, {"old":true}, {"status":401}, {"body":"nonsense"},
     {"nothing":true}, {"huge":true}, {"stream":true}, {"busy":true}
`

// Hand is the interface of those who stand at the phones or look at them, below /phones/.
// It asks for no password.
func (h *House) Hand() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /phones/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, usage+"\n")
		for _, home := range h.Homes() {
			_, _ = fmt.Fprintf(w, "%s  %-15s %s  %s\n", home.Name(), home.Address, home.Model.Name, cmp.Or(home.User(), "-"))
		}
	})
	mux.HandleFunc("GET /phones/{name}/screen", h.at(func(w http.ResponseWriter, _ *http.Request, p *emulator.Phone) {
		_, _ = fmt.Fprint(w, p.Screen())
	}))
	mux.HandleFunc("GET /phones/{name}/calls", h.at(func(w http.ResponseWriter, _ *http.Request, p *emulator.Phone) {
		w.Header().Set("Content-Type", "application/json")
		calls := []map[string]string{}
		for _, c := range p.Calls() {
			calls = append(calls, map[string]string{"kind": c.Kind, "number": c.Number})
		}
		_ = json.NewEncoder(w).Encode(calls)
	}))
	mux.HandleFunc("POST /phones/{name}/hand", h.at(hand))
	mux.HandleFunc("PUT /phones/{name}/faults", h.at(spoil))
	return mux
}

// at finds the phone of a request.
func (h *House) at(then func(http.ResponseWriter, *http.Request, *emulator.Phone)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		home := h.Home(strings.ToUpper(r.PathValue("name")))
		if home == nil {
			http.Error(w, fmt.Sprintf("there is no phone %q", r.PathValue("name")), http.StatusNotFound)
			return
		}
		then(w, r, home.Phone)
	}
}

func hand(w http.ResponseWriter, r *http.Request, p *emulator.Phone) {
	var d deed
	if !read(w, r, &d) {
		return
	}
	do := deeds[d.Do]
	if do == nil {
		http.Error(w, fmt.Sprintf("nobody can do %q at a phone\n%s", d.Do, usage), http.StatusBadRequest)
		return
	}
	if err := do(r.Context(), p, d); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	_, _ = fmt.Fprint(w, p.Screen())
}
