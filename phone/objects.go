package phone

import "strings"

// Text is a page of up to 4000 characters. Line feeds and tabs stay; the phone
// wraps and scrolls.
type Text struct {
	Head
	Text string
}

// Kind is KindText.
func (Text) Kind() Kind { return KindText }

func (o Text) encode(w *writer) {
	w.root(o.Head, func() {
		w.element("Text", w.clean("Text", o.Text, MaxText, everyLine))
	})
}

// Menu is a list of up to 100 items to choose from.
type Menu struct {
	Head
	Items []MenuItem
}

// MenuItem is a line of a menu. One that lacks its name or its URL is left out.
type MenuItem struct {
	// Name is up to 64 characters, on up to three lines.
	Name string
	// URL is a page or an internal URI.
	URL string
}

// Kind is KindMenu.
func (Menu) Kind() Kind { return KindMenu }

func (o Menu) encode(w *writer) {
	w.root(o.Head, func() {
		w.menuItems(o.Items, MaxMenuItems)
	})
}

// menuItems writes the items of a menu that has no icons.
func (w *writer) menuItems(items []MenuItem, most int) {
	w.each("MenuItem", len(items), most, func(i int) Reason {
		name, url, why := w.menuItem(items[i], MaxMenuName)
		if why == "" {
			w.within("MenuItem", func() {
				w.element("Name", name)
				w.element("URL", url)
			})
		}
		return why
	})
}

// menuItem returns what there is to write of an item, or why it is left out: phones
// take a menu whose item lacks a part for a parse error.
func (w *writer) menuItem(m MenuItem, most int) (name, url string, why Reason) {
	name, url = w.clean("Name", m.Name, most, menuNameLineFeeds), w.address("URL", m.URL)
	switch {
	case url == "":
		return "", "", Address
	case name == "":
		return "", "", Incomplete
	}
	return name, url, ""
}

// Input is a form of up to five fields. The phone appends them to the URL as query
// parameters and fetches that.
type Input struct {
	Head
	// URL is mandatory.
	URL   string
	Items []InputItem
}

// InputItem is a field of a form.
type InputItem struct {
	// DisplayName is up to 32 characters.
	DisplayName string
	// QueryStringParam is the mandatory name of the parameter: up to 32 characters
	// of printable ASCII other than & = # ? and the space.
	QueryStringParam string
	// Flags say what can be entered; the zero value is plain text.
	Flags InputFlags
	// DefaultValue is up to 32 characters.
	DefaultValue string
}

// InputFlags say which characters a field takes.
type InputFlags string

// The flags. [InputFlags.Masked] makes a password field of each.
const (
	FlagText      InputFlags = "A"
	FlagTelephone InputFlags = "T" // digits, * and #
	FlagNumber    InputFlags = "N"
	FlagEquation  InputFlags = "E" // digits and signs of arithmetic
	FlagUpper     InputFlags = "U"
	FlagLower     InputFlags = "L"
	FlagPIN       InputFlags = "NP"
)

// Masked returns the flags of the same field shown as asterisks.
func (f InputFlags) Masked() InputFlags {
	if f == "" {
		f = FlagText
	}
	if f.IsMasked() {
		return f
	}
	return f + "P"
}

// IsMasked reports whether the field shows asterisks.
func (f InputFlags) IsMasked() bool { return len(f) == 2 }

// Valid reports whether the schema has these flags: one of six letters, alone or
// with a P on either side. The zero value, which stands for FlagText, is valid.
func (f InputFlags) Valid() bool {
	const letters = "ATNEUL"
	switch len(f) {
	case 0:
		return true
	case 1:
		return strings.IndexByte(letters, f[0]) >= 0
	case 2:
		return f[1] == 'P' && strings.IndexByte(letters, f[0]) >= 0 || f[0] == 'P' && strings.IndexByte(letters, f[1]) >= 0
	}
	return false
}

// Kind is KindInput.
func (Input) Kind() Kind { return KindInput }

func (o Input) encode(w *writer) {
	w.root(o.Head, func() {
		w.mustURL(o.URL)
		if len(o.Items) > MaxInputItems {
			w.refuse("InputItem", "there are more than 5: what is asked would not all be answered")
		}
		w.each("InputItem", len(o.Items), MaxInputItems, func(i int) Reason {
			o.Items[i].encode(w)
			return ""
		})
	})
}

func (m InputItem) encode(w *writer) {
	name := w.clean("DisplayName", m.DisplayName, MaxName, 0)
	w.note(Element{Name: "QueryStringParam", Most: MaxName, Must: true})
	if !isParam(m.QueryStringParam) {
		w.refuse("QueryStringParam", "is no name of 1 to 32 characters for a query")
	}
	w.note(Element{Name: "InputFlags", Most: 2, Must: true})
	if !m.Flags.Valid() {
		w.refuse("InputFlags", "are not in the schema")
	}
	flags := m.Flags
	if flags == "" {
		flags = FlagText
	}
	value := w.clean("DefaultValue", m.DefaultValue, MaxName, 0)
	w.within("InputItem", func() {
		w.element("DisplayName", name)
		w.element("QueryStringParam", m.QueryStringParam)
		w.element("InputFlags", string(flags))
		w.element("DefaultValue", value)
	})
}

func isParam(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("&=#?", r) })
}

// Directory is a list of up to 32 numbers, with the softkeys to dial them.
type Directory struct {
	Head
	Entries []DirectoryEntry
}

// DirectoryEntry is a number. One that lacks its name or its number, or whose number
// is longer than 32 characters, is left out: a shorter number is another person's.
type DirectoryEntry struct {
	Name, Telephone string
}

// Kind is KindDirectory.
func (Directory) Kind() Kind { return KindDirectory }

func (o Directory) encode(w *writer) {
	w.root(o.Head, func() {
		w.each("DirectoryEntry", len(o.Entries), MaxDirectory, func(i int) Reason {
			name := w.clean("Name", o.Entries[i].Name, MaxName, 0)
			w.note(Element{Name: "Telephone", Most: MaxName})
			number := o.Entries[i].Telephone
			switch {
			case number == "" || name == "":
				return Incomplete
			case len(number) > MaxName || wrongAddress(number) != nil:
				return Address
			}
			w.within("DirectoryEntry", func() {
				w.element("Name", name)
				w.element("Telephone", number)
			})
			return ""
		})
	})
}

// Execute has a phone carry out up to three URLs or URIs, at most one of them a page's,
// in any order. It is refused as a whole, never sent in part.
type Execute struct {
	Items []ExecuteItem
}

// ExecuteItem is one of them.
type ExecuteItem struct {
	// URL is a page, or an internal URI other than SoftKey and Notify.
	URL string
	// Priority is that of a page; an internal URI is executed at once.
	Priority Priority
}

// Priority says when a phone opens a page that was pushed to it.
type Priority int

// The priorities.
const (
	AtOnce   Priority = iota // whatever the phone does
	WhenIdle                 // as soon as it is idle: never during a call
	IfIdle                   // if it is idle now, and otherwise not at all
)

// Kind is KindExecute.
func (Execute) Kind() Kind { return KindExecute }

func (o Execute) encode(w *writer) {
	pages := 0
	for _, item := range o.Items {
		if isHTTP(item.URL) {
			pages++
		}
	}
	switch n := len(o.Items); {
	case n == 0:
		w.refuse("ExecuteItem", "there is none")
	case n > MaxExecuteItems:
		w.refuse("ExecuteItem", "there are more than 3")
	case pages > 1:
		w.refuse("ExecuteItem", "there is more than one page")
	}
	w.bare(func() {
		w.each("ExecuteItem", len(o.Items), MaxExecuteItems, func(i int) Reason {
			o.Items[i].encode(w)
			return ""
		})
	})
}
