package reservations

import (
	"fmt"
	"regexp"
	"time"
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
}

var deviceName = regexp.MustCompile(`^[A-Z]{3,4}[0-9A-F]{12}$`)

// CheckDevice reports why name cannot be a Cisco device name. The form is a
// prefix of three or four capitals (SEP, ATA, …) and twelve hexadecimal digits.
func CheckDevice(name string) error {
	if !deviceName.MatchString(name) {
		return fmt.Errorf("device %q is not a phone's name: expected SEP and the 12 capital hexadecimal digits of its MAC address", name)
	}
	return nil
}

// Check reports the first thing that makes d unusable.
func (d Desk) Check() error {
	switch {
	case d.ID == "":
		return fmt.Errorf("desk without id")
	case d.Site == "":
		return fmt.Errorf("desk %q without site", d.ID)
	case d.Cluster == "":
		return fmt.Errorf("desk %q without cluster", d.ID)
	}
	if err := CheckDevice(d.Device); err != nil {
		return fmt.Errorf("desk %q: %w", d.ID, err)
	}
	return nil
}
