package emulator

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"deskd/phone"
	"deskd/phone/emulator/schema"
	"deskd/phone/uri"
)

// Subscribe adds a service to those of the key Services. In its URL, #DEVICENAME# stands
// for the phone's name.
func (p *Phone) Subscribe(name, url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.services = append(p.services, service{name, strings.ReplaceAll(url, "#DEVICENAME#", p.name)})
}

// SubscribeSecure adds a service that has a secure URL, too. Phones that know https take that, "" is
// none: all five do, whatever TLS they speak.
func (p *Phone) SubscribeSecure(name, url, secure string) { p.Subscribe(name, cmp.Or(secure, url)) }

// Services presses the key Services, which lists what the phone is subscribed to.
func (p *Phone) Services() {
	p.mu.Lock()
	p.touched()
	defer p.mu.Unlock()
	p.stack, p.message = nil, ""
	switch {
	case p.restarting():
		p.message = phone.ShowsUnavailable
		return
	case len(p.services) == 0:
		p.message = phone.ShowsNoServices
		return
	}
	menu := schema.Element{Name: string(phone.KindMenu), Children: []schema.Element{{Name: "Title", Text: "Services"}}}
	for _, s := range p.services {
		menu.Children = append(menu.Children, schema.Element{Name: "MenuItem", Children: []schema.Element{{Name: "Name", Text: s.name}, {Name: "URL", Text: s.url}}})
	}
	p.stack = []shown{{root: menu}}
}

// Open fetches a page and shows it. An Execute is carried out in place of being shown.
func (p *Phone) Open(ctx context.Context, url string) { p.open(ctx, url, 0) }

// maxChain is how many pages an Execute may open one after the other.
const maxChain = 5

// open opens a page that so many Executes have led to.
func (p *Phone) open(ctx context.Context, url string, chain int) {
	p.mu.Lock()
	restarting := p.restarting()
	p.mu.Unlock()
	switch {
	case restarting:
		p.show(shown{}, phone.ShowsUnavailable)
		return
	case chain > maxChain:
		p.show(shown{}, phone.ShowsUnknownError)
		return
	}
	s, message := p.fetch(ctx, url)
	if message != "" || s.root.Name != string(phone.KindExecute) {
		p.show(s, message)
		return
	}
	for _, item := range s.root.All("ExecuteItem") {
		p.run(task{url: item.Attribute("URL"), priority: priorityOf(item), chain: chain + 1}, Faults{})
	}
}

// show shows a page, or a message in its place.
func (p *Phone) show(s shown, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.message = message; message != "" {
		return
	}
	switch phone.Kind(s.root.Name) {
	case phone.KindStatus, phone.KindStatusFile:
		p.status = s.root.Child("Text").Text
		return
	}
	if n := len(p.stack); n > 0 && (p.stack[n-1].expired || p.stack[n-1].url == s.url && s.url != "") {
		p.stack = p.stack[:n-1]
	}
	p.stack = append(p.stack, s)
}

// fetchLater fetches a page that an Execute names, when its priority says so.
func (p *Phone) fetchLater(t task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.inCall || t.priority == phone.AtOnce:
		p.fetchNow(t)
	case t.priority == phone.WhenIdle:
		p.pending = append(p.pending, t)
	}
}

// fetchNow fetches a page behind the back of the goroutine that holds the lock.
func (p *Phone) fetchNow(t task) {
	p.world.running.run(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		p.open(ctx, t.url, t.chain)
	})
}

// fetch returns what is at a URL, or the message that the phone shows for it.
func (p *Phone) fetch(ctx context.Context, address string) (shown, string) {
	if i := strings.LastIndexByte(address, '/'); len(address)-i-1 > phone.MaxFilename {
		return shown{}, phone.ShowsNameTooLong
	}
	r, err := http.NewRequestWithContext(p.world.from(ctx, p), http.MethodGet, address, nil)
	if err != nil {
		return shown{}, p.model.says(phone.ShowsHTTPFailed, phone.ShowsConnectionFailed)
	}
	for _, h := range p.model.header {
		r.Header.Set(h[0], h[1])
	}
	resp, err := p.carrier(r.URL.Scheme).RoundTrip(r)
	if err != nil {
		if unknown := new(net.DNSError); errors.As(err, &unknown) || distrusts(err) {
			return shown{}, phone.ShowsHostNotFound
		}
		return shown{}, p.model.says(phone.ShowsHTTPFailed, phone.ShowsConnectionFailed)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, phone.MaxPage+1))
	switch {
	case err != nil:
		return shown{}, p.model.says(phone.ShowsHTTPFailed, phone.ShowsConnectionFailed)
	case resp.StatusCode != http.StatusOK:
		return shown{}, p.model.saysOf(resp.StatusCode)
	case len(body) > phone.MaxPage:
		return shown{}, phone.ShowsTooLarge
	case len(resp.TransferEncoding) > 0 || resp.Header.Get("Content-Encoding") != "":
		return shown{}, p.model.says(phone.ShowsInvalidObject, phone.ShowsParseError) // it reads no chunks
	}
	return p.read(address, resp.Header, body)
}

// carrier is what a request goes by.
func (p *Phone) carrier(scheme string) http.RoundTripper {
	if scheme != "https" {
		return p.world.opts.Service
	}
	return p.world.opts.Secure(&tls.Config{RootCAs: p.world.opts.Trust, MinVersion: tls.VersionTLS10, MaxVersion: p.model.newestTLS}) //nolint:gosec // as old phones do
}

// distrusts reports whether the phone and a server did not agree on TLS.
//
// Quirk: phones say of that what they say of a name that they cannot resolve, "Host Not Found". Field
// reports have it of phones that lack the authority in their trust list, and of those whose TLS is too
// old for the server.
func distrusts(err error) bool {
	refused := new(tls.CertificateVerificationError)
	return errors.As(err, &refused) || strings.Contains(err.Error(), "tls: ") // crypto/tls keeps the types of alerts to itself
}

// says is a message as the model's firmware puts it.
func (m Model) says(old, current string) string {
	if m.oldMessages {
		return old
	}
	return current
}

// saysOf is the message about a status other than 200.
func (m Model) saysOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return phone.ShowsNotFound
	case http.StatusServiceUnavailable:
		return phone.ShowsBusy
	case http.StatusInternalServerError:
		return phone.ShowsServerError
	}
	return m.says(phone.ShowsUnknownHTTP, phone.ShowsUnknownError)
}

// refreshed is a Refresh header with a URL.
var refreshed = regexp.MustCompile(`(?i)^\s*(\d+)\s*;\s*url=(.+)$`)

// read reads a page. What is not declared as XML is shown as text.
func (p *Phone) read(address string, h http.Header, body []byte) (shown, string) {
	s := shown{url: address, entered: make(map[string]string)}
	if m := refreshed.FindStringSubmatch(h.Get("Refresh")); m != nil {
		seconds, _ := strconv.Atoi(m[1]) // at most as many as a header has room for
		s.refresh, s.every = m[2], time.Duration(seconds)*time.Second
	}
	if at, err := http.ParseTime(h.Get("Expires")); err == nil {
		s.expired = !at.After(p.world.opts.Now()) && at.Year() > 1970
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "text/xml") {
		s.root = schema.Element{Name: string(phone.KindText), Children: []schema.Element{{Name: "Text", Text: string(body)}}}
		return s, ""
	}
	root, err := schema.Parse(body)
	if err != nil || len(schema.Check(root)) > 0 || !p.reads(body) {
		return shown{}, p.model.says(phone.ShowsInvalidObject, phone.ShowsParseError)
	}
	if kind := phone.Kind(root.Name); !p.model.shows(root.Name) || kind == phone.KindResponse || kind == phone.KindError {
		return shown{}, phone.ShowsUnsupportedObject
	}
	s.root = root
	for _, item := range root.All("InputItem") {
		s.entered[item.Child("QueryStringParam").Text] = item.Child("DefaultValue").Text
	}
	return s, ""
}

// reads reports whether the phone accepts the charset that a page declares.
func (p *Phone) reads(body []byte) bool {
	declared := strings.ToLower(string(body[:min(len(body), 60)]))
	for _, h := range p.model.header {
		if h[0] == "Accept-Charset" && strings.Contains(declared, "utf-8") {
			return strings.Contains(h[1], "utf-8")
		}
	}
	return true
}

// Choose chooses the item of a menu or directory, counted from 1, and does what it is for.
func (p *Phone) Choose(ctx context.Context, n int) error {
	p.mu.Lock()
	p.touched()
	s := p.top()
	if s == nil || n < 1 || n > len(s.items()) {
		p.mu.Unlock()
		return fmt.Errorf("there is no item %d", n)
	}
	s.focus = n - 1
	url := s.items()[n-1].Child("URL").Text
	p.mu.Unlock()
	if strings.HasPrefix(url, "QueryStringParam:") || url == "" {
		return nil // chosen, for the softkey that follows
	}
	return p.follow(ctx, url)
}

// top is the page that is shown, or nil; the lock is held.
func (p *Phone) top() *shown {
	if p.message != "" || len(p.stack) == 0 {
		return nil
	}
	return &p.stack[len(p.stack)-1]
}

// items are those of a menu or directory.
func (s *shown) items() []schema.Element {
	return append(s.root.All("MenuItem"), s.root.All("DirectoryEntry")...)
}

// Press presses a softkey by its label.
func (p *Phone) Press(ctx context.Context, label string) error {
	p.mu.Lock()
	p.touched()
	for _, k := range p.softKeys() {
		if k[0] == label {
			url := p.joined(k[1])
			p.mu.Unlock()
			return p.follow(ctx, url)
		}
	}
	p.mu.Unlock()
	return fmt.Errorf("there is no softkey %q", label)
}

// Key presses a key that the page has bound.
func (p *Phone) Key(ctx context.Context, key string) error {
	p.mu.Lock()
	p.touched()
	if s := p.top(); s != nil {
		for _, k := range s.root.All("KeyItem") {
			if k.Child("Key").Text == key {
				p.mu.Unlock()
				return p.follow(ctx, k.Child("URL").Text)
			}
		}
	}
	p.mu.Unlock()
	return fmt.Errorf("the key %s is not bound", key)
}

// joined is the URL of a softkey with the data of a QueryStringParam, which is either's.
func (p *Phone) joined(url string) string {
	s := p.top()
	if s == nil || len(s.items()) == 0 {
		return url
	}
	item := s.items()[s.focus].Child("URL").Text
	if data, isData := strings.CutPrefix(url, "QueryStringParam:"); isData {
		return withQuery(item, data)
	}
	if data, isData := strings.CutPrefix(item, "QueryStringParam:"); isData && isPage(url) {
		return withQuery(url, data)
	}
	return url
}

func withQuery(address, data string) string {
	if strings.Contains(address, "?") {
		return address + "&" + data
	}
	return address + "?" + data
}

// follow does what a URL or URI says.
func (p *Phone) follow(ctx context.Context, address string) error {
	if isPage(address) {
		p.Open(ctx, address)
		return nil
	}
	u, err := uri.Parse(address)
	if err != nil {
		return err
	}
	if !p.model.runs(string(u.Family())) {
		return fmt.Errorf("the %s does not know %s", p.model.Name, u)
	}
	if u.Family() == uri.SoftKeyFamily {
		return p.soft(ctx, uri.SoftKeyName(strings.TrimPrefix(u.String(), "SoftKey:")))
	}
	if result := p.do(u); result.Status != 0 {
		return fmt.Errorf("%s: %s", u, result.Data)
	}
	return nil
}

// soft does what a softkey of the phone's own does.
func (p *Phone) soft(ctx context.Context, n uri.SoftKeyName) error {
	p.mu.Lock()
	s := p.top()
	if s == nil {
		p.mu.Unlock()
		return errors.New("no page is shown")
	}
	here, focus, items, refresh := s.url, s.focus+1, s.items(), s.refresh
	p.mu.Unlock()
	switch n {
	case uri.Back, uri.Cancel:
		p.Back()
	case uri.Exit:
		p.Exit()
	case uri.Select:
		return p.Choose(ctx, focus)
	case uri.Update:
		p.Open(ctx, here)
	case uri.Next:
		p.Open(ctx, refresh)
	case uri.Submit, uri.Search:
		return p.Submit(ctx)
	case uri.Backspace:
		p.erase()
	case uri.DialIt, uri.EditIt:
		if len(items) < focus {
			return errors.New("there is no number")
		}
		p.Dial(items[focus-1].Child("Telephone").Text)
	}
	return nil
}

// Back goes to the page before. Pages that have expired were not kept.
func (p *Phone) Back() {
	p.mu.Lock()
	p.touched()
	defer p.mu.Unlock()
	if p.message != "" {
		p.message = ""
		return
	}
	if n := len(p.stack); n > 0 {
		p.stack = p.stack[:n-1]
	}
}

// Exit leaves the services.
func (p *Phone) Exit() {
	p.mu.Lock()
	p.touched()
	defer p.mu.Unlock()
	p.stack, p.message = nil, ""
}
