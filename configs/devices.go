package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// macKinds are the kinds of devices that are named by their prefix and a MAC
// address: phones, and adapters for analogue ones.
var macKinds = []string{"SEP", "ATA"}

// softKinds are those named by their prefix and up to twelve letters, digits,
// dots, dashes and underscores: Jabber on computers, Android phones, iPhones and
// tablets.
var softKinds = []string{"CSF", "BOT", "TCT", "TAB"}

const customKind = "custom:"

// kindPattern returns the names of a kind of devices as a regular expression.
func kindPattern(kind string) (string, complaint) {
	switch custom, isCustom := strings.CutPrefix(kind, customKind); {
	case isCustom:
		if _, err := regexp.Compile(custom); err != nil || custom == "" {
			return "", complaint{fmt.Sprintf("%q is not a regular expression", custom), "expected custom: and one in Go's syntax, which has to match the whole name"}
		}
		return "(?:" + custom + ")", complaint{}
	case slices.Contains(macKinds, kind):
		return kind + "[0-9A-F]{12}", complaint{}
	case slices.Contains(softKinds, kind):
		return kind + "[A-Za-z0-9._-]{1,12}", complaint{}
	}
	hint := `expected SEP, ATA, CSF, BOT, TCT, TAB or "custom:REGEX"`
	if upper := strings.ToUpper(kind); upper != kind && (slices.Contains(macKinds, upper) || slices.Contains(softKinds, upper)) {
		hint = "write " + upper
	}
	return "", complaint{fmt.Sprintf("%q is no kind of devices", kind), hint}
}

func checkKind(kind string) complaint {
	_, wrong := kindPattern(kind)
	return wrong
}

// DevicePattern matches the names of the devices that c drives, whole.
func (c Cluster) DevicePattern() *regexp.Regexp {
	patterns := make([]string, 0, len(c.Devices))
	for _, kind := range c.Devices {
		if pattern, wrong := kindPattern(kind); wrong.none() {
			patterns = append(patterns, pattern)
		}
	}
	return regexp.MustCompile("^(?:" + strings.Join(patterns, "|") + ")$")
}

// Device returns name as the phone system spells it, which compares names without
// regard to case: as it stands, or in capitals. The error says why no device that
// c drives has that name, and which key decides it.
func (c Cluster) Device(name string) (string, error) {
	pattern := c.DevicePattern()
	for _, spelling := range []string{strings.ToUpper(name), name} {
		if pattern.MatchString(spelling) {
			return spelling, nil
		}
	}
	return name, fmt.Errorf("device %q is not the name of a device of cluster %q: its key devices allows %s", name, c.Name, c.kinds())
}

// kinds says in words which names c takes.
func (c Cluster) kinds() string {
	var words []string
	for _, kind := range c.Devices {
		switch {
		case slices.Contains(macKinds, kind):
			words = append(words, kind+" and the 12 hexadecimal digits of a MAC address")
		case slices.Contains(softKinds, kind):
			words = append(words, kind+" and up to 12 letters, digits, dots, dashes and underscores")
		default:
			words = append(words, "what matches "+strings.TrimPrefix(kind, customKind))
		}
	}
	return strings.Join(words, ", ")
}
