package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a document may hold is in three tables: what stands in what, how much of it, and
// which words. They are sorted by limit, as the manual of package phone speaks of them, and
// not written with its code: a limit that is wrong there differs from the one here.

// made says what an object or item is made of, in order. @ marks an attribute, and ! what
// has to be there. An item of that name in one object alone has the object before it.
var made = map[string]string{
	"CiscoIPPhoneText":            head + " Text",
	"CiscoIPPhoneMenu":            head + " MenuItem",
	"CiscoIPPhoneInput":           head + " URL! InputItem",
	"CiscoIPPhoneDirectory":       head + " DirectoryEntry",
	"CiscoIPPhoneImage":           head + " " + place + " " + picture,
	"CiscoIPPhoneImageFile":       head + " " + place + " URL!",
	"CiscoIPPhoneGraphicMenu":     head + " " + place + " " + picture + " MenuItem",
	"CiscoIPPhoneGraphicFileMenu": head + " " + place + " URL! MenuItem",
	"CiscoIPPhoneIconMenu":        head + " MenuItem IconItem",
	"CiscoIPPhoneIconFileMenu":    head + " MenuItem IconItem",
	"CiscoIPPhoneStatus":          "Text Timer " + place + " " + picture,
	"CiscoIPPhoneStatusFile":      "Text Timer " + place + " URL!",
	"CiscoIPPhoneExecute":         "ExecuteItem!",
	"CiscoIPPhoneResponse":        "ResponseItem!",
	"CiscoIPPhoneError":           "@Number!",

	"SoftKeyItem":    "Name Position! URL URLDown",
	"KeyItem":        "Key! URL URLDown",
	"MenuItem":       "Name URL",
	"InputItem":      "DisplayName QueryStringParam! InputFlags! DefaultValue",
	"DirectoryEntry": "Name Telephone",
	"TouchArea":      "@X1! @Y1! @X2! @Y2!",
	"ExecuteItem":    "@Priority @URL!",
	"ResponseItem":   "@Status @Data @URL",

	"CiscoIPPhoneGraphicFileMenu/MenuItem": "Name URL TouchArea",
	"CiscoIPPhoneIconMenu/MenuItem":        "Name URL IconIndex",
	"CiscoIPPhoneIconMenu/IconItem":        "Index! " + picture,
	"CiscoIPPhoneIconFileMenu/MenuItem":    "Name URL IconIndex",
	"CiscoIPPhoneIconFileMenu/IconItem":    "Index! URL!",
}

const (
	// head begins everything that is shown.
	head    = "@keypadTarget @appId @onAppFocusLost @onAppFocusGained @onAppMinimized @onAppClosed Title Prompt SoftKeyItem KeyItem"
	place   = "LocationX LocationY"
	picture = "Width! Height! Depth! Data"
)

// limit says how much an element or attribute holds at least and at most.
type limit struct {
	what        kind
	least, most int
	of          string
}

// limits are how much: of an element that is written with what it stands in, there, and
// of any other of its name elsewhere.
var limits = []limit{
	{characters, 0, 32, "Title Prompt Name DisplayName QueryStringParam DefaultValue Telephone Text @Data"},
	{characters, 0, 64, "MenuItem/Name"},
	{characters, 0, 32, "CiscoIPPhoneGraphicFileMenu/MenuItem/Name"},
	{characters, 1, 64, "@appId"},
	{characters, 0, 256, "URL URLDown ResponseItem/@URL"},
	{characters, 1, 256, "@URL @onAppFocusLost @onAppFocusGained @onAppMinimized @onAppClosed"},
	{characters, 0, 4000, "CiscoIPPhoneText/Text"},

	{number, 0, 2, "@Priority"},
	{number, 1, 2, "Depth"},
	{number, 1, 8, "Position"},
	{number, 0, 9, "IconIndex CiscoIPPhoneIconFileMenu/IconItem/Index"},
	{number, 0, 65535, "Index Timer @Number @X1 @Y1 @X2 @Y2"},
	{number, -32768, 32767, "@Status"},

	// Pictures, in pixels: icons, pictures above the calls, pictures of a page.
	{number, 1, 16, "IconItem/Width"}, {number, 1, 10, "IconItem/Height"}, {bytesOf, 0, 40, "IconItem/Data"},
	{number, 1, 106, "CiscoIPPhoneStatus/Width"}, {number, 1, 21, "CiscoIPPhoneStatus/Height"}, {bytesOf, 0, 557, "CiscoIPPhoneStatus/Data"},
	{number, -1, 105, "CiscoIPPhoneStatus/LocationX"}, {number, -1, 20, "CiscoIPPhoneStatus/LocationY"},
	{number, -1, 261, "CiscoIPPhoneStatusFile/LocationX"}, {number, -1, 49, "CiscoIPPhoneStatusFile/LocationY"},
	{number, 1, 133, "Width"}, {number, 1, 65, "Height"}, {bytesOf, 0, 2162, "Data"},
	{number, -1, 132, "LocationX"}, {number, -1, 64, "LocationY"},
	{number, -1, 297, "CiscoIPPhoneImageFile/LocationX CiscoIPPhoneGraphicFileMenu/LocationX"},
	{number, -1, 167, "CiscoIPPhoneImageFile/LocationY CiscoIPPhoneGraphicFileMenu/LocationY"},

	{items, 0, 3, "ExecuteItem ResponseItem"},
	{items, 0, 5, "InputItem"},
	{items, 0, 8, "SoftKeyItem"},
	{items, 0, 10, "IconItem"},
	{items, 0, 12, "CiscoIPPhoneGraphicMenu/MenuItem"},
	{items, 0, 32, "KeyItem DirectoryEntry MenuItem"},
	{items, 0, 100, "CiscoIPPhoneMenu/MenuItem"},
	{items, 0, 1, "TouchArea"},
}

// words are those of which an element holds one.
var words = map[string]string{
	"@keypadTarget": "application applicationCall activeCall",
	"InputFlags":    "A T N E U L AP TP NP EP UP LP PA PT PN PE PU PL",
	"Key": "KeyPad0 KeyPad1 KeyPad2 KeyPad3 KeyPad4 KeyPad5 KeyPad6 KeyPad7 KeyPad8 KeyPad9 KeyPadStar KeyPadPound " +
		"NavUp NavDown NavLeft NavRight NavSelect NavBack PushToTalk",
}

// kind is what a limit counts.
type kind int

const (
	characters kind = iota
	number
	bytesOf // written as two hexadecimal digits each
	items
	word
)

// part is one part of what an object or item is made of.
type part struct {
	name        string
	least, most int // how many
	holds       value
}

// value is what a part holds; items hold parts of their own.
type value struct {
	what        kind
	least, most int
	words       []string
}

func (v value) String() string {
	switch v.what {
	case characters:
		return fmt.Sprintf("%d to %d characters", v.least, v.most)
	case number:
		return fmt.Sprintf("a number from %d to %d", v.least, v.most)
	case bytesOf:
		return fmt.Sprintf("up to %d bytes in hexadecimal digits", v.most)
	default:
		return "one of " + strings.Join(v.words, ", ")
	}
}

// parts returns the parts of the element called name in the element called in.
func parts(in, name string) ([]part, bool) {
	within := in + "/" + name
	line, known := made[within]
	if !known {
		line, known = made[name]
	}
	var all []part
	for written := range strings.FieldsSeq(line) {
		called, must := strings.CutSuffix(written, "!")
		p := part{name: called, most: 1, holds: held(within + "/" + called)}
		if must {
			p.least = 1
		}
		switch {
		case p.holds.what == items:
			p.most = p.holds.most
		case must && p.holds.what == characters:
			p.holds.least = 1 // nothing is as good as absent
		}
		all = append(all, p)
	}
	return all, known
}

// held returns what the element at the end of a path holds, by the longest end of the
// path that a table has.
func held(path string) value {
	for end := path; ; {
		if list, found := words[end]; found {
			return value{what: word, words: strings.Fields(list)}
		}
		for _, l := range limits {
			if slices.Contains(strings.Fields(l.of), end) {
				return value{what: l.what, least: l.least, most: l.most}
			}
		}
		_, rest, more := strings.Cut(end, "/")
		if !more {
			panic("no limit for " + path) // a test walks the tables
		}
		end = rest
	}
}

// Check returns what is wrong with an object, in the order of the document.
func Check(root Element) []string {
	if !strings.HasPrefix(root.Name, "CiscoIPPhone") {
		return []string{root.Name + " is no object"}
	}
	return check("", root)
}

func check(in string, e Element) []string {
	all, known := parts(in, e.Name)
	if !known {
		return []string{e.Name + " is no element"}
	}
	var wrong []string
	if strings.TrimSpace(e.Text) != "" {
		wrong = append(wrong, e.Name+" has text between its elements")
	}
	for _, a := range e.Attributes {
		if !slices.ContainsFunc(all, func(p part) bool { return p.name == "@"+a.Name.Local }) {
			wrong = append(wrong, e.Name+" has an attribute "+a.Name.Local)
		}
	}
	for _, p := range all {
		if name, isAttribute := strings.CutPrefix(p.name, "@"); isAttribute {
			wrong = append(wrong, checkAttribute(e, name, p)...)
		}
	}
	return append(wrong, checkChildren(e, all)...)
}

// checkChildren holds the children of an element against its parts, one after the other.
func checkChildren(e Element, all []part) []string {
	var wrong []string
	rest := e.Children
	for _, p := range all {
		if strings.HasPrefix(p.name, "@") {
			continue
		}
		n := 0
		for n < len(rest) && rest[n].Name == p.name {
			wrong = append(wrong, checkPart(e.Name, rest[n], p)...)
			n++
		}
		rest = rest[n:]
		if n < p.least || n > p.most {
			wrong = append(wrong, fmt.Sprintf("%s has %d %s, not %d to %d", e.Name, n, p.name, p.least, p.most))
		}
	}
	if len(rest) > 0 {
		wrong = append(wrong, fmt.Sprintf("%s has a %s out of order", e.Name, rest[0].Name))
	}
	return wrong
}

func checkAttribute(e Element, name string, p part) []string {
	for _, a := range e.Attributes {
		if a.Name.Local == name {
			return checkValue(e.Name+"/"+p.name, a.Value, p.holds)
		}
	}
	if p.least > 0 {
		return []string{e.Name + " has no " + p.name}
	}
	return nil
}

func checkPart(in string, e Element, p part) []string {
	if p.holds.what == items {
		return check(in, e)
	}
	if len(e.Children)+len(e.Attributes) > 0 {
		return []string{e.Name + " is not only text"}
	}
	return checkValue(in+"/"+e.Name, e.Text, p.holds)
}

func checkValue(path, text string, holds value) []string {
	bad := false
	switch holds.what {
	case characters:
		n := utf8.RuneCountInString(text)
		bad = n < holds.least || n > holds.most
		bad = bad || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
	case number:
		n, err := strconv.Atoi(text)
		bad = err != nil || n < holds.least || n > holds.most
	case bytesOf:
		bad = len(text)%2 != 0 || len(text) > 2*holds.most || strings.Trim(text, "0123456789ABCDEFabcdef") != ""
	default:
		bad = !slices.Contains(holds.words, text)
	}
	if bad {
		return []string{fmt.Sprintf("%s is %q, not %v", path, text, holds)}
	}
	return nil
}
