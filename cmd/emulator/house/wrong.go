package house

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"deskd/phone"
	"deskd/phone/emulator"
)

// wrong is what is wrong with a phone: see [emulator.Faults].
type wrong struct {
	WebAccessOff bool              `json:"web_access_off,omitempty"`
	Slow         string            `json:"slow,omitempty"` // a duration, such as 3s
	Padded       bool              `json:"padded,omitempty"`
	Error        phone.ErrorNumber `json:"error,omitempty"` // 1 to 4
	Old          bool              `json:"old,omitempty"`
	Status       int               `json:"status,omitempty"` // 401, 404, 500 and the like
	Body         string            `json:"body,omitempty"`
	Nothing      bool              `json:"nothing,omitempty"`
	Huge         bool              `json:"huge,omitempty"`
	Stream       bool              `json:"stream,omitempty"`
	Busy         bool              `json:"busy,omitempty"`
}

// faults are those of w.
func (w wrong) faults() (emulator.Faults, error) {
	f := emulator.Faults{
		WebAccessOff: w.WebAccessOff, Padded: w.Padded, Error: w.Error, Old: w.Old, Status: w.Status, Body: w.Body,
		Nothing: w.Nothing, Huge: w.Huge, Stream: w.Stream, Busy: w.Busy,
	}
	if w.Slow != "" {
		slow, err := time.ParseDuration(w.Slow)
		if err != nil || slow < 0 {
			return f, fmt.Errorf("slow %q: expected a duration, such as 3s", w.Slow)
		}
		f.Slow = slow
	}
	switch {
	case w.Error < 0 || w.Error > phone.ErrorAuthentication:
		return f, fmt.Errorf("error %d: phones know 1 to 4", w.Error)
	case w.Status != 0 && (w.Status < 200 || w.Status > 599):
		return f, fmt.Errorf("status %d: expected one of HTTP, 200 to 599", w.Status)
	}
	return f, nil
}

// spoil has something be wrong with a phone from now on, and nothing else.
func spoil(w http.ResponseWriter, r *http.Request, p *emulator.Phone) {
	var is wrong
	if !read(w, r, &is) {
		return
	}
	f, err := is.faults()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.SetFaults(f)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(is)
}

// read reads the body of a request, or refuses it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, "read the body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}
