package view

import (
	"fmt"
	"strings"
)

// Alike words what becomes of people whose user ids answers of the phone system need
// not tell apart: of id, one of a group that [deskd/scheduler/phones.Alike] has found.
func Alike(group []string, id string) string {
	var rest []string
	for _, other := range group {
		if other != id {
			rest = append(rest, fmt.Sprintf("%q", other))
		}
	}
	return "like " + strings.Join(rest, ", ") + ": the phone system's answers need not tell these user ids apart (percent-encoding, case, accents, width): while one of them is on a phone, that phone is unknown and left alone"
}
