package fetch

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChallenges(t *testing.T) {
	for text, want := range map[string]string{
		`Basic realm="a, b=c"`:                 `basic map[realm:a, b=c]`,
		`Basic realm=simple`:                   `basic map[realm:simple]`,
		`Negotiate`:                            `negotiate map[]`,
		`NTLM TlRMTVNTUAAC==, Basic realm="x"`: `ntlm map[]|basic map[realm:x]`,
		`Negotiate, Digest realm="c" , nonce = "d\"e",stale=TRUE`:    `negotiate map[]|digest map[nonce:d"e realm:c stale:TRUE]`,
		`Digest qop="auth,auth-int", algorithm=SHA-256, nonce=a/b==`: `digest map[algorithm:SHA-256 nonce:a/b== qop:auth,auth-int]`,
		`Bearer error="invalid_token", Basic`:                        `bearer map[error:invalid_token]|basic map[]`,
		`,, Basic realm="open`:                                       `basic map[realm:open]`,
		`Bearer`:                                                     `bearer map[]`,
		``:                                                           ``,
		`"quoted"`:                                                   ``,
		`=`:                                                          ``,
		"Basic realm=\"Jäsøn\"":                                      "basic map[realm:Jäsøn]",
		"Digest realm=\"x\", nonce=\"1\", Digest realm=\"x\", nonce=2": "digest map[nonce:1 realm:x]|digest map[nonce:2 realm:x]",
	} {
		var got []string
		for _, c := range parseChallenges(text) {
			got = append(got, fmt.Sprint(c.scheme, " ", c.params))
		}
		if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
		}
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Negotiate, NTLM ab==, Digest realm="c" , nonce = "d\"e",stale=TRUE`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range parseChallenges(text) {
			if c.scheme == "" || c.scheme != strings.ToLower(c.scheme) {
				t.Errorf("%q: %+v", text, c)
			}
			if d, known := newDigest(c); known {
				if h := d.authorize(call{method: "GET"}, parsed(t, "/x"), "u", "p"); strings.ContainsAny(h, "\r\n") && !strings.ContainsAny(text, "\r\n") {
					t.Errorf("%q", h)
				}
			}
		}
	})
}

// The examples of RFC 7616 3.9 (with its erratum 4897) and RFC 2617 3.5.
func TestDigestOfTheDocuments(t *testing.T) {
	const mufasa = `Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	for name, tc := range map[string]struct{ asks, cnonce, at, user, password, response string }{
		"MD5":     {mufasa + ", algorithm=MD5", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "/dir/index.html", "Mufasa", "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec"},
		"SHA-256": {mufasa + ", algorithm=SHA-256", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "/dir/index.html", "Mufasa", "Circle of Life", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		"SHA-512-256, hashed user": {
			`Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true`,
			"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "/doe.json", "J\u00e4s\u00f8n Doe", "Secret, or not?", "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
		},
		"no algorithm": {`Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"`, "0a4f113b", "/dir/index.html", "Mufasa", "Circle Of Life", "6629fae49393a05397450978507c4ef1"},
		"no qop":       {`Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"`, "0a4f113b", "/dir/index.html", "Mufasa", "Circle Of Life", "670fd8c2df070c60b045671b8b24ff02"},
		"session": {
			`Digest realm="r", qop="auth", nonce="n", algorithm=MD5-sess`, "c", "/x?y=z", "u", "p",
			md5Of(md5Of(md5Of("u:r:p")+":n:c") + ":n:00000001:c:auth:" + md5Of("GET:/x?y=z")),
		},
		"whole requests only": {
			`Digest realm="r", qop="auth-int", nonce="n"`, "c", "/x", "u", "p",
			md5Of(md5Of("u:r:p") + ":n:00000001:c:auth-int:" + md5Of("GET:/x:"+md5Of(""))),
		},
	} {
		d, known := newDigest(parseChallenges(tc.asks)[0])
		if !known {
			t.Errorf("%s: is not known", name)
			continue
		}
		d.cnonce = tc.cnonce
		got := d.authorize(call{method: http.MethodGet}, parsed(t, "https://example.org"+tc.at), tc.user, tc.password)
		if !strings.Contains(got, `response="`+tc.response+`"`) {
			t.Errorf("%s: want %s, got\n%s", name, tc.response, got)
		}
		if strings.Contains(name, "hashed") && !strings.Contains(got, `username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", `) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	for _, asks := range []string{
		`Digest realm="r", nonce="n", algorithm=SHA3`, `Digest realm="r", nonce="n", qop="future"`, `Digest realm="r"`, `Basic realm="r", nonce="n"`,
	} {
		if _, known := newDigest(parseChallenges(asks)[0]); known {
			t.Errorf("%s is known", asks)
		}
	}
	d, _ := newDigest(parseChallenges(`Digest realm="r", nonce="n", charset=UTF-8`)[0])
	if got := d.authorize(call{method: "GET"}, parsed(t, "/"), "j\u00e4 n", "p"); !strings.HasPrefix(got, "Digest username*=UTF-8''j%C3%A4%20n, ") {
		t.Error(got)
	}
}

func md5Of(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }

// doorkeeper lets in who proves by Digest that he knows the password, with a
// nonce that is the present one.
type doorkeeper struct {
	nonce  string
	offers []string // more that it would take, but does not
	next   bool     // it names the next nonce
	stale  bool     // it says that an old nonce is old
	seen   []string
}

func (d *doorkeeper) guard(w http.ResponseWriter, r *http.Request) bool {
	text := r.Header.Get("Authorization")
	scheme, _, _ := strings.Cut(text, " ")
	d.seen = append(d.seen, scheme)
	if list := parseChallenges(text); len(list) == 1 && list[0].scheme == "digest" {
		p := list[0].params
		want := md5Of(md5Of("jane:desks:"+"pass") + ":" + d.nonce + ":" + p["nc"] + ":" + p["cnonce"] + ":auth:" + md5Of(r.Method+":"+r.URL.RequestURI()))
		if p["response"] == want && p["username"] == "jane" && p["uri"] == r.URL.RequestURI() {
			if d.next {
				d.nonce += "+"
				w.Header().Set("Authentication-Info", fmt.Sprintf("nextnonce=%q, qop=auth", d.nonce))
			}
			return true
		}
	}
	for _, other := range d.offers {
		w.Header().Add("WWW-Authenticate", other)
	}
	w.Header().Add("WWW-Authenticate", fmt.Sprintf(`Digest realm="desks", nonce=%q, qop="auth", algorithm=MD5, stale=%v`, d.nonce, d.stale))
	w.WriteHeader(http.StatusUnauthorized)
	return false
}

// TestDigestServer tells Basic until a server wants Digest, answers new nonces, and sends a
// password that is wrong no more often than it is asked for.
func TestDigestServer(t *testing.T) {
	d := &doorkeeper{nonce: "one", offers: []string{"Negotiate"}}
	c := &calendars{objects: map[string]string{"a.ics": objectText("a", "20260302T090000Z")}}
	both := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !d.guard(w, r):
		case r.URL.Path == "/desks.ics":
			w.Write(goodFeed)
		default:
			c.ServeHTTP(w, r)
		}
	}
	at := serve(t, both)
	password := "pass"
	for _, place := range []string{at + "/desks.ics?with=query", "caldav+" + at + "/c/"} {
		f := local(place)
		f.source.Credentials = Credentials{Username: "jane", Secret: func() (string, error) { return password, nil }}
		fetch := func(what string, want bool, seen ...string) {
			t.Helper()
			d.seen = nil
			_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if (err == nil) != want {
				t.Errorf("%s, %s: error %v", place, what, err)
			}
			if !want && !strings.Contains(err.Error(), "its password or token is missing, wrong or too old") {
				t.Errorf("%s, %s: error %v", place, what, err)
			}
			if !strings.HasPrefix(strings.Join(d.seen, " ")+" ", strings.Join(seen, " ")+" ") || strings.Contains(strings.Join(d.seen[1:], " "), "Basic") {
				t.Errorf("%s, %s: asked %q", place, what, d.seen)
			}
		}
		fetch("at first", true, "Basic", "Digest")
		fetch("the nonce is known", true, "Digest")
		d.nonce = "two"
		fetch("a new nonce", true, "Digest", "Digest")
		d.nonce, d.stale = "three", true
		fetch("a stale nonce", true, "Digest", "Digest")
		d.next = true
		fetch("nonces that are named before", true, "Digest")
		d.next = false
		fetch("the one named", true, "Digest")
		password = "wrong"
		fetch("a wrong password", false, "Digest", "Digest")
		fetch("a password that stays wrong", false, "", "Digest")
		if n := len(d.seen); n != 2 {
			t.Errorf("a password that stays wrong is sent %d times", n)
		}
		password = "pass"
		fetch("the right one again", true, "", "Digest")
		d.seen = nil
	}
}

// A server that goes over from Digest to Basic is told Basic.
func TestDigestServerTurnsBasic(t *testing.T) {
	d, basic := &doorkeeper{nonce: "one"}, false
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, password, ok := r.BasicAuth()
		switch {
		case basic && !ok:
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case basic && password == "pass" || !basic && d.guard(w, r):
			w.Write(goodFeed)
		}
	})
	f := local(at)
	f.source.Credentials = Credentials{Username: "jane", Secret: func() (string, error) { return "pass", nil }}
	for range 3 {
		if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err != nil {
			t.Error(err)
		}
		basic = true
	}
}

// A proof is made for the feed's own origin only.
func TestDigestStaysHome(t *testing.T) {
	d := &doorkeeper{nonce: "one"}
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { d.guard(w, r) })
	f := local(serve(t, http.RedirectHandler(other+"/x", http.StatusFound).ServeHTTP))
	f.source.Credentials = Credentials{Username: "jane", Secret: func() (string, error) { return "pass", nil }}
	_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err == nil || !strings.Contains(err.Error(), "redirects to "+other+", which is not told the password") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{""}, d.seen); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
