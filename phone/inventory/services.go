package inventory

import (
	"context"
	"fmt"
)

// PhoneService is a service that the cluster offers to phones.
type PhoneService struct {
	Name string
	// URL and SecureURL are where phones fetch it; either may be empty.
	URL, SecureURL string
	// Enabled says whether phones are offered it, nil where that was not told.
	Enabled *bool
	// Enterprise says whether every phone has it without being subscribed, nil where that was not told.
	Enterprise *bool
}

// Profile is a device profile.
type Profile struct {
	Name  string
	Model string // of the phones that it is for, such as "Cisco 8845"
}

const (
	listServices = "listIpPhoneServices"
	listProfiles = "listDeviceProfile"
	getPhone     = "getPhone"
	getProfile   = "getDeviceProfile"
)

// Services returns the services that the cluster offers to phones, in order.
func (a *AXL) Services(ctx context.Context) ([]PhoneService, error) {
	return paged(listServices, a.size(), func(s PhoneService) string { return s.Name }, func(skip, size int) (all []PhoneService, told int, err error) {
		var s PhoneService
		told, err = a.rows(ctx, list{listServices, "serviceName", "ipPhoneServices", `<serviceName/><serviceUrl/><secureServiceUrl/><enabled/><enterpriseSubscription/>`}, skip, size,
			func(name, text string) { s.set(name, text) },
			func() {
				if s.Name != "" {
					all = append(all, s)
				}
				s = PhoneService{}
			})
		return all, told, err
	})
}

func (s *PhoneService) set(name, text string) {
	switch name {
	case "serviceName":
		s.Name = legible(text)
	case "serviceUrl":
		s.URL = legible(text)
	case "secureServiceUrl":
		s.SecureURL = legible(text)
	case "enabled":
		s.Enabled = truth(text)
	case "enterpriseSubscription":
		s.Enterprise = truth(text)
	}
}

// Profiles returns the device profiles of the cluster, in order.
func (a *AXL) Profiles(ctx context.Context) ([]Profile, error) {
	return paged(listProfiles, a.size(), func(p Profile) string { return p.Name }, func(skip, size int) (all []Profile, told int, err error) {
		var p Profile
		told, err = a.rows(ctx, list{listProfiles, "name", "deviceProfile", `<name/><model/>`}, skip, size,
			func(name, text string) {
				switch name {
				case "name":
					p.Name = legible(text)
				case "model":
					p.Model = legible(text)
				}
			},
			func() {
				if p.Name != "" {
					all = append(all, p)
				}
				p = Profile{}
			})
		return all, told, err
	})
}

// list is an operation that tells rows: what they are called in the question's criterion and in
// the answer, and what is wanted of each.
type list struct{ operation, by, row, tags string }

// rows asks for some rows of a list, has each field of a row visited and then its end, and
// returns how many there were.
func (a *AXL) rows(ctx context.Context, l list, skip, size int, field func(name, text string), end func()) (told int, err error) {
	body := `<searchCriteria><` + l.by + `>%</` + l.by + `></searchCriteria><returnedTags>` + l.tags + `</returnedTags>` +
		fmt.Sprintf(`<skip>%d</skip><first>%d</first>`, skip, size)
	err = a.ask(ctx, a.question(l.operation, body), func(at []string, text string) {
		switch name, parent := at[len(at)-1], at[len(at)-2]; {
		case name == l.row && parent == "return":
			told++
			end()
		case parent == l.row:
			field(name, text)
		}
	})
	return told, err
}

// PhoneSubscriptions returns the names of the services that a phone is subscribed to: those that
// it has while nobody is logged in. An [*Error] of kind NotFound says that there is no such phone.
func (a *AXL) PhoneSubscriptions(ctx context.Context, device string) ([]string, error) {
	return a.subscriptions(ctx, getPhone, "phone", device)
}

// ProfileSubscriptions returns the names of the services that a device profile is subscribed to:
// those that a phone has while someone is logged in with it.
func (a *AXL) ProfileSubscriptions(ctx context.Context, profile string) ([]string, error) {
	return a.subscriptions(ctx, getProfile, "deviceProfile", profile)
}

func (a *AXL) subscriptions(ctx context.Context, operation, row, name string) (all []string, err error) {
	body := `<name>` + escaped(name) + `</name><returnedTags><name/><services><service><telecasterServiceName/></service></services></returnedTags>`
	told := ""
	err = a.ask(ctx, a.question(operation, body), func(at []string, text string) {
		switch at[len(at)-2] + "/" + at[len(at)-1] {
		case row + "/name":
			told = legible(text)
		case "service/telecasterServiceName":
			all = append(all, legible(text))
		}
	})
	if err == nil && told != legible(name) {
		err = &Error{Kind: Malformed, Operation: operation, Text: fmt.Sprintf("it was asked for %.80q and tells of %.80q", name, told)}
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// truth is a boolean of AXL's, nil for anything else.
func truth(text string) *bool {
	if text != "true" && text != "false" {
		return nil
	}
	return new(text == "true")
}
