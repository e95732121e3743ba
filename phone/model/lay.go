package model

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"deskd/phone"
	"deskd/phone/uri"
)

// The sizes of a page that every display shows whole, in characters: the smallest,
// that of the 9811, has 248×28 pixels. What is longer is cut at a word.
const (
	MaxTitle   = 20
	MaxPrompt  = 28
	MaxName    = 24 // of an item, and the first line of a text
	MaxLabel   = 8  // of a softkey
	MaxItems   = 5  // on a page, with the one that leads to the next
	MaxSoftKey = 4  // with the phone's own
)

// Laid is an object laid out for a phone, and what did not fit.
type Laid struct {
	Object phone.Object
	Cuts   []phone.Cut
}

// LayText lays out a page of text. Its first line carries the fact, so it is broken
// where it would not fit the smallest display.
func (p Phone) LayText(h phone.Head, text string) Laid {
	l := layout{p: p}
	own := []phone.SoftKeyItem{{Name: "Exit", URL: "SoftKey:" + string(uri.Exit)}}
	o := phone.Text{Head: l.head(h, nil, own), Text: p.breakFirst(text)}
	return Laid{o, l.cuts}
}

// LayMenu lays out a page of a menu, counted from 0. If more items follow than fit, its
// last line leads to more(page+1); without more, they are left out. A page beyond the
// last is the last.
func (p Phone) LayMenu(h phone.Head, items []phone.MenuItem, page int, more func(page int) string) Laid {
	l := layout{p: p}
	var rest []phone.MenuItem
	items, rest = pageOf(items, page, more != nil)
	o := phone.Menu{Head: l.head(h,
		[]phone.SoftKeyItem{{Name: "Select", URL: "SoftKey:" + string(uri.Select)}},
		[]phone.SoftKeyItem{{Name: "Exit", URL: "SoftKey:" + string(uri.Exit)}})}
	for _, m := range items {
		o.Items = append(o.Items, phone.MenuItem{Name: l.short("MenuItem/Name", m.Name, MaxName), URL: m.URL})
	}
	switch {
	case len(rest) == 0:
	case more == nil:
		l.cut("MenuItem", phone.Many, len(items)+len(rest), len(items))
	default:
		o.Items = append(o.Items, phone.MenuItem{Name: "More", URL: more(page + 1)})
	}
	return Laid{o, l.cuts}
}

// LayForm lays out a form, of up to five fields.
func (p Phone) LayForm(h phone.Head, url string, items []phone.InputItem) Laid {
	l := layout{p: p}
	o := phone.Input{URL: url, Head: l.head(h,
		[]phone.SoftKeyItem{{Name: "Submit", URL: "SoftKey:" + string(uri.Submit)}, {Name: "<<", URL: "SoftKey:" + string(uri.Backspace)}},
		[]phone.SoftKeyItem{{Name: "Cancel", URL: "SoftKey:" + string(uri.Cancel)}})}
	for _, m := range items {
		m.DisplayName = l.short("InputItem/DisplayName", m.DisplayName, MaxTitle)
		o.Items = append(o.Items, m)
	}
	return Laid{o, l.cuts}
}

// pageOf returns the items of a page and those after it. With a line for more, a page
// that is not the last has one item fewer.
func pageOf(items []phone.MenuItem, page int, more bool) (now, rest []phone.MenuItem) {
	if !more {
		n := min(len(items), MaxItems)
		return items[:n], items[n:]
	}
	for ; page > 0 && len(items) > MaxItems; page-- {
		items = items[MaxItems-1:]
	}
	if len(items) <= MaxItems {
		return items, nil
	}
	return items[:MaxItems-1], items[MaxItems-1:]
}

// layout lays out one object.
type layout struct {
	p    Phone
	cuts []phone.Cut
}

func (l *layout) cut(path string, why phone.Reason, had, kept int) {
	l.cuts = append(l.cuts, phone.Cut{Path: path, Reason: why, Had: had, Kept: kept})
}

// head lays out the head of an object, whose own softkeys go before and after those of
// the caller: as soon as there is one of these, the phone shows none of its own.
func (l *layout) head(h phone.Head, before, after []phone.SoftKeyItem) phone.Head {
	h.Title = l.short("Title", h.Title, MaxTitle)
	h.Prompt = l.short("Prompt", h.Prompt, MaxPrompt)
	if len(h.SoftKeys) == 0 {
		return h
	}
	if !l.p.Runs(uri.SoftKeyFamily) { // touched, as the 8875 is: no softkey of its own is missed
		before, after = nil, nil
	}
	keys := append([]phone.SoftKeyItem(nil), before...)
	room := MaxSoftKey - len(before) - len(after)
	if len(h.SoftKeys) > room {
		l.cut("SoftKeyItem", phone.Many, len(h.SoftKeys), room)
		h.SoftKeys = h.SoftKeys[:room]
	}
	for _, k := range h.SoftKeys {
		k.Name, k.Position = l.short("SoftKeyItem/Name", k.Name, MaxLabel), 0
		keys = append(keys, k)
	}
	h.SoftKeys = append(keys, after...)
	return h
}

// short cuts a line at most characters, at a word if one ends in its second half.
func (l *layout) short(path, s string, most int) string {
	s = norm.NFC.String(strings.Join(strings.Fields(s), " "))
	if l.p.length(s) <= most {
		return s
	}
	had := utf8.RuneCountInString(s)
	kept := s
	for n := min(most, had-1); n >= 0; n-- {
		if kept = cutAt(s, n); l.p.length(kept) <= most {
			break
		}
	}
	l.cut(path, phone.Long, had, utf8.RuneCountInString(kept))
	return kept
}

// length is how many characters of the phone's charset a text has: in ISO-8859-1 one
// may become two or three.
func (p Phone) length(s string) int {
	if p.Charset == phone.Latin1 {
		s = phone.Transliterate(s)
	}
	return utf8.RuneCountInString(s)
}

// cutAt returns the start of s of at most so many characters.
func cutAt(s string, most int) string {
	runes := []rune(s)
	if !unicode.IsSpace(runes[most]) {
		for end := most; end > most/2; end-- {
			if unicode.IsSpace(runes[end-1]) {
				return strings.TrimRightFunc(string(runes[:end]), unicode.IsSpace)
			}
		}
	}
	return strings.TrimRightFunc(string(runes[:most]), unicode.IsSpace)
}

// breakFirst breaks the first line of a text so that it fits, without losing any of it.
func (p Phone) breakFirst(text string) string {
	text = norm.NFC.String(text)
	first, rest, more := strings.Cut(text, "\n")
	if p.length(first) <= MaxName {
		return text
	}
	head := first
	for n := min(MaxName, utf8.RuneCountInString(first)-1); n > 0; n-- {
		if head = cutAt(first, n); p.length(head) <= MaxName {
			break
		}
	}
	first = head + "\n" + strings.TrimLeftFunc(strings.TrimPrefix(first, head), unicode.IsSpace)
	if more {
		return first + "\n" + rest
	}
	return first
}
