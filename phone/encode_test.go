package phone_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"deskd/phone"
	"deskd/phone/emulator/schema"
)

func TestEncode(t *testing.T) {
	doc, err := phone.Encode(phone.Menu{
		Head: phone.Head{
			Title: "Desk 12 & 13", Prompt: "Free until 13:00",
			SoftKeys:   []phone.SoftKeyItem{{Name: "Exit", URL: "SoftKey:Exit", Position: 2}, {Name: "Select", URL: "SoftKey:Select"}},
			Keys:       []phone.KeyItem{{Key: "NavRight", URL: "http://deskd/next"}},
			Attributes: phone.Attributes{KeypadTarget: phone.KeypadActiveCall, AppID: "deskd/desk", OnClosed: "Notify:http:deskd:80:closed"},
		},
		Items: []phone.MenuItem{{Name: "Check in\nJörg", URL: "http://deskd/in?a=1&b=2"}},
	}, phone.Latin1)
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="iso-8859-1"?>
<CiscoIPPhoneMenu keypadTarget="activeCall" appId="deskd/desk" onAppClosed="Notify:http:deskd:80:closed">
<Title>Desk 12 &amp; 13</Title>
<Prompt>Free until 13:00</Prompt>
<SoftKeyItem><Name>Exit</Name><Position>2</Position><URL>SoftKey:Exit</URL></SoftKeyItem>
<SoftKeyItem><Name>Select</Name><Position>1</Position><URL>SoftKey:Select</URL></SoftKeyItem>
<KeyItem><Key>NavRight</Key><URL>http://deskd/next</URL></KeyItem>
<MenuItem><Name>Check in
J` + "\xf6" + `rg</Name><URL>http://deskd/in?a=1&amp;b=2</URL></MenuItem>
</CiscoIPPhoneMenu>
`
	if diff := cmp.Diff(want, string(doc.Body)); diff != "" || len(doc.Cuts) != 0 {
		t.Errorf("-want +got\n%s\ncuts %v", diff, doc.Cuts)
	}
	if doc.ContentType() != "text/xml; charset=ISO-8859-1" {
		t.Errorf("content type %q", doc.ContentType())
	}
}

func TestEncodeCuts(t *testing.T) {
	long := strings.Repeat("é", 40)
	address := "http://deskd/" + strings.Repeat("a", 256)
	menu := func(items ...phone.MenuItem) phone.Menu { return phone.Menu{Items: items} }
	keys := func(k ...phone.SoftKeyItem) phone.Text { return phone.Text{Head: phone.Head{SoftKeys: k}} }
	for name, c := range map[string]struct {
		object  phone.Object
		charset phone.Charset
		cuts    []string
		has     string // in the body
	}{
		"title":               {phone.Text{Head: phone.Head{Title: long}}, phone.UTF8, []string{"Title: too long, 32 of 40 kept"}, "<Title>" + long[:64] + "</Title>"},
		"text":                {phone.Text{Text: strings.Repeat("x", 4001)}, phone.UTF8, []string{"Text: too long, 4000 of 4001 kept"}, ""},
		"text keeps lines":    {phone.Text{Text: "a\r\nb\tc\rd"}, phone.UTF8, nil, "<Text>a\nb\tc\nd</Text>"},
		"name keeps two":      {menu(phone.MenuItem{"a\nb\nc\nd", "u"}), phone.UTF8, nil, "<Name>a\nb\nc d</Name>"},
		"control":             {phone.Text{Text: "a\x00b\x7fc\x1bd"}, phone.UTF8, []string{"Text: characters that the phone cannot show, 4 of 7 kept"}, "<Text>abcd</Text>"},
		"not UTF-8":           {phone.Text{Text: "a\xffb"}, phone.UTF8, []string{"Text: characters that the phone cannot show, 2 of 3 kept"}, "<Text>ab</Text>"},
		"entities":            {phone.Text{Text: `a&b<c>d"e'f]]>`}, phone.UTF8, nil, "<Text>a&amp;b&lt;c&gt;d&quot;e&apos;f]]&gt;</Text>"},
		"composed":            {phone.Text{Text: "Zoe\u0308"}, phone.Latin1, nil, "<Text>Zo\xeb</Text>"},
		"of another script":   {phone.Text{Text: "Щука 北"}, phone.Latin1, nil, "<Text>Shchuka Bei </Text>"},
		"transliterated":      {phone.Text{Text: "“Łódź” – 5 €…"}, phone.Latin1, nil, "<Text>&quot;L\xf3dz&quot; - 5 EUR...</Text>"},
		"grows beyond":        {phone.Text{Head: phone.Head{Title: strings.Repeat("€", 11)}}, phone.Latin1, []string{"Title: too long, 10 of 11 kept"}, ""},
		"foreign":             {phone.Text{Text: "🪑🪴"}, phone.Latin1, []string{"Text: characters that the phone cannot show, 0 of 2 kept"}, "<Text>??</Text>"},
		"address of an item":  {menu(phone.MenuItem{"a", address}, phone.MenuItem{"b", "u"}), phone.UTF8, []string{"MenuItem[1]: no address that fits, 0 of 1 kept"}, "<MenuItem><Name>b"},
		"no name":             {menu(phone.MenuItem{"\x01", "u"}), phone.UTF8, []string{"MenuItem[1]/Name: characters that the phone cannot show, 0 of 1 kept", "MenuItem[1]: incomplete, 0 of 1 kept"}, ""},
		"many":                {menu(slices.Repeat([]phone.MenuItem{{"a", "u"}}, 101)...), phone.UTF8, []string{"MenuItem: too many, 100 of 101 kept"}, ""},
		"position":            {keys(phone.SoftKeyItem{Name: "a", URL: "u", Position: 9}), phone.UTF8, []string{"SoftKeyItem[1]: out of range, 0 of 1 kept"}, ""},
		"position twice":      {keys(phone.SoftKeyItem{Name: "a", URL: "u", Position: 3}, phone.SoftKeyItem{Name: "b", URL: "u", Position: 3}), phone.UTF8, []string{"SoftKeyItem[2]: out of range, 0 of 1 kept"}, ""},
		"page when pressed":   {keys(phone.SoftKeyItem{Name: "a", URL: "u", URLDown: "http://x"}), phone.UTF8, []string{"SoftKeyItem[1]: no address that fits, 0 of 1 kept"}, ""},
		"nothing to do":       {keys(phone.SoftKeyItem{Name: "a"}), phone.UTF8, []string{"SoftKeyItem[1]: incomplete, 0 of 1 kept"}, ""},
		"unknown key":         {phone.Text{Head: phone.Head{Keys: []phone.KeyItem{{Key: "Hash", URL: "u"}}}}, phone.UTF8, []string{"KeyItem[1]: out of range, 0 of 1 kept"}, ""},
		"long number":         {phone.Directory{Entries: []phone.DirectoryEntry{{"a", strings.Repeat("1", 33)}}}, phone.UTF8, []string{"DirectoryEntry[1]: no address that fits, 0 of 1 kept"}, ""},
		"page as it closes":   {phone.Text{Head: phone.Head{Attributes: phone.Attributes{OnClosed: "RTPRx:Stop; http://x"}}}, phone.UTF8, []string{"@onAppClosed: no address that fits, 0 of 1 kept"}, "<CiscoIPPhoneText>"},
		"app at once":         {phone.Text{Head: phone.Head{Attributes: phone.Attributes{OnFocusLost: "App:Close:0:60"}}}, phone.UTF8, []string{"@onAppFocusLost: no address that fits, 0 of 1 kept"}, "<CiscoIPPhoneText>"},
		"unknown target":      {phone.Text{Head: phone.Head{Attributes: phone.Attributes{KeypadTarget: "x"}}}, phone.UTF8, []string{"@keypadTarget: out of range, 0 of 1 kept"}, "<CiscoIPPhoneText>"},
		"unknown application": {phone.Text{Head: phone.Head{Attributes: phone.Attributes{AppID: strings.Repeat("a", 65)}}}, phone.UTF8, []string{"@appId: no address that fits, 0 of 1 kept"}, "<CiscoIPPhoneText>"},
		"no such icon":        {phone.IconFileMenu{Items: []phone.IconItem{{Name: "a", URL: "u", Icon: 1}}, Icons: []string{"u"}}, phone.UTF8, []string{"MenuItem[1]/IconIndex: out of range, 0 of 1 kept"}, ""},
		"place":               {phone.ImageFile{X: 300, Y: -7, URL: "u"}, phone.UTF8, []string{"LocationX: out of range, 0 of 1 kept", "LocationY: out of range, 0 of 1 kept"}, "<LocationX>297</LocationX>\n<LocationY>-1</LocationY>"},
		"timer":               {phone.StatusFile{Timer: -1, URL: "u"}, phone.UTF8, []string{"Timer: out of range, 0 of 1 kept"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := phone.Encode(c.object, c.charset)
			if err != nil {
				t.Fatal(err)
			}
			var cuts []string
			for _, cut := range doc.Cuts {
				cuts = append(cuts, cut.String())
			}
			if diff := cmp.Diff(c.cuts, cuts); diff != "" {
				t.Errorf("cuts (-want +got)\n%s", diff)
			}
			if !strings.Contains(string(doc.Body), c.has) {
				t.Errorf("no %q in\n%s", c.has, doc.Body)
			}
			holds(t, doc)
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	execute := func(items ...phone.ExecuteItem) phone.Execute { return phone.Execute{Items: items} }
	input := func(items ...phone.InputItem) phone.Input { return phone.Input{URL: "u", Items: items} }
	for want, o := range map[string]phone.Object{
		"encode : object: there is none":                                                                                             nil,
		"encode CiscoIPPhoneInput: URL: is missing":                                                                                  phone.Input{},
		"encode CiscoIPPhoneImageFile: URL: has 257 characters, more than 256":                                                       phone.ImageFile{URL: strings.Repeat("u", 257)},
		"encode CiscoIPPhoneInput: InputItem: there are more than 5: what is asked would not all be answered":                        input(slices.Repeat([]phone.InputItem{{QueryStringParam: "q"}}, 6)...),
		"encode CiscoIPPhoneInput: InputItem[1]/QueryStringParam: is no name of 1 to 32 characters for a query":                      input(phone.InputItem{QueryStringParam: "a&b"}),
		"encode CiscoIPPhoneInput: InputItem[1]/InputFlags: are not in the schema":                                                   input(phone.InputItem{QueryStringParam: "q", Flags: "X"}),
		"encode CiscoIPPhoneExecute: ExecuteItem: there is none":                                                                     execute(),
		"encode CiscoIPPhoneExecute: ExecuteItem: there are more than 3":                                                             execute(slices.Repeat([]phone.ExecuteItem{{URL: "Key:Hold"}}, 4)...),
		"encode CiscoIPPhoneExecute: ExecuteItem: there is more than one page":                                                       execute(phone.ExecuteItem{URL: "http://a"}, phone.ExecuteItem{URL: "HTTPS://b"}),
		"encode CiscoIPPhoneExecute: ExecuteItem[1]/URL: SoftKey is not for an Execute":                                              execute(phone.ExecuteItem{URL: "SoftKey:Exit"}),
		"encode CiscoIPPhoneExecute: ExecuteItem[1]/URL: notify is not for an Execute":                                               execute(phone.ExecuteItem{URL: "notify:http:a:1:b"}),
		"encode CiscoIPPhoneExecute: ExecuteItem[1]/Priority: is not 0, 1 or 2":                                                      execute(phone.ExecuteItem{URL: "http://a", Priority: 3}),
		"encode CiscoIPPhoneImage: Data: is 134×65 pixels, and not 1×1 to 133×65":                                                    phone.Image{Bitmap: phone.Bitmap{Width: 134, Height: 65, Depth: 1}},
		"encode CiscoIPPhoneStatus: Data: has 2 bytes for 4×1 pixels of 2 bits":                                                      phone.Status{Bitmap: phone.Bitmap{Width: 4, Height: 1, Depth: 2, Data: []byte{1, 2}}},
		"encode CiscoIPPhoneIconMenu: IconItem[1]/Data: has a depth other than 1 and 2":                                              phone.IconMenu{Icons: []phone.Bitmap{{Width: 1, Height: 1}}},
		"encode CiscoIPPhoneExecute: ExecuteItem[1]/URL: has characters other than printable ASCII: encode them with a percent sign": execute(phone.ExecuteItem{URL: "http://a/ö"}),
	} {
		doc, err := phone.Encode(o, phone.UTF8)
		var invalid *phone.InvalidError
		if !errors.As(err, &invalid) || err.Error() != want || doc.Body != nil {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestPack packs the pixels that the book shows.
func TestPack(t *testing.T) {
	if got := fmt.Sprintf("%X", phone.Pack([]byte{1, 3, 2, 0, 1})); got != "2D01" {
		t.Errorf("got %s", got)
	}
}

func TestInputFlags(t *testing.T) {
	var valid []string
	for a := range 128 {
		for b := range 129 {
			f := string(rune(a))
			if b < 128 {
				f += string(rune(b))
			}
			if phone.InputFlags(f).Valid() {
				valid = append(valid, f)
			}
		}
	}
	slices.Sort(valid)
	if got, want := strings.Join(valid, " "), "A AP E EP L LP N NP PA PE PL PN PT PU T TP U UP"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for f, want := range map[phone.InputFlags]phone.InputFlags{"": "AP", "N": phone.FlagPIN, "PT": "PT"} {
		if got := f.Masked(); got != want || !got.IsMasked() {
			t.Errorf("%q masked is %q, want %q", f, got, want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]phone.Charset{
		"": phone.UTF8, "utf-8,iso-8859-1;q=0.8": phone.UTF8, "iso-8859-1": phone.Latin1, "ISO-8859-1;q=1.0, *;q=0": phone.Latin1,
		"iso-8859-1, UTF-8; q=0": phone.Latin1, "iso-8859-1,*": phone.UTF8, "shift_jis": phone.UTF8,
	} {
		if got := phone.Negotiate(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}

// holds checks a document without any code of the encoder.
func holds(t interface {
	Helper()
	Errorf(string, ...any)
}, doc phone.Document) {
	t.Helper()
	root, err := schema.Parse(doc.Body)
	if err != nil {
		t.Errorf("%v in\n%s", err, doc.Body)
		return
	}
	if wrong := schema.Check(root); len(wrong) > 0 {
		t.Errorf("%s in\n%s", strings.Join(wrong, "; "), doc.Body)
	}
}

// nasty draws text with everything that is hard to send.
func nasty() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 é&<>\"'ŁЖ東😀\u0301\u200b\ufffe\r\n\t\x00\x85\x1b–€ﬁ")), 0, 80, -1),
		rapid.StringN(0, 300, 300),
		rapid.Just("\xff\xfe broken \xc3"),
	)
}

func addresses() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "http://deskd/in?t=1&u='2'", "SoftKey:Select", "Init:CallHistory", "https://deskd/a b", "Notify:http:h:1:p", "http://ü"}),
		rapid.StringN(0, 260, 300),
		rapid.Map(rapid.IntRange(230, 260), func(n int) string { return "http://" + strings.Repeat("a", n-7) }),
	)
}

// kinds are those that a server sends.
var kinds = []phone.Object{
	phone.Menu{}, phone.Text{}, phone.Input{}, phone.Directory{}, phone.Image{}, phone.ImageFile{}, phone.GraphicMenu{},
	phone.GraphicFileMenu{}, phone.IconMenu{}, phone.IconFileMenu{}, phone.Status{}, phone.StatusFile{}, phone.Execute{},
}

// like draws an object of the same kind, valid or not, its fields filled by reflection so
// that none is forgotten.
func like(kind phone.Object) *rapid.Generator[phone.Object] {
	return rapid.Custom(func(t *rapid.T) phone.Object {
		v := reflect.New(reflect.TypeOf(kind)).Elem()
		fill(t, v, "")
		return v.Interface().(phone.Object)
	})
}

func fill(t *rapid.T, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		switch {
		case strings.Contains(name, "URL") || name == "Icons" || strings.HasPrefix(name, "On"):
			v.SetString(addresses().Draw(t, name))
		case name == "QueryStringParam":
			v.SetString(rapid.SampledFrom([]string{"q", "user", "a b"}).Draw(t, name))
		case name == "Flags":
			v.SetString(rapid.SampledFrom([]string{"", "A", "NP", "PL", "X"}).Draw(t, name))
		case name == "Key":
			v.SetString(rapid.SampledFrom(append(phone.Keys(), "Hash")).Draw(t, name))
		case name == "KeypadTarget":
			v.SetString(rapid.SampledFrom([]string{"", "application", "x"}).Draw(t, name))
		default:
			v.SetString(nasty().Draw(t, name))
		}
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(-3, 140).Draw(t, name)))
	case reflect.Uint16:
		v.SetUint(uint64(rapid.Uint16().Draw(t, name)))
	case reflect.Slice:
		n := rapid.SampledFrom([]int{0, 1, 3, 6, 13, 35}).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), name)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[phone.Bitmap]() && rapid.Bool().Draw(t, "fits") {
			w, h := rapid.IntRange(1, 16).Draw(t, "w"), rapid.IntRange(1, 10).Draw(t, "h")
			v.Set(reflect.ValueOf(phone.Bitmap{X: -1, Width: w, Height: h, Depth: 2, Data: make([]byte, (w*h+3)/4)}))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Uint8:
		v.SetUint(7)
	}
}

// TestEncodeProperty holds that whatever an object has in it, its document is valid and
// the same each time; and that nothing is reported of one that fits.
func TestEncodeProperty(t *testing.T) {
	seen := make(map[phone.Kind]int)
	rapid.Check(t, func(t *rapid.T) {
		charset := rapid.SampledFrom([]phone.Charset{phone.UTF8, phone.Latin1}).Draw(t, "charset")
		for _, kind := range kinds {
			o := like(kind).Draw(t, "object")
			doc, err := phone.Encode(o, charset)
			if err != nil {
				continue
			}
			seen[o.Kind()]++
			holds(t, doc)
			again, _ := phone.Encode(o, charset)
			if string(again.Body) != string(doc.Body) {
				t.Errorf("two encodings differ:\n%s\n%s", doc.Body, again.Body)
			}
		}
	})
	if len(seen) < 10 {
		t.Errorf("only %v were drawn so that they can be sent", seen)
	}
	t.Log(seen)
}

// TestEncodeAgainstXML holds that encoding/xml reads what was written.
func TestEncodeAgainstXML(t *testing.T) {
	type read struct {
		Title    string
		Prompt   string
		MenuItem []struct{ Name, URL string }
	}
	clean := func(s string) string {
		s = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ", "\u2028", " ", "\u2029", " ").Replace(s)
		return norm.NFC.String(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || r == utf8.RuneError || r&0xfffe == 0xfffe {
				return -1
			}
			return r
		}, s))
	}
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.Map(nasty(), func(s string) string { return string([]rune(s)[:min(16, len([]rune(s)))]) })
		m := phone.Menu{Head: phone.Head{Title: short.Draw(t, "title"), Prompt: short.Draw(t, "prompt")}}
		want := read{Title: clean(m.Title), Prompt: clean(m.Prompt)}
		for i := range rapid.IntRange(0, 9).Draw(t, "items") {
			m.Items = append(m.Items, phone.MenuItem{Name: clean("x" + short.Draw(t, "name")), URL: fmt.Sprintf("http://deskd/?i=%d&t='<'", i)})
			want.MenuItem = append(want.MenuItem, struct{ Name, URL string }{m.Items[i].Name, m.Items[i].URL})
		}
		doc, err := phone.Encode(m, phone.UTF8)
		if err != nil {
			t.Fatal(err)
		}
		var got read
		if err := xml.Unmarshal(doc.Body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s\n%s", diff, doc.Body)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("Desk 12", "Free\r\nuntil 13:00 €", "http://deskd/")
	f.Fuzz(func(t *testing.T, title, text, address string) {
		for _, charset := range []phone.Charset{phone.UTF8, phone.Latin1} {
			for _, o := range []phone.Object{
				phone.Text{Head: phone.Head{Title: title, Attributes: phone.Attributes{AppID: title, OnFocusLost: address}}, Text: text},
				phone.Menu{Items: []phone.MenuItem{{text, address}}},
				phone.Execute{Items: []phone.ExecuteItem{{URL: address}}},
			} {
				if doc, err := phone.Encode(o, charset); err == nil {
					holds(t, doc)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	m := phone.Menu{Head: phone.Head{Title: "Desk 12", Prompt: "Free until 13:00", SoftKeys: []phone.SoftKeyItem{{Name: "Select", URL: "SoftKey:Select"}, {Name: "Exit", URL: "SoftKey:Exit"}}}}
	for i := range 5 {
		m.Items = append(m.Items, phone.MenuItem{Name: fmt.Sprint("Łukasz & Zoë ", i), URL: "http://deskd.example/in?token=1&desk=12"})
	}
	for _, charset := range []phone.Charset{phone.UTF8, phone.Latin1} {
		b.Run(charset.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := phone.Encode(m, charset); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
