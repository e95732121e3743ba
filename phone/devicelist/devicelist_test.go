package devicelist_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"deskd/phone/devicelist"
)

// report is a report of these lines, the first of which is line 3.
func report(lines ...string) string {
	return "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<DeviceList>\n" + strings.Join(lines, "\n") + "\n</DeviceList>\n"
}

func TestRead(t *testing.T) {
	got, err := devicelist.Read(strings.NewReader(report(
		`<Device t="35" n="SEP000123456789" d="B`+"\xfc"+`ro &amp; Flur" c="all" p="Default" i="10.1.1.1" s="1"/>`,
		`<Device t="" n="SEP2" d="" c="" p="" i="" s="" />`,
		`<Device n="SEP3" s="0"/><Device n="SEP4" s="2"/>`,
	)))
	want := []devicelist.Device{
		{Type: 35, Name: "SEP000123456789", Description: "Büro & Flur", CallingSearchSpace: "all", Pool: "Default", Address: netip.MustParseAddr("10.1.1.1"), Status: devicelist.Registered, Line: 3},
		{Name: "SEP2", Line: 4}, {Name: "SEP3", Line: 5}, {Name: "SEP4", Status: devicelist.NotRegistered, Line: 5},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" || err != nil {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	// As in the manual, with a version that is none and quotes of a word processor.
	sample := "<?xml version=\"1\" encoding=\"iso-8859-1\"?>\n<DeviceList>\n<Device t=\"35\" n=\"SEP000123456789\" d=\"Auto 2010\" c=”” p=\"Default\" i=\"10.1.1.1\" s=\"1\"/>\n</DeviceList>\n"
	windows := strings.ReplaceAll(sample, "”", "\x94")
	for in, want := range map[string]string{
		sample:                        `line 3: the quotes are typographic and have to be "straight": unquoted or missing attribute value in element`,
		windows:                       `line 3: the quotes are typographic and have to be "straight": unquoted or missing attribute value in element`,
		"":                            "line 1: the report has no devices",
		"<DeviceList>\n</DeviceList>": "line 2: the report has no devices",
		"<?xml version=\"1.0\"\n?>\n<DeviceList>\n<Device/></DeviceList>": "line 4: the device has no name (n)",
		"<html>\n":                                             `line 1: the root is "html", not DeviceList`,
		`<Error number="1001"/>`:                               "the file is no report but DeviceListX error 1001: too many requests at once; save it again after a minute",
		`<CiscoIPPhoneError Number="1002"/>`:                   "the file is no report but DeviceListX error 1002: too many requests one after the other; save it again after a minute",
		report(`<Device n="SEP1"`):                             "line 4: expected attribute name in element",
		report(`<Device n="SEP1"/>`, `<Device t=""/>`):         "line 4: the device has no name (n)",
		report(`<Device n="SEP1" s="3"/>`):                     `line 3: s="3": it is none of 0, 1 and 2`,
		report(`<Device n="SEP1" i="x"/>`):                     `line 3: i="x": it is no address like 10.1.2.3`,
		report(`<Device n="SEP1" t="x"/>`):                     `line 3: t="x": it is no number`,
		report(`<Device n="SEP1" x=""/>`):                      `line 3: a device has no attribute "x"`,
		report(`<Phone n="SEP1"/>`):                            `line 3: a "Phone" has no place here`,
		report(`<Device n="SEP1"/>`, `<Device n="SEP1"/>`):     "line 4: SEP1 is in line 3, too",
		report(`<Device n="SEP1"><Device n="SEP2"/></Device>`): `line 3: a "Device" has no place here`,
		strings.Repeat(" ", devicelist.MaxReport+1):            "the report has more than 16777216 bytes",
	} {
		got, err := devicelist.Read(strings.NewReader(in))
		if err == nil || err.Error() != want || got != nil {
			t.Errorf("%.200q\ngot  %v\nwant %s", in, err, want)
		}
	}
}

// TestReadProperty holds that what is written is read.
func TestReadProperty(t *testing.T) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;")
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		var want []string
		for i := range rapid.IntRange(1, 9).Draw(t, "devices") {
			d := strings.TrimSpace(rapid.StringOf(rapid.RuneFrom([]rune("aé&<>\"' "))).Draw(t, "description"))
			want = append(want, fmt.Sprint("SEP", i, d))
			lines = append(lines, fmt.Sprintf(`<Device n="SEP%d" d="%s"/>`, i, escape.Replace(d)))
		}
		devices, err := devicelist.Read(strings.NewReader(report(lines...)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range devices {
			got = append(got, d.Name+d.Description)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(report(`<Device t="35" n="SEP1" d="x" c="" p="Default" i="10.1.1.1" s="1"/>`)))
	f.Add([]byte("<Error number=\"1001\"/>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		devices, err := devicelist.Read(strings.NewReader(string(in)))
		var line *devicelist.LineError
		var answered *devicelist.Error
		switch {
		case err == nil && len(devices) == 0:
			t.Error("a report of nothing")
		case err != nil && devices != nil:
			t.Error("devices and an error")
		case err != nil && !errors.As(err, &line) && !errors.As(err, &answered):
			t.Errorf("%v says no line", err)
		}
	})
}
