package emulator

import (
	"errors"
	"slices"
	"strings"

	"deskd/emapi"
)

// Part is a part of the phone system that requests depend on.
type Part string

// The parts, with the code of a request that meets one that is broken.
const (
	Directory   Part = "directory"    // 9: no application user can be checked
	Database    Part = "database"     // 6: nothing can be looked up
	Hoteling    Part = "hoteling"     // 20: whether EM is on for a phone cannot be read
	LoginStatus Part = "login-status" // 21: who is on a phone cannot be read
	LogoutTimer Part = "logout-timer" // 7: the login or logout happens, its timer cannot be set or taken away
	RIS         Part = "ris"          // 29: no phone can be told to restart
)

var parts = []Part{Directory, Database, Hoteling, LoginStatus, LogoutTimer, RIS}

func (o Options) broken(p Part) bool { return slices.Contains(o.Broken, p) }

func partList(to *[]Part, name, usage string) Knob {
	list := make([]string, len(parts))
	for i, p := range parts {
		list[i] = string(p)
	}
	parse := func(text string) ([]Part, error) {
		var all []Part
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			if !slices.Contains(parts, Part(word)) {
				return nil, errors.New("no such part")
			}
			all = append(all, Part(word))
		}
		return all, nil
	}
	show := func() string {
		words := make([]string, len(*to))
		for i, p := range *to {
			words[i] = string(p)
		}
		return strings.Join(words, ",")
	}
	wanted := "any of " + strings.Join(list, ", ") + ", with commas between"
	return Knob{Name: name, Usage: usage + " " + wanted, show: show, set: parsed(to, parse, wanted)}
}

// Texts says which words refusals use.
type Texts string

// The words.
const (
	GuideTexts Texts = "guide" // the default
	PlainTexts Texts = "plain" // [emapi.Code.Name]
)

// guideTexts are the messages of the Developers Guide's table of codes. Behind
// those of 5, 18 and 22 stand sentences that clients in the field look for.
var guideTexts = map[emapi.Code]string{
	0: "Unknown Error", 1: "Error on Parsing", 2: "Cannot auth. App user", 4: "Policy Validation error",
	5: "Dev. logon disabled: Device does not allow hoteling", 6: "Database Error", 7: "Logout Request Error",
	8: "Query type undetermined", 9: "Dir. User Info Error", 10: "User lacks app proxy rights", 11: "Device does not exist",
	12: "Dev. Profile not found", 18: "Another user logged in: Phone currently has user logged in", 19: "No user logged in",
	20: "Hoteling flag error", 21: "Hoteling Status error", 22: "Dev. logon disabled: Device does not allow hoteling",
	23: "User not found", 25: "User logged in elsewhere", 26: "Busy, please try again", 27: "Change Password",
	28: "Untrusted IP Error", 29: "ris down-contact admin", 30: "Proxy not allowed",
}

// words is the text of a refusal. That of a wrong application user is the
// guide's sample, which names it.
func (o Options) words(code emapi.Code, m message) string {
	text, ok := guideTexts[code]
	switch {
	case o.Texts == PlainTexts:
	case code == emapi.CodeBadCredentials:
		return "Could not authenticate '" + m.appID + "'"
	case ok:
		return text
	}
	return code.Name()
}
