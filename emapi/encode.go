package emapi

import (
	"net/url"
	"strings"
)

// The messages, by the names of their elements. The Developers Guide's sample
// calls the last one userDeviceProfileQuery; servers know the DTD's name only.
const (
	opLogin          = "login"
	opLogout         = "logout"
	opLogoutAll      = "logoutAll"
	opDeviceUsers    = "deviceUserQuery"
	opUserDevices    = "userDevicesQuery"
	opCheckUser      = "checkUser"
	opDeviceProfiles = "deviceProfileQuery"
)

// The roots of messages: request for what changes a phone, query for what asks.
const (
	request = "request"
	query   = "query"
)

// message builds one request in the element order of the service's DTD, without
// declaration: the servlet prepends its own (Developers Guide, ch. 6, Message
// Document Type Definitions).
type message struct {
	strings.Builder
}

func (m *message) open(name string)  { m.WriteByte('<'); m.WriteString(name); m.WriteByte('>') }
func (m *message) close(name string) { m.WriteString("</"); m.WriteString(name); m.WriteByte('>') }

// leaf writes an element that holds text. The characters that XML cannot carry,
// or that would have to be escaped beyond these five, were refused before.
func (m *message) leaf(name, text string) {
	m.open(name)
	_, _ = markup.WriteString(m, text) // a strings.Builder never fails
	m.close(name)
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// encode wraps body, which writes the children of op, into a message.
func (c *Client) encode(root, op string, body func(*message)) string {
	var m message
	m.Grow(256)
	m.open(root)
	m.open("appInfo")
	m.leaf("appID", c.appID)
	m.leaf(c.certificate, c.password.reveal())
	m.close("appInfo")
	m.open(op)
	body(&m)
	c.origin.encode(&m, op)
	m.close(op)
	m.close(root)
	return m.String()
}

// wireID spells a user id as c sends it. A blank is %20, which no decoder takes
// for a plus sign.
func (c *Client) wireID(id string) string {
	if !c.encodeIDs {
		return id
	}
	return strings.ReplaceAll(url.QueryEscape(id), "+", "%20")
}
