package house

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// LoginPath is the path of [House.Login].
const LoginPath = "/emapp/EMAppServlet"

// PIN is everybody's.
const PIN = "12345"

// Login is the service by which people log in at a phone: it asks for user id and PIN.
// The parameter device is the phone's name. Its fields are named as in guides and forum
// posts; its words are inferred.
func (h *House) Login() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		device := strings.ToUpper(q.Get("device"))
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		page := form(scheme + r.Host + LoginPath + "?device=" + url.QueryEscape(device))
		if q.Has("userid") {
			page = said(h.logIn(device, q.Get("userid"), q.Get("pin")))
		}
		w.Header().Set("Content-Type", "text/xml; charset=ISO-8859-1")               // all are ASCII, and old phones read nothing else
		_, _ = io.WriteString(w, `<?xml version="1.0" encoding="iso-8859-1"?>`+page) //nolint:gosec // what was asked is escaped
	})
}

// logIn is what the service says about a user id and a PIN.
func (h *House) logIn(device, user, pin string) string {
	if pin != PIN {
		return "Authentication error" // also for a user whom nobody knows
	}
	if err := h.cluster.PressLogin(device, user); err != nil {
		return "Login is unavailable: " + err.Error()
	}
	return "Login successful"
}

const loginTitle = "<Title>Extension Mobility</Title>"

func form(address string) string {
	item := func(name, param, flags string) string {
		return "<InputItem><DisplayName>" + name + "</DisplayName><QueryStringParam>" + param + "</QueryStringParam><InputFlags>" + flags + "</InputFlags></InputItem>"
	}
	return "<CiscoIPPhoneInput>" + loginTitle + "<Prompt>Please sign on</Prompt><URL>" + escaped(address) + "</URL>" +
		item("UserID", "userid", "A") + item("PIN", "pin", "NP") + "</CiscoIPPhoneInput>"
}

func said(text string) string {
	return "<CiscoIPPhoneText>" + loginTitle + "<Text>" + escaped(text) + "</Text></CiscoIPPhoneText>"
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // writes to memory
	return b.String()
}
