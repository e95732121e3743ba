package emulator

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// rawRequest is an HTTP request as it is written: with the lines of header, each ended,
// and form in the body, or of a GET in its address. It is a POST without method.
type rawRequest struct{ method, header, form string }

// sendRaw writes an HTTP request byte for byte and returns the body of the answer.
func sendRaw(t *testing.T, e *Emulator, r rawRequest) string {
	t.Helper()
	s := httptest.NewServer(e)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	method, target, body, header := cmp.Or(r.method, http.MethodPost), Path, r.form, r.header
	if method == http.MethodGet {
		target, body = Path+"?"+r.form, ""
	}
	if !strings.Contains(header, "chunked") {
		header += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: cucm\r\n%s\r\n%s", method, target, header, body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What independent clients were found to send to real servers, and got through
// with (docs/em-api.md, section 6).
func TestOddRequestsAreTaken(t *testing.T) {
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	login := loginXML(phone1, "user0001")
	encoded := url.QueryEscape(login)
	lower := strings.NewReplacer("%3C", "%3c", "%3E", "%3e", "%2F", "%2f").Replace(encoded)
	cdata := strings.Replace(login, "secret", "<![CDATA[secret]]>", 1)
	indefinite := strings.Replace(login, "</userID>", "</userID><exclusiveDuration><indefinite></indefinite></exclusiveDuration>", 1)
	tests := map[string]rawRequest{
		"plain":                   {"POST", form, "xml=" + encoded},
		"no content type":         {"POST", "", "xml=" + encoded},
		"chunked":                 {"POST", form + "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 10, ("xml=" + encoded)[:10], len(encoded)-6, ("xml=" + encoded)[10:])},
		"fields before and after": {"POST", form, "a=b&empty=&c&xml=" + encoded + "&d=%3Cx%3E"},
		"leading newlines":        {"POST", form, "\r\n\n xml=" + encoded},
		"newlines in the value":   {"POST", form, "xml=%0A%0A" + encoded + "%0A"},
		"CDATA password":          {"POST", form, "xml=" + url.QueryEscape(cdata)},
		"indefinite with end tag": {"POST", form, "xml=" + url.QueryEscape(indefinite)},
		"trailing blanks":         {"POST", form, "xml=" + url.QueryEscape(strings.ReplaceAll(login, "</", "  </"))},
		"lower-case escapes":      {"POST", form, "xml=" + lower},
		"authorization":           {"POST", form + "Authorization: Basic eDp5\r\n", "xml=" + encoded},
		"not encoded":             {"POST", form, "xml=" + login},
		"not encoded, newlines":   {"POST", form, "xml=\n" + strings.ReplaceAll(login, "><", ">\n<") + "\n"},
		"get":                     {"GET", "", "xml=" + encoded},
		"encoded user id":         {"POST", form, "xml=" + url.QueryEscape(strings.Replace(login, "user0001", "user%30001", 1))},
		"remote address":          {"POST", form, "xml=" + url.QueryEscape(strings.Replace(login, "</login>", "<remoteIPAddr>192.0.2.1</remoteIPAddr><isViaHeaderSet>false</isViaHeaderSet></login>", 1))},
		"indented":                {"POST", form, "xml=" + url.QueryEscape(strings.ReplaceAll(login, "><", ">\r\n\t<"))},
		"type with a charset":     {"POST", "Content-Type: Application/X-WWW-Form-urlencoded; charset=UTF-8\r\n", "xml=" + encoded},
		"encoded id, raw body":    {"POST", form, "xml=" + strings.Replace(login, "user0001", "user%30001", 1)},
		"raw semicolon":           {"POST", form, "xml=" + strings.Replace(login, "secret", "s&#101;cret", 1)},
		"several parameters raw":  {"POST", form, "a=1&xml=" + login + "&b=2"},
		"get with other fields":   {"GET", "", "a=b&xml=" + lower},
		"doubled field":           {"POST", form, "xml=" + encoded + "&xml=" + url.QueryEscape(logoutXML(phone1))},
		"comment":                 {"POST", form, "xml=" + url.QueryEscape(strings.Replace(login, "<login>", "<!-- x --><login>", 1))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, tt.form, verdict(sendRaw(t, newWorld(Options{}), tt)), "ok")
		})
	}
}

// A message is read where a servlet would find its field: of the address before
// the body, and of a form only.
func TestWhereTheFieldIs(t *testing.T) {
	login := "xml=" + url.QueryEscape(loginXML(phone1, "user0001"))
	for _, tt := range []struct{ kind, address, body, want string }{
		{"text/xml", "", login, "code 1"},
		{"text/xml", "", loginXML(phone1, "user0001"), "code 1"},
		{"application/json", "", login, "code 1"},
		{"multipart/form-data; boundary=x", "", login, "code 1"},
		{"application/x-www-form-urlencoded-not", "", login, "code 1"},
		{"text/plain", login, "", "ok"},
		{"application/x-www-form-urlencoded", login, "xml=x", "ok"},
		{"application/x-www-form-urlencoded", "xml=x", login, "code 1"},
		{"application/x-www-form-urlencoded", "a=b", login, "ok"},
		{"application/x-www-form-urlencoded", "", "xml=<request>100%</request>", "code 1"},
	} {
		r := httptest.NewRequest(http.MethodPost, Path+"?"+tt.address, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.kind)
		w := httptest.NewRecorder()
		newWorld(Options{}).ServeHTTP(w, r)
		expect(t, tt.kind+" "+tt.address+" "+tt.body, verdict(w.Body.String()), tt.want)
	}
	for _, method := range []string{http.MethodPut, http.MethodHead, http.MethodDelete, "M-POST"} {
		r := httptest.NewRequest(method, "http://cucm"+Path, nil)
		w := httptest.NewRecorder()
		e := newWorld(Options{})
		e.ServeHTTP(w, r)
		resp, err := e.Transport().RoundTrip(r)
		if w.Code != http.StatusMethodNotAllowed || err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s is answered %d, and in the process %v", method, w.Code, err)
		}
	}
}

// A password and a user id with the characters that break form parsers, in a
// body that is not encoded at all: it is decoded nevertheless.
func TestUnencodedBodyWithReferences(t *testing.T) {
	e := New(Options{AppID: "deskd", Password: "a&b;c d"})
	e.AddDevice(phone1)
	e.AddUser("o&c@x")
	m := strings.Replace(loginXML(phone1, "o&amp;c@x"), "secret", "a&amp;b;c+d", 1)
	expect(t, m, verdict(sendRaw(t, e, rawRequest{form: "xml=" + m})), "ok")
}

func TestSeveralNamesPerQuery(t *testing.T) {
	e := newWorld(Options{})
	message := strings.Replace(queryXML, "</deviceUserQuery>", "<deviceName>sep000000000003</deviceName><deviceName>x</deviceName></deviceUserQuery>", 1)
	reply := sendRaw(t, e, rawRequest{form: "xml=" + url.QueryEscape(message)})
	for _, want := range []string{`<device name="` + phone1 + `">`, `<device name="SEP000000000003">`, `<device name="x">` + "\n<doesNotExist/>"} {
		if !strings.Contains(reply, want) {
			t.Errorf("reply lacks %q:\n%s", want, reply)
		}
	}
}

func TestRequestsOutsideTheDTD(t *testing.T) {
	login := loginXML(phone1, "user0001")
	replace := func(old, by string) string { return strings.Replace(login, old, by, 1) }
	tests := map[string]string{
		"nothing":            "",
		"not XML":            "hello",
		"cut off":            login[:len(login)-4],
		"two messages":       login + login,
		"text after":         login + "x",
		"declaration":        `<?xml version="1.0"?>` + login,
		"DOCTYPE":            "<!DOCTYPE request>" + login,
		"other root":         strings.ReplaceAll(login, "request>", "response>"),
		"no appInfo":         replace(app, ""),
		"appInfo last":       "<request><logout><deviceName>x</deviceName></logout>" + app + "</request>",
		"two operations":     replace("</login>", "</login><logout><deviceName>x</deviceName></logout>"),
		"order":              "<request>" + app + "<login><userID>user0001</userID><deviceName>" + phone1 + "</deviceName></login></request>",
		"user missing":       replace("<userID>user0001</userID>", ""),
		"user twice":         replace("</userID>", "</userID><userID>x</userID>"),
		"element unknown":    replace("</userID>", "</userID><pin>1</pin>"),
		"text between":       replace("<userID>", "x<userID>"),
		"element in text":    replace("user0001", "<b>user0001</b>"),
		"both durations":     replace("</userID>", "</userID><exclusiveDuration><time>1</time><indefinite/></exclusiveDuration>"),
		"no duration":        replace("</userID>", "</userID><exclusiveDuration/>"),
		"wordy duration":     replace("</userID>", "</userID><exclusiveDuration><time>long</time></exclusiveDuration>"),
		"both passwords":     replace("</appInfo>", "<appEncryptedCertificate>x</appEncryptedCertificate></appInfo>"),
		"attribute":          replace("<login>", `<login x="1">`),
		"namespace":          replace("<request>", `<request xmlns="urn:x">`),
		"prefix":             strings.ReplaceAll(login, "login>", "x:login>"),
		"case of elements":   strings.ReplaceAll(login, "userID>", "userId>"),
		"entity":             replace("user0001", "&user;"),
		"no duration at all": timed(phone1, "user0001", "0"),
		"negative duration":  timed(phone1, "user0001", "-5"),
		"Via after nothing":  replace("<login>", "<login><isViaHeaderSet>true</isViaHeaderSet>"),
		"query about none":   "<query>" + app + "<deviceUserQuery/></query>",
		"deep":               "<request>" + strings.Repeat("<a>", 9) + strings.Repeat("</a>", 9) + "</request>",
	}
	for name, message := range tests {
		t.Run(name, func(t *testing.T) {
			e := newWorld(Options{})
			expect(t, message, verdict(post(t, e, message)), "code 1")
			if len(e.Events()) > 0 {
				t.Errorf("the refused message had the effect %+v", e.Events())
			}
		})
	}
	loginType := strings.Replace(queryXML, "</deviceUserQuery>", "<loginType/></deviceUserQuery>", 1)
	expect(t, "loginType in 8.5", verdict(post(t, newWorld(Options{Dialect: Dialect85}), loginType)), "code 1")
}

func TestOtherHTTP(t *testing.T) {
	e := newWorld(Options{})
	tests := []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/", "", 404},
		{"PUT", Path, "", 405},
		{"POST", Path, strings.Repeat("x", maxRequest+1), 413},
		{"POST", Path, "", 200},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
		if w.Code != tt.want {
			t.Errorf("%s %s: HTTP %d, expected %d", tt.method, tt.path, w.Code, tt.want)
		}
	}
}

// FuzzRequest holds that every request gets one answer that its sender can
// read, that only a login or logout by the right application changes a phone,
// and that nothing else is counted or kept.
func FuzzRequest(f *testing.F) {
	timedLogin := timed(phone1, "user0001", "480")
	for _, m := range []string{
		loginXML(phone1, "user0001"), logoutXML(phone2), queryXML, timedLogin, "<query>" + app + "<whoAmI/></query>", "<request>",
		"<request>" + app + "<logoutAll/></request>",
		strings.Replace(loginXML(phone1, "user%30001"), "secret", "<![CDATA[secret]]>", 1),
		"<query>" + app + "<checkUser><userID>user0001</userID><userID>x</userID><isViaHeaderSet>true</isViaHeaderSet></checkUser></query>",
	} {
		f.Add("xml=" + url.QueryEscape(m))
		f.Add("a=b&xml=" + m)
	}
	f.Fuzz(func(t *testing.T, form string) {
		e := newWorld(Options{})
		press(t, e, phone2, "user0002")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, strings.NewReader(form)))
		reply := w.Body.String()
		if w.Code != http.StatusOK || strings.Count(reply, "<response>") != 1 || !strings.HasSuffix(reply, "</response>\n") {
			t.Fatalf("%q is answered with HTTP %d %q", form, w.Code, reply)
		}
		if err := xml.Unmarshal(w.Body.Bytes(), new(struct{})); err != nil {
			t.Errorf("%q is answered with %q: %v", form, reply, err)
		}
		acted := len(e.Events()) > 1
		if acted && (reply != success || !strings.Contains(form, "secret") && !strings.Contains(form, "%") && !strings.Contains(form, "&")) {
			t.Errorf("%q had an effect and the answer %q", form, reply)
		}
		s := e.Stats()
		answers := s.OK
		for _, n := range s.Codes {
			answers += n
		}
		if answers != 1 || s.Spoilt != 0 || s.Serving != 0 || len(e.cache) > 1 {
			t.Errorf("%q leaves %+v and %d passwords", form, s, len(e.cache))
		}
	})
}
