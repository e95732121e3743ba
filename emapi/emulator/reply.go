package emulator

import (
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"

	"deskd/emapi"
)

const declaration = "<?xml version=\"1.0\"?>\n"

// success is the reply to a request. Replies have one element a line and no
// indentation; only this one has a declaration, as in the logs of real
// servers.
const success = declaration + "<response>\n<success/>\n</response>\n"

// lines builds a reply.
type lines struct{ strings.Builder }

func (l *lines) line(text string) { l.WriteString(text); l.WriteByte('\n') }

func (l *lines) leaf(name, text string) {
	l.line("<" + name + ">" + escape(text) + "</" + name + ">")
}

// userID writes a user id as real servers do: form-encoded UTF-8.
func (l *lines) userID(name, id string) { l.leaf(name, url.QueryEscape(id)) }

// entry writes the element name, told apart by an attribute.
func (l *lines) entry(name, key, value string, body func()) {
	l.line("<" + name + " " + key + "=\"" + escape(value) + "\">")
	body()
	l.line("</" + name + ">")
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder never fails
	return b.String()
}

// failure is the reply of a refusal.
func failure(code emapi.Code, o Options, m message) string {
	var l lines
	l.line("<response>")
	l.failure(code, o, m)
	l.line("</response>")
	return l.String()
}

// failure writes a failure element. What real servers call error is
// errorMessage in the Developers Guide's DTD of query replies.
func (l *lines) failure(code emapi.Code, o Options, m message) {
	name := "error"
	if o.ErrorMessage && m.root == "query" {
		name = "errorMessage"
	}
	l.line("<failure>")
	number := ""
	if code != emapi.CodeNone {
		number = " code=\"" + strconv.Itoa(int(code)) + "\""
	}
	l.line("<" + name + number + ">" + escape(o.words(code, m)) + "</" + name + ">")
	l.line("</failure>")
}

// latin1Declaration begins every reply whose charset has to be told.
const latin1Declaration = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"

// encode puts a reply into the charset of o. Characters that it lacks become
// references.
func (o Options) encode(body string) string {
	if o.Charset != Latin1 {
		return body
	}
	var b strings.Builder
	b.WriteString(latin1Declaration)
	for _, r := range strings.TrimPrefix(body, declaration) {
		if r > 0xFF {
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
			continue
		}
		b.WriteByte(byte(r)) //nolint:gosec // compared above
	}
	return b.String()
}

// containers are the elements that hold the results of each query.
var containers = map[string]string{
	"deviceUserQuery":    "deviceUserResults",
	"userDevicesQuery":   "userDevicesResults",
	"checkUser":          "checkUserResults",
	"deviceProfileQuery": "deviceProfileResults",
}

// answer is the reply to the query m, in the words of the dialect of o.
func (c *cluster) answer(m message, o Options, f Fault) string {
	outer := []string{"response", containers[m.op]}
	if m.op == "deviceProfileQuery" && o.Dialect == Dialect85 {
		outer[0] = "results"
	}
	var l lines
	for _, name := range outer {
		l.line("<" + name + ">")
	}
	for _, name := range m.devices {
		if !f.omits(name) {
			c.writeDevice(&l, name, o)
		}
	}
	for _, id := range m.users {
		if !f.omits(id) {
			c.writeUser(&l, id, o, m)
		}
	}
	for i := range outer {
		l.line("</" + outer[len(outer)-1-i] + ">")
	}
	return l.String()
}

// writeDevice writes the three slots of a device: who is logged in, who was
// before, and whether the session belongs to another cluster.
func (c *cluster) writeDevice(l *lines, name string, o Options) {
	d := c.devices[fold(name)]
	if d == nil {
		l.entry("device", "name", name, func() { l.line("<doesNotExist/>") })
		return
	}
	l.entry("device", "name", d.Device, func() {
		if d.Session != nil {
			l.userID("userID", d.Session.User)
		} else {
			l.line("<none/>")
		}
		if d.LastUser != "" && !o.ForgetLastUser {
			l.userID("lastlogin", d.LastUser)
		} else {
			l.line("<none/>")
		}
		if o.Dialect != Dialect85 {
			l.leaf("emccDevice", map[bool]string{true: "yes", false: "no"}[d.Session != nil && d.Session.Visitor])
		}
	})
}

func (c *cluster) writeUser(l *lines, id string, o Options, m message) {
	u := c.user(id)
	if u == nil {
		l.entry("user", "id", url.QueryEscape(emapi.DecodeUser(id)), func() {
			if m.op == "deviceProfileQuery" || m.op == "checkUser" && o.CheckUserFailure {
				l.failure(emapi.CodeNoUser, o, m)
			} else {
				l.line("<doesNotExist/>")
			}
		})
		return
	}
	l.entry("user", "id", url.QueryEscape(u.ID), func() {
		switch m.op {
		case "userDevicesQuery":
			l.devicesOf(u)
		case "checkUser":
			l.userID("exists", u.ID)
		case "deviceProfileQuery":
			l.profilesOf(u, o)
		}
	})
}

func (l *lines) devicesOf(u *account) {
	for _, d := range u.at {
		l.leaf("deviceName", d.Device)
	}
	if len(u.at) == 0 {
		l.line("<none/>")
	}
}

// profilesOf writes each profile in the element deviceProfile, with its mark,
// which real servers have and the Developers Guide's sample has not.
func (l *lines) profilesOf(u *account, o Options) {
	for _, name := range u.Profiles {
		if o.Dialect == Dialect85 {
			l.leaf("deviceProfileName", name)
			continue
		}
		l.line("<deviceProfile>")
		l.leaf("deviceProfileName", name)
		l.leaf("isDefaultDeviceProfile", map[bool]string{true: "t", false: "f"}[name == u.Default])
		l.line("</deviceProfile>")
	}
}
