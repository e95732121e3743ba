package emapi

import (
	"fmt"
	"strings"
)

// element is what the reader knows of an element by its name. Names compare
// without regard to case: the guide's DTD writes userID, its prose userId.
type element uint8

const (
	elOther element = iota
	elSuccess
	elFailure
	elError
	elDevice
	elUser
	elUserID
	elLastLogin
	elNone
	elMissing
	elEMCC
	elDeviceName
	elProfile
	elProfileName
	elProfileDefault
	elExists
	elResults // by the end of its name: what holds entries
)

// elementOf looks a name up, as servers spell it first.
func elementOf(name string) element {
	switch name {
	case "success":
		return elSuccess
	case "failure":
		return elFailure
	case "error", "errorMessage":
		return elError
	case "device":
		return elDevice
	case "user":
		return elUser
	case "userID":
		return elUserID
	case "lastlogin":
		return elLastLogin
	case "none":
		return elNone
	case "doesNotExist":
		return elMissing
	case "emccDevice":
		return elEMCC
	case "deviceName":
		return elDeviceName
	case "deviceProfile":
		return elProfile
	case "deviceProfileName":
		return elProfileName
	case "isDefaultDeviceProfile":
		return elProfileDefault
	case "exists":
		return elExists
	}
	return otherSpelling(name)
}

// otherSpelling is the rest of elementOf: names in another case, and unknown ones.
func otherSpelling(name string) element {
	for _, known := range [...]string{
		"success", "failure", "error", "errorMessage", "device", "user", "userID", "lastlogin", "none", "doesNotExist",
		"emccDevice", "deviceName", "deviceProfile", "deviceProfileName", "isDefaultDeviceProfile", "exists",
	} {
		if known != name && strings.EqualFold(known, name) {
			return elementOf(known)
		}
	}
	return elOther
}

// child is an element of an entry that has just ended.
type child struct {
	is     element
	name   string
	text   string // trimmed
	nested bool   // there are elements in it
	marked bool   // it has attributes
}

// empty reports whether the child says nothing beyond being there.
func (c child) empty() bool { return c.text == "" && !c.nested && !c.marked }

// deviceEntry is what a reply says of one device. The guide's DTD gives it one
// child of userID, lastlogin, none and doesNotExist; real servers have up to
// three: who is on, who was on before, and emccDevice.
type deviceEntry struct {
	name     string
	marked   bool // it has attributes besides the name
	user     string
	users    int
	last     string
	lasts    int
	none     bool
	missing  bool
	emcc     bool // the session belongs to another cluster
	emccs    int
	failed   bool
	first    element // of the children; elOther for an unknown one, too
	children int
	odd      string // why nothing can be concluded from it
}

// doubt notes the first reason why nothing can be concluded from an entry.
func doubt(odd *string, format string, args ...any) {
	if *odd == "" {
		*odd = fmt.Sprintf(format, args...)
	}
}

func (e *deviceEntry) end(c child) {
	if e.children++; e.children == 1 {
		e.first = c.is
	}
	switch c.is {
	case elUserID:
		e.user = c.text
		e.users++
		mustBeText(&e.odd, c)
	case elLastLogin:
		e.last = c.text
		e.lasts++
		mustBeText(&e.odd, c)
	case elNone:
		e.none = true
		mustBeEmpty(&e.odd, c)
	case elMissing:
		e.missing = true
		mustBeEmpty(&e.odd, c)
	case elEMCC:
		yes, ok := truth(c.text)
		if e.emccs++; !ok {
			doubt(&e.odd, "emccDevice says %q", clip(c.text))
		} else if e.emccs > 1 && yes != e.emcc {
			doubt(&e.odd, "emccDevice says both yes and no")
		}
		e.emcc = yes
		mustBeText(&e.odd, c)
		if c.marked {
			doubt(&e.odd, "emccDevice has attributes")
		}
	case elFailure, elError: // counted when they began
	default:
		if !c.empty() {
			doubt(&e.odd, "it holds the unknown element %q", clip(c.name))
		}
	}
}

func mustBeText(odd *string, c child) {
	if c.nested {
		doubt(odd, "%s holds more than text", clip(c.name))
	}
}

func mustBeEmpty(odd *string, c child) {
	if !c.empty() {
		doubt(odd, "%s is not empty", clip(c.name))
	}
}

// read concludes from one entry. The device is occupied only if one user is
// named, and free only in the forms that are documented: none comes first, or
// lastlogin stands alone. Whatever else there is, is doubt.
func (e deviceEntry) read(name string) DeviceUser {
	d := DeviceUser{Device: name, LastUser: readUser(e.last), Doubt: e.odd}
	user := readUser(e.user)
	switch {
	case e.odd != "":
	case e.failed:
		d.Doubt = "it holds a failure"
	case e.users > 1:
		d.Doubt = "it names several users"
	case e.users == 1 && e.missing:
		d.Doubt = "it names a user of a device that does not exist"
	case e.users == 1 && user == "":
		d.Doubt = fmt.Sprintf("its user %q is nobody", clip(e.user))
	case e.users == 1:
		d.State, d.RawUser, d.User, d.CrossCluster = Occupied, e.user, user, e.emcc
	case e.missing && (e.none || e.lasts > 0):
		d.Doubt = "it speaks of the use of a device that does not exist"
	case e.missing:
		d.State = NoSuchDevice
	case e.free():
		d.State = Free
	default:
		d.Doubt = "it says neither who is logged in nor, in a known form, that nobody is"
	}
	return d
}

// free reports whether the entry has one of the documented forms of a device
// that nobody uses.
func (e deviceEntry) free() bool {
	switch {
	case e.marked || e.lasts > 1:
		return false
	case e.first == elNone:
		return true
	}
	return e.children == 1 && e.last != ""
}

// userEntry is what a reply says of one user.
type userEntry struct {
	id       string // as spelt
	devices  []string
	profiles []Profile
	wrapped  bool // a deviceProfile has begun
	named    bool // the profile read last has its name,
	graded   bool // and its mark
	none     bool
	missing  bool
	exists   bool
	failures []failure // about this user alone
	odd      string    // why nothing can be concluded from it
}

func (u *userEntry) start(is element) {
	if is == elProfile {
		u.profiles = append(u.profiles, Profile{})
		u.wrapped, u.named, u.graded = true, false, false
	}
}

func (u *userEntry) end(c child) {
	switch c.is {
	case elDeviceName:
		u.devices = append(u.devices, c.text)
		u.mustBeName(c)
	case elProfile, elProfileName, elProfileDefault:
		u.endOfProfile(c)
	case elNone:
		u.none = true
		mustBeEmpty(&u.odd, c)
	case elMissing:
		u.missing = true
		mustBeEmpty(&u.odd, c)
	case elExists:
		u.endOfExists(c)
	case elFailure, elError: // counted when they began
	default:
		if !c.empty() {
			doubt(&u.odd, "it holds the unknown element %q", clip(c.name))
		}
	}
}

func (u *userEntry) mustBeName(c child) {
	if c.text == "" || c.nested {
		doubt(&u.odd, "%s is no name", clip(c.name))
	}
}

// endOfProfile takes a part of a profile, or its end. Name and mark stand in a
// wrapper, in any order, or one behind the other without one: then the name comes
// first.
func (u *userEntry) endOfProfile(c child) {
	switch c.is {
	case elProfileName:
		u.mustBeName(c)
		if !u.wrapped {
			u.profiles = append(u.profiles, Profile{})
			u.graded = false
		} else if u.named {
			doubt(&u.odd, "a profile has two names")
		}
		u.profiles[len(u.profiles)-1].Name = c.text
		u.named = true
	case elProfileDefault:
		yes, ok := truth(c.text)
		if !ok || c.nested || c.text == "" || u.graded || !u.wrapped && !u.named {
			doubt(&u.odd, "it does not say which profile is the default one")
			return
		}
		u.profiles[len(u.profiles)-1].Default, u.graded = yes, true
	default:
		if c.text != "" || !u.named {
			doubt(&u.odd, "a profile has no name")
		}
		u.wrapped, u.named = false, false
	}
}

// endOfExists takes what real servers answer to checkUser: the id of a user who
// exists. A plain no is one, too.
func (u *userEntry) endOfExists(c child) {
	yes, ok := truth(c.text)
	switch {
	case c.nested, u.exists:
		doubt(&u.odd, "%s holds more than one answer", clip(c.name))
	case c.text != "" && SameUser(u.id, c.text), SameUser(c.text, u.id) && c.text != "", ok && yes:
		u.exists = true
	case ok && c.text != "":
		u.missing = true
	default:
		doubt(&u.odd, "%s says %q", clip(c.name), clip(c.text))
	}
}

// truth reads a yes or no, false for ok if text is neither. Nothing is a no.
func truth(text string) (yes, ok bool) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "1":
		return true, true
	case "false", "f", "no", "n", "0", "":
		return false, true
	}
	return false, false
}
