package ical

import (
	"bytes"
	"strings"
)

// Party is the organizer of an event, or a person, room or thing that it invites.
type Party struct {
	Address string // mail address or user id, without "mailto:"
	Name    string // CN
	Kind    string // CUTYPE in capitals: INDIVIDUAL, RESOURCE, ROOM, GROUP; empty means INDIVIDUAL
	// Stated says that Address is the property's value, not a parameter of it.
	Stated bool
	// Unsent says that the server has not delivered to it, or was told not to
	// (SCHEDULE-STATUS, SCHEDULE-AGENT).
	Unsent bool
	Answer string // PARTSTAT in capitals: ACCEPTED, DECLINED, NEEDS-ACTION …; empty when the server keeps none
}

// Thing reports whether p is declared to be a room or resource.
func (p Party) Thing() bool { return p.Kind == "RESOURCE" || p.Kind == "ROOM" }

// Party is the value of an ORGANIZER or ATTENDEE. SENT-BY is not the person.
func (p *Property) Party() Party {
	address, stated := string(bytes.TrimSpace(p.Value)), true
	if rest, ok := cutFold(address, "mailto:"); ok {
		address = rest
	} else if mail := p.Param("EMAIL"); len(mail) > 0 {
		address, stated = string(mail), false // Quirk: Apple's server puts a path into the value
	}
	return Party{
		Address: strings.ToValidUTF8(address, "\ufffd"), Stated: stated, Unsent: p.unsent(),
		Name:   Unescape(p.Param("CN")),
		Kind:   word(p.Param("CUTYPE")),
		Answer: word(p.Param("PARTSTAT")),
	}
}

// unsent reports whether the server says that it has not delivered an invitation, or
// was told to leave that to others (RFC 6638 7.1, 7.3).
func (p *Property) unsent() bool {
	status, agent := string(p.Param("SCHEDULE-STATUS")), word(p.Param("SCHEDULE-AGENT"))
	return agent != "" && agent != "SERVER" || status != "" && !strings.HasPrefix(status, "1.") && !strings.HasPrefix(status, "2.")
}

func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// List are the texts of a list such as RESOURCES, without those that are empty.
func (p *Property) List() []string {
	// A comma that is part of a name is escaped; hide it from the split.
	const hidden = "\x00"
	var texts []string
	for text := range strings.SplitSeq(strings.ReplaceAll(string(p.Value), `\,`, hidden), ",") {
		if text := Unescape([]byte(strings.ReplaceAll(text, hidden, `\,`))); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// Word is a value of a small set, in capitals.
func (p *Property) Word() string { return word(p.Value) }

// Text is a TEXT value without its escapes. Bytes that are not UTF-8 become U+FFFD.
func (p *Property) Text() string { return Unescape(p.Value) }

// word reads a value of a small set, in capitals; the usual ones without an
// allocation.
func word(text []byte) string {
	switch text = bytes.TrimSpace(text); string(text) {
	case "CONFIRMED":
		return "CONFIRMED"
	case "ACCEPTED":
		return "ACCEPTED"
	case "INDIVIDUAL":
		return "INDIVIDUAL"
	case "BUSY":
		return "BUSY"
	case "PUBLIC":
		return "PUBLIC"
	case "OPAQUE":
		return "OPAQUE"
	}
	return strings.ToUpper(string(text))
}
