package emapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// Who passes something on says so in every message that has a place for it;
// testdata/emapi holds the form of each.
func TestOriginIsOfTheDerivedClientOnly(t *testing.T) {
	c := newTestClient(t, nil)
	passing := c.From(Origin{Address: netip.MustParseAddr("::ffff:192.0.2.7%eth0"), Via: new(false)})
	body := func(*message) {}
	const plain = "<query><appInfo><appID>deskd</appID><appCertificate>h&lt;unter&amp;2 é</appCertificate></appInfo><checkUser>"
	const end = "</checkUser></query>"
	if got, want := passing.encode(query, opCheckUser, body), plain+"<remoteIPAddr>192.0.2.7</remoteIPAddr><isViaHeaderSet>false</isViaHeaderSet>"+end; got != want {
		t.Errorf("message is\n%s, expected\n%s", got, want)
	}
	if got := c.encode(query, opCheckUser, body); got != plain+end {
		t.Errorf("the client derived from says %s", got)
	}
	if got := passing.From(Origin{}).encode(query, opCheckUser, body); got != plain+end {
		t.Errorf("the client without origin says %s", got)
	}
}

// Ids that directories produce travel as they are, or percent-encoded where the
// service wants that, and are recognised in the answer either way.
func TestIDsOfDirectories(t *testing.T) {
	for id, encoded := range map[string]string{
		"em@example.com":    "em%40example.com",
		"max power":         "max%20power",
		"+1 (555) 0100":     "%2B1%20%28555%29%200100",
		`CORP\j.doe`:        `CORP%5Cj.doe`,
		"a/b,c;d=e":         "a%2Fb%2Cc%3Bd%3De",
		"$#~!*:?|[]{}^`%'&": "%24%23~%21%2A%3A%3F%7C%5B%5D%7B%7D%5E%60%25%27%26",
		"jöhn":              "j%C3%B6hn",
		"jo\u0308hn":        "jo%CC%88hn",
		"a%20b":             "a%2520b",
	} {
		for _, encode := range []bool{false, true} {
			want := markup.Replace(id)
			if encode {
				want = encoded
			}
			sent, echo := "", ""
			door := roundTripFunc(func(r *http.Request) (*http.Response, error) {
				if err := r.ParseForm(); err != nil {
					return nil, err
				}
				sent = r.PostFormValue("xml")
				return answer("<response><userDevicesResults><user id='" + markup.Replace(echo) + "'><none/></user></userDevicesResults></response>"), nil
			})
			c, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret("x"), HTTP: door, EncodeIDs: encode})
			if err != nil {
				t.Fatal(err)
			}
			if err := checkUser(id); err != nil {
				t.Error(err)
			}
			for _, echo = range []string{id, encoded, url.QueryEscape(id), url.PathEscape(id), url.QueryEscape(c.wireID(id))} {
				found, err := c.UserDevices(t.Context(), []string{id})
				if err != nil || !found[0].Known {
					t.Errorf("%q answered as %q: %+v, %v", id, echo, found[0], err)
				}
				if !strings.Contains(sent, "<userID>"+want+"</userID>") {
					t.Errorf("%q is sent as %s, expected %s", id, sent, want)
				}
			}
			_ = c.Login(t.Context(), LoginRequest{Device: testDevice, User: id})
			if !strings.Contains(sent, "<userID>"+want+"</userID>") {
				t.Errorf("the login of %q says %s, expected %s", id, sent, want)
			}
		}
	}
	for _, id := range []string{"", " a", "a ", "a\tb", "a\x00b", "a\u0085b", "a\u2028b", "a\ufffdb", "a\uffffb", "a<b", "a>b", `a"b`, "a\u00a0b", "j\xf6hn"} {
		if checkUser(id) == nil {
			t.Errorf("%q may be sent", id)
		}
	}
}
