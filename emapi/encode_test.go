package emapi

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// loginXML is the message as another encoder sees it.
type loginXML struct {
	XMLName  xml.Name `xml:"request"`
	AppID    string   `xml:"appInfo>appID"`
	Password string   `xml:"appInfo>appCertificate"`
	Device   string   `xml:"login>deviceName"`
	User     string   `xml:"login>userID"`
	Profile  string   `xml:"login>deviceProfile,omitempty"`
	Time     int      `xml:"login>exclusiveDuration>time,omitempty"`
}

func TestEncodedLoginReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[!-~äß€][ -~äß€]{0,18}[!-~äß€]`).Draw(t, "password")
		c, err := New(Config{URL: "http://cucm/", AppID: "a&b", Password: NewSecret(secret)})
		if err != nil {
			t.Fatal(err)
		}
		r := LoginRequest{
			Device:    testDevice,
			User:      rapid.StringMatching(`[\p{L}\p{N}._@+'&-]{1,20}`).Draw(t, "user"),
			Profile:   rapid.StringMatching(`[A-Za-z&']{0,8}`).Draw(t, "profile"),
			Exclusive: Exclusive(rapid.IntRange(0, 1e6).Draw(t, "duration")),
		}
		message := c.encode(request, opLogin, r.encode)
		var got loginXML
		if err := xml.Unmarshal([]byte(message), &got); err != nil {
			t.Fatalf("read %s: %v", message, err)
		}
		want := loginXML{XMLName: got.XMLName, AppID: "a&b", Password: secret, Device: r.Device, User: r.User, Profile: r.Profile, Time: int(r.Exclusive)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("message (-want +got):\n%s", diff)
		}
		if strings.Contains(message, "<?") {
			t.Fatalf("message has a declaration: %s", message)
		}
	})
}
