package emapi

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The structs that package encoding/xml needs for the same replies and messages:
// the measure for the code of this package.
type (
	replyXML struct {
		XMLName  xml.Name    `xml:"response"`
		Success  *struct{}   `xml:"success"`
		Error    *errorXML   `xml:"failure>error"`
		Devices  []deviceXML `xml:"deviceUserResults>device"`
		Profiles []userXML   `xml:"deviceProfileResults>user"`
	}
	errorXML struct {
		Code int    `xml:"code,attr"`
		Text string `xml:",chardata"`
	}
	deviceXML struct {
		Name    string    `xml:"name,attr"`
		User    *string   `xml:"userID"`
		Last    string    `xml:"lastlogin"`
		EMCC    string    `xml:"emccDevice"`
		None    *struct{} `xml:"none"`
		Missing *struct{} `xml:"doesNotExist"`
	}
	userXML struct {
		ID       string `xml:"id,attr"`
		Profiles []struct {
			Name    string `xml:"deviceProfileName"`
			Default bool   `xml:"isDefaultDeviceProfile"`
		} `xml:"deviceProfile"`
	}
	appInfoXML struct {
		AppID    string `xml:"appInfo>appID"`
		Password string `xml:"appInfo>appCertificate"`
	}
	loginMessageXML struct {
		XMLName xml.Name `xml:"request"`
		appInfoXML
		Device  string `xml:"login>deviceName"`
		User    string `xml:"login>userID"`
		Profile string `xml:"login>deviceProfile"`
		Time    int    `xml:"login>exclusiveDuration>time"`
	}
	queryMessageXML struct {
		XMLName xml.Name `xml:"query"`
		appInfoXML
		Devices []string `xml:"deviceUserQuery>deviceName"`
	}
)

// sideBySide runs own and structs in turn and reports the time and allocations
// of each, and how many times faster own is.
func sideBySide(b *testing.B, own, structs func()) {
	b.Helper()
	var ownTime, structsTime time.Duration
	for b.Loop() {
		began := time.Now()
		own()
		between := time.Now()
		structs()
		ownTime += between.Sub(began)
		structsTime += time.Since(between)
	}
	n := float64(b.N)
	b.ReportMetric(float64(ownTime)/n, "own-ns")
	b.ReportMetric(float64(structsTime)/n, "structs-ns")
	b.ReportMetric(float64(structsTime)/float64(ownTime), "times-faster")
	b.ReportMetric(testing.AllocsPerRun(10, own), "own-allocs")
	b.ReportMetric(testing.AllocsPerRun(10, structs), "structs-allocs")
	b.ReportMetric(0, "ns/op") // of both together: of no use
}

// repeated is a reply in the manner of real servers, with n entries.
func repeated(n int, container string, entry func(b *strings.Builder, i int)) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<response>\n<%s>\n", container)
	for i := range n {
		entry(&b, i)
	}
	fmt.Fprintf(&b, "</%s>\n</response>\n", container)
	return []byte(b.String())
}

func BenchmarkDecode(b *testing.B) {
	names := devices(50)
	device := func(user string) func(*strings.Builder, int) {
		return func(b *strings.Builder, i int) {
			fmt.Fprintf(b, "<device name=%q>\n%s\n<lastlogin>max</lastlogin>\n<emccDevice>no</emccDevice>\n</device>\n", names[i], user)
		}
	}
	bodies := []struct {
		name string
		body []byte
	}{
		{"success", []byte(okReply)},
		{"refusal", []byte("<response>\n<failure>\n<error code=\"18\">Another user logged in</error>\n</failure>\n</response>\n")},
		{"50 devices", repeated(50, "deviceUserResults", device("<userID>em%40cisco.com</userID>"))},
		{"50 free devices", repeated(50, "deviceUserResults", device("<none/>"))},
		{"50 users' profiles", repeated(50, "deviceProfileResults", func(b *strings.Builder, i int) {
			fmt.Fprintf(b, "<user id=\"user%d\">\n<deviceProfile>\n<deviceProfileName>UDP-%[1]d</deviceProfileName>\n<isDefaultDeviceProfile>true</isDefaultDeviceProfile>\n</deviceProfile>\n</user>\n", i)
		})},
	}
	for _, bb := range bodies {
		b.Run(bb.name, func(b *testing.B) {
			sideBySide(b, func() {
				if _, err := decode(bb.body); err != nil {
					b.Fatal(err)
				}
			}, func() {
				var r replyXML
				if err := xml.Unmarshal(bb.body, &r); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	c := newTestClient(b, nil)
	info := appInfoXML{c.appID, testPassword}
	login := LoginRequest{Device: testDevice, User: "em@cisco.com", Profile: "UDP-em", Exclusive: 480}
	names := devices(50)
	marshal := func(v any) {
		if _, err := xml.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("login", func(b *testing.B) {
		sideBySide(b, func() { c.encode(request, opLogin, func(m *message) { login.encode(m, login.User) }) }, func() {
			marshal(loginMessageXML{appInfoXML: info, Device: login.Device, User: login.User, Profile: login.Profile, Time: 480})
		})
	})
	b.Run("50 devices", func(b *testing.B) {
		sideBySide(b, func() {
			c.encode(query, opDeviceUsers, func(m *message) {
				for _, name := range names {
					m.leaf("deviceName", name)
				}
			})
		}, func() { marshal(queryMessageXML{appInfoXML: info, Devices: names}) })
	})
}

// The greatest replies, made to cost as much as they can.
func BenchmarkDecodeHostile(b *testing.B) {
	for name, hostile := range hostileReplies() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(hostile.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode([]byte(hostile.body)); (err == nil) != hostile.ok {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDeviceUsers asks about 50 devices, without a network.
func BenchmarkDeviceUsers(b *testing.B) {
	var reply strings.Builder
	var devices []string
	reply.WriteString("<response><deviceUserResults>")
	for n := range 50 {
		devices = append(devices, fmt.Sprintf("SEP%012X", n))
		fmt.Fprintf(&reply, `<device name="%s"><userID>user%d</userID><lastlogin>user%d</lastlogin></device>`, devices[n], n, n)
	}
	reply.WriteString("</deviceUserResults></response>")
	c, err := New(Config{URL: "http://localhost/", AppID: "deskd", Password: NewSecret("secret"), HTTP: answered(reply.String())})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if found, err := c.DeviceUsers(b.Context(), devices); err != nil || found[49].User != "user49" {
			b.Fatal(found, err)
		}
	}
}

// answered is a way to a server that always gives the same answer.
type answered string

func (a answered) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}
