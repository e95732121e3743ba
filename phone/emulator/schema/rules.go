package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rules are written as lines, one for each element that has parts:
//
//	name: part part ...
//
// A part is a name with how often it may stand there: nothing for once, ? for at
// most once, *n for up to n times, +n for once to n times. @ marks an attribute.
// What follows = says what it holds: s32 a text of up to 32 characters, S32 of at
// least one, i-1:132 a number, h40 up to 40 bytes in hexadecimal digits, and {a|b}
// one of these words. Without = it has parts itself, under its name behind that of
// what it stands in, or under its name alone.
const rules = `
head: @keypadTarget?={application|applicationCall|activeCall} @appId?=S64 @onAppFocusLost?=S256 @onAppFocusGained?=S256 @onAppMinimized?=S256 @onAppClosed?=S256 Title?=s32 Prompt?=s32 SoftKeyItem*8 KeyItem*32
SoftKeyItem: Name?=s32 Position=i1:8 URL?=s256 URLDown?=s256
KeyItem: Key={KeyPad0|KeyPad1|KeyPad2|KeyPad3|KeyPad4|KeyPad5|KeyPad6|KeyPad7|KeyPad8|KeyPad9|KeyPadStar|KeyPadPound|NavUp|NavDown|NavLeft|NavRight|NavSelect|NavBack|PushToTalk} URL?=s256 URLDown?=s256
MenuItem: Name?=s64 URL?=s256
CiscoIPPhoneText: head Text?=s4000
CiscoIPPhoneMenu: head MenuItem*100
CiscoIPPhoneInput: head URL=S256 InputItem*5
InputItem: DisplayName?=s32 QueryStringParam=S32 InputFlags={A|T|N|E|U|L|AP|TP|NP|EP|UP|LP|PA|PT|PN|PE|PU|PL} DefaultValue?=s32
CiscoIPPhoneDirectory: head DirectoryEntry*32
DirectoryEntry: Name?=s32 Telephone?=s32
CiscoIPPhoneImage: head LocationX?=i-1:132 LocationY?=i-1:64 Width=i1:133 Height=i1:65 Depth=i1:2 Data?=h2162
CiscoIPPhoneImageFile: head LocationX?=i-1:297 LocationY?=i-1:167 URL=S256
CiscoIPPhoneGraphicMenu: head LocationX?=i-1:132 LocationY?=i-1:64 Width=i1:133 Height=i1:65 Depth=i1:2 Data?=h2162 MenuItem*12
CiscoIPPhoneGraphicFileMenu: head LocationX?=i-1:297 LocationY?=i-1:167 URL=S256 MenuItem*32
CiscoIPPhoneGraphicFileMenu/MenuItem: Name?=s32 URL?=s256 TouchArea?
TouchArea: @X1=i0:65535 @Y1=i0:65535 @X2=i0:65535 @Y2=i0:65535
CiscoIPPhoneIconMenu: head MenuItem*32 IconItem*10
CiscoIPPhoneIconMenu/MenuItem: Name?=s64 URL?=s256 IconIndex?=i0:9
CiscoIPPhoneIconMenu/IconItem: Index=i0:65535 Width=i1:16 Height=i1:10 Depth=i1:2 Data?=h40
CiscoIPPhoneIconFileMenu: head MenuItem*32 IconItem*10
CiscoIPPhoneIconFileMenu/MenuItem: Name?=s64 URL?=s256 IconIndex?=i0:9
CiscoIPPhoneIconFileMenu/IconItem: Index=i0:9 URL=S256
CiscoIPPhoneStatus: Text?=s32 Timer?=i0:65535 LocationX?=i-1:105 LocationY?=i-1:20 Width=i1:106 Height=i1:21 Depth=i1:2 Data?=h557
CiscoIPPhoneStatusFile: Text?=s32 Timer?=i0:65535 LocationX?=i-1:261 LocationY?=i-1:49 URL=S256
CiscoIPPhoneExecute: ExecuteItem+3
ExecuteItem: @Priority?=i0:2 @URL=S256
CiscoIPPhoneResponse: ResponseItem+3
ResponseItem: @Status?=i-32768:32767 @Data?=s32 @URL?=s256
CiscoIPPhoneError: @Number=i0:65535
`

// part is one part of a rule.
type part struct {
	name        string
	least, most int
	holds       string
}

var partSyntax = regexp.MustCompile(`^(@?\w+)(\?|[*+]\d+)?(?:=(.*))?$`)

// parts returns the parts of the element called name in the element called in.
func parts(in, name string) ([]part, bool) {
	for _, key := range []string{in + "/" + name, name} {
		_, rest, found := strings.Cut(rules, "\n"+key+": ")
		if !found {
			continue
		}
		line, _, _ := strings.Cut(rest, "\n")
		if after, isShown := strings.CutPrefix(line, "head "); isShown {
			head, _ := parts("", "head")
			return append(head, split(after)...), true
		}
		return split(line), true
	}
	return nil, false
}

func split(line string) []part {
	var all []part
	for word := range strings.FieldsSeq(line) {
		m := partSyntax.FindStringSubmatch(word)
		p := part{name: m[1], least: 1, most: 1, holds: m[3]}
		switch {
		case m[2] == "?":
			p.least = 0
		case strings.HasPrefix(m[2], "*"):
			p.least = 0
			p.most, _ = strconv.Atoi(m[2][1:])
		case strings.HasPrefix(m[2], "+"):
			p.most, _ = strconv.Atoi(m[2][1:])
		}
		all = append(all, p)
	}
	return all
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
	if p.holds == "" {
		return check(in, e)
	}
	if len(e.Children)+len(e.Attributes) > 0 {
		return []string{e.Name + " is not only text"}
	}
	return checkValue(in+"/"+e.Name, e.Text, p.holds)
}

func checkValue(path, value, holds string) []string {
	bad := false
	switch kind, rest := holds[0], holds[1:]; kind {
	case 's', 'S':
		most, _ := strconv.Atoi(rest)
		n := utf8.RuneCountInString(value)
		bad = n > most || kind == 'S' && n == 0
		bad = bad || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
	case 'i':
		low, high, _ := strings.Cut(rest, ":")
		n, err := strconv.Atoi(value)
		least, _ := strconv.Atoi(low)
		most, _ := strconv.Atoi(high)
		bad = err != nil || n < least || n > most
	case 'h':
		most, _ := strconv.Atoi(rest)
		bad = len(value)%2 != 0 || len(value) > 2*most || strings.Trim(value, "0123456789ABCDEFabcdef") != ""
	default:
		bad = !slices.Contains(strings.Split(strings.Trim(holds, "{}"), "|"), value)
	}
	if bad {
		return []string{fmt.Sprintf("%s is %q, not %s", path, value, holds)}
	}
	return nil
}
