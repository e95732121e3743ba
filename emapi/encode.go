package emapi

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// message builds one request in the element order of the service's DTD, without
// declaration: the servlet prepends its own (Developers Guide, ch. 6, Message
// Document Type Definitions).
type message struct {
	strings.Builder
}

func (m *message) open(name string)  { m.WriteByte('<'); m.WriteString(name); m.WriteByte('>') }
func (m *message) close(name string) { m.WriteString("</"); m.WriteString(name); m.WriteByte('>') }

func (m *message) leaf(name, text string) {
	m.open(name)
	_ = xml.EscapeText(m, []byte(text)) // a strings.Builder never fails
	m.close(name)
}

// encode wraps body, which writes the children of op, into a message. The root
// is "request" for what changes a phone and "query" for what asks.
func (c *Client) encode(root, op string, body func(*message)) string {
	var m message
	m.open(root)
	m.open("appInfo")
	m.leaf("appID", c.appID)
	m.leaf("appCertificate", c.password.reveal())
	m.close("appInfo")
	m.open(op)
	body(&m)
	m.close(op)
	m.close(root)
	return m.String()
}

func (r LoginRequest) encode(m *message) {
	m.leaf("deviceName", r.Device)
	m.leaf("userID", r.User)
	if r.Profile != "" {
		m.leaf("deviceProfile", r.Profile)
	}
	if r.Exclusive == SystemDefault {
		return
	}
	m.open("exclusiveDuration")
	if r.Exclusive == Indefinite {
		m.WriteString("<indefinite/>")
	} else {
		m.leaf("time", strconv.Itoa(int(r.Exclusive)))
	}
	m.close("exclusiveDuration")
}
