package model

import (
	"errors"
	"fmt"
	"strings"

	"deskd/phone"
	"deskd/phone/uri"
)

// Check says what of an object this family does not take: the object itself, an
// internal URI in it, or a softkey where it has no meaning. It returns nothing for an
// object that can be sent.
func (f Family) Check(o phone.Object) []string {
	var wrong []string
	if !f.Shows(o.Kind()) {
		wrong = append(wrong, fmt.Sprintf("%s does not take %s", f.Name, o.Kind()))
	}
	for _, address := range addresses(o) {
		u, err := uri.Parse(address)
		switch {
		case errors.Is(err, uri.ErrInvalid):
			wrong = append(wrong, err.Error())
		case err != nil:
			// A page, or a family that is newer than this package.
		case !f.Runs(u.Family()):
			wrong = append(wrong, fmt.Sprintf("%s does not take %s", f.Name, u))
		case o.Kind() == phone.KindExecute && u.Executable() != nil:
			wrong = append(wrong, u.Executable().Error())
		case u.Family() == uri.SoftKeyFamily && !uri.SoftKeyName(strings.TrimPrefix(u.String(), "SoftKey:")).In(o.Kind()):
			wrong = append(wrong, fmt.Sprintf("%s has no meaning in %s", u, o.Kind()))
		}
	}
	return wrong
}

// addresses are the URLs and URIs of an object, other than those of its event handlers
// and pictures.
func addresses(o phone.Object) []string {
	var all []string
	items := func(list []phone.MenuItem) {
		for _, m := range list {
			all = append(all, m.URL)
		}
	}
	switch o := o.(type) {
	case phone.Menu:
		items(o.Items)
	case phone.GraphicMenu:
		items(o.Items)
	case phone.Input:
		all = append(all, o.URL)
	case phone.GraphicFileMenu:
		for _, m := range o.Items {
			all = append(all, m.URL)
		}
	case phone.IconMenu:
		for _, m := range o.Items {
			all = append(all, m.URL)
		}
	case phone.IconFileMenu:
		for _, m := range o.Items {
			all = append(all, m.URL)
		}
	case phone.Execute:
		for _, m := range o.Items {
			all = append(all, m.URL)
		}
	}
	for _, k := range headOf(o).SoftKeys {
		all = append(all, k.URL, k.URLDown)
	}
	for _, k := range headOf(o).Keys {
		all = append(all, k.URL, k.URLDown)
	}
	return all
}

// headOf is the head of an object, an empty one if it has none.
func headOf(o phone.Object) phone.Head {
	switch o := o.(type) {
	case phone.Text:
		return o.Head
	case phone.Menu:
		return o.Head
	case phone.Input:
		return o.Head
	case phone.Directory:
		return o.Head
	case phone.Image:
		return o.Head
	case phone.ImageFile:
		return o.Head
	case phone.GraphicMenu:
		return o.Head
	case phone.GraphicFileMenu:
		return o.Head
	case phone.IconMenu:
		return o.Head
	case phone.IconFileMenu:
		return o.Head
	}
	return phone.Head{}
}
