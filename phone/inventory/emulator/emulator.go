// Package emulator answers as a cluster's Real-Time Information Server and Administrative XML
// do, for tests and demonstrations: what [deskd/phone/inventory] asks, with the faults that
// real clusters have.
//
// Why each annoyance is there: clusters throttle all programs together, answer in parts when a
// node is down, know a phone at two nodes after it has moved between them, refuse answers that
// would be too large, and stand behind proxies that answer in HTML.
package emulator

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Phone is a phone of the cluster.
type Phone struct {
	Name, Address, Model string
	// Status is as the cluster says it; empty for Registered, and "-" for a phone of which RIS
	// does not know.
	Status  string
	EM      bool
	Profile string
	NoWeb   bool
	// Authentication is the phone's own URL for that, empty for the cluster's.
	Authentication string
	// Services are the names of those that the phone is subscribed to.
	Services []string
}

// User is a person of the cluster, or an application.
type User struct {
	ID          string
	Profiles    []string
	Devices     []string
	Application bool
}

// Service is one that the cluster offers to phones.
type Service struct {
	Name, URL  string
	SecureURL  string // "" for none
	Disabled   bool
	Enterprise bool // every phone has it
}

// Profile is a device profile, with the names of the services that it is subscribed to.
type Profile struct {
	Name, Model string
	Services    []string
}

// Faults are what goes wrong from now on.
type Faults struct {
	Status     int           // every answer has this status, without a body
	Throttle   int           // so many questions are answered with 503 first
	RateFault  bool          // RIS says that it has been asked too often
	Nonsense   string        // every answer is this
	Padding    int           // so many bytes are before every answer
	Slow       time.Duration // every answer waits so long
	NodeDown   bool          // a node of the cluster does not answer
	Twice      bool          // RIS knows each phone at a second node, where it is not registered
	PerPage    int           // RIS tells so many devices at once, of all that it has found
	MostRows   int           // AXL refuses more rows than this
	Operation  string        // AXL refuses this operation alone
	SkipIsLost bool          // AXL tells the first page again and again
}

// Cluster is an emulated cluster. It is an [http.Handler], safe for concurrent use.
type Cluster struct {
	User, Password string

	mu       sync.Mutex
	phones   []Phone
	users    []User
	services []Service
	profiles []Profile
	faults   Faults
	asked    []string
}

// New is a cluster that one user may ask.
func New(user, password string) *Cluster { return &Cluster{User: user, Password: password} }

// Set has the cluster have these phones and users from now on.
func (c *Cluster) Set(phones []Phone, users ...User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phones, c.users = slices.Clone(phones), users
}

// Offer has the cluster have these services and device profiles from now on.
func (c *Cluster) Offer(services []Service, profiles ...Profile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.services, c.profiles = slices.Clone(services), profiles
}

// Fail sets what goes wrong from now on; the zero Faults are none.
func (c *Cluster) Fail(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Asked are the operations that were asked for, the oldest first.
func (c *Cluster) Asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// The paths of the two services.
const (
	RIS = "/realtimeservice2/services/RISService70"
	AXL = "/axl/"
)

// named is a question about one of something, paged one about all.
type named struct {
	ID   string `xml:"userid"`
	Name string `xml:"name"`
}

type paged struct {
	Skip  int `xml:"skip"`
	First int `xml:"first"`
}

// envelope is a question.
type envelope struct {
	Body struct {
		Select *struct {
			StateInfo string
			Criteria  struct {
				MaxReturnedDevices int
				Items              []string `xml:"SelectItems>item>Item"`
			} `xml:"CmSelectionCriteria"`
		} `xml:"selectCmDeviceExt"`
		List *struct {
			Name  string `xml:"searchCriteria>name"`
			Skip  int    `xml:"skip"`
			First int    `xml:"first"`
		} `xml:"listPhone"`
		User     *named `xml:"getUser"`
		AppUser  *named `xml:"getAppUser"`
		Phone    *named `xml:"getPhone"`
		Profile  *named `xml:"getDeviceProfile"`
		Services *paged `xml:"listIpPhoneServices"`
		Profiles *paged `xml:"listDeviceProfile"`
	}
}

// ServeHTTP implements [http.Handler].
func (c *Cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	f := c.fault()
	asked, err := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // all of it, or who hangs up is not noticed
	if f.Slow > 0 {
		select {
		case <-time.After(f.Slow):
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case user != c.User || password != c.Password:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case f.Status != 0:
		w.Header().Set("Location", "http://elsewhere.invalid/")
		w.WriteHeader(f.Status)
		return
	case f.Throttle > 0:
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var q envelope
	if err == nil {
		err = xml.Unmarshal(asked, &q)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status, body := c.answer(r.URL.Path, q, f)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.Repeat(" ", f.Padding)+body) // who asked has gone, or not
}

// fault is what goes wrong with the next answer.
func (c *Cluster) fault() Faults {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.faults
	if c.faults.Throttle > 0 {
		c.faults.Throttle--
	}
	return f
}

func (c *Cluster) answer(at string, q envelope, f Faults) (status int, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case f.Nonsense != "":
		return http.StatusOK, f.Nonsense
	case at == RIS && q.Body.Select != nil:
		c.asked = append(c.asked, "selectCmDeviceExt")
		if f.RateFault {
			return fault("Exceeded allowed rate for Reatime information. Current allowed rate for realtime information is 15 requests per minute.", "")
		}
		return http.StatusOK, c.selected(q, f)
	case at == AXL && q.Body.List != nil:
		c.asked = append(c.asked, fmt.Sprintf("listPhone %d+%d", q.Body.List.Skip, q.Body.List.First))
		return c.listed(q.Body.List.Name, q.Body.List.Skip, q.Body.List.First, f)
	case at == AXL && q.Body.User != nil:
		c.asked = append(c.asked, "getUser "+q.Body.User.ID)
		return c.person(q.Body.User.ID)
	case at == AXL:
		return c.setUp(q, f)
	}
	return http.StatusNotFound, "<html><body>Not found</body></html>"
}

func soap(body string) string {
	return xml.Header + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

func fault(text, code string) (status int, body string) {
	detail := ""
	if code != "" {
		detail = "<detail><axlError><axlcode>" + code + "</axlcode><axlmessage>" + escaped(text) + "</axlmessage></axlError></detail>"
	}
	return http.StatusInternalServerError, soap("<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>" + escaped(text) + "</faultstring>" + detail + "</soapenv:Fault>")
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}

// selected answers selectCmDeviceExt. The state is how many devices were told already.
func (c *Cluster) selected(q envelope, f Faults) string {
	var found []Phone
	for _, p := range c.phones {
		if p.Status != "-" && slices.Contains(q.Body.Select.Criteria.Items, p.Name) {
			found = append(found, p)
		}
	}
	from := 0
	_, _ = fmt.Sscanf(q.Body.Select.StateInfo, "told %d", &from)
	to := min(len(found), from+q.Body.Select.Criteria.MaxReturnedDevices)
	if f.PerPage > 0 {
		to = min(to, from+f.PerPage)
	}
	var one, two strings.Builder
	for _, p := range found[min(from, to):to] {
		one.WriteString(p.item(p.Status, 1700000000))
		if f.Twice {
			two.WriteString(Phone{Name: p.Name, Address: "192.0.2.1"}.item("UnRegistered", 1800000000))
		}
	}
	nodes := node("cucm-sub1", "Ok", one.String())
	if f.Twice {
		nodes = node("cucm-pub", "Ok", two.String()) + nodes
	}
	if f.NodeDown {
		nodes += node("cucm-sub2", "ServerDown", "")
	}
	return soap(fmt.Sprintf(`<ns1:selectCmDeviceResponse xmlns:ns1="http://schemas.cisco.com/ast/soap"><ns1:selectCmDeviceReturn><ns1:SelectCmDeviceResult>`+
		`<ns1:TotalDevicesFound>%d</ns1:TotalDevicesFound><ns1:CmNodes>%s</ns1:CmNodes></ns1:SelectCmDeviceResult><ns1:StateInfo>told %d</ns1:StateInfo></ns1:selectCmDeviceReturn></ns1:selectCmDeviceResponse>`,
		len(found), nodes, to))
}

func node(name, code, devices string) string {
	return `<ns1:item><ns1:ReturnCode>` + code + `</ns1:ReturnCode><ns1:Name>` + name + `</ns1:Name><ns1:NoChange>false</ns1:NoChange><ns1:CmDevices>` + devices + `</ns1:CmDevices></ns1:item>`
}

func (p Phone) item(status string, since int) string {
	web := "Yes"
	if p.NoWeb {
		web = "No"
	}
	if status == "" {
		status = "Registered"
	}
	return fmt.Sprintf(`<ns1:item><ns1:Name>%s</ns1:Name><ns1:DirNumber>1000-%s</ns1:DirNumber><ns1:DeviceClass>Phone</ns1:DeviceClass><ns1:Model>36213</ns1:Model>`+
		`<ns1:Httpd>%s</ns1:Httpd><ns1:Status>%s</ns1:Status><ns1:StatusReason>0</ns1:StatusReason><ns1:TimeStamp>%d</ns1:TimeStamp><ns1:Protocol>SIP</ns1:Protocol>`+
		`<ns1:LinesStatus><ns1:item><ns1:DirectoryNumber>1000</ns1:DirectoryNumber><ns1:Status>Registered</ns1:Status></ns1:item></ns1:LinesStatus>`+
		`<ns1:IPAddress><ns1:item><ns1:IP>%s</ns1:IP><ns1:IPAddrType>ipv4</ns1:IPAddrType><ns1:Attribute>Unknown</ns1:Attribute></ns1:item></ns1:IPAddress></ns1:item>`,
		escaped(p.Name), status, web, escaped(status), since, escaped(p.Address))
}

// listed answers listPhone.
func (c *Cluster) listed(pattern string, skip, first int, f Faults) (status int, body string) {
	var found []Phone
	for _, p := range c.phones {
		if is, _ := path.Match(strings.ReplaceAll(pattern, "%", "*"), p.Name); is {
			found = append(found, p)
		}
	}
	if f.SkipIsLost {
		skip = 0
	}
	found = found[min(skip, len(found)):min(skip+first, len(found))]
	if f.MostRows > 0 && first > f.MostRows {
		return fault(fmt.Sprintf("Query request too large. Total rows matched: %d rows. Suggestive Row Fetch: less than %d rows", len(c.phones), f.MostRows+1), "-1")
	}
	var b strings.Builder
	for _, p := range found {
		fmt.Fprintf(&b, `<phone uuid="{0}"><name>%s</name><model>%s</model><enableExtensionMobility>%t</enableExtensionMobility><defaultProfileName>%s</defaultProfileName><authenticationUrl>%s</authenticationUrl></phone>`,
			escaped(p.Name), escaped(p.Model), p.EM, escaped(p.Profile), escaped(p.Authentication))
	}
	return http.StatusOK, soap(`<ns:listPhoneResponse xmlns:ns="http://www.cisco.com/AXL/API/14.0"><return>` + b.String() + `</return></ns:listPhoneResponse>`)
}

// person answers getUser.
func (c *Cluster) person(id string) (status int, body string) {
	for _, u := range c.users {
		if !strings.EqualFold(u.ID, id) || u.Application {
			continue
		}
		var profiles strings.Builder
		for _, p := range u.Profiles {
			profiles.WriteString(`<profileName uuid="{0}">` + escaped(p) + "</profileName>")
		}
		return http.StatusOK, soap(`<ns:getUserResponse xmlns:ns="http://www.cisco.com/AXL/API/14.0"><return><user uuid="{0}"><userid>` + escaped(u.ID) + `</userid><associatedDevices>` +
			u.controlled() + `</associatedDevices><phoneProfiles>` + profiles.String() + `</phoneProfiles><defaultProfile/></user></return></ns:getUserResponse>`)
	}
	return fault("Item not valid: The specified User was not found", "5007")
}
