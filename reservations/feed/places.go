package feed

import "slices"

// RFC 9073 describes what an event takes place with and in by components of
// their own: VRESOURCE (7.3) and VLOCATION (7.2), each with a NAME, inside the
// event or inside one of its PARTICIPANTs (7.1), which may have a
// CALENDAR-ADDRESS. These are the names their properties are kept under.
const (
	resourceName       = "VRESOURCE.NAME"
	locationName       = "VLOCATION.NAME"
	participantAddress = "PARTICIPANT.CALENDAR-ADDRESS"
)

// placeProperty is the name under which an event keeps the property called name
// of the component opened last, and whether it keeps it: open are the components
// open inside the event, outermost first.
func placeProperty(open []string, name string) (string, bool) {
	if slices.ContainsFunc(open[:len(open)-1], func(c string) bool { return c != "PARTICIPANT" }) {
		return "", false
	}
	inner := open[len(open)-1] + "." + name
	return inner, inner == resourceName || inner == locationName || inner == participantAddress
}

func readPlace(e *event, p property) error {
	if name := unescape(party(p).Address); name != "" && !slices.Contains(e.Places, name) {
		e.Places = append(e.Places, name)
	}
	return nil
}
