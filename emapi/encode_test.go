package emapi

import (
	"net/netip"
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
