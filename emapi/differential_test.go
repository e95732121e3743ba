package emapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// expectAgreement holds decode against the reference: it may accept nothing
// that package encoding/xml refuses, has to read the same from what both
// accept, and may refuse more only in the classes that the reference names.
func expectAgreement(t rapid.TB, body []byte) {
	t.Helper()
	want, stricter, refErr := refDecode(body)
	got, err := decode(body)
	switch {
	case err != nil && refErr == nil && len(stricter) == 0:
		t.Fatalf("refused with %v, accepted by the reference: %q", err, body)
	case err == nil && refErr != nil:
		t.Fatalf("read as %+v, refused by the reference with %v: %q", got, refErr, body)
	case err == nil && len(stricter) > 0:
		t.Fatalf("accepted, though it has %s: %q", strings.Join(stricter, " and "), body)
	case err == nil:
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(reply{}, failure{}, deviceEntry{}, userEntry{})); diff != "" {
			t.Fatalf("reading of %q (-reference +got):\n%s", body, diff)
		}
	}
}

// pieces are what replies and things like them are made of.
var pieces = []string{
	"<response>", "</response>", "<results>", "</results>", "<success/>", "<success>", "</success>", "<failure>", "</failure>",
	`<error code="18">`, `<error code='x'>`, `<error code="3"/>`, "</error>", "<errorMessage>", "</errorMessage>",
	"<deviceUserResults>", "</deviceUserResults>", `<device name="SEP001122334455">`, `<device x:name='a' name = "b" xmlns:name="c">`, "</device>",
	"<userID>", "</userID>", "<userID/>", "<lastlogin>max</lastlogin>", "<none/>", "<none />", "<doesNotExist/>", "<emccDevice>yes</emccDevice>",
	`<user id="em%40cisco.com">`, "<user id='a&amp;b'>", "</user>", "<deviceName>SEP1</deviceName>", "<exists>a</exists>",
	"<userId>jane</userId>", "<NONE/>", "<Device Name='SEP1'>", "</Device>", "<device name='a' Name='b'>", "<none x='1'/>", "<success>x</success>", "<exists>false</exists>", "<selfServiceUserID>a</selfServiceUserID>",
	"<deviceProfile>", "</deviceProfile>", "<deviceProfileName>P</deviceProfileName>", "<isDefaultDeviceProfile>true</isDefaultDeviceProfile>",
	"em%40cisco.com", " ", "\n", "\r\n", "\r", "\t", "text", "é", "\u00a0", "\x01", "\ufffe", "]]", "]]>", ">", "&", ";",
	"&lt;", "&amp;", "&quot;", "&apos;", "&gt;", "&#65;", "&#x41;", "&#X41;", "&#0;", "&#xD800;", "&#55297;", "&#xFFFFF;", "&#x110000;", "&#00065;", "&#;", "&nbsp;", "&lt",
	"<!--", "-->", "--", "<!-- c -->", "a<!-- c -->b", "<!-->", "<!--->", "<![CDATA[", "<![CDATA[x]]>", "<![CDATA[ \r]]>", "<![CDATA[&]]>", "<!DOCTYPE x>",
	"<?xml version='1.0'?>", "<?xml version='1.0' encoding='utf-8'?>", "<?p q?>", "<?p", "<?xml-style x?>", "<?XML?>", "<?pé?>", "<?p×?>", "<?p!?>", "<??>", "<?p?", "?>",
	"<", "</", "/>", "<a:b>", "</a:b>", "</b>", "<a:b:c/>", "<:a/>", "<a:/>", "<1a/>", "<-a/>", "<a.b-c_d1/>", "<a:1/>", "<é/>", "<a é='1'/>",
	`<a b="1"b='2'>`, `<a b="1" c="2"/>`, `<a b=1/>`, "<a b/>", "<a b='<'/>", `<a b="&lt;'"/>`, "<a b='\r\n&#13;'/>", "<a / >", "</a >", "<a\n>", "</a>", "< a>", "</ a>",
}

// drawReply draws something between a good reply and noise: pieces of replies,
// nested as they should be or strung together, with a byte or two changed.
func drawReply(t *rapid.T) []byte {
	piece := rapid.SampledFrom(pieces)
	var tree func(depth int) string
	names := []string{"response", "success", "failure", "error", "device", "user", "userID", "none", "x:none", "deviceName", "someResults", "deviceProfile", "USERID", "exists", "lastlogin", "emccDevice", "doesNotExist", "deviceProfileName", "isDefaultDeviceProfile"}
	tree = func(depth int) string {
		name := rapid.SampledFrom(names).Draw(t, "name")
		var b strings.Builder
		b.WriteString("<" + name + rapid.SampledFrom([]string{"", " ", " name='SEP1'", " code='18'", " id=\"em%40c\"", " code='7' x:code='8'"}).Draw(t, "attribute") + ">")
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			if depth > 0 && rapid.Bool().Draw(t, "element") {
				b.WriteString(tree(depth - 1))
			} else {
				b.WriteString(piece.Draw(t, "piece"))
			}
		}
		b.WriteString("</" + name + ">")
		return b.String()
	}
	var text string
	if rapid.Bool().Draw(t, "tree") {
		text = "<response>" + tree(rapid.IntRange(0, 5).Draw(t, "depth")) + tree(2) + "</response>"
	} else {
		text = strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "rooted") {
			text = "<response>" + text + "</response>"
		}
	}
	body := []byte(text)
	for range rapid.IntRange(0, 2).Draw(t, "changes") {
		if len(body) == 0 {
			break
		}
		at := rapid.IntRange(0, len(body)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			body[at] = rapid.Byte().Draw(t, "byte")
		case 1:
			body = slices.Delete(body, at, at+1)
		case 2:
			body = slices.Insert(body, at, []byte(piece.Draw(t, "inserted"))...)
		}
	}
	return body
}

func TestDecodeAgreesWithEncodingXML(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		body := drawReply(t)
		expectAgreement(t, body)
		if _, err := decode(body); err == nil {
			accepted++
		} else {
			refused++
		}
	})
	if !testing.Short() && (accepted == 0 || refused == 0) { // rapid draws less with -short
		t.Errorf("%d accepted and %d refused: one side was not compared", accepted, refused)
	}
}

// Every two pieces side by side, so that no rule depends on what is drawn.
func TestPairsAgreeWithEncodingXML(t *testing.T) {
	for _, one := range pieces {
		for _, two := range pieces {
			expectAgreement(t, []byte("<response>"+one+two+"</response>"))
			expectAgreement(t, []byte("<response><user>"+one+"</user>"+two+"</response>"))
		}
	}
}

func TestRecordedRepliesAgreeWithEncodingXML(t *testing.T) {
	for name, reply := range recordedReplies(t) {
		t.Run(name, func(t *testing.T) { expectAgreement(t, []byte(reply)) })
	}
}

// Each class of what is refused beyond package encoding/xml, once.
func TestDecodeIsStricter(t *testing.T) {
	inside := map[string]string{
		"control in a comment":        "<!-- \x01 -->",
		"control in an instruction":   "<?p \x01?>",
		"half a surrogate pair":       "&#xD800;",
		"half a pair in decimals":     "&#57343;",
		"a second declaration":        "<?xml version='1.0'?>",
		"an instruction called XML":   "<?XML?>",
		"an instruction not in ASCII": "<?ä?>",
		"one that ends outside ASCII": "<?pä?>",
		"depth":                       strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth),
		"attributes":                  "<a a='' b='' c='' d='' e='' f='' g='' h='' i='' j='' k='' l='' m='' n='' o='' p='' q=''/>",
		"an attribute twice":          "<a b='1' b='2'/>",
		"a name not in ASCII":         "<größe/>",
		"an attribute not in ASCII":   "<a größe='1'/>",
		"a colon before a name":       "<:a/>",
		"a colon after a name":        "<a:/>",
	}
	bodies := map[string]string{
		"a no-break space behind":  "<response><success/></response>\u00a0<!-- -->",
		"a blank section in front": "<![CDATA[ ]]><response><success/></response>",
	}
	for name, text := range inside {
		bodies[name] = "<response><success/>" + text + "</response>"
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			_, stricter, refErr := refDecode([]byte(body))
			if refErr != nil || len(stricter) == 0 {
				t.Fatalf("the reference says %v and names %q", refErr, stricter)
			}
			expectAgreement(t, []byte(body))
		})
	}
}
