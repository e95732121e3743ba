package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deskd/phone"
	"deskd/phone/emulator/schema"
	"deskd/phone/uri"
)

// Faults are what is wrong with a phone. The zero value is nothing.
type Faults struct {
	// WebAccessOff: nothing listens, as is the default of current phones.
	WebAccessOff bool
	// Slow is how long the phone takes to answer.
	Slow time.Duration
	// Padded answers pushes in ISO-8859-1, under a root that lacks a letter, with
	// blanks around.
	Padded bool
	// Error answers pushes with a CiscoIPPhoneError of this number.
	Error phone.ErrorNumber
	// Old answers credentials that the cluster refuses with Error 4 in a 200, and not
	// with 401.
	Old bool
	// Status answers pushes with this HTTP status; Body answers them with this body in
	// a 200, Nothing with none, and Huge with 5 MB.
	Status  int
	Body    string
	Nothing bool
	Huge    bool
	// Name answers /DeviceInformationX with this body, and NameStatus with this HTTP status.
	Name       string
	NameStatus int
	// Stream: a stream runs that is no call, of a page to a group of phones, say.
	Stream bool
	// Busy answers SendDigits, Play and the like with status 6, Failure.
	Busy bool
}

// SetFaults replaces what is wrong with the phone.
func (p *Phone) SetFaults(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
}

var errNotListening = errors.New("nothing listens")

const maxPush = 512 // bytes of an Execute

// answer answers a request to the phone's web server.
func (p *Phone) answer(r *http.Request) (response, error) {
	p.mu.Lock()
	f, restarting := p.faults, p.restarting()
	p.mu.Unlock()
	if f.WebAccessOff || restarting {
		return response{}, errNotListening
	}
	if err := sleep(r.Context(), f.Slow); err != nil {
		return response{}, err
	}
	switch r.URL.Path {
	case "/DeviceInformationX":
		switch {
		case f.NameStatus != 0:
			return plain(f.NameStatus), nil
		case f.Name != "":
			return xmlOf(f.Name), nil
		}
		return p.page("DeviceInformation", [][2]string{
			{"MACAddress", strings.TrimPrefix(p.name, "SEP")}, {"HostName", p.name}, {"modelNumber", p.model.modelNumber()},
		}), nil
	case "/StreamingStatisticsX":
		return p.page("StreamingStatistics", [][2]string{{"StreamStatus", map[bool]string{true: "Active", false: "Not Ready"}[p.InCall() || f.Stream]}}), nil
	case "/CGI/Execute":
		return p.push(r, f), nil
	}
	return plain(http.StatusNotFound), nil
}

// page is one of the phone's own pages.
func (p *Phone) page(root string, elements [][2]string) response {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<" + root + ">\n")
	for _, e := range elements {
		fmt.Fprintf(&b, "<%s>%s</%s>\n", e[0], e[1], e[0])
	}
	b.WriteString("</" + root + ">\n")
	return xmlOf(b.String())
}

func xmlOf(body string) response {
	return response{http.StatusOK, http.Header{"Content-Type": {"text/xml"}}, []byte(body)}
}

func plain(status int) response {
	return response{status, http.Header{"Content-Type": {"text/plain"}}, []byte(http.StatusText(status))}
}

// push answers a POST of an Execute.
func (p *Phone) push(r *http.Request, f Faults) response {
	if r.Method != http.MethodPost || r.ContentLength < 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Expect") != "" {
		return plain(http.StatusNotFound) // Quirk: of chunks, a phone finds nothing
	}
	user, password, given := r.BasicAuth()
	accepted := given && p.world.opts.Authenticate(user, password, p.name)
	switch {
	case f.Status != 0:
		return plain(f.Status)
	case f.Nothing:
		return xmlOf("")
	case f.Huge:
		return xmlOf(strings.Repeat(" ", 5_000_000))
	case f.Body != "":
		return xmlOf(f.Body)
	case !given || !accepted && !f.Old:
		refused := plain(http.StatusUnauthorized)
		refused.header.Set("WWW-Authenticate", `Basic realm="user"`)
		return refused
	case !accepted:
		return failed(phone.ErrorAuthentication)
	case f.Error != 0:
		return failed(f.Error)
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, 4*maxPush))
	if err != nil {
		return failed(phone.ErrorParse)
	}
	form, err := url.ParseQuery(string(content))
	root, wrong := schema.Parse([]byte(form.Get("XML")))
	if err != nil || wrong != nil || root.Name != "CiscoIPPhoneExecute" || len(schema.Check(root)) > 0 || len(form.Get("XML")) > maxPush {
		return failed(phone.ErrorParse)
	}
	return p.execute(root, f)
}

func failed(n phone.ErrorNumber) response {
	return xmlOf(fmt.Sprintf(`<?xml version="1.0" encoding="iso-8859-1"?><CiscoIPPhoneError Number="%d"/>`, int(n)))
}

// execute carries out an Execute and answers with what became of each item.
func (p *Phone) execute(root schema.Element, f Faults) response {
	var b strings.Builder
	pages := 0
	for _, item := range root.All("ExecuteItem") {
		if isPage(item.Attribute("URL")) {
			pages++
		}
	}
	if pages > 1 {
		return failed(phone.ErrorParse)
	}
	for _, item := range root.All("ExecuteItem") {
		address := item.Attribute("URL")
		result := p.run(task{url: address, priority: priorityOf(item)}, f)
		fmt.Fprintf(&b, "<ResponseItem Status=\"%d\" Data=\"%s\" URL=\"%s\"/>\n", result.Status, result.Data, quoted(address))
	}
	name := "CiscoIPPhoneResponse"
	if f.Padded {
		name = "CiscoIPResponse"
	}
	body := "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<" + name + ">\n" + b.String() + "</" + name + ">\n"
	if f.Padded {
		body = " \r\n\x00" + strings.Replace(body, "Success", "Succ\xe8s", 1) + strings.Repeat("\x00", 40)
	}
	return xmlOf(body)
}

// task is an item of an Execute.
type task struct {
	url      string
	priority phone.Priority
	chain    int // how many Executes have led to it
}

func priorityOf(item schema.Element) phone.Priority {
	n, _ := strconv.Atoi(item.Attribute("Priority")) // 0 if it is absent; the schema has checked it
	return phone.Priority(n)
}

// run carries out one item of an Execute.
func (p *Phone) run(t task, f Faults) uri.Result {
	if isPage(t.url) {
		p.fetchLater(t)
		return uri.Success
	}
	u, err := uri.Parse(t.url)
	switch {
	case errors.Is(err, uri.ErrUnknown):
		return uri.NotFound
	case err != nil:
		return uri.InvalidURI
	case !p.model.runs(string(u.Family())):
		return uri.NotFound
	case u.Family() == uri.AppFamily && u.Executable() != nil:
		return uri.InvalidURI
	case u.Executable() != nil:
		return uri.NotFound
	case f.Busy:
		return uri.Failure
	}
	return p.do(u)
}

// do carries out an internal URI that does not need the page that is shown.
func (p *Phone) do(u uri.URI) uri.Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, u.String())
	_, rest, _ := strings.Cut(u.String(), ":")
	parts := strings.Split(rest, ":")
	switch u.Family() {
	case uri.InitFamily:
		p.init(uri.InitObject(rest))
	case uri.DialFamily, uri.EditDialFamily:
		p.dial(parts[0])
	case uri.SendDigitsFamily:
		switch {
		case !p.inCall:
			return uri.NoActiveCall
		case len(parts) > 2:
			return uri.NoActiveCallForApp // calls of the emulated phones belong to no application
		}
	case uri.AppFamily:
		return p.app(parts)
	case uri.NotifyFamily:
		p.notify(rest)
	}
	return uri.Success
}

// notify posts what a Notify URI says, http:host:port:path:credentials:data, behind the
// back of the goroutine that holds the lock.
func (p *Phone) notify(rest string) {
	parts := append(strings.SplitN(rest, ":", 6), "", "") // credentials and data are optional
	p.world.running.run(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(p.world.from(ctx, p), http.MethodPost, "http://"+parts[1]+":"+parts[2]+"/"+parts[3], strings.NewReader("DATA="+parts[5]))
		if err != nil {
			return // as on a phone, nobody hears of it
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=\"UTF-8\"")
		if parts[4] != "" {
			r.Header.Set("Authorization", "Basic "+parts[4])
		}
		if resp, err := p.world.opts.Service.RoundTrip(r); err == nil {
			_ = resp.Body.Close()
		}
	})
}

func (p *Phone) init(o uri.InitObject) {
	switch o {
	case uri.CallHistory:
		p.calls = nil
	case uri.AppStatus:
		p.status = ""
	default:
		p.stack, p.message = nil, ""
	}
}

// app carries out App:action:priority:idle:appId.
func (p *Phone) app(parts []string) uri.Result {
	id := parts[len(parts)-1]
	known := false
	for i, shown := range p.stack {
		if shown.root.Attribute("appId") != id {
			continue
		}
		if known = true; i != len(p.stack)-1 {
			continue
		}
		if action := uri.AppAction(parts[0]); action == uri.Close || action == uri.Minimize {
			p.stack = nil
		}
		return uri.Success
	}
	if known {
		return uri.AppNotActive
	}
	return uri.UnknownApp
}

func isPage(address string) bool {
	return strings.HasPrefix(strings.ToLower(address), "http://") || strings.HasPrefix(strings.ToLower(address), "https://")
}

// quoted is a value of an attribute.
func quoted(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '"':
			b.WriteString("&quot;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
