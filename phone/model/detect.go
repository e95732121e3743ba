package model

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"deskd/phone"
)

// Phone is a phone as its request describes it.
type Phone struct {
	// Model is what it calls itself, such as CP-8845.
	Model string
	Family
	// Width and Height are the area that services have, in pixels.
	Width, Height int
	Charset       phone.Charset
	// Language is what it prefers, as in Accept-Language; "" if it says nothing.
	Language string
	// SDK is the version of the service interface, "" if it says nothing.
	SDK string
}

// Headers by which a phone describes itself, as it writes them: use [http.Header.Get].
const (
	ModelHeader   = "x-CiscoIPPhoneModelName"
	DisplayHeader = "x-CiscoIPPhoneDisplay"
	SDKHeader     = "x-CiscoIPPhoneSDKVersion"
)

// ErrNotPhone is the error of Detect for a request that no phone has sent: one that
// does not name a model.
var ErrNotPhone = errors.New("the request names no phone")

// ErrRefused is the error of Detect for the wireless phones 840 and 860, which take
// neither forms nor directories, and nothing that was not pushed to them.
var ErrRefused = errors.New("phones of this model take no services")

var digits = regexp.MustCompile(`(?:^|[^0-9])([0-9]{3,4})`)

// Detect recognises a phone by the headers of its request. A model that no family has
// is taken for one that takes what all do, and as large as it says.
//
// The headers are the phone's word: trust no more in them than how a page looks.
func Detect(h http.Header) (Phone, error) {
	p := Phone{
		Model: h.Get(ModelHeader), Family: other, Width: 240, Height: 28,
		Charset: phone.Negotiate(h.Get("Accept-Charset")), SDK: h.Get(SDKHeader),
	}
	p.Language, _, _ = strings.Cut(h.Get("Accept-Language"), ",")
	if p.Model == "" {
		return Phone{}, ErrNotPhone
	}
	if m := digits.FindStringSubmatch(p.Model); m != nil {
		if m[1] == "840" || m[1] == "860" {
			return Phone{}, fmt.Errorf("%q: %w", p.Model, ErrRefused)
		}
		for _, f := range families {
			if i := slices.IndexFunc(f.Models, func(known Model) bool { return known.Name == m[1] }); i >= 0 {
				p.Family, p.Width, p.Height = f, f.Models[i].Width, f.Models[i].Height
			}
		}
	}
	if width, height, ok := displayed(h.Get(DisplayHeader)); ok {
		p.Width, p.Height = width, height
	}
	return p, nil
}

// displayed reads a display's size: width, height, depth, and C for colour or G for grey.
func displayed(header string) (width, height int, ok bool) {
	const least, most = 16, 4096
	parts := strings.Split(header, ",")
	if len(parts) < 2 {
		return 0, 0, false
	}
	width, err := strconv.Atoi(strings.TrimSpace(parts[0]))
	height, err2 := strconv.Atoi(strings.TrimSpace(parts[1]))
	return width, height, err == nil && err2 == nil && min(width, height) >= least && max(width, height) <= most
}
