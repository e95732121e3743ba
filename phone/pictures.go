package phone

import (
	"fmt"
	"strconv"
	"strings"
)

// Bitmap is a picture in up to four greys, 0 white to 3 black.
type Bitmap struct {
	// X and Y place the upper left corner in pixels; -1 centres. A place beyond the
	// display moves to its edge.
	X, Y int
	// Width and Height are in pixels, at least 1.
	Width, Height int
	// Depth is 1 or 2 bits a pixel.
	Depth int
	// Data holds the pixels row by row without gaps, the first in the lowest bits of
	// a byte, and the last byte filled with zeros; see [Pack]. It may be absent.
	Data []byte
}

// Pack packs pixels of 0 to 3 as Bitmap.Data of depth 2. Of a larger value the two
// lowest bits count.
func Pack(pixels []byte) []byte {
	data := make([]byte, (len(pixels)+3)/4)
	for i, p := range pixels {
		data[i/4] |= p & 3 << (2 * (i % 4))
	}
	return data
}

// area is how large a picture may be and where its corner may lie, in pixels.
type area struct{ width, height int }

// The areas: of a picture, of one that is a file, and of a status.
var (
	imageArea      = area{133, 65}
	fileArea       = area{298, 168}
	statusArea     = area{106, 21}
	statusFileArea = area{262, 50}
	iconArea       = area{16, 10}
)

// place writes where a picture lies.
func (w *writer) place(x, y int, a area) {
	w.between("LocationX", x, a.width-1)
	w.between("LocationY", y, a.height-1)
}

// between writes a number from -1 to most, moved to the nearer end if it is beyond.
func (w *writer) between(name string, n, most int) {
	w.note(Element{Name: name, Least: -1, Most: most, Number: true})
	in := min(max(n, -1), most)
	if in != n {
		w.cut(name, Range, 1, 0)
	}
	w.number(name, in)
}

// pixels writes size, depth and data.
func (w *writer) pixels(b Bitmap, a area) {
	w.note(Element{Name: "Width", Least: 1, Most: a.width, Number: true, Must: true})
	w.note(Element{Name: "Height", Least: 1, Most: a.height, Number: true, Must: true})
	w.note(Element{Name: "Depth", Least: 1, Most: 2, Number: true, Must: true})
	w.note(Element{Name: "Data", Most: (a.width*a.height*2 + 7) / 8})
	if why := b.wrong(a); why != "" {
		w.refuse("Data", why)
		return
	}
	w.number("Width", b.Width)
	w.number("Height", b.Height)
	w.number("Depth", b.Depth)
	w.hex("Data", b.Data)
}

// wrong says why a bitmap would show something else than it should.
func (b Bitmap) wrong(a area) string {
	switch {
	case b.Width < 1 || b.Width > a.width || b.Height < 1 || b.Height > a.height:
		return fmt.Sprintf("is %d×%d pixels, and not 1×1 to %d×%d", b.Width, b.Height, a.width, a.height)
	case b.Depth != 1 && b.Depth != 2:
		return "has a depth other than 1 and 2"
	case len(b.Data) != 0 && len(b.Data) != (b.Width*b.Height*b.Depth+7)/8:
		return fmt.Sprintf("has %d bytes for %d×%d pixels of %d bits", len(b.Data), b.Width, b.Height, b.Depth)
	}
	return ""
}

// Image is a picture of up to 133×65 pixels in four greys.
type Image struct {
	Head
	Bitmap Bitmap
}

// Kind is KindImage.
func (Image) Kind() Kind { return KindImage }

func (o Image) encode(w *writer) {
	w.root(o.Head, func() {
		w.place(o.Bitmap.X, o.Bitmap.Y, imageArea)
		w.pixels(o.Bitmap, imageArea)
	})
}

// ImageFile is a PNG. How large it may be is the model's matter.
type ImageFile struct {
	Head
	// X and Y are those of a [Bitmap].
	X, Y int
	// URL leads to the PNG, and is mandatory.
	URL string
}

// Kind is KindImageFile.
func (ImageFile) Kind() Kind { return KindImageFile }

func (o ImageFile) encode(w *writer) {
	w.root(o.Head, func() {
		w.place(o.X, o.Y, fileArea)
		w.mustURL(o.URL)
	})
}

// GraphicMenu is a picture with up to twelve items that are chosen by digit.
type GraphicMenu struct {
	Head
	Bitmap Bitmap
	Items  []MenuItem
}

// Kind is KindGraphicMenu.
func (GraphicMenu) Kind() Kind { return KindGraphicMenu }

func (o GraphicMenu) encode(w *writer) {
	w.root(o.Head, func() {
		w.place(o.Bitmap.X, o.Bitmap.Y, imageArea)
		w.pixels(o.Bitmap, imageArea)
		w.menuItems(o.Items, MaxGraphicItems)
	})
}

// GraphicFileMenu is a PNG with up to 32 areas to touch.
type GraphicFileMenu struct {
	Head
	X, Y int
	// URL leads to the PNG, and is mandatory.
	URL   string
	Items []TouchItem
}

// TouchItem is an area to touch, in pixels of the PNG, both corners included.
type TouchItem struct {
	// Name is up to 32 characters, on up to three lines.
	Name, URL      string
	X1, Y1, X2, Y2 uint16
}

// Kind is KindGraphicFileMenu.
func (GraphicFileMenu) Kind() Kind { return KindGraphicFileMenu }

func (o GraphicFileMenu) encode(w *writer) {
	w.root(o.Head, func() {
		w.place(o.X, o.Y, fileArea)
		w.mustURL(o.URL)
		w.each("MenuItem", len(o.Items), MaxTouchItems, func(i int) Reason { return o.Items[i].encode(w) })
	})
}

func (t TouchItem) encode(w *writer) Reason {
	name, url, why := w.menuItem(MenuItem{Name: t.Name, URL: t.URL}, MaxName)
	for _, corner := range []string{"X1", "Y1", "X2", "Y2"} {
		w.note(Element{Name: "TouchArea/@" + corner, Most: 65535, Number: true, Must: true})
	}
	if why != "" {
		return why
	}
	w.within("MenuItem", func() {
		w.element("Name", name)
		w.element("URL", url)
		w.raw(fmt.Sprintf(`<TouchArea X1="%d" Y1="%d" X2="%d" Y2="%d"/>`, t.X1, t.Y1, t.X2, t.Y2))
	})
	return ""
}

// IconMenu is a menu of up to 32 items, each of which may show one of up to ten
// icons of up to 16×10 pixels.
type IconMenu struct {
	Head
	Items []IconItem
	// Icons have neither X nor Y.
	Icons []Bitmap
}

// IconItem is a line of a menu with icons.
type IconItem struct {
	// Name and URL are those of a [MenuItem].
	Name, URL string
	// Icon is the index of one of the menu's icons, from 0; [NoIcon] for none. An
	// icon that the menu does not have is left out.
	Icon int
}

// NoIcon is the icon of a line that shows none.
const NoIcon = -1

// Kind is KindIconMenu.
func (IconMenu) Kind() Kind { return KindIconMenu }

func (o IconMenu) encode(w *writer) {
	w.root(o.Head, func() {
		w.iconItems(o.Items, len(o.Icons))
		w.each("IconItem", len(o.Icons), MaxIcons, func(i int) Reason {
			w.note(Element{Name: "Index", Most: MaxIcons - 1, Number: true, Must: true})
			w.within("IconItem", func() {
				w.number("Index", i)
				w.pixels(o.Icons[i], iconArea)
			})
			return ""
		})
	})
}

// iconItems writes the items of a menu that has so many icons.
func (w *writer) iconItems(items []IconItem, icons int) {
	w.each("MenuItem", len(items), MaxIconItems, func(i int) Reason {
		name, url, why := w.menuItem(MenuItem{Name: items[i].Name, URL: items[i].URL}, MaxMenuName)
		if why != "" {
			return why
		}
		w.note(Element{Name: "IconIndex", Most: MaxIcons - 1, Number: true})
		icon := items[i].Icon
		if icon != NoIcon && (icon < 0 || icon >= min(icons, MaxIcons)) {
			w.cut("IconIndex", Range, 1, 0)
			icon = NoIcon
		}
		w.within("MenuItem", func() {
			w.element("Name", name)
			w.element("URL", url)
			if icon != NoIcon {
				w.number("IconIndex", icon)
			}
		})
		return ""
	})
}

// IconFileMenu is an [IconMenu] whose icons are PNGs of up to 18×18 pixels.
type IconFileMenu struct {
	Head
	Items []IconItem
	// Icons are the URLs of up to ten PNGs.
	Icons []string
}

// Kind is KindIconFileMenu.
func (IconFileMenu) Kind() Kind { return KindIconFileMenu }

func (o IconFileMenu) encode(w *writer) {
	w.root(o.Head, func() {
		w.iconItems(o.Items, len(o.Icons))
		w.each("IconItem", len(o.Icons), MaxIcons, func(i int) Reason {
			w.note(Element{Name: "Index", Most: MaxIcons - 1, Number: true, Must: true})
			w.within("IconItem", func() {
				w.number("Index", i)
				w.mustURL(o.Icons[i])
			})
			return ""
		})
	})
}

// Status is a line above the calls of a phone, with a picture of up to 106×21
// pixels. It stays until another replaces it or Init:AppStatus is executed.
type Status struct {
	// Text is up to 32 characters.
	Text string
	// Timer counts up from so many seconds, 1 to 65535; 0 shows none.
	Timer  int
	Bitmap Bitmap
}

// Kind is KindStatus.
func (Status) Kind() Kind { return KindStatus }

func (o Status) encode(w *writer) {
	w.bare(func() {
		w.status(o.Text, o.Timer)
		w.place(o.Bitmap.X, o.Bitmap.Y, statusArea)
		w.pixels(o.Bitmap, statusArea)
	})
}

// status writes what the two kinds of status have in common.
func (w *writer) status(text string, timer int) {
	const most = 65535
	w.text("Text", text, MaxName)
	w.note(Element{Name: "Timer", Most: most, Number: true})
	switch {
	case timer < 0 || timer > most:
		w.cut("Timer", Range, 1, 0)
	case timer > 0:
		w.number("Timer", timer)
	}
}

// StatusFile is a [Status] whose picture is a PNG.
type StatusFile struct {
	Text  string
	Timer int
	X, Y  int
	// URL leads to the PNG, and is mandatory.
	URL string
}

// Kind is KindStatusFile.
func (StatusFile) Kind() Kind { return KindStatusFile }

func (o StatusFile) encode(w *writer) {
	w.bare(func() {
		w.status(o.Text, o.Timer)
		w.place(o.X, o.Y, statusFileArea)
		w.mustURL(o.URL)
	})
}

func (e ExecuteItem) encode(w *writer) {
	w.note(Element{Name: "@Priority", Most: int(IfIdle), Number: true})
	w.note(Element{Name: "@URL", Most: MaxURL, Must: true})
	scheme, _, _ := strings.Cut(e.URL, ":")
	switch err := wrongAddress(e.URL); {
	case err != nil:
		w.refuse("URL", err.Error())
	case strings.EqualFold(scheme, "SoftKey") || strings.EqualFold(scheme, "Notify"):
		w.refuse("URL", scheme+" is not for an Execute")
	case e.Priority < AtOnce || e.Priority > IfIdle:
		w.refuse("Priority", "is not 0, 1 or 2")
	}
	w.raw(`<ExecuteItem Priority="` + strconv.Itoa(int(e.Priority)) + `" URL="` + escape(e.URL) + `"/>` + "\n")
}

// samples have an item in every list, so that encoding one passes every element.
var samples = map[Kind]Object{
	KindMenu:            Menu{Head: sampleHead, Items: []MenuItem{{"a", "u"}}},
	KindText:            Text{Head: sampleHead},
	KindInput:           Input{Head: sampleHead, URL: "u", Items: []InputItem{{QueryStringParam: "q"}}},
	KindDirectory:       Directory{Head: sampleHead, Entries: []DirectoryEntry{{"a", "1"}}},
	KindImage:           Image{Head: sampleHead, Bitmap: sampleBitmap},
	KindImageFile:       ImageFile{Head: sampleHead, URL: "u"},
	KindGraphicMenu:     GraphicMenu{Head: sampleHead, Bitmap: sampleBitmap, Items: []MenuItem{{"a", "u"}}},
	KindGraphicFileMenu: GraphicFileMenu{Head: sampleHead, URL: "u", Items: []TouchItem{{Name: "a", URL: "u"}}},
	KindIconMenu:        IconMenu{Head: sampleHead, Items: []IconItem{{Name: "a", URL: "u"}}, Icons: []Bitmap{sampleBitmap}},
	KindIconFileMenu:    IconFileMenu{Head: sampleHead, Items: []IconItem{{Name: "a", URL: "u"}}, Icons: []string{"u"}},
	KindStatus:          Status{Bitmap: sampleBitmap},
	KindStatusFile:      StatusFile{URL: "u"},
	KindExecute:         Execute{Items: []ExecuteItem{{URL: "u"}}},
}

var (
	sampleHead   = Head{SoftKeys: []SoftKeyItem{{Name: "a", URL: "u"}}, Keys: []KeyItem{{Key: "NavUp", URL: "u"}}}
	sampleBitmap = Bitmap{Width: 1, Height: 1, Depth: 1}
)
