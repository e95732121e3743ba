package phone

import (
	"fmt"
	"strings"
)

// Head begins every object that is shown. All of it is optional.
type Head struct {
	// Title stands above, up to 32 characters. Without it the phone shows the name
	// of the item that was chosen.
	Title string
	// Prompt stands below, up to 32 characters.
	Prompt string
	// SoftKeys are up to eight. As soon as there is one, the phone shows none of
	// its own: add Exit, Select and the like with SoftKey URIs of package uri.
	SoftKeys []SoftKeyItem
	// Keys are up to 32, for keys of the phone other than softkeys.
	Keys []KeyItem
	Attributes
}

// SoftKeyItem is a softkey. One with neither URL nor URLDown, or without a name, is
// left out.
type SoftKeyItem struct {
	// Name is up to 32 characters; most phones show about eight.
	Name string
	// Position is 1 to 8 from the left, and each at most once. 0 is the next one
	// that is free.
	Position int
	// URL is fetched or executed when the key is released: a page or an internal URI.
	URL string
	// URLDown is executed when the key is pressed, and only an internal URI.
	URLDown string
}

// KeyItem binds a key of the phone while the object is shown. One with an unknown
// key, or with neither URL nor URLDown, is left out.
type KeyItem struct {
	// Key is one of [Keys].
	Key string
	// URL and URLDown are those of a [SoftKeyItem].
	URL, URLDown string
}

// Keys are the names that a [KeyItem] may bind.
func Keys() []string {
	return []string{
		"KeyPad0", "KeyPad1", "KeyPad2", "KeyPad3", "KeyPad4", "KeyPad5", "KeyPad6", "KeyPad7", "KeyPad8", "KeyPad9",
		"KeyPadStar", "KeyPadPound", "NavUp", "NavDown", "NavLeft", "NavRight", "NavSelect", "NavBack", "PushToTalk",
	}
}

// Attributes tie an object that is shown to an application, and name what happens
// as that comes and goes. All are optional. Handlers are URLs or URIs of up to 256
// characters, several of them divided by semicolons; one that breaks a rule is left
// out. Phones older than firmware 8.3(2) do not know them.
type Attributes struct {
	KeypadTarget KeypadTarget
	// AppID names the application as Vendor/Product, up to 64 characters.
	AppID string
	// OnFocusLost, OnFocusGained, OnMinimized and OnClosed are the handlers. An App
	// URI in one must not have priority 0, and OnClosed must not have an HTTP URL.
	OnFocusLost, OnFocusGained, OnMinimized, OnClosed string
}

// KeypadTarget says where digits go while an object is shown. The zero value leaves
// it to the phone, which sends them to the application.
type KeypadTarget string

// The targets.
const (
	KeypadApplication     KeypadTarget = "application"
	KeypadApplicationCall KeypadTarget = "applicationCall"
	KeypadActiveCall      KeypadTarget = "activeCall"
)

func (a Attributes) encode(w *writer) {
	switch w.note(Element{Name: "@keypadTarget", Most: len(KeypadApplicationCall)}); a.KeypadTarget {
	case "":
	case KeypadApplication, KeypadApplicationCall, KeypadActiveCall:
		w.attribute("keypadTarget", string(a.KeypadTarget))
	default:
		w.cut("@keypadTarget", Range, 1, 0)
	}
	w.note(Element{Name: "@appId", Most: MaxAppID})
	if id := a.AppID; id != "" {
		if wrongAddress(id) != nil || len(id) > MaxAppID {
			w.cut("@appId", Address, 1, 0) // a shorter one would be another application
		} else {
			w.attribute("appId", id)
		}
	}
	w.handler("onAppFocusLost", a.OnFocusLost, true)
	w.handler("onAppFocusGained", a.OnFocusGained, true)
	w.handler("onAppMinimized", a.OnMinimized, true)
	w.handler("onAppClosed", a.OnClosed, false)
}

func (w *writer) attribute(name, clean string) {
	w.raw(" " + name + `="` + escape(clean) + `"`)
}

// handler writes an event handler, or reports that it breaks a rule.
func (w *writer) handler(name, value string, mayFetch bool) {
	w.note(Element{Name: "@" + name, Most: MaxURL})
	if value == "" {
		return
	}
	bad := wrongAddress(value) != nil
	for one := range strings.SplitSeq(value, ";") {
		one = strings.TrimSpace(one)
		bad = bad || !mayFetch && isHTTP(one) || appAtOnce(one)
	}
	if bad {
		w.cut("@"+name, Address, 1, 0)
		return
	}
	w.attribute(name, value)
}

// appAtOnce reports whether a URI is App:action:0, which no handler may have.
func appAtOnce(address string) bool {
	parts := strings.Split(address, ":")
	return len(parts) > 2 && strings.EqualFold(parts[0], "App") && parts[2] == "0"
}

func (h Head) encode(w *writer) {
	w.text("Title", h.Title, MaxTitle)
	w.text("Prompt", h.Prompt, MaxPrompt)
	var taken [MaxSoftKeys + 1]bool
	for _, k := range h.SoftKeys {
		if k.Position > 0 && k.Position <= MaxSoftKeys {
			taken[k.Position] = true
		}
	}
	var used [MaxSoftKeys + 1]bool
	w.each("SoftKeyItem", len(h.SoftKeys), MaxSoftKeys, func(i int) Reason {
		return h.SoftKeys[i].encode(w, &taken, &used)
	})
	w.each("KeyItem", len(h.Keys), MaxKeys, func(i int) Reason { return h.Keys[i].encode(w) })
}

func (k SoftKeyItem) encode(w *writer, taken, used *[MaxSoftKeys + 1]bool) Reason {
	name := w.clean("Name", k.Name, MaxName, 0)
	w.note(Element{Name: "Position", Most: MaxSoftKeys, Must: true})
	position := k.Position
	for i := 1; position == 0 && i <= MaxSoftKeys; i++ {
		if !taken[i] && !used[i] {
			position = i
		}
	}
	if position < 1 || position > MaxSoftKeys || used[position] {
		return Range
	}
	url, down, why := w.twoAddresses(k.URL, k.URLDown)
	switch {
	case why != "":
		return why
	case name == "":
		return Incomplete
	}
	used[position] = true
	w.within("SoftKeyItem", func() {
		w.element("Name", name)
		w.number("Position", position)
		w.element("URL", url)
		w.element("URLDown", down)
	})
	return ""
}

func (k KeyItem) encode(w *writer) Reason {
	w.note(Element{Name: "Key", Most: MaxName, Must: true})
	known := false
	for _, key := range Keys() {
		known = known || key == k.Key
	}
	url, down, why := w.twoAddresses(k.URL, k.URLDown)
	switch {
	case !known:
		return Range
	case why != "":
		return why
	}
	w.within("KeyItem", func() {
		w.element("Key", k.Key)
		w.element("URL", url)
		w.element("URLDown", down)
	})
	return ""
}

// twoAddresses checks what a key does. A key that would do half of what it should is
// left out.
func (w *writer) twoAddresses(onUp, onDown string) (url, down string, why Reason) {
	url, down = w.address("URL", onUp), w.address("URLDown", onDown)
	switch {
	case url == "" && onUp != "", down == "" && onDown != "", isHTTP(onDown):
		return "", "", Address
	case url == "" && down == "":
		return "", "", Incomplete
	}
	return url, down, ""
}

// Element is one line of the outline of an object.
type Element struct {
	// Name leads to the element, or to the attribute after an @: "MenuItem/Name".
	Name string
	// Most is how many characters, items or, of a number, which value at most;
	// Least is the smallest value of a number.
	Least, Most int
	// Must says that an object or item without it is not valid.
	Must bool
	// Number says that it holds a number.
	Number bool
}

// String is the element with its limit.
func (e Element) String() string {
	must := ""
	if e.Must {
		must = ", mandatory"
	}
	if e.Number {
		return fmt.Sprintf("%s %d to %d%s", e.Name, e.Least, e.Most, must)
	}
	return fmt.Sprintf("%s ≤%d%s", e.Name, e.Most, must)
}

// Outline lists the elements and attributes of an object in their order, with their
// limits, as [Encode] holds them. Of the two that a phone sends it says nothing.
func Outline(k Kind) []Element {
	o, known := samples[k]
	if !known {
		return nil
	}
	w := &writer{kind: k, outline: []Element{}}
	o.encode(w)
	return w.outline
}

// note adds a line to the outline, if one is drawn.
func (w *writer) note(e Element) {
	if w.outline == nil {
		return
	}
	e.Name = strings.ReplaceAll(w.at, "[1]", "") + e.Name
	e.Number = e.Number || strings.HasSuffix(e.Name, "Position")
	if strings.HasSuffix(e.Name, "Position") {
		e.Least = 1
	}
	w.outline = append(w.outline, e)
}
