package phone_test

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/phone"
)

func TestDecodeAnswer(t *testing.T) {
	one := phone.Response{Items: []phone.ResponseItem{{0, "Success", "Init:CallHistory"}}}
	for name, c := range map[string]struct {
		body string
		want phone.Response
		err  string
	}{
		"success":          {`<?xml version="1.0" encoding="iso-8859-1"?><CiscoIPPhoneResponse><ResponseItem Status="0" Data="Success" URL="Init:CallHistory"/></CiscoIPPhoneResponse>`, one, ""},
		"padded":           {"\r\n  <CiscoIPPhoneResponse>\n<ResponseItem URL=\"Init:CallHistory\" Data=\"Success\" Status=\" 0 \"></ResponseItem></CiscoIPPhoneResponse>\n\x00\x00", one, ""},
		"padded in front":  {"\x00\ufeff\r\n<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><CiscoIPPhoneResponse><ResponseItem Status=\"0\" Data=\"Success\" URL=\"Init:CallHistory\"/></CiscoIPPhoneResponse>", one, ""},
		"nested":           {`<CiscoIPPhoneResponse><x><ResponseItem Status="0"/></x></CiscoIPPhoneResponse>`, phone.Response{}, "malformed answer: a response without items"},
		"misnamed":         {`<CiscoIPResponse><ResponseItem Status="0" Data="Success" URL="Init:CallHistory"/></CiscoIPResponse>`, one, ""},
		"latin":            {"<CiscoIPPhoneResponse><ResponseItem Status=\"6\" Data=\"Fran\xe7ais\" URL=\"\"/></CiscoIPPhoneResponse>", phone.Response{Items: []phone.ResponseItem{{6, "Français", ""}}}, ""},
		"three":            {`<CiscoIPPhoneResponse><ResponseItem Status="0"/><ResponseItem Status="1"/><ResponseItem Status="6"/></CiscoIPPhoneResponse>`, phone.Response{Items: []phone.ResponseItem{{}, {Status: 1}, {Status: 6}}}, ""},
		"authentication":   {`<CiscoIPPhoneError Number="4"/>`, phone.Response{}, "phone: authentication error (error 4)"},
		"with a message":   {`<CiscoIPPhoneError Number="3">busy</CiscoIPPhoneError>`, phone.Response{}, `phone: internal file error: "busy" (error 3)`},
		"as it is printed": {`<CiscoIPPhoneError Number="1"/> optional <CiscoIPPhoneError>`, phone.Response{}, `phone: cannot parse the Execute: "optional" (error 1)`},
		"misnamed error":   {`<CiscoIPhoneError Number="2"/>`, phone.Response{}, "phone: cannot frame the response (error 2)"},
		"another error":    {`<CiscoIPPhoneError Number="9"/>`, phone.Response{}, "phone: unknown error (error 9)"},
		"nothing":          {"", phone.Response{}, "malformed answer: EOF"},
		"a page":           {"<html><body>hello</body></html>", phone.Response{}, `malformed answer: the root is "html"`},
		"text":             {"nonsense", phone.Response{}, "malformed answer: EOF"},
		"another object":   {"<CiscoIPPhoneText/>", phone.Response{}, `malformed answer: the root is "CiscoIPPhoneText"`},
		"empty":            {"<CiscoIPPhoneResponse/>", phone.Response{}, "malformed answer: a response without items"},
		"cut off":          {`<CiscoIPPhoneResponse><ResponseItem Status="0"/>`, phone.Response{}, "malformed answer: XML syntax error on line 1: unexpected EOF"},
		"no status":        {`<CiscoIPPhoneResponse><ResponseItem Status="x"/></CiscoIPPhoneResponse>`, phone.Response{}, "malformed answer: an item without a status"},
		"no number":        {`<CiscoIPPhoneError Number="-4"/>`, phone.Response{}, "malformed answer: an error without a number"},
		"much":             {strings.Repeat(" ", 5<<20), phone.Response{}, "malformed answer: has 5242880 bytes, more than 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := phone.DecodeAnswer([]byte(c.body))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			var answered *phone.Error
			if err != nil && !errors.Is(err, phone.ErrMalformed) && !errors.As(err, &answered) {
				t.Errorf("%v is neither", err)
			}
		})
	}
}

// xmlResponse is a response as encoding/xml writes and reads one.
type xmlResponse struct {
	XMLName xml.Name `xml:"CiscoIPPhoneResponse"`
	Items   []struct {
		Status int    `xml:"Status,attr"`
		Data   string `xml:"Data,attr"`
		URL    string `xml:"URL,attr"`
	} `xml:"ResponseItem"`
}

// TestDecodeAnswerAgainstXML holds that what encoding/xml writes is read as it reads it.
func TestDecodeAnswerAgainstXML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r xmlResponse
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			r.Items = append(r.Items, struct {
				Status int    `xml:"Status,attr"`
				Data   string `xml:"Data,attr"`
				URL    string `xml:"URL,attr"`
			}{int(rapid.Int16().Draw(t, "status")), rapid.String().Draw(t, "data"), rapid.String().Draw(t, "url")})
		}
		body, err := xml.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var want xmlResponse
		if err := xml.Unmarshal(body, &want); err != nil {
			t.Fatal(err)
		}
		got, err := phone.DecodeAnswer(body)
		if err != nil || len(got.Items) != len(want.Items) {
			t.Fatalf("%v, %v", got, err)
		}
		for i, item := range want.Items {
			if got.Items[i] != (phone.ResponseItem{Status: item.Status, Data: item.Data, URL: item.URL}) {
				t.Errorf("item %d: %+v, want %+v", i, got.Items[i], item)
			}
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`<CiscoIPPhoneResponse><ResponseItem Status="0" Data="Success" URL="Init:CallHistory"/></CiscoIPPhoneResponse>`))
	f.Add([]byte(`<CiscoIPPhoneError Number="4"/> text <CiscoIPPhoneError>`))
	f.Add([]byte("<?xml version='1.0' encoding='iso-8859-1'?><CiscoIPResponse><ResponseItem Status='6' Data='\xe7'/></CiscoIPResponse>\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := phone.DecodeAnswer(body)
		var answered *phone.Error
		switch {
		case err == nil && len(r.Items) == 0:
			t.Error("a response of nothing")
		case err != nil && len(r.Items) > 0:
			t.Error("a response and an error")
		case err != nil && !errors.Is(err, phone.ErrMalformed) && !errors.As(err, &answered):
			t.Errorf("%v is neither malformed nor answered", err)
		}
	})
}

func TestDecodeDevice(t *testing.T) {
	for body, want := range map[string]phone.Device{
		"<DeviceInformation><MACAddress>001122334455</MACAddress><HostName> SEP001122334455 </HostName><modelNumber>CP-8845</modelNumber><appLoadID>x</appLoadID></DeviceInformation>": {Name: "SEP001122334455", MAC: "001122334455", Model: "CP-8845", Load: "x"},
		"\x00 <?xml version=\"1.0\" encoding=\"iso-8859-1\"?><DeviceInformation><HostName>SEP1</HostName><HostName>SEP2</HostName><phoneDN>J\xf6rg</phoneDN></DeviceInformation>\x00":  {Name: "SEP1"},
		"<DeviceInformation><MACAddress>00:aa:22-33.4455</MACAddress></DeviceInformation>":                                                                                             {Name: "SEP00AA22334455", MAC: "00:aa:22-33.4455"},
	} {
		if got, err := phone.DecodeDevice([]byte(body)); got != want || err != nil {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{"", "nonsense", "<html><HostName>SEP1</HostName></html>", "<DeviceInformation/>", "<DeviceInformation><x><HostName>SEP1</HostName></x></DeviceInformation>", "<DeviceInformation><HostName>SEP1", strings.Repeat(" ", 5<<20)} {
		if got, err := phone.DecodeDevice([]byte(body)); !errors.Is(err, phone.ErrMalformed) || got != (phone.Device{}) {
			t.Errorf("%.40q: %+v, %v", body, got, err)
		}
	}
}

func TestDecodeStreaming(t *testing.T) {
	page := func(status string) []byte {
		return []byte("<StreamingStatistics><RemoteAddr>x</RemoteAddr><StreamStatus>" + status + "</StreamStatus></StreamingStatistics>")
	}
	for status, want := range map[string]bool{"Active": true, "Not Ready": false, " not active\n": false, "Idle": false} {
		if got, err := phone.DecodeStreaming(page(status)); got != want || err != nil {
			t.Errorf("%q: %t, %v", status, got, err)
		}
	}
	for _, status := range []string{"", "Perhaps", "<x>Active</x>"} {
		if got, err := phone.DecodeStreaming(page(status)); got || !errors.Is(err, phone.ErrMalformed) {
			t.Errorf("%q: %t, %v", status, got, err)
		}
	}
}

func FuzzDecodePages(f *testing.F) {
	f.Add([]byte("<DeviceInformation><HostName>SEP1</HostName></DeviceInformation>"))
	f.Add([]byte("<StreamingStatistics><StreamStatus>Active</StreamStatus></StreamingStatistics>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if d, err := phone.DecodeDevice(body); err == nil && d.Name == "" || err != nil && !errors.Is(err, phone.ErrMalformed) {
			t.Errorf("%+v, %v", d, err)
		}
		if active, err := phone.DecodeStreaming(body); err != nil && (active || !errors.Is(err, phone.ErrMalformed)) {
			t.Errorf("%t, %v", active, err)
		}
	})
}
