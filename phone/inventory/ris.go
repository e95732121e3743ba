package inventory

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// MaxDevices is how many devices a call of RISPort70 answers at most.
const MaxDevices = 1000

// Apart is the time between two calls: 10 a minute, of the 15 that all programs have.
const Apart = 6 * time.Second

// RIS asks the Real-Time Information Server. It is safe for concurrent use, and must not be
// copied: all calls to a cluster go through one, which keeps them apart.
type RIS struct {
	Service
	pace *rate.Limiter
}

// NewRIS is the service of a cluster.
func NewRIS(s Service) *RIS { return &RIS{s, rate.NewLimiter(rate.Every(Apart), 1)} }

// apartBeside is the time between two calls of a program that asks beside another of deskd's: 5
// a minute, so that both together keep to what the cluster takes.
const apartBeside = 2 * Apart

// NewRISBeside is the service of a cluster that another program asks by [NewRIS] meanwhile.
func NewRISBeside(s Service) *RIS { return &RIS{s, rate.NewLimiter(rate.Every(apartBeside), 1)} }

// Place is where a device is.
type Place struct {
	Name string
	// Status is the cluster's word, such as Registered, UnRegistered, Rejected or PartiallyRegistered.
	Status string
	// Registered says whether it is registered with any node.
	Registered bool
	// Address is that of the phone, IPv4 if it has both; not valid where none was told.
	Address netip.Addr
	// Web says whether it has pages of its own, nil where that was not told.
	Web *bool
	// Since is when the status became this, zero where that was not told.
	Since time.Time
}

// Select returns where those of the named devices are of which the cluster knows, in the order
// of their names; the others have not been registered for long, or are not there. With an
// [*Error] of kind Partial the rest counts; so does, with every other, what was answered before.
func (r *RIS) Select(ctx context.Context, names []string) ([]Place, error) {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	found := make(places)
	for part := range slices.Chunk(names, MaxDevices) {
		if err := r.pages(ctx, part, found); err != nil {
			return found.sorted(), err
		}
	}
	return found.sorted(), nil
}

// mostPages is how often a call is continued at most.
const mostPages = 5

// pages asks for some devices, and as long as the cluster has found more than it has told, for
// the rest, by the state that it has given out.
func (r *RIS) pages(ctx context.Context, names []string, all places) error {
	asked := make(map[string]bool, len(names))
	for _, n := range names {
		asked[n] = true
	}
	state, before := "", 0
	for range mostPages {
		p := page{asked: asked, all: all, node: make(map[string]string)}
		if err := r.call(ctx, risQuestion(names, state), &p); err != nil {
			return err
		}
		told := all.of(asked)
		if p.items >= p.total || told >= min(p.total, len(names)) {
			return nil
		}
		if told == before || p.state == "" {
			return &Error{Kind: Partial, Operation: selectDevices, Text: fmt.Sprintf("it has found %d devices, and tells of %d", p.total, told)}
		}
		state, before = p.state, told
	}
	return &Error{Kind: Partial, Operation: selectDevices, Text: fmt.Sprintf("it has more after %d pages", mostPages)}
}

// call asks for a page as soon as a call is free.
func (r *RIS) call(ctx context.Context, q question, p *page) error {
	if err := r.pace.Wait(ctx); err != nil {
		return &Error{Kind: Unreachable, Operation: selectDevices, Text: "no call is free in time", Err: err}
	}
	if err := r.ask(ctx, q, p.visit); err != nil {
		return err
	}
	if p.failed != "" {
		return &Error{Kind: Partial, Operation: selectDevices, Text: "a node of the cluster has not answered: " + legible(p.failed)}
	}
	return nil
}

const selectDevices = "selectCmDeviceExt"

func risQuestion(names []string, state string) question {
	var items strings.Builder
	for _, n := range names {
		items.WriteString("<soap:item><soap:Item>" + escaped(n) + "</soap:Item></soap:item>")
	}
	return question{selectDevices, "http://schemas.cisco.com/ast/soap/action/#RisPort70#SelectCmDeviceExt",
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:soap="http://schemas.cisco.com/ast/soap"><soapenv:Header/><soapenv:Body>` +
			`<soap:selectCmDeviceExt><soap:StateInfo>` + escaped(state) + `</soap:StateInfo><soap:CmSelectionCriteria>` +
			`<soap:MaxReturnedDevices>` + strconv.Itoa(MaxDevices) + `</soap:MaxReturnedDevices><soap:DeviceClass>Phone</soap:DeviceClass>` +
			`<soap:Model>255</soap:Model><soap:Status>Any</soap:Status><soap:NodeName></soap:NodeName><soap:SelectBy>Name</soap:SelectBy>` +
			`<soap:SelectItems>` + items.String() + `</soap:SelectItems><soap:Protocol>Any</soap:Protocol><soap:DownloadStatus>Any</soap:DownloadStatus>` +
			`</soap:CmSelectionCriteria></soap:selectCmDeviceExt></soapenv:Body></soapenv:Envelope>`}
}

// places are what was told, by name.
type places map[string]Place

func (all places) sorted() []Place {
	list := make([]Place, 0, len(all))
	for _, p := range all {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Place) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// of counts those of some names.
func (all places) of(names map[string]bool) (n int) {
	for name := range names {
		if _, is := all[name]; is {
			n++
		}
	}
	return n
}

// add adds what a node tells of a device. Several may know it: it is where it is registered,
// else as the node has it that knows it last.
func (all places) add(p Place) {
	old, known := all[p.Name]
	if !known || p.Registered && !old.Registered || p.Registered == old.Registered && p.Since.After(old.Since) {
		all[p.Name] = p
	}
}

// page is an answer that is read.
type page struct {
	asked map[string]bool
	all   places

	node   map[string]string // of the device that is read
	v4, v6 netip.Addr
	items  int
	total  int
	state  string
	failed string // a node that has not answered
	of     string // the node that is read
	code   string // and what it answered
}

// visit reads an element of the answer.
func (p *page) visit(at []string, text string) {
	name, parent := at[len(at)-1], at[len(at)-2]
	inDevice := slices.Contains(at, "CmDevices")
	switch {
	case name == "item" && parent == "CmDevices":
		p.device()
	case name == "IP" || name == "IPAddress" && text != "":
		p.address(text)
	case inDevice && parent == "item" && at[len(at)-3] == "CmDevices":
		p.node[name] = text
	case inDevice:
	case name == "TotalDevicesFound":
		p.total, _ = strconv.Atoi(text)
	case name == "StateInfo" && text != "":
		p.state = text
	case name == "ReturnCode":
		p.code = text
	case name == "Name":
		p.of = text
	case name == "item" && parent == "CmNodes":
		if p.code != "" && !strings.EqualFold(p.code, "Ok") && !strings.EqualFold(p.code, "NotFound") {
			p.failed = p.of + ": " + p.code
		}
		p.of, p.code = "", ""
	}
}

func (p *page) address(text string) {
	a, err := netip.ParseAddr(text)
	switch a = a.Unmap(); {
	case err != nil || a.IsUnspecified():
	case a.Is4() && !p.v4.IsValid():
		p.v4 = a
	case !a.Is4() && !p.v6.IsValid():
		p.v6 = a
	}
}

// device ends a device. One that was not asked for is left out: an answer to another question
// must not move phones.
func (p *page) device() {
	is := Place{Name: p.node["Name"], Status: legible(p.node["Status"]), Registered: p.node["Status"] == "Registered", Address: p.v4}
	if !is.Address.IsValid() {
		is.Address = p.v6
	}
	switch p.node["Httpd"] {
	case "Yes":
		is.Web = new(true)
	case "No":
		is.Web = new(false)
	}
	if n, err := strconv.ParseInt(p.node["TimeStamp"], 10, 64); err == nil && n > 0 && n < 1<<35 {
		is.Since = time.Unix(n, 0).UTC()
	}
	p.items++
	if p.asked[is.Name] {
		p.all.add(is)
	}
	clear(p.node)
	p.v4, p.v6 = netip.Addr{}, netip.Addr{}
}
