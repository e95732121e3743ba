package emapi

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestDecodeText(t *testing.T) {
	tests := []struct{ name, body, text string }{
		{"UTF-8", "<response><failure><error code='18'>müde</error></failure></response>", "müde"},
		{"byte order mark", "\ufeff <response><failure><error code='18'>müde</error></failure></response>", "müde"},
		{"declared ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><response><failure><error code='18'>m\xfcde</error></failure></response>", "müde"},
		{"undeclared ISO-8859-1", "<response><failure><error code='18'>m\xfcde</error></failure></response>", "müde"},
		{"wrongly declared UTF-8", "<?xml version='1.0' encoding='UTF-8'?><response><failure><error code='18'>m\xfcde</error></failure></response>", "müde"},
		{"long", "<response><failure><error code='18'>" + strings.Repeat("ü", 500) + "</error></failure></response>", strings.Repeat("ü", 300) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var refusal *Error
			err := newTestClient(t, replying(tt.body)).Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
			if !errors.As(err, &refusal) || refusal.Code != CodeOccupied || refusal.Text != tt.text {
				t.Errorf("got %v, expected code 18 with %q", err, tt.text)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]string{
		"charset":        "<?xml version='1.0' encoding='UTF-16'?><response><success/></response>",
		"endless prolog": "<?xml version='1.0' <response><success/></response>",
		"only a prolog":  "<?xml version='1.0'?>\n",
		"only a comment": "<!-- success -->",
		"text before":    "ok <response><success/></response>",
		"text after":     "<response><success/></response> ok",
		"json":           `{"success": true}`,
		"unclosed":       "<response><success></response>",
		"other root":     "<success/>",
		"second root":    "<response><success/></response><response/>",
		"control":        "<response><success/>\x01</response>",
		"billion laughs": `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><response><success/>&b;</response>`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			if r, err := decode([]byte(body)); err == nil {
				t.Errorf("decoded as %+v", r)
			}
		})
	}
}

// The log has to show what came instead of a reply, and where.
func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for body, want := range map[string]string{
		"<!DOCTYPE html>\n<html></html>": "read reply: byte 0: it is an HTML page",
		"<html><body>":                   "read reply: byte 6: it is an HTML page",
		"<!DOCTYPE x>":                   "read reply: byte 0: document type declarations are refused",
		"\xff\xfe<\x00r\x00":             "read reply: it is in UTF-16, which no EM service writes",
		"<?xml version='1.0' encoding='EBCDIC-1'?><response/>": `read reply: unsupported charset "ebcdic-1"`,
		"  \n":                                     "read reply: it is empty",
		"<response><success/>":                     `read reply: byte 20: it ends inside the element "response"`,
		"<response><success></response>":           `read reply: byte 30: the element "success" is ended as "response"`,
		"<response>&nbsp;</response>":              `read reply: byte 10: the reference "nbsp", which is none of XML's own`,
		"<response>\x00</response>":                "read reply: it holds characters that XML forbids",
		"<response/><response/>":                   `read reply: byte 20: a second root element "response"`,
		"<soap:Envelope xmlns:soap='x'/>":          `read reply: byte 31: root element "Envelope" is no reply`,
		"<response><device/><device a='1' a='2'/>": `read reply: byte 34: the attribute "a" given twice`,
		"<response>" + strings.Repeat("<a>", 40):   "read reply: byte 105: elements nested more than 32 deep",
		"<response><a b=1/></response>":            "read reply: byte 15: an attribute without quotes",
	} {
		if _, err := decode([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("error of %q is\n%v, expected\n%s", body, err, want)
		}
	}
}

// What the bytes of a reply stand for.
func TestCharsets(t *testing.T) {
	declared := func(charset, text string) string {
		return "<?xml version='1.0' encoding='" + charset + "'?><response><failure><error>" + text + "</error></failure></response>"
	}
	for body, want := range map[string]string{
		declared("utf-8", "\xc3\xa9"):                                          "é",
		declared("UTF-8", "\xe9"):                                              "é", // declared in error
		declared("ISO-8859-1", "\xe9"):                                         "é",
		declared("iso-8859-1", "\xc3\xa9"):                                     "Ã©", // as declared
		declared("ISO-8859-1", "a\x80b"):                                       "a\u0080b",
		declared("windows-1252", "\x80\x8e\x99\x9f\xe9"):                       "€Ž™Ÿé",
		declared("Windows-1252", "a\x81b"):                                     "a\u0081b", // stands for nothing
		declared("us-ascii", "\xe9"):                                           "é",
		"<response><error>\xe9</error></response>":                             "é",
		"<response><error>&#233;</error></response>":                           "é",
		"\ufeff<response><error>é</error></response>":                          "é",
		"<response><error>a\r\nb\rc</error></response>":                        "a\nb\nc",
		"<response><error>a<!-- x -->b<![CDATA[c]]>d<?p?>e</error></response>": "abcde",
		"<response><error>a&#13;b</error></response>":                          "a\rb",
	} {
		r, err := decode([]byte(body))
		if err != nil || len(r.failures) != 1 || r.failures[0].text != want {
			t.Errorf("%q is read as %+v (%v), expected %q", body, r.failures, err, want)
		}
	}
	if len(windows1252) != 32 {
		t.Errorf("the table has %d characters", len(windows1252))
	}
}

// A reply that broke off says nothing, wherever it broke.
func TestPrefixOfReplyIsNoAnswer(t *testing.T) {
	for name, reply := range recordedReplies(t) {
		whole := strings.TrimSpace(reply)
		if _, err := decode([]byte(whole)); err != nil {
			continue // it is the bad reply of its file
		}
		for n := range len(whole) {
			if strings.Contains(whole[n:], "<response") { // also cuts off the second root
				continue
			}
			if r, err := decode([]byte(whole[:n])); err == nil {
				t.Fatalf("%s: the first %d bytes %q are read as %+v", name, n, whole[:n], r)
			}
		}
	}
}

// FuzzDecode holds what the callers rely on: no panic, the verdict and reading
// of package encoding/xml, a success only with the element for it in the bytes,
// and no state of a device without its name.
func FuzzDecode(f *testing.F) {
	for _, reply := range recordedReplies(f) {
		f.Add([]byte(reply))
	}
	f.Add([]byte("<?xml version='1.0' encoding='latin1'?><response>\xff</response>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		expectAgreement(t, body)
		r, err := decode(body)
		if err != nil {
			return
		}
		text := string(body)
		if r.successes > strings.Count(strings.ToLower(text), "success") {
			t.Errorf("%d successes in %q", r.successes, text)
		}
		d := r.device(testDevice)
		if d.State != Unknown && !strings.Contains(strings.ToLower(text), "device") {
			t.Errorf("device is %v by %q", d.State, text)
		}
		if folded := strings.ToLower(text); d.State == Free && !strings.Contains(folded, "none") && !strings.Contains(folded, "lastlogin") {
			t.Errorf("device is free by %q", text)
		}
		if (d.State == Occupied) != (d.User != "") {
			t.Errorf("device is %v with user %q by %q", d.State, d.User, text)
		}
	})
}

// recordedReplies returns the replies of testdata/emapi by file name.
func recordedReplies(t testing.TB) map[string]string {
	paths, err := filepath.Glob("../testdata/emapi/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("find exchanges: %v", err)
	}
	replies := make(map[string]string)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if file.Name == "reply" {
				replies[filepath.Base(path)] = string(file.Data)
			}
		}
	}
	return replies
}
