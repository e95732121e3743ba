package feed

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"deskd/reservations"
	"deskd/reservations/spelling"
)

// The hints where nothing resembles what a calendar says.
const (
	noSuchDesk   = "add the desk, or the text to its aliases, or correct the event"
	noSuchPerson = "add the address to the person in deskd, or correct the event"
)

// suggestDesk is the hint for a text that names no desk.
func (d *Directory) suggestDesk(text string) string {
	near, ok := nearest(reservations.NameKey(text), d.desks)
	if !ok {
		near, ok = d.within(text)
	}
	ids := d.desks[near]
	switch {
	case !ok || len(ids) != 1:
		return noSuchDesk
	case reservations.NameKey(ids[0]) == near:
		return fmt.Sprintf("did you mean desk %q?", ids[0])
	}
	return fmt.Sprintf("did you mean %q, which is desk %q?", near, ids[0])
}

// placeWords are what people write before the id of a desk.
var placeWords = []string{
	"desk", "desks", "seat", "place", "workplace", "hotdesk", "hot", "no", "nr", "number", "room",
	"platz", "arbeitsplatz", "tisch", "schreibtisch", "raum", "poste", "bureau",
}

// within is the one desk whose name stands in text among words for a desk:
// "Desk 1.003" is 1.003. A name of three letters and more may stand among any.
func (d *Directory) within(text string) (string, bool) {
	words := strings.FieldsFunc(reservations.NameKey(text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",:#()[]/", r) })
	const most = 12
	found := ""
	for i := range words[:min(most, len(words))] {
		for k := i + 1; k <= min(most, len(words)); k++ {
			key := strings.Join(words[i:k], " ")
			if len(d.desks[key]) != 1 || utf8.RuneCountInString(key) < 3 && !onlyPlaces(words[:i], words[k:]) {
				continue
			}
			if found != "" && d.desks[found][0] != d.desks[key][0] {
				return "", false
			}
			found = key
		}
	}
	return found, found != ""
}

func onlyPlaces(before, after []string) bool {
	return !slices.ContainsFunc(slices.Concat(before, after), func(w string) bool { return !slices.Contains(placeWords, w) })
}

// suggestPerson is the hint for a text that names no person.
func (d *Directory) suggestPerson(text string) string {
	key := reservations.NameKey(text)
	if p, shared := d.people[key]; shared && p == nil {
		return "several people have this address"
	}
	if d.shared(text) {
		return "several people have this name: give each an alias of its own"
	}
	if p := d.names[key]; p != nil {
		return fmt.Sprintf("it is the name of %q: %s of the feed takes names in SUMMARY", p.ID, SummarySetting)
	}
	if near, ok := nearest(key, d.people); ok && d.people[near] != nil {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return noSuchPerson
}

// nearest is the key of table that is the fewest edits away from text, if those are
// few: one in four letters, three at most. Ties go by the alphabet.
func nearest[V any](text string, table map[string]V) (string, bool) {
	const longest = 64
	runes := utf8.RuneCountInString(text)
	if len(text) > longest {
		return "", false
	}
	best, least := "", min(3, runes/4)+1
	for key := range table {
		if n := len(key) - len(text); n > 4*least || -n > 4*least || len(key) > 4*longest {
			continue
		}
		switch n := spelling.Distance(text, key); {
		case n < least:
			best, least = key, n
		case n == least && best != "" && key < best:
			best = key
		}
	}
	return best, best != ""
}
