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
	return list[PhoneService]{
		listServices, "serviceName", "ipPhoneServices", `<serviceName/><serviceUrl/><secureServiceUrl/><enabled/><enterpriseSubscription/>`,
		(*PhoneService).set, func(s PhoneService) string { return s.Name },
	}.all(ctx, a)
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
	return list[Profile]{listProfiles, "name", "deviceProfile", `<name/><model/>`, (*Profile).set, func(p Profile) string { return p.Name }}.all(ctx, a)
}

func (p *Profile) set(name, text string) {
	switch name {
	case "name":
		p.Name = legible(text)
	case "model":
		p.Model = legible(text)
	}
}

// list is an operation that tells all there is of something.
type list[T any] struct {
	operation string
	by        string // the criterion of the question
	row       string // the element of the answer
	tags      string // what is wanted of each
	set       func(row *T, name, text string)
	name      func(T) string
}

func (l list[T]) all(ctx context.Context, a *AXL) ([]T, error) {
	return paged(l.operation, a.size(), l.name, func(skip, size int) ([]T, int, error) { return l.page(ctx, a, skip, size) })
}

// page returns some rows, and how many the cluster has told.
func (l list[T]) page(ctx context.Context, a *AXL, skip, size int) (all []T, told int, err error) {
	body := `<searchCriteria><` + l.by + `>%</` + l.by + `></searchCriteria><returnedTags>` + l.tags + `</returnedTags>` +
		fmt.Sprintf(`<skip>%d</skip><first>%d</first>`, skip, size)
	var one T
	err = a.ask(ctx, a.question(l.operation, body), func(at []string, text string) {
		switch name, parent := at[len(at)-1], at[len(at)-2]; {
		case name == l.row && parent == "return":
			if told++; l.name(one) != "" {
				all = append(all, one)
			}
			one = *new(T)
		case parent == l.row:
			l.set(&one, name, text)
		}
	})
	return all, told, err
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
