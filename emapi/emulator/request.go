package emulator

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"deskd/emapi/emulator/dtd"
)

const maxRequest = 1 << 20

// incoming is what a request brought, through either door.
type incoming struct {
	text string // of the form field xml
	from netip.Addr
	via  bool // an HTTP proxy passed it on
}

// read takes the message out of an HTTP request. A request of the process
// itself has no address and counts as from this host.
func read(r *http.Request) (incoming, error) {
	in := incoming{from: netip.AddrFrom4([4]byte{127, 0, 0, 1}), via: r.Header.Get("Via") != ""}
	if addr, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		in.from = addr.Addr().Unmap()
	}
	// As a servlet does: what the address holds comes before what the body does,
	// and a body of another type than a form holds no fields.
	if in.text = field(r.URL.RawQuery); r.Method == http.MethodGet || r.Body == nil {
		return in, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequest))
	if err != nil {
		return in, fmt.Errorf("read request: %w", err)
	}
	if in.text == "" && isForm(r.Header.Get("Content-Type")) {
		in.text = field(string(body))
	}
	return in, nil
}

// isForm reports whether a body of that type is read for fields. Clients that
// name no type were seen to get through.
func isForm(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	return kind == "" || strings.EqualFold(kind, "application/x-www-form-urlencoded")
}

// field returns the form field xml, "" when there is none. Clients exist that
// send blank lines before it, other fields around it, and its value without any
// encoding; package url's parser would cut such a value at its first "&" and
// drop it for a ";". A value is decoded whether it was encoded or not, as a
// servlet does: a plus sign in one that was not is a blank, and one that cannot
// be decoded is no value.
func field(form string) string {
	for rest := strings.TrimSpace(form); rest != ""; {
		value, ok := strings.CutPrefix(rest, "xml=")
		if !ok {
			_, rest, _ = strings.Cut(rest, "&")
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(value), "<") {
			value = value[:strings.LastIndexByte(value, '>')+1]
		} else {
			value, _, _ = strings.Cut(value, "&")
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(text)
	}
	return ""
}

// message is a request understood.
type message struct {
	root     string // "request" or "query"
	op       string
	known    bool // the service has op
	appID    string
	password string
	devices  []string
	users    []string
	profile  string
	via      bool
	remote   string // remoteIPAddr

	units      int  // exclusiveDuration; 0: none given, or indefinite
	indefinite bool // exclusiveDuration is
}

// counted is the name under which m is counted: clients cannot add names.
func (m message) counted() string {
	if !m.known {
		return ""
	}
	return m.op
}

// operations are the elements that may follow appInfo, by root. An unknown query
// has a code of its own; an unknown request is a parse error.
var operations = map[string][]string{
	"request": {"login", "logout", "logoutAll"},
	"query":   {"deviceUserQuery", "userDevicesQuery", "checkUser", "deviceProfileQuery"},
}

// parse reads a message and validates it against the DTD. It returns the message as
// far as it was read.
func parse(text string, o Options) (message, error) {
	tree, err := dtd.Parse(text)
	if err != nil {
		return message{}, err
	}
	m := message{root: tree.Name}
	if len(tree.Kids) != 2 || tree.Trimmed() != "" || tree.Kids[0].Name != "appInfo" {
		return m, fmt.Errorf("element %q does not hold appInfo and one more element", tree.Name)
	}
	app, op := tree.Kids[0], tree.Kids[1]
	if op.Name == "userDeviceProfileQuery" && o.Lenient {
		op.Name = "deviceProfileQuery"
	}
	m.op = op.Name
	m.known = slices.Contains(operations[m.root], m.op)
	if err := app.Validate(); err != nil {
		return m, err
	}
	if err := m.read(app); err != nil || !m.known {
		return m, err
	}
	if o.Dialect == Dialect85 && op.Has("loginType") {
		return m, errors.New("loginType is not in the DTD of this version")
	}
	if err := op.Validate(); err != nil {
		return m, err
	}
	return m, m.read(op)
}

// read takes the values of n and everything below it.
func (m *message) read(n dtd.Node) error {
	text := n.Trimmed()
	var err error
	switch n.Name {
	case "appID":
		m.appID = text
	case "appCertificate":
		m.password = text
	case "deviceName":
		m.devices = append(m.devices, text)
	case "userID":
		m.users = append(m.users, text)
	case "deviceProfile":
		m.profile = text
	case "remoteIPAddr":
		m.remote = text
	case "isViaHeaderSet":
		m.via = strings.EqualFold(text, "true")
	case "indefinite":
		m.indefinite = true
	case "time":
		if m.units, err = strconv.Atoi(text); err != nil || m.units <= 0 {
			m.units = 0
			return fmt.Errorf("exclusive duration %q is no positive number", text)
		}
	}
	for _, kid := range n.Kids {
		if err := m.read(kid); err != nil {
			return err
		}
	}
	return nil
}
