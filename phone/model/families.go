// Package model says which Cisco IP phone takes what, and lays pages out for it.
//
// It owns the support matrix as data (ten families of models), the recognition of
// a phone by its request, and the rules by which a page fits the smallest of their
// displays. It neither encodes nor serves. Its invariant: what Lay… returns for a
// phone, that phone takes and can show without cutting it.
//
// Sources: today's edition of the Cisco Unified IP Phone Services Application
// Development Notes for the matrix and the sizes; the rules for pages are our own,
// and [MaxTitle] and its neighbours are their numbers.
package model

import (
	"slices"

	"deskd/phone"
	"deskd/phone/uri"
)

// Family is a row of the support matrix: models that take the same.
type Family struct {
	// Name is how the book heads its column.
	Name   string
	Models []Model
	// Objects are those that a server may send it, with Response and Error if it
	// answers a push with them.
	Objects []phone.Kind
	URIs    []uri.Family
	// Colour is false for grey and monochrome displays; Depth are the bits of a pixel,
	// 0 where the book is silent.
	Colour bool
	Depth  int
}

// Model is a phone, by the digits of its name.
type Model struct {
	Name string
	// Width and Height are the area that services have, in pixels. For the 7800
	// series and the 7832, of which the book gives none, they are the whole display.
	Width, Height int
}

// Shows reports whether the family takes an object.
func (f Family) Shows(k phone.Kind) bool { return slices.Contains(f.Objects, k) }

// Runs reports whether the family knows a family of URIs.
func (f Family) Runs(u uri.Family) bool { return slices.Contains(f.URIs, u) }

// Objects and URIs that several families have in common.
var (
	portable = []phone.Kind{phone.KindMenu, phone.KindText, phone.KindInput, phone.KindDirectory, phone.KindExecute, phone.KindResponse, phone.KindError}
	icons    = []phone.Kind{phone.KindIconMenu, phone.KindIconFileMenu}
	images   = []phone.Kind{phone.KindImage, phone.KindImageFile}
	graphics = []phone.Kind{phone.KindGraphicMenu, phone.KindGraphicFileMenu}
	statuses = []phone.Kind{phone.KindStatus, phone.KindStatusFile}

	common = []uri.Family{
		uri.KeyFamily, uri.InitFamily, uri.DialFamily, uri.EditDialFamily, uri.PlayFamily, uri.QueryStringParamFamily,
		uri.RTPRxFamily, uri.RTPTxFamily, uri.RTPMRxFamily, uri.RTPMTxFamily,
	}
	soft     = []uri.Family{uri.SoftKeyFamily}
	display  = []uri.Family{uri.DisplayFamily}
	vibrate  = []uri.Family{uri.VibrateFamily}
	parser83 = []uri.Family{uri.NotifyFamily, uri.SendDigitsFamily} // since firmware 8.3(2)
	app      = []uri.Family{uri.AppFamily}
	device   = []uri.Family{uri.DeviceFamily}
)

// families are in the order of the book's tables.
var families = []Family{
	{
		Name:    "7800",
		Models:  []Model{{"7811", 384, 106}, {"7821", 396, 162}, {"7841", 396, 162}, {"7861", 396, 162}},
		Objects: slices.Concat(portable, icons),
		URIs:    slices.Concat(common, soft),
	},
	{
		Name:    "7832",
		Models:  []Model{{"7832", 384, 128}},
		Objects: slices.Concat(portable, icons),
		URIs:    slices.Concat(common, soft),
	},
	{
		Name: "8811 to 8865",
		Models: []Model{
			{"8811", 559, 265}, {"8841", 559, 265}, {"8845", 559, 265}, {"8851", 559, 265},
			{"8861", 559, 265}, {"8865", 559, 265},
		},
		Objects: slices.Concat(portable, icons, images, graphics, statuses),
		URIs:    slices.Concat(common, soft, display, parser83, app, device),
		Colour:  true, Depth: 24, // the 8811 is monochrome
	},
	{
		Name:    "8821",
		Models:  []Model{{"8821", 240, 215}},
		Objects: slices.Concat(portable, icons, images, []phone.Kind{phone.KindGraphicMenu}),
		URIs:    slices.Concat(common, soft, display, vibrate, device),
		Colour:  true, Depth: 24,
	},
	{
		Name:    "8831",
		Models:  []Model{{"8831", 396, 162}},
		Objects: slices.Concat(portable, []phone.Kind{phone.KindIconMenu}),
		URIs:    slices.Concat(common, soft, display, parser83),
	},
	{
		Name:    "8832",
		Models:  []Model{{"8832", 480, 128}},
		Objects: slices.Concat(portable, icons, images, graphics, statuses),
		URIs:    slices.Concat(common, soft, display, parser83, app, device),
		Colour:  true, Depth: 24,
	},
	{
		Name:    "8875",
		Models:  []Model{{"8875", 696, 312}},
		Objects: slices.Concat(portable, icons, images, statuses),
		URIs:    slices.Concat(common, display, parser83, app, device),
		Colour:  true, Depth: 24,
	},
	{
		Name:    "9811, 9841",
		Models:  []Model{{"9811", 248, 28}, {"9841", 240, 60}},
		Objects: slices.Concat(portable, icons, images, graphics),
		URIs:    slices.Concat(common, soft, display, parser83, app, device),
	},
	{
		Name:    "9851 to 9871",
		Models:  []Model{{"9851", 320, 108}, {"9861", 600, 280}, {"9871", 960, 360}},
		Objects: slices.Concat(portable, icons, images, graphics, statuses),
		URIs:    slices.Concat(common, soft, display, parser83, app, device),
		Colour:  true, Depth: 24,
	},
	{
		Name:    "9821",
		Models:  []Model{{"9821", 240, 246}},
		Objects: slices.Concat(portable, icons, images, graphics, statuses),
		URIs:    slices.Concat(common, soft, display, vibrate, parser83, app, device),
		Colour:  true, Depth: 24,
	},
}

// other stands for a phone that no family has, such as those of the 7900 series: what
// all take, since its book is not at hand.
var other = Family{Name: "other", Objects: portable, URIs: slices.Concat(common, soft)}

// Families are the ten of the matrix, in its order.
func Families() []Family { return slices.Clone(families) }
