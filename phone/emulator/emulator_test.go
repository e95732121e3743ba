package emulator_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/phone"
	"deskd/phone/emulator"
	"deskd/phone/model"
)

var update = flag.Bool("update", false, "write the golden files")

// inProcess carries requests to a handler without a network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// desk is a service of one desk, laid out for the phone that asks.
func desk() http.Handler {
	mux := http.NewServeMux()
	serve := func(path string, lay func(p model.Phone, r *http.Request) model.Laid) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			p, err := model.Detect(r.Header)
			if err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			doc, err := phone.Encode(lay(p, r).Object, p.Charset)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", doc.ContentType())
			if path == "/done" {
				w.Header().Set("Expires", "Thu, 01 Jan 1998 00:00:00 GMT")
			}
			_, _ = w.Write(doc.Body)
		})
	}
	const host = "http://deskd.example"
	head := phone.Head{Title: "Desk 12 – Łukasz Żółć", Prompt: "Free until 13:00, then Ada"}
	serve("/phone", func(p model.Phone, r *http.Request) model.Laid {
		page, _ := strconv.Atoi(r.FormValue("page"))
		var items []phone.MenuItem
		for _, name := range []string{"Check in", "Extend", "End now", "Find a free desk", "Find a colleague", "Who is next"} {
			items = append(items, phone.MenuItem{Name: name, URL: host + "/" + strings.ToLower(strings.Fields(name)[0])})
		}
		h := head
		h.SoftKeys = []phone.SoftKeyItem{{Name: "Help", URL: host + "/help"}}
		return p.LayMenu(h, items, page, func(page int) string { return fmt.Sprint(host, "/phone?page=", page) })
	})
	serve("/help", func(p model.Phone, _ *http.Request) model.Laid {
		return p.LayText(phone.Head{Title: "Help"}, "Taken by Łukasz Żółć until 13:00\nThen Ada has booked this desk. Choose another desk on the page before, or ask at the reception.")
	})
	serve("/find", func(p model.Phone, _ *http.Request) model.Laid {
		return p.LayForm(phone.Head{Title: "Find a colleague"}, host+"/found", []phone.InputItem{
			{DisplayName: "Name", QueryStringParam: "name"}, {DisplayName: "PIN", QueryStringParam: "pin", Flags: phone.FlagPIN},
		})
	})
	serve("/found", func(p model.Phone, r *http.Request) model.Laid {
		return p.LayText(phone.Head{Title: "Found"}, r.FormValue("name")+" "+r.FormValue("pin"))
	})
	serve("/extend", func(p model.Phone, _ *http.Request) model.Laid {
		return p.LayMenu(phone.Head{Title: "Extend?"}, []phone.MenuItem{{Name: "Yes, until 13:00", URL: host + "/done"}}, 0, nil)
	})
	serve("/done", func(p model.Phone, _ *http.Request) model.Laid {
		return p.LayText(phone.Head{Title: "Done"}, "Yours until 13:00")
	})
	return mux
}

var address = netip.MustParseAddr("10.0.0.1")

// at returns a phone of a model, in a world with that service.
func at(m emulator.Model, service http.Handler) (*emulator.World, *emulator.Phone) {
	w := emulator.New(emulator.Options{Service: inProcess{service}})
	return w, w.Add(m, "SEP001122334455", address)
}

// TestScreens shows a desk's pages on each of the five models.
func TestScreens(t *testing.T) {
	for _, m := range emulator.Models() {
		t.Run(m.Name, func(t *testing.T) {
			w, p := at(m, desk())
			var b strings.Builder
			ctx := t.Context()
			step := func(what string, err error) {
				w.Wait()
				if err != nil {
					what += ": " + err.Error()
				}
				fmt.Fprintf(&b, "%s\n%s\n", what, p.Screen())
			}
			p.Login("łukasz")
			step("idle", nil)
			p.Services()
			step("Services, without any", nil)
			p.Subscribe("Desk", "http://deskd.example/phone?name=#DEVICENAME#")
			p.Services()
			step("Services", nil)
			step("Desk", p.Choose(ctx, 1))
			step("More", p.Choose(ctx, 5))
			p.Back()
			step("Back, Help", p.Press(ctx, "Help"))
			p.Back()
			p.Open(ctx, "http://deskd.example/find")
			step("Find a colleague", p.Fill("name", "Ada & Bob"))
			step("with a PIN", p.Fill("pin", "1234"))
			step("with letters", p.Fill("pin", "abc"))
			step("Submit", p.Submit(ctx))
			p.Open(ctx, "http://deskd.example/extend")
			step("Extend, confirmed", p.Choose(ctx, 1))
			p.Back()
			step("Back from what is done", nil)
			golden(t, "testdata/"+m.Name+".txt", b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

// failing answers every path with what its name says.
func failing() http.Handler {
	mux := http.NewServeMux()
	for path, status := range map[string]int{"/404": 404, "/500": 500, "/503": 503, "/418": 418} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	for path, body := range map[string]string{
		"/broken":   `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneText><Text>a & b</Text></CiscoIPPhoneText>`,
		"/order":    `<?xml version="1.0" encoding="iso-8859-1"?><CiscoIPPhoneText><Text>a</Text><Title>b</Title></CiscoIPPhoneText>`,
		"/position": `<?xml version="1.0" encoding="iso-8859-1"?><CiscoIPPhoneText><SoftKeyItem><Name>a</Name><URL>u</URL></SoftKeyItem></CiscoIPPhoneText>`,
		"/charset":  `<CiscoIPPhoneText/>`,
		"/entity":   `<?xml version="1.0" encoding="iso-8859-1"?><CiscoIPPhoneText><Text>a&#39;s</Text></CiscoIPPhoneText>`,
		"/picture":  `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneImageFile><URL>http://x/a.png</URL></CiscoIPPhoneImageFile>`,
		"/large":    `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneText/>` + strings.Repeat(" ", phone.MaxPage),
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write([]byte(body))
		})
	}
	return mux
}

// lost is a network without servers: named ones are not resolved, others refuse.
type lost struct{}

func (lost) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := netip.ParseAddr(r.URL.Hostname()); err != nil {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// TestMessages produces each of the nineteen messages.
func TestMessages(t *testing.T) {
	ctx := t.Context()
	shown := func(m emulator.Model, service http.RoundTripper, path string) string {
		w := emulator.New(emulator.Options{Service: service, Restart: time.Hour})
		p := w.Add(m, "SEP1", address)
		switch path {
		case "restarting":
			p.Login("ada")
			p.Open(ctx, "http://deskd/")
		case "no services":
			p.Services()
		default:
			p.Open(ctx, path)
		}
		return strings.TrimSpace(strings.Split(p.Screen(), "|")[3]) // the first line below the title
	}
	bad, none := inProcess{failing()}, lost{}
	var seen []string
	for _, c := range []struct {
		model   emulator.Model
		service http.RoundTripper
		path    string
		want    string
	}{
		{emulator.M7965, bad, "http://x/order", phone.ShowsInvalidObject},
		{emulator.M7965, bad, "http://x/broken", phone.ShowsInvalidObject},
		{emulator.M7965, bad, "http://x/picture", phone.ShowsInvalidObject}, // it reads no UTF-8
		{emulator.M7841, bad, "http://x/picture", phone.ShowsUnsupportedObject},
		{emulator.M7965, bad, "http://x/418", phone.ShowsUnknownHTTP},
		{emulator.M7965, none, "http://10.0.0.9/", phone.ShowsHTTPFailed},
		{emulator.M8845, bad, "restarting", phone.ShowsUnavailable},
		{emulator.M8845, none, "http://deskd/", phone.ShowsHostNotFound},
		{emulator.M8845, bad, "http://x/503", phone.ShowsBusy},
		{emulator.M8845, none, "http://10.0.0.9/", phone.ShowsConnectionFailed},
		{emulator.M8845, bad, "http://x/broken", phone.ShowsParseError},
		{emulator.M8845, bad, "http://x/position", phone.ShowsParseError},
		{emulator.M8845, bad, "http://x/charset", phone.ShowsParseError},
		{emulator.M8845, bad, "http://x/entity", phone.ShowsParseError},
		{emulator.M8845, bad, "http://x/large", phone.ShowsTooLarge},
		{emulator.M8845, bad, "no services", phone.ShowsNoServices},
		{emulator.M8845, bad, "http://x/" + strings.Repeat("a", 128), phone.ShowsNameTooLong},
		{emulator.M8845, bad, "http://x/404", phone.ShowsNotFound},
		{emulator.M8845, bad, "http://x/500", phone.ShowsServerError},
		{emulator.M8845, bad, "http://x/418", phone.ShowsUnknownError},
	} {
		if got := shown(c.model, c.service, c.path); got != c.want {
			t.Errorf("%s shows %q at %.30s, want %q", c.model.Name, got, c.path, c.want)
		}
		seen = append(seen, c.want)
	}
	for n := range 4 {
		w, p := at(emulator.M8845, failing())
		p.SetFaults(emulator.Faults{Error: phone.ErrorNumber(n + 1)})
		_, err := phone.DecodeAnswer(pushed(t, w, "Init:CallHistory"))
		var answered *phone.Error
		if !errors.As(err, &answered) {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprintf("CiscoIPPhoneError %d", int(answered.Number)))
	}
	for _, m := range phone.Messages() {
		if !slices.Contains(seen, m.Text) {
			t.Errorf("%q was not produced", m.Text)
		}
	}
	if n := len(phone.Messages()); n != 19 {
		t.Errorf("%d messages", n)
	}
}

// pushed pushes URLs to the phone at address, and returns its answer.
func pushed(t *testing.T, w http.RoundTripper, urls ...string) []byte {
	t.Helper()
	var e phone.Execute
	for _, u := range urls {
		e.Items = append(e.Items, phone.ExecuteItem{URL: u, Priority: phone.WhenIdle})
	}
	doc, err := phone.Encode(e, phone.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	return post(t, w, string(doc.Body), "http://10.0.0.1/CGI/Execute")
}

func post(t *testing.T, w http.RoundTripper, body, to string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader("XML="+url.QueryEscape(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("deskd", "secret")
	resp, err := w.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := make([]byte, 1<<16)
	n, _ := resp.Body.Read(answer)
	return answer[:n]
}

// TestResults holds what a phone answers about URIs.
func TestResults(t *testing.T) {
	w, p := at(emulator.M8845, desk())
	p.Open(t.Context(), "http://deskd.example/help")
	for _, c := range []struct{ uri, want string }{
		{"Init:CallHistory", "0 Success"},
		{"Init:Everything", "1 Invalid URI"},
		{"Format:Disk", "6 URI not found"},
		{"Vibrate:1:1:1", "6 URI not found"},
		{"RTPRx:10.0.0.1:20481", "1 Invalid URI"},
		{"SendDigits:1:1", "6 No Active Call"},
		{"App:Close:0:60:a/b", "6 Unknown Application ID"},
		{"App:Close:0:60", "1 Invalid URI"},
		{"Dial:1000", "0 Success"},
		{"SendDigits:1:1", "0 Success"},
		{"SendDigits:1:1:a/b", "6 No Active Call for Application"},
	} {
		r, err := phone.DecodeAnswer(pushed(t, w, c.uri))
		if err != nil || len(r.Items) != 1 {
			t.Errorf("%s: %v, %v", c.uri, r, err)
			continue
		}
		if got := fmt.Sprint(r.Items[0].Status, " ", r.Items[0].Data); got != c.want || r.Items[0].URL != c.uri {
			t.Errorf("%s: %s, want %s", r.Items[0].URL, got, c.want)
		}
	}
	p.SetFaults(emulator.Faults{Busy: true})
	if r, err := phone.DecodeAnswer(pushed(t, w, "Init:Services")); err != nil || r.Items[0].Data != "Failure" {
		t.Errorf("busy: %v, %v", r, err)
	}
	for name, body := range map[string]string{
		"a page":  `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneText/>`,
		"long":    `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneExecute><ExecuteItem URL="` + strings.Repeat("a", 256) + `"/><ExecuteItem URL="` + strings.Repeat("a", 256) + `"/></CiscoIPPhoneExecute>`,
		"2 pages": `<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneExecute><ExecuteItem URL="http://a"/><ExecuteItem URL="http://b"/></CiscoIPPhoneExecute>`,
		"nothing": "",
	} {
		p.SetFaults(emulator.Faults{})
		var answered *phone.Error
		if _, err := phone.DecodeAnswer(post(t, w, body, "http://10.0.0.1/CGI/Execute")); !errors.As(err, &answered) || answered.Number != phone.ErrorParse {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPriorities holds that a page with priority 1 waits for the end of a call.
func TestPriorities(t *testing.T) {
	w, p := at(emulator.M8845, desk())
	p.Take("1000")
	for range 2 {
		if _, err := phone.DecodeAnswer(pushed(t, w, "http://deskd.example/help")); err != nil {
			t.Fatal(err)
		}
	}
	w.Wait()
	if strings.Contains(p.Screen(), "Help") {
		t.Errorf("shown in a call:\n%s", p.Screen())
	}
	p.HangUp()
	w.Wait()
	if !strings.Contains(p.Screen(), "Help") {
		t.Errorf("not shown after it:\n%s", p.Screen())
	}
}

// TestCallList holds that only Init:CallHistory clears it, and no login.
func TestCallList(t *testing.T) {
	w, p := at(emulator.M9811, desk())
	p.Miss("1")
	p.Take("2")
	p.HangUp()
	p.Login("ada")
	p.Dial("3")
	p.HangUp()
	p.Logout()
	if s := p.CallScreen(); !strings.HasPrefix(s, "+----------------------------+\n|Calls                       |\n|placed    3                 |\n|received  2                 |\n") || !strings.Contains(s, "---v+") {
		t.Errorf("the key for calls shows\n%s", s)
	}
	want := []emulator.Call{{"placed", "3"}, {"received", "2"}, {"missed", "1"}}
	if diff := cmp.Diff(want, p.Calls()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := phone.DecodeAnswer(pushed(t, w, "Init:CallHistory")); err != nil || len(p.Calls()) != 0 {
		t.Errorf("%v, %v", p.Calls(), err)
	}
	if s := p.CallScreen(); !strings.Contains(s, "|No calls ") {
		t.Errorf("an empty list is shown as\n%s", s)
	}
	if diff := cmp.Diff([]string{"Init:CallHistory"}, p.Done()); diff != "" {
		t.Error(diff)
	}
}

// TestQueryStringParam joins a softkey and an item, whichever has the data.
func TestQueryStringParam(t *testing.T) {
	var asked []string
	w, p := at(emulator.M7965, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		doc, _ := phone.Encode(phone.Menu{
			Head:  phone.Head{SoftKeys: []phone.SoftKeyItem{{Name: "Read", URL: "http://x/read"}, {Name: "Del", URL: "QueryStringParam:del=1"}}, Keys: []phone.KeyItem{{Key: "NavUp", URL: "http://x/up"}}},
			Items: []phone.MenuItem{{Name: "a", URL: "http://x/a?a=1"}, {Name: "b", URL: "QueryStringParam:m=2"}},
		}, phone.Latin1)
		w.Header().Set("Content-Type", doc.ContentType())
		_, _ = w.Write(doc.Body)
	}))
	ctx := context.Background()
	p.Open(ctx, "http://x/1")
	for _, err := range []error{p.Press(ctx, "Del"), p.Choose(ctx, 2), p.Press(ctx, "Read"), p.Key(ctx, "NavUp")} {
		if err != nil {
			t.Error(err)
		}
	}
	if p.Press(ctx, "Gone") == nil || p.Key(ctx, "NavDown") == nil || p.Choose(ctx, 3) == nil || p.Fill("a", "b") == nil || p.Submit(ctx) == nil {
		t.Error("what is not there was used")
	}
	w.Wait()
	if diff := cmp.Diff([]string{"http://x/1", "http://x/a?a=1&del=1", "http://x/read?m=2", "http://x/up"}, asked); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestNextAndExpired follows a Refresh header, and goes back past a page that has expired.
func TestNextAndExpired(t *testing.T) {
	w, p := at(emulator.M8845, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc, _ := phone.Encode(phone.Directory{
			Head:    phone.Head{Title: r.URL.Path},
			Entries: []phone.DirectoryEntry{{Name: "Ada", Telephone: "1000"}, {Name: "Bob", Telephone: "1001"}},
		}, phone.UTF8)
		w.Header().Set("Content-Type", doc.ContentType())
		switch r.URL.Path {
		case "/1":
			w.Header().Set("Refresh", "0; url=http://x/2")
		case "/2":
			w.Header().Set("Expires", "Thu, 01 Jan 1998 00:00:00 GMT")
			w.Header().Set("Refresh", "0; url=http://x/3")
		case "/3":
			w.Header().Set("Expires", "Thu, 01 Jan 1970 00:00:00 GMT") // too early to count
			w.Header().Set("Refresh", "0; url=http://x/4")
		}
		_, _ = w.Write(doc.Body)
	}))
	ctx := t.Context()
	title := func() string { return strings.TrimSpace(strings.Split(p.Screen(), "|")[1]) }
	p.Open(ctx, "http://x/1")
	var seen []string
	for _, key := range []string{"Next", "Next", "Next"} {
		seen = append(seen, title())
		if err := p.Press(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	seen = append(seen, title())
	for range 2 {
		p.Back()
		seen = append(seen, title())
	}
	if got := strings.Join(seen, " "); got != "/1 /2 /3 /4 /3 /1" {
		t.Errorf("saw %s", got)
	}
	if err := errors.Join(p.Choose(ctx, 2), p.Press(ctx, "Dial")); err != nil {
		t.Fatal(err)
	}
	if calls := p.Calls(); len(calls) != 1 || calls[0].Number != "1001" {
		t.Errorf("dialled %v", calls)
	}
	w.Wait()
}

// TestWithoutSoftKeyURIs holds that the 8875 does nothing with a SoftKey URI.
func TestWithoutSoftKeyURIs(t *testing.T) {
	_, p := at(emulator.M8875, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		doc, _ := phone.Encode(phone.Text{Head: phone.Head{SoftKeys: []phone.SoftKeyItem{{Name: "Exit", URL: "SoftKey:Exit"}}}, Text: "a"}, phone.UTF8)
		w.Header().Set("Content-Type", doc.ContentType())
		_, _ = w.Write(doc.Body)
	}))
	p.Open(t.Context(), "http://x/")
	if err := p.Press(t.Context(), "Exit"); err == nil || !strings.Contains(err.Error(), "does not know SoftKey:Exit") {
		t.Errorf("%v", err)
	}
}

// TestChunks holds that a phone finds nothing in chunks, as a request and as a page.
func TestChunks(t *testing.T) {
	_, p := at(emulator.M8845, desk())
	server := httptest.NewServer(p)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/CGI/Execute", struct{ *strings.Reader }{strings.NewReader("XML=a")})
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("deskd", "secret")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", resp.StatusCode)
	}
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneText/>`))
		_ = http.NewResponseController(w).Flush()
	}))
	defer pages.Close()
	w := emulator.New(emulator.Options{})
	q := w.Add(emulator.M8845, "SEP2", address)
	q.Open(t.Context(), pages.URL)
	if !strings.Contains(q.Screen(), phone.ShowsParseError) {
		t.Errorf("a page in chunks\n%s", q.Screen())
	}
}

// TestBackspace takes back what was entered.
func TestBackspace(t *testing.T) {
	_, p := at(emulator.M7841, desk())
	p.Open(t.Context(), "http://deskd.example/find")
	if err := errors.Join(p.Fill("name", "Adä"), nil); err == nil {
		t.Error("a letter beyond ASCII was entered")
	}
	if err := errors.Join(p.Fill("name", "Adab"), p.Press(t.Context(), "<<"), p.Press(t.Context(), "Submit")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Screen(), "Ada ") || strings.Contains(p.Screen(), "Adab") {
		t.Errorf("\n%s", p.Screen())
	}
}

// TestNotify posts what a softkey says.
func TestNotify(t *testing.T) {
	var got []string
	w, p := at(emulator.M8845, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			got = append(got, fmt.Sprint(r.URL, " ", r.Header.Get("Authorization"), " ", string(body)))
			return
		}
		doc, _ := phone.Encode(phone.Text{Head: phone.Head{SoftKeys: []phone.SoftKeyItem{
			{Name: "Short", URL: "Notify:http:deskd:8080:a/b?c=1"}, {Name: "Long", URL: "Notify:http:deskd:80:a:dXNlcg==:x:y"},
			{Name: "Middle", URL: "Notify:http:deskd:80:a:dXNlcg=="},
		}}}, phone.UTF8)
		w.Header().Set("Content-Type", doc.ContentType())
		_, _ = w.Write(doc.Body)
	}))
	p.Open(t.Context(), "http://x/")
	for _, key := range []string{"Short", "Long", "Middle"} {
		if err := p.Press(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		w.Wait()
	}
	if diff := cmp.Diff([]string{"http://deskd:8080/a/b?c=1  DATA=", "http://deskd:80/a Basic dXNlcg== DATA=x:y", "http://deskd:80/a Basic dXNlcg== DATA="}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// FuzzPage holds that a phone survives any page, and keys pressed on it.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneMenu><SoftKeyItem><Name>a</Name><Position>1</Position><URL>SoftKey:Select</URL></SoftKeyItem><MenuItem><Name>a</Name><URL>QueryStringParam:a</URL></MenuItem></CiscoIPPhoneMenu>`))
	f.Add([]byte(`<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneInput><URL>http://x/</URL><InputItem><QueryStringParam>q</QueryStringParam><InputFlags>NP</InputFlags></InputItem></CiscoIPPhoneInput>`))
	f.Add([]byte(`<?xml version="1.0" encoding="utf-8"?><CiscoIPPhoneExecute><ExecuteItem URL="Init:CallHistory"/></CiscoIPPhoneExecute>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w, p := at(emulator.M8845, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write(body)
		}))
		p.Open(t.Context(), "http://x/")
		for _, key := range []string{"a", "Select", "Submit", "<<", "Dial", "Update", "Exit"} {
			_ = p.Press(t.Context(), key)
			_ = p.Choose(t.Context(), 1)
			if lines := strings.Count(p.Screen(), "\n"); lines != 13 {
				t.Errorf("%d lines:\n%s", lines, p.Screen())
			}
		}
		w.Wait()
	})
}

// TestExecuteAsPage carries an Execute out that is fetched, and gives up one that leads
// to itself. What only a phone sends is no page.
func TestExecuteAsPage(t *testing.T) {
	fetched := 0
	w, p := at(emulator.M8845, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched++
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?>` + map[string]string{
			"/clear": `<CiscoIPPhoneExecute><ExecuteItem URL="Init:CallHistory"/><ExecuteItem URL="http://x/text"/></CiscoIPPhoneExecute>`,
			"/text":  `<CiscoIPPhoneText><Title>Cleared</Title></CiscoIPPhoneText>`,
			"/round": `<CiscoIPPhoneExecute><ExecuteItem URL="http://x/round"/></CiscoIPPhoneExecute>`,
			"/error": `<CiscoIPPhoneError Number="4"/>`,
		}[r.URL.Path]))
	}))
	p.Miss("1000")
	for path, want := range map[string]string{"clear": "Cleared", "round": phone.ShowsUnknownError, "error": phone.ShowsUnsupportedObject} {
		fetched = 0
		p.Open(t.Context(), "http://x/"+path)
		w.Wait()
		if !strings.Contains(p.Screen(), want) || fetched > 7 {
			t.Errorf("%s, after %d pages:\n%s", path, fetched, p.Screen())
		}
	}
	if len(p.Calls()) != 0 {
		t.Error("not cleared")
	}
}

// TestIdle fetches the Idle URL once nobody has touched the phone for its time, then what the page
// names, and the first one again after a key or a call.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var asked []string
		_, p := at(emulator.M9811, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, fmt.Sprint(time.Since(began).Seconds(), r.URL.Path))
			doc, _ := phone.Encode(phone.Text{Text: "resting"}, phone.UTF8)
			w.Header().Set("Content-Type", doc.ContentType())
			w.Header().Set("Refresh", "30; url=http://x/still")
			_, _ = w.Write(doc.Body)
		}))
		p.Idle("http://x/idle", time.Minute)
		time.Sleep(125 * time.Second) // 60, 90, 120
		if !strings.Contains(p.Screen(), "resting") {
			t.Errorf("it shows\n%s", p.Screen())
		}
		p.Services()
		time.Sleep(70 * time.Second) // 185
		p.Dial("1")
		time.Sleep(5 * time.Minute)
		p.HangUp()
		time.Sleep(95 * time.Second) // 555, 585
		p.Idle("", 0)
		time.Sleep(time.Hour)
		want := []string{"60/idle", "90/still", "120/still", "185/idle", "555/idle", "585/still"}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
