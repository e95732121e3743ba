package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AXL asks the cluster's administration. It is safe for concurrent use.
type AXL struct {
	Service
	// Version is that of the schema, such as 14.0: no newer than the cluster.
	Version string
	// Page is how many phones are asked for at once; 0 stands for 500.
	Page int
}

// Device is how a phone is set up.
type Device struct {
	Name  string
	Model string // such as "Cisco 8845"
	// EM says whether extension mobility is on, nil where that was not told.
	EM *bool
	// Profile is the default profile, which the phone has while nobody is logged in; empty for
	// none, nil where that was not told.
	Profile *string
	// Authentication is the URL that the phone asks about pushes; empty for the cluster's own,
	// nil where that was not told.
	Authentication *string
}

// User is how a person is set up.
type User struct {
	ID       string
	Profiles []string // their device profiles
	Default  string   // the one for logins that name none; empty for none
	Devices  []string // that they control
}

// mostPhones is how many phones, or device profiles, of a cluster are read at most.
const mostPhones = 100_000

// Phones returns how the phones are set up whose names match a pattern of AXL's, in which %
// stands for any letters: in order, each once. With an error, what was answered before counts.
func (a *AXL) Phones(ctx context.Context, pattern string) ([]Device, error) {
	return paged(listPhone, a.size(), func(d Device) string { return d.Name }, func(skip, size int) ([]Device, int, error) {
		return a.page(ctx, pattern, skip, size)
	})
}

// size is that of the first page.
func (a *AXL) size() int {
	if a.Page > 0 {
		return a.Page
	}
	return 500
}

// paged asks for page after page, and returns what was told in the order of its names, each
// name once. A page tells how many rows it had, those that are not understood among them.
func paged[T any](operation string, size int, name func(T) string, page func(skip, size int) (rows []T, told int, err error)) ([]T, error) {
	all := make(map[string]T)
	for skip := 0; skip < mostPhones; {
		got, n, err := page(skip, size)
		if KindOf(err) == TooLarge && size > 1 {
			size = smaller(size, err)
			continue
		}
		if err != nil {
			return inOrder(all), err
		}
		before := len(all)
		for _, one := range got {
			all[name(one)] = one
		}
		if n < size {
			return inOrder(all), nil
		}
		if len(all) == before {
			return inOrder(all), &Error{Kind: Malformed, Operation: operation, Text: fmt.Sprintf("it tells the same again from %d on", skip)}
		}
		skip += n
	}
	return inOrder(all), &Error{Kind: Partial, Operation: operation, Text: fmt.Sprintf("the cluster has more than %d", mostPhones)}
}

// smaller is the size of a page that the cluster may answer.
func smaller(size int, err error) int {
	if e, ok := err.(*Error); ok && e.Rows > 1 && e.Rows <= size { //nolint:errorlint // page returns no other
		return e.Rows - 1 // "less than"
	}
	return size / 2
}

func inOrder[T any](all map[string]T) []T {
	list := make([]T, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[name])
	}
	return list
}

const (
	listPhone  = "listPhone"
	getUser    = "getUser"
	getAppUser = "getAppUser"
)

// page returns some phones, and how many the cluster has told.
func (a *AXL) page(ctx context.Context, pattern string, skip, size int) (all []Device, told int, err error) {
	body := `<searchCriteria><name>` + escaped(pattern) + `</name></searchCriteria>` +
		`<returnedTags><name/><model/><enableExtensionMobility/><defaultProfileName/><authenticationUrl/></returnedTags>` +
		fmt.Sprintf(`<skip>%d</skip><first>%d</first>`, skip, size)
	var d Device
	err = a.ask(ctx, a.question(listPhone, body), func(at []string, text string) {
		switch name, parent := at[len(at)-1], at[len(at)-2]; {
		case name == "phone" && parent == "return":
			if told++; d.Name != "" {
				all = append(all, d)
			}
			d = Device{}
		case parent == "phone":
			d.set(name, text)
		}
	})
	return all, told, err
}

func (d *Device) set(name, text string) {
	switch name {
	case "name":
		d.Name = text
	case "model":
		d.Model = legible(text)
	case "enableExtensionMobility":
		d.EM = truth(text)
	case "defaultProfileName":
		d.Profile = new(legible(text))
	case "authenticationUrl":
		d.Authentication = new(legible(text))
	}
}

// User returns how a person is set up. An [*Error] of kind NotFound says that the cluster knows
// none of that id.
func (a *AXL) User(ctx context.Context, id string) (User, error) {
	return a.user(ctx, getUser, id, `<phoneProfiles><profileName/></phoneProfiles><defaultProfile/>`)
}

// AppUser returns the devices that an application user controls; it has no profiles. An
// [*Error] of kind NotFound says that the cluster knows none of that id.
func (a *AXL) AppUser(ctx context.Context, id string) (User, error) {
	return a.user(ctx, getAppUser, id, "")
}

func (a *AXL) user(ctx context.Context, operation, id, tags string) (User, error) {
	body := `<userid>` + escaped(id) + `</userid><returnedTags><userid/><associatedDevices><device/></associatedDevices>` + tags + `</returnedTags>`
	var u User
	err := a.ask(ctx, a.question(operation, body), func(at []string, text string) {
		if text == "" {
			return
		}
		switch at[len(at)-2] + "/" + at[len(at)-1] {
		case "user/userid", "appUser/userid":
			u.ID = text
		case "user/defaultProfile":
			u.Default = legible(text)
		case "associatedDevices/device":
			u.Devices = append(u.Devices, text)
		case "phoneProfiles/profileName":
			u.Profiles = append(u.Profiles, legible(text))
		}
	})
	if err == nil && !strings.EqualFold(u.ID, id) {
		err = &Error{Kind: Malformed, Operation: operation, Text: fmt.Sprintf("it was asked for %.80q and tells of %.80q", id, u.ID)}
	}
	if err != nil {
		return User{}, err
	}
	return u, nil
}

func (a *AXL) question(operation, body string) question {
	return question{operation, "CUCM:DB ver=" + a.Version + " " + operation,
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="http://www.cisco.com/AXL/API/` + escaped(a.Version) + `"><soapenv:Header/><soapenv:Body>` +
			`<ns:` + operation + `>` + body + `</ns:` + operation + `></soapenv:Body></soapenv:Envelope>`}
}
