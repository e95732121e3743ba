package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"deskd/phone/emulator/schema"
)

const declaration = `<?xml version="1.0" encoding="utf-8"?>`

// TestCheck holds that each kind of rule is seen to be broken, and kept.
func TestCheck(t *testing.T) {
	text := func(inside string) string { return "<CiscoIPPhoneText>" + inside + "</CiscoIPPhoneText>" }
	key := func(parts string) string { return text("<SoftKeyItem>" + parts + "</SoftKeyItem>") }
	image := func(data string) string {
		return "<CiscoIPPhoneImage><Width>1</Width><Height>1</Height><Depth>1</Depth><Data>" + data + "</Data></CiscoIPPhoneImage>"
	}
	for in, want := range map[string]string{
		text(""): "",
		text("<Title>a</Title><Prompt>b</Prompt><Text>c\n</Text>"):                   "",
		text("<Prompt>b</Prompt><Title>a</Title>"):                                   "CiscoIPPhoneText has a Title out of order",
		text("<Title>a</Title><Title>b</Title>"):                                     "CiscoIPPhoneText has 2 Title, not 0 to 1",
		text("<Name>a</Name>"):                                                       "CiscoIPPhoneText has a Name out of order",
		text("loose"):                                                                "CiscoIPPhoneText has text between its elements",
		text("<Title>" + strings.Repeat("é", 33) + "</Title>"):                       fmt.Sprintf("CiscoIPPhoneText/Title is %q, not 0 to 32 characters", strings.Repeat("é", 33)),
		text("<Title a=\"b\">a</Title>"):                                             "Title is not only text",
		text("<Title><Text/></Title>"):                                               "Title is not only text",
		`<CiscoIPPhoneText other="x"/>`:                                              "CiscoIPPhoneText has an attribute other",
		`<CiscoIPPhoneText keypadTarget="x"/>`:                                       `CiscoIPPhoneText/@keypadTarget is "x", not one of application, applicationCall, activeCall`,
		`<CiscoIPPhoneText appId=""/>`:                                               `CiscoIPPhoneText/@appId is "", not 1 to 64 characters`,
		key("<Name>a</Name><Position>8</Position><URL>u</URL>"):                      "",
		key("<Name>a</Name><URL>u</URL>"):                                            "SoftKeyItem has 0 Position, not 1 to 1",
		key("<Position>9</Position>"):                                                `SoftKeyItem/Position is "9", not a number from 1 to 8`,
		key("<Position>1</Position><Name>a</Name>"):                                  "SoftKeyItem has a Name out of order",
		text(strings.Repeat("<SoftKeyItem><Position>1</Position></SoftKeyItem>", 9)): "CiscoIPPhoneText has 9 SoftKeyItem, not 0 to 8",
		image("0F"):              "",
		image("0"):               `CiscoIPPhoneImage/Data is "0", not up to 2162 bytes in hexadecimal digits`,
		image("0G"):              `CiscoIPPhoneImage/Data is "0G", not up to 2162 bytes in hexadecimal digits`,
		"<CiscoIPPhoneExecute/>": "CiscoIPPhoneExecute has 0 ExecuteItem, not 1 to 3",
		`<CiscoIPPhoneExecute><ExecuteItem Priority="3" URL="u"/></CiscoIPPhoneExecute>`:                                                           `ExecuteItem/@Priority is "3", not a number from 0 to 2`,
		`<CiscoIPPhoneExecute><ExecuteItem/></CiscoIPPhoneExecute>`:                                                                                "ExecuteItem has no @URL",
		"<CiscoIPPhoneGraphicFileMenu><URL>u</URL><MenuItem><Name>" + strings.Repeat("a", 33) + "</Name></MenuItem></CiscoIPPhoneGraphicFileMenu>": fmt.Sprintf("MenuItem/Name is %q, not 0 to 32 characters", strings.Repeat("a", 33)),
		"<CiscoIPPhoneIconMenu><MenuItem><IconIndex>10</IconIndex></MenuItem></CiscoIPPhoneIconMenu>":                                              `MenuItem/IconIndex is "10", not a number from 0 to 9`,
		"<CiscoIPPhoneMenu><MenuItem><IconIndex>1</IconIndex></MenuItem></CiscoIPPhoneMenu>":                                                       "MenuItem has a IconIndex out of order",
		"<CiscoIPPhoneNothing/>": "CiscoIPPhoneNothing is no element",
		"<html/>":                "html is no object",
	} {
		root, err := schema.Parse([]byte(declaration + in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := strings.Join(schema.Check(root), "; "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"<a/>": "does not declare", `<?xml version="1.0"?><a/>`: "does not declare", declaration: "not one element",
		declaration + "<a/><b/>": "not one element", declaration + "<a>\xff</a>": "not in UTF-8",
		`<?xml version="1.0" encoding="utf-16"?><a/>`: "unknown charset", declaration + "<a>&#39;</a>": "none of the five",
		declaration + "<a>&nbsp;</a>": "none of the five", declaration + "<a>": "unexpected EOF", declaration + "<a>&</a>": "none of the five",
	} {
		if _, err := schema.Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	root, err := schema.Parse([]byte("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a b='&lt;'>\xe9<c>1</c><c>2</c></a>"))
	if err != nil || root.Text != "é" || root.Attribute("b") != "<" || root.Attribute("x") != "" || len(root.All("c")) != 2 || root.Child("c").Text != "1" || root.Child("x").Name != "" {
		t.Errorf("%+v, %v", root, err)
	}
}
