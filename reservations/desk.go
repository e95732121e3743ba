package reservations

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Site is a building or campus with one wall clock. Zone is never nil in a
// Site that passed configuration.
type Site struct {
	Name string
	Zone *time.Location
}

// Desk is a bookable place with one phone. ID is what people and calendars call
// it ("4.12"); Device is the phone's name in the phone system ("SEP001122334455").
type Desk struct {
	ID      string `json:"id"`
	Site    string `json:"site"`
	Cluster string `json:"cluster"`
	Device  string `json:"device"`
	Name    string `json:"name,omitempty"`
	Floor   string `json:"floor,omitempty"`
	Zone    string `json:"zone,omitempty"` // part of the floor, as facilities name it; not a time zone
	// Owner is the user id of whose desk it is, '' of a hot desk.
	Owner string `json:"owner,omitempty"`
	// Mail and Aliases are what else calendars call the desk: the addresses of
	// its mailbox, and other names. No two desks share one; see [NameKey].
	Mail    []string `json:"mail,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
}

// checkBlanks reports a blank in a desk's id that cannot be told from another, or
// from none.
func checkBlanks(id string) error {
	for i, r := range id {
		if unicode.IsSpace(r) && r != ' ' {
			return fmt.Errorf("desk %s: the id has the blank %U after %q: write an ordinary one", quoted(id), r, id[:i])
		}
	}
	if strings.TrimSpace(id) != id {
		return fmt.Errorf("desk %q: the id begins or ends with a blank: remove it", id)
	}
	return nil
}

var deviceName = regexp.MustCompile(`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,126}[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`)

// CheckDevice reports why name can be no device's name, whatever the cluster.
// Which kinds a cluster has is its configuration's to say (key devices).
func CheckDevice(name string) error {
	if !deviceName.MatchString(name) || strings.ContainsAny(name, "<>\"\ufffd") {
		return fmt.Errorf("device %q is not a device's name: expected 1 to 128 letters, digits and signs other than <>\", such as SEP001122334455", name)
	}
	if err := checkLegible("device", name); err != nil {
		return err
	}
	return nil
}

// Check reports the first thing that makes d unusable.
func (d Desk) Check() error {
	switch {
	case NameKey(d.ID) == "":
		return fmt.Errorf("desk without id")
	case d.Site == "":
		return fmt.Errorf("desk %q without site", d.ID)
	case d.Cluster == "":
		return fmt.Errorf("desk %q without cluster", d.ID)
	}
	if err := CheckDevice(d.Device); err != nil {
		return fmt.Errorf("desk %s: %w", quoted(d.ID), err)
	}
	if err := checkBlanks(d.ID); err != nil {
		return err
	}
	if d.Owner != "" {
		if err := CheckUser(d.Owner); err != nil {
			return fmt.Errorf("desk %s: owner: %w", quoted(d.ID), err)
		}
	}
	for what, text := range map[string]string{"id": d.ID, "name": d.Name, "floor": d.Floor, "zone": d.Zone} {
		if err := checkLegible(what, text); err != nil {
			return fmt.Errorf("desk %s: %w", quoted(d.ID), err)
		}
	}
	return d.checkNames()
}

// checkNames checks the addresses and aliases of a desk.
func (d Desk) checkNames() error {
	for _, m := range d.Mail {
		if !isAddress(m) {
			return fmt.Errorf("desk %q: mail %q is not an address", d.ID, m)
		}
		if err := checkLegible("mail", m); err != nil {
			return fmt.Errorf("desk %s: %w", quoted(d.ID), err)
		}
	}
	for _, a := range d.Aliases {
		if NameKey(a) == "" || strings.ContainsAny(a, ";\n") {
			return fmt.Errorf("desk %q: alias %q is empty, or has a semicolon or line break, at which calendars' locations are split", d.ID, a)
		}
		if err := checkLegible("alias", a); err != nil {
			return fmt.Errorf("desk %s: %w", quoted(d.ID), err)
		}
	}
	return nil
}
