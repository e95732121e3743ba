package model_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/phone"
	"deskd/phone/emulator/schema"
	"deskd/phone/model"
	"deskd/phone/uri"
)

// detected is the phone that sends these headers.
func detected(t interface {
	Helper()
	Fatal(...any)
}, name, display, charset string) model.Phone {
	t.Helper()
	h := http.Header{}
	h.Set("x-CiscoIPPhoneModelName", name)
	h.Set("x-CiscoIPPhoneDisplay", display)
	h.Set("Accept-Charset", charset)
	h.Set("Accept-Language", "de,en;q=0.5")
	p, err := model.Detect(h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, display, charset string
		want                   string
	}{
		{"CP-7965G", "298, 156, 16, C", "iso-8859-1", "other 298×156 ISO-8859-1"},
		{"CP-7841", "", "utf-8,iso-8859-1;q=0.8", "7800 396×162 UTF-8"},
		{"CP-8845", "559,265,24,C", "utf-8", "8811 to 8865 559×265 UTF-8"},
		{"CP-8865NR", "", "", "8811 to 8865 559×265 UTF-8"},
		{"CP-8875NR", "", "", "8875 696×312 UTF-8"},
		{"DP-9811", "", "", "9811, 9841 248×28 UTF-8"},
		{"DP-9841", "", "", "9811, 9841 240×60 UTF-8"},
		{"DP-9871NR", "nonsense", "", "9851 to 9871 960×360 UTF-8"},
		{"CP-8821-EX", "-1,99999,24,C", "", "8821 240×215 UTF-8"},
		{"Communicator", "", "", "other 240×28 UTF-8"},
	} {
		p := detected(t, c.name, c.display, c.charset)
		if got := fmt.Sprintf("%s %d×%d %s", p.Name, p.Width, p.Height, p.Charset); got != c.want || p.Language != "de" {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, want := range map[string]error{"": model.ErrNotPhone, "CP-840": model.ErrRefused, "CP-860S": model.ErrRefused} {
		h := http.Header{}
		h.Set(model.ModelHeader, name)
		if _, err := model.Detect(h); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// TestMatrix holds cells of the matrix that a service depends on.
func TestMatrix(t *testing.T) {
	if n := len(model.Families()); n != 10 {
		t.Errorf("%d families", n)
	}
	for _, f := range model.Families() {
		for _, k := range []phone.Kind{phone.KindText, phone.KindMenu, phone.KindInput, phone.KindExecute} {
			if !f.Shows(k) {
				t.Errorf("%s does not take %s", f.Name, k)
			}
		}
		if !f.Runs(uri.InitFamily) {
			t.Errorf("%s cannot clear its calls", f.Name)
		}
		if f.Runs(uri.SoftKeyFamily) == (f.Name == "8875") {
			t.Errorf("%s and softkeys", f.Name)
		}
		if f.Runs(uri.VibrateFamily) != (f.Name == "8821" || f.Name == "9821") {
			t.Errorf("%s and vibrating", f.Name)
		}
		old := strings.HasPrefix(f.Name, "78") || f.Name == "8821"
		if f.Runs(uri.NotifyFamily) == old || f.Shows(phone.KindStatus) && (old || f.Name == "9811, 9841") {
			t.Errorf("%s and Notify or Status", f.Name)
		}
	}
}

func TestCheck(t *testing.T) {
	key := func(url string) phone.Head { return phone.Head{SoftKeys: []phone.SoftKeyItem{{Name: "a", URL: url}}} }
	for _, c := range []struct {
		name   string
		object phone.Object
		want   []string
	}{
		{"CP-7841", phone.Text{Head: key("SoftKey:Exit")}, nil},
		{"CP-7841", phone.Text{Head: key("SoftKey:Dial")}, []string{"SoftKey:Dial has no meaning in CiscoIPPhoneText"}},
		{"CP-7841", phone.ImageFile{URL: "http://a"}, []string{"7800 does not take CiscoIPPhoneImageFile"}},
		{"CP-7841", phone.Menu{Items: []phone.MenuItem{{Name: "a", URL: "Notify:http:h:1:p"}}}, []string{"7800 does not take Notify:http:h:1:p"}},
		{"CP-8875", phone.Menu{Head: key("SoftKey:Select")}, []string{"8875 does not take SoftKey:Select"}},
		{"CP-8845", phone.Directory{Head: phone.Head{Keys: []phone.KeyItem{{Key: "NavUp", URL: "Key:Nothing"}}}}, []string{`invalid URI: Key: there is no key "Nothing"`}},
		{"CP-8845", phone.Execute{Items: []phone.ExecuteItem{{URL: "App:Close:0:60"}, {URL: "http://a"}}}, []string{"invalid URI: App in an Execute has to name its application"}},
		{"CP-8845", phone.IconMenu{Items: []phone.IconItem{{URL: "Vibrate:1:1:1"}}}, []string{"8811 to 8865 does not take Vibrate:1:1:1"}},
		{"CP-8845", phone.IconFileMenu{Items: []phone.IconItem{{URL: "SoftKey:Update"}}}, []string{"SoftKey:Update has no meaning in CiscoIPPhoneIconFileMenu"}},
		{"CP-8845", phone.GraphicMenu{Items: []phone.MenuItem{{URL: "SoftKey:Select"}}}, []string{"SoftKey:Select has no meaning in CiscoIPPhoneGraphicMenu"}},
		{"DP-9811", phone.GraphicFileMenu{Items: []phone.TouchItem{{URL: "SoftKey:Back"}}}, nil},
		{"DP-9811", phone.Status{}, []string{"9811, 9841 does not take CiscoIPPhoneStatus"}},
	} {
		if diff := cmp.Diff(c.want, detected(t, c.name, "", "").Check(c.object)); diff != "" {
			t.Errorf("%s, %T (-want +got)\n%s", c.name, c.object, diff)
		}
	}
}

func TestLayMenu(t *testing.T) {
	var items []phone.MenuItem
	for i := range 12 {
		items = append(items, phone.MenuItem{Name: fmt.Sprintf("Desk %d", i), URL: "u"})
	}
	more := func(page int) string { return fmt.Sprintf("page=%d", page) }
	p := detected(t, "DP-9811", "", "")
	for _, c := range []struct {
		n, page int
		want    string
	}{
		{5, 0, "Desk 0, Desk 1, Desk 2, Desk 3, Desk 4"},
		{6, 0, "Desk 0, Desk 1, Desk 2, Desk 3, More page=1"},
		{6, 1, "Desk 4, Desk 5"},
		{12, 1, "Desk 4, Desk 5, Desk 6, Desk 7, More page=2"},
		{12, 2, "Desk 8, Desk 9, Desk 10, Desk 11"},
		{12, 99, "Desk 8, Desk 9, Desk 10, Desk 11"},
		{0, 0, ""},
	} {
		var got []string
		for _, m := range p.LayMenu(phone.Head{}, items[:c.n], c.page, more).Object.(phone.Menu).Items {
			got = append(got, strings.TrimSuffix(m.Name+" "+m.URL, " u"))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%d items, page %d: %v, want %s", c.n, c.page, got, c.want)
		}
	}
	laid := p.LayMenu(phone.Head{}, items, 0, nil)
	if len(laid.Cuts) != 1 || laid.Cuts[0].String() != "MenuItem: too many, 5 of 12 kept" {
		t.Errorf("without more: %v", laid.Cuts)
	}
}

// TestLaySoftKeys holds that the phone's own softkeys stand beside those of a page, but
// for the phone that has no URIs for them.
func TestLaySoftKeys(t *testing.T) {
	h := phone.Head{SoftKeys: []phone.SoftKeyItem{{Name: "Extend now", URL: "http://x", Position: 7}, {Name: "End", URL: "http://y"}, {Name: "Third", URL: "http://z"}}}
	for name, want := range map[string]string{
		"CP-7841": "Select Extend End Exit | Extend End Third Exit | Submit << Extend Cancel",
		"CP-8875": "Extend End Third | Extend End Third | Extend End Third",
	} {
		p := detected(t, name, "", "")
		var got []string
		for _, l := range []model.Laid{p.LayMenu(h, nil, 0, nil), p.LayText(h, ""), p.LayForm(h, "http://x", nil)} {
			doc, err := phone.Encode(l.Object, phone.UTF8)
			if err != nil {
				t.Fatal(err)
			}
			root, err := schema.Parse(doc.Body)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, k := range root.All("SoftKeyItem") {
				keys = append(keys, k.Child("Name").Text)
			}
			got = append(got, strings.Join(keys, " "))
		}
		if strings.Join(got, " | ") != want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, " | "), want)
		}
	}
	if l := detected(t, "CP-7841", "", "").LayText(phone.Head{}, "a"); len(l.Object.(phone.Text).SoftKeys) != 0 {
		t.Error("softkeys where there need be none")
	}
}

func TestLayText(t *testing.T) {
	for _, c := range [][2]string{
		{"Free until 13:00", "Free until 13:00"},
		{"Taken by Ada until 13:00, then free\nbye", "Taken by Ada until\n13:00, then free\nbye"},
		{strings.Repeat("x", 30), strings.Repeat("x", 24) + "\n" + strings.Repeat("x", 6)},
		{strings.Repeat("€", 9), "€€€€€€€€\n€"},
	} {
		p := detected(t, "CP-7965", "", "iso-8859-1")
		if got := p.LayText(phone.Head{}, c[0]).Object.(phone.Text).Text; got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}

// headers are those of one model of each family.
var headers = [][3]string{
	{"CP-7811", "", "iso-8859-1"}, {"CP-7832", "", "utf-8"}, {"CP-8845", "559,265,24,C", "utf-8,iso-8859-1;q=0.8"},
	{"CP-8821", "", "utf-8"}, {"CP-8831", "", "iso-8859-1"}, {"CP-8832", "", "utf-8"}, {"CP-8875", "", "utf-8"},
	{"DP-9811", "248,28,2,G", "utf-8"}, {"DP-9871", "", "utf-8"}, {"CP-9821", "", "utf-8"},
}

// pages draws a page as a service would make it, from what people have entered.
func pages() *rapid.Generator[func(p model.Phone) model.Laid] {
	return rapid.Custom(func(t *rapid.T) func(p model.Phone) model.Laid {
		words := rapid.OneOf(
			rapid.SampledFrom([]string{"Desk 12", "Taken by Łukasz Żółć-Müller until 13:00, then free until the evening", "", "東京 – “Büro” & Co.", "Zoë\u0308 <b>"}),
			rapid.StringN(0, 60, 200),
			rapid.StringOfN(rapid.RuneFrom([]rune("ab € …ﬃ\u0958\n\t\x02")), 0, 70, -1),
		)
		urls := rapid.SampledFrom([]string{"http://deskd.example/phone?token=" + strings.Repeat("a", 200), "Init:Services", "http://deskd.example/" + strings.Repeat("b", 300), "Dial:1000"})
		h := phone.Head{Title: words.Draw(t, "title"), Prompt: words.Draw(t, "prompt")}
		for range rapid.IntRange(0, 5).Draw(t, "softkeys") {
			h.SoftKeys = append(h.SoftKeys, phone.SoftKeyItem{Name: words.Draw(t, "label"), URL: urls.Draw(t, "key's URL")})
		}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			text := words.Draw(t, "text") + words.Draw(t, "more of it")
			return func(p model.Phone) model.Laid { return p.LayText(h, text) }
		case 1:
			var items []phone.MenuItem
			for range rapid.IntRange(0, 14).Draw(t, "items") {
				items = append(items, phone.MenuItem{Name: words.Draw(t, "name"), URL: urls.Draw(t, "URL")})
			}
			page := rapid.IntRange(0, 3).Draw(t, "page")
			return func(p model.Phone) model.Laid {
				return p.LayMenu(h, items, page, func(page int) string { return fmt.Sprintf("http://deskd.example/?page=%d", page) })
			}
		}
		var fields []phone.InputItem
		for i := range rapid.IntRange(0, 5).Draw(t, "fields") {
			fields = append(fields, phone.InputItem{DisplayName: words.Draw(t, "field"), QueryStringParam: fmt.Sprint("q", i), Flags: phone.FlagPIN, DefaultValue: words.Draw(t, "value")})
		}
		return func(p model.Phone) model.Laid { return p.LayForm(h, "http://deskd.example/find", fields) }
	})
}

// violations are what is wrong with a page on a phone, found without the encoder's code.
func violations(p model.Phone, l model.Laid) []string {
	doc, err := phone.Encode(l.Object, p.Charset)
	if err != nil {
		return []string{err.Error()}
	}
	wrong := p.Check(l.Object)
	for _, c := range doc.Cuts {
		if c.Reason == phone.Long && !strings.HasSuffix(c.Path, "DefaultValue") || c.Reason == phone.Many {
			wrong = append(wrong, "laid out, and yet cut: "+c.String())
		}
	}
	root, err := schema.Parse(doc.Body)
	if err != nil {
		return append(wrong, err.Error())
	}
	wrong = append(wrong, schema.Check(root)...)
	if declared := "encoding=\"" + strings.ToLower(p.Charset.String()) + "\""; !strings.Contains(string(doc.Body[:60]), declared) {
		wrong = append(wrong, "declares another charset than "+declared)
	}
	within := func(what, s string, most int) {
		if utf8.RuneCountInString(s) > most {
			wrong = append(wrong, fmt.Sprintf("%s %q is longer than %d", what, s, most))
		}
	}
	within("title", root.Child("Title").Text, 20)
	within("prompt", root.Child("Prompt").Text, 28)
	first, _, _ := strings.Cut(root.Child("Text").Text, "\n")
	within("first line", first, 24)
	for _, m := range root.All("MenuItem") {
		within("item", m.Child("Name").Text, 24)
		within("URL", m.Child("URL").Text, 256)
	}
	for _, k := range root.All("SoftKeyItem") {
		within("softkey", k.Child("Name").Text, 8)
		within("URL", k.Child("URL").Text, 256)
	}
	if n := len(root.All("MenuItem")); n > 5 {
		wrong = append(wrong, fmt.Sprintf("%d items", n))
	}
	if n := len(root.All("SoftKeyItem")); n > 4 {
		wrong = append(wrong, fmt.Sprintf("%d softkeys", n))
	}
	return wrong
}

// TestPages holds that 1,000 pages on each of the ten models keep order, limits, charset
// and lengths.
func TestPages(t *testing.T) {
	perCheck := 10 // of 100 checks
	if testing.Short() {
		perCheck = 1
	}
	laid := 0
	rapid.Check(t, func(t *rapid.T) {
		for range perCheck {
			lay := pages().Draw(t, "page")
			for _, h := range headers {
				p := detected(t, h[0], h[1], h[2])
				for _, wrong := range violations(p, lay(p)) {
					t.Errorf("%s: %s", h[0], wrong)
				}
				laid++
			}
		}
	})
	t.Logf("%d pages laid out", laid)
}

// TestPagesCanFail holds that violations sees each kind.
func TestPagesCanFail(t *testing.T) {
	p := detected(t, "CP-8875", "", "utf-8")
	for want, o := range map[string]phone.Object{
		"is longer than 20":     phone.Text{Head: phone.Head{Title: strings.Repeat("x", 21)}},
		"is longer than 24":     phone.Text{Text: strings.Repeat("x", 25)},
		"6 items":               phone.Menu{Items: slices.Repeat([]phone.MenuItem{{Name: "a", URL: "u"}}, 6)},
		"5 softkeys":            phone.Text{Head: phone.Head{SoftKeys: slices.Repeat([]phone.SoftKeyItem{{Name: "a", URL: "u"}}, 5)}},
		"does not take":         phone.GraphicMenu{Bitmap: phone.Bitmap{Width: 1, Height: 1, Depth: 1}},
		"laid out, and yet cut": phone.Text{Head: phone.Head{Title: strings.Repeat("x", 33)}},
	} {
		if got := violations(p, model.Laid{Object: o}); !strings.Contains(strings.Join(got, "; "), want) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
