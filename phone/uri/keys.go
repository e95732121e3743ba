package uri

import (
	"regexp"

	"deskd/phone"
)

// keyNames are the names of keys in today's edition. Which model has which key is in
// the book's tables, and a phone ignores a key that it does not have.
var keyNames = regexp.MustCompile(`^(?:Applications|AppMenu|Conference|Contacts|Directories|FixedFeature[1-3]|Headset|Hold|Info|KEMPage|` +
	`KeyPad(?:[0-9]|Pound|Star)|Messages|Mute|Nav(?:Back|Dwn|Left|Right|Select|Up)|Offhook|Onhook|PTT|Release|Services|Session[1-6]|` +
	`Settings|Soft[1-5]|Speaker|Transfer|Vol(?:Dwn|Up)|(?:Feature|Line)(?:[1-9]|[1-9][0-9]|1[01][0-9]|120))$`)

// Key presses a key: KeyPad0 to KeyPad9, Line1 to Line120, Soft1 to Soft5, Hold, NavUp
// and the like.
func Key(name string) (URI, error) {
	if !keyNames.MatchString(name) {
		return invalid(KeyFamily, "there is no key %q", name)
	}
	return build(KeyFamily, name)
}

// SoftKeyName names what a softkey of the phone's own does.
type SoftKeyName string

// The eleven names.
const (
	Back      SoftKeyName = "Back"
	Cancel    SoftKeyName = "Cancel"
	Exit      SoftKeyName = "Exit"
	Next      SoftKeyName = "Next"
	Search    SoftKeyName = "Search" // only in the Directories menu
	Select    SoftKeyName = "Select"
	Submit    SoftKeyName = "Submit"
	Update    SoftKeyName = "Update"
	DialIt    SoftKeyName = "Dial"
	EditIt    SoftKeyName = "EditDial"
	Backspace SoftKeyName = "<<"
)

// SoftKeyNames are all eleven, in the order of the book.
func SoftKeyNames() []SoftKeyName {
	return []SoftKeyName{Back, Cancel, Exit, Next, Search, Select, Submit, Update, DialIt, EditIt, Backspace}
}

// legal are the names in the objects in which every model takes them.
var legal = map[phone.Kind][]SoftKeyName{
	phone.KindMenu:            {Back, Select, Exit},
	phone.KindIconMenu:        {Back, Select, Exit},
	phone.KindIconFileMenu:    {Back, Select, Exit},
	phone.KindText:            {Back, Exit, Update},
	phone.KindImage:           {Back, Exit, Update},
	phone.KindImageFile:       {Back, Exit, Update},
	phone.KindGraphicMenu:     {Back, Exit, Update},
	phone.KindGraphicFileMenu: {Back, Exit, Update},
	phone.KindInput:           {Back, Submit, Search, Backspace, Cancel},
	phone.KindDirectory:       {Back, Cancel, Next, DialIt, EditIt},
}

// In reports whether every model takes the softkey in an object of this kind. Some
// take more.
func (n SoftKeyName) In(k phone.Kind) bool {
	for _, name := range legal[k] {
		if name == n {
			return true
		}
	}
	return false
}

// SoftKey does what the phone's own softkey of that name does. It stands in a softkey
// or a menu item of an object in which the name is legal, see [SoftKeyName.In], and
// never in an Execute.
func SoftKey(n SoftKeyName) (URI, error) {
	for _, name := range SoftKeyNames() {
		if name == n {
			return build(SoftKeyFamily, string(n))
		}
	}
	return invalid(SoftKeyFamily, "there is no softkey %q", n)
}

// QueryStringParam appends the data, name=value, to the URL that goes with it: of a
// menu item to that of the softkey, of a softkey to that of the chosen item.
func QueryStringParam(data string) (URI, error) {
	if data == "" {
		return invalid(QueryStringParamFamily, "has no data")
	}
	return build(QueryStringParamFamily, data)
}
