package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// setUp answers AXL's questions about services, device profiles and application users.
func (c *Cluster) setUp(q envelope, f Faults) (status int, body string) {
	operation := ""
	switch {
	case q.Body.AppUser != nil:
		operation = "getAppUser"
		status, body = c.application(q.Body.AppUser.ID)
	case q.Body.Phone != nil:
		operation = "getPhone"
		status, body = c.subscribed(operation, "phone", q.Body.Phone.Name)
	case q.Body.Profile != nil:
		operation = "getDeviceProfile"
		status, body = c.subscribed(operation, "deviceProfile", q.Body.Profile.Name)
	case q.Body.Services != nil:
		operation = "listIpPhoneServices"
		status, body = c.offered(*q.Body.Services)
	case q.Body.Profiles != nil:
		operation = "listDeviceProfile"
		status, body = c.templates(*q.Body.Profiles)
	default:
		return http.StatusNotFound, "<html><body>Not found</body></html>"
	}
	c.asked = append(c.asked, operation)
	if f.Operation == operation {
		return fault("Access to the requested resource is denied for "+operation, "-1")
	}
	return status, body
}

func answered(operation, body string) (status int, text string) {
	return http.StatusOK, soap(`<ns:` + operation + `Response xmlns:ns="http://www.cisco.com/AXL/API/14.0"><return>` + body + `</return></ns:` + operation + `Response>`)
}

func (u User) controlled() string {
	var b strings.Builder
	for _, d := range u.Devices {
		b.WriteString("<device>" + escaped(d) + "</device>")
	}
	return b.String()
}

func (c *Cluster) application(id string) (status int, body string) {
	for _, u := range c.users {
		if u.Application && strings.EqualFold(u.ID, id) {
			return answered("getAppUser", `<appUser uuid="{0}"><userid>`+escaped(u.ID)+`</userid><associatedDevices>`+u.controlled()+`</associatedDevices></appUser>`)
		}
	}
	return fault("Item not valid: The specified AppUser was not found", "5007")
}

// subscribed tells the services of a phone or a device profile.
func (c *Cluster) subscribed(operation, row, name string) (status int, body string) {
	var services []string
	found := false
	for _, p := range c.phones {
		if row == "phone" && p.Name == name {
			services, found = p.Services, true
		}
	}
	for _, p := range c.profiles {
		if row != "phone" && p.Name == name {
			services, found = p.Services, true
		}
	}
	if !found {
		return fault("Item not valid: The specified "+name+" was not found", "5007")
	}
	var b strings.Builder
	for i, s := range services {
		fmt.Fprintf(&b, `<service uuid="{%d}"><telecasterServiceName uuid="{0}">%s</telecasterServiceName></service>`, i, escaped(s))
	}
	return answered(operation, `<`+row+` uuid="{0}"><name>`+escaped(name)+`</name><services>`+b.String()+`</services></`+row+`>`)
}

// offered answers listIpPhoneServices.
func (c *Cluster) offered(q paged) (status int, body string) {
	var b strings.Builder
	for _, s := range c.services[min(q.Skip, len(c.services)):min(q.Skip+q.First, len(c.services))] {
		fmt.Fprintf(&b, `<ipPhoneServices uuid="{0}"><serviceName>%s</serviceName><serviceUrl>%s</serviceUrl><secureServiceUrl>%s</secureServiceUrl><enabled>%t</enabled><enterpriseSubscription>%t</enterpriseSubscription></ipPhoneServices>`,
			escaped(s.Name), escaped(s.URL), escaped(s.SecureURL), !s.Disabled, s.Enterprise)
	}
	return answered("listIpPhoneServices", b.String())
}

// templates answers listDeviceProfile.
func (c *Cluster) templates(q paged) (status int, body string) {
	var b strings.Builder
	for _, p := range c.profiles[min(q.Skip, len(c.profiles)):min(q.Skip+q.First, len(c.profiles))] {
		fmt.Fprintf(&b, `<deviceProfile uuid="{0}"><name>%s</name><model>%s</model></deviceProfile>`, escaped(p.Name), escaped(p.Model))
	}
	return answered("listDeviceProfile", b.String())
}
