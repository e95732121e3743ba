package emapi

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

// The structs an unmarshaller needs for the same reply and query: the measure
// for the code of this package.
type (
	deviceReplyXML struct {
		XMLName xml.Name `xml:"response"`
		Devices []struct {
			Name    string    `xml:"name,attr"`
			User    *string   `xml:"userID"`
			Last    string    `xml:"lastlogin"`
			None    *struct{} `xml:"none"`
			Missing *struct{} `xml:"doesNotExist"`
		} `xml:"deviceUserResults>device"`
	}
	deviceQueryXML struct {
		XMLName  xml.Name `xml:"query"`
		AppID    string   `xml:"appInfo>appID"`
		Password string   `xml:"appInfo>appCertificate"`
		Devices  []string `xml:"deviceUserQuery>deviceName"`
	}
)

func fiftyDevices() []byte {
	var b strings.Builder
	b.WriteString("<response>\n<deviceUserResults>\n")
	for _, name := range devices(50) {
		fmt.Fprintf(&b, "<device name=%q>\n<userID>em%%40cisco.com</userID>\n<lastlogin>max</lastlogin>\n<emccDevice>no</emccDevice>\n</device>\n", name)
	}
	b.WriteString("</deviceUserResults>\n</response>\n")
	return []byte(b.String())
}

func BenchmarkDecode(b *testing.B) {
	body := fiftyDevices()
	b.Run("reader", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, err := decode(body); err != nil || len(r.devices) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("structs", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r deviceReplyXML
			if err := xml.Unmarshal(body, &r); err != nil || len(r.Devices) != 50 {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	c := newTestClient(b, nil)
	names := devices(50)
	b.Run("writer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.encode(query, opDeviceUsers, func(m *message) {
				for _, name := range names {
					m.leaf("deviceName", name)
				}
			})
		}
	})
	b.Run("structs", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := xml.Marshal(deviceQueryXML{AppID: c.appID, Password: testPassword, Devices: names}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
