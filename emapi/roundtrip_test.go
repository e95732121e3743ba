package emapi

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// loginXML is a login as another program reads it.
type loginXML struct {
	XMLName  xml.Name `xml:"request"`
	AppID    string   `xml:"appInfo>appID"`
	Password string   `xml:"appInfo>appCertificate"`
	Device   string   `xml:"login>deviceName"`
	User     string   `xml:"login>userID"`
	Profile  string   `xml:"login>deviceProfile"`
	Time     int      `xml:"login>exclusiveDuration>time"`
}

// anyDevice lets every name through that would arrive.
var anyDevice = regexp.MustCompile(`(?s)^.*$`)

// expectExactOrUnsent logs in as want says. Either all of it arrives byte by
// byte, also at a server that trims, or nothing is sent.
func expectExactOrUnsent(t rapid.TB, want loginXML) (sent bool) {
	t.Helper()
	var form []byte
	door := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		sent = true
		var err error
		form, err = io.ReadAll(r.Body)
		return answer(okReply), err
	})
	c, err := New(Config{URL: "http://cucm/", AppID: want.AppID, Password: NewSecret(want.Password), HTTP: door, DeviceName: anyDevice})
	if err != nil {
		return false
	}
	err = c.Login(context.Background(), LoginRequest{Device: want.Device, User: want.User, Profile: want.Profile, Exclusive: Exclusive(want.Time)})
	if !sent {
		if !errors.Is(err, ErrUnsendable) || errors.Is(err, ErrNotSent) || errors.Is(err, ErrUnknownOutcome) {
			t.Fatalf("nothing was sent and the error is %v", err)
		}
		return false
	}
	if err != nil {
		t.Fatalf("error is %v", err)
	}
	fields, err := url.ParseQuery(string(form))
	if err != nil || len(fields) != 1 || len(fields["xml"]) != 1 {
		t.Fatalf("the form is %q (%v)", form, err)
	}
	got := loginXML{Time: want.Time}
	if err := xml.Unmarshal([]byte(fields.Get("xml")), &got); err != nil {
		t.Fatalf("read %s: %v", fields.Get("xml"), err)
	}
	got.XMLName = want.XMLName
	for _, text := range []*string{&got.AppID, &got.Password, &got.Device, &got.User, &got.Profile} {
		*text = strings.TrimSpace(*text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("login (-meant +arrived):\n%s", diff)
	}
	return true
}

// awkward is what goes wrong on the way when nobody looks.
var awkward = []string{
	"\x00", "\t", "\n", "\r", "\r\n", "\x1f", "\x7f", "\u0085", "\u00a0", "\u2028", "\ufffd", "\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\U0010ffff",
	"\xff", "\xc0\x80", "\xed\xa0\x80", "\xed\xb0\x80", "\xf4\x90\x80\x80", "\xc3", "\u200b", "\ufeff", "e\u0301", "é", "ß", "İ", "😀",
	" ", "+", "%", "%41", "&", "&amp;", "&#65;", "<", ">", "]]>", "<!--", "<![CDATA[", "\"", "'", ";", "=", "?", "#", "/", "\\", "$", "@", ".", "xml=", "</userID>",
}

func drawName(t *rapid.T, what string) string {
	plain := rapid.StringMatching(`[A-Za-z0-9äöüß._@+'& -]{1,12}`)
	around := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(plain, rapid.SampledFrom(awkward)), 1, 4).Draw(t, "parts"), "")
	})
	return rapid.OneOf(plain, plain, around, rapid.String()).Draw(t, what)
}

func TestNamesArriveExactlyOrAreNotSent(t *testing.T) {
	arrived, unsent := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		want := loginXML{
			AppID: drawName(t, "appID"), Password: drawName(t, "password"), Device: drawName(t, "device"), User: drawName(t, "user"),
			Time: rapid.IntRange(0, 1e6).Draw(t, "duration"),
		}
		if rapid.Bool().Draw(t, "with profile") {
			want.Profile = drawName(t, "profile")
		}
		if expectExactOrUnsent(t, want) {
			arrived++
		} else {
			unsent++
		}
	})
	if arrived == 0 || unsent == 0 {
		t.Errorf("%d arrived and %d were not sent: one side was not seen", arrived, unsent)
	}
}

// FuzzEncode lets the fuzzer find a name that arrives as another one.
func FuzzEncode(f *testing.F) {
	f.Add("deskd", "s<cret", testDevice, "jane.doe", "UDP-jane", 480)
	f.Add("a&b", "\"'&lt;", "SEP]]>", "o'neil+a&b@example.com", "UDP (home): x/y", 0)
	for _, text := range awkward {
		f.Add("a"+text+"b", "a"+text+"b", "a"+text+"b", "a"+text+"b", "a"+text+"b", -1)
		f.Add("deskd", "a"+text, text+"a", "jane", "", 1)
	}
	f.Fuzz(func(t *testing.T, appID, password, device, user, profile string, duration int) {
		expectExactOrUnsent(t, loginXML{AppID: appID, Password: password, Device: device, User: user, Profile: profile, Time: max(-1, duration)})
		if checkUser(user) == nil {
			expectReadBack(t, user)
		}
	})
}

// spellingsOf are the manners in which servers write a user id in a reply.
func spellingsOf(id string) map[string]string {
	form := url.QueryEscape(id)
	hex := regexp.MustCompile("%[0-9A-F]{2}")
	var all strings.Builder
	for _, c := range []byte(id) {
		fmt.Fprintf(&all, "%%%02X", c)
	}
	return map[string]string{
		"as Java does":    form,
		"small digits":    hex.ReplaceAllStringFunc(form, strings.ToLower),
		"blanks as %20":   strings.ReplaceAll(form, "+", "%20"),
		"every byte":      all.String(),
		"raw":             id,
		"in other case":   url.QueryEscape(strings.ToUpper(id)),
		"raw, other case": strings.ToUpper(id),
	}
}

// expectReadBack holds the reading of replies that spell id in every manner.
func expectReadBack(t rapid.TB, id string) {
	t.Helper()
	for manner, spelling := range spellingsOf(id) {
		if !SameUser(spelling, id) && strings.EqualFold(strings.ToUpper(id), id) {
			t.Fatalf("%s: %q is not the same as %q", manner, spelling, id)
		}
		var escaped strings.Builder
		if err := xml.EscapeText(&escaped, []byte(spelling)); err != nil {
			t.Fatal(err)
		}
		r, err := decode(fmt.Appendf(nil, "<response><device name='%s'><userID>%s</userID></device><user id='%[2]s'><none/></user></response>", testDevice, escaped.String()))
		if err != nil {
			t.Fatalf("%s: read %q: %v", manner, spelling, err)
		}
		d := r.device(testDevice)
		_, known := r.user(id, func(id string) string { return id })
		switch {
		case strings.Contains(manner, "case"): // not all letters have one
			if known != d.Is(id) || known != SameUser(spelling, id) {
				t.Fatalf("%s: %q is read as %q by one query only", manner, spelling, id)
			}
		case d.State != Occupied || !d.Is(id) || !known:
			t.Fatalf("%s: %q is read as %+v, known %v, expected %q", manner, spelling, d, known, id)
		case manner != "raw" && d.User != id:
			t.Fatalf("%s: %q is read as %q, expected %q", manner, spelling, d.User, id)
		}
	}
}

func TestUsersAreReadBack(t *testing.T) {
	for id, sent := range map[string]bool{"+": false, "++": false, "+ +": false, "+a": true, "a+": true} { // the first three are blanks to a form
		if (checkUser(id) == nil) != sent {
			t.Errorf("%q: %v", id, checkUser(id))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[\p{L}\p{N}._@+'&-][\p{L}\p{N}._@+'& -]{0,30}[\p{L}\p{N}._@+'&-]`).Draw(t, "id")
		if checkUser(id) != nil {
			t.Skip("not a name")
		}
		expectReadBack(t, id)
	})
}

// Whatever the size of a batch: names go out once, in their order and case, and
// each place gets its answer.
func TestBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"SEP1", "sep1", "SEP2", "SEP3", "Sep4", "SEP5", "SEP6", "<bad>", " "}), 0, 20).Draw(t, "names")
		size := rapid.IntRange(1, 8).Draw(t, "size")
		dir := &directory{}
		c, err := New(Config{
			URL: "http://cucm/", AppID: "deskd", Password: NewSecret("x"), HTTP: &parsing{dir}, BatchSize: size,
			DeviceName: regexp.MustCompile(`^\w+$`),
		})
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.DeviceUsers(t.Context(), names)
		var once []string
		bad := false
		for i, name := range names {
			good := strings.Trim(name, "<> ") == name
			bad = bad || !good
			if good && !slices.ContainsFunc(once, func(s string) bool { return strings.EqualFold(s, name) }) {
				once = append(once, name)
			}
			if found[i].Device != name || (found[i].State == Free) != good {
				t.Fatalf("place %d of %q is %+v", i, names, found[i])
			}
		}
		if errors.Is(err, ErrUnsendable) != bad || (err != nil) != bad {
			t.Fatalf("error is %v", err)
		}
		if diff := cmp.Diff(slices.Collect(slices.Chunk(once, size)), dir.asked); diff != "" {
			t.Fatalf("batches of %q (-want +sent):\n%s", names, diff)
		}
	})
}
