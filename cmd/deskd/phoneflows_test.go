package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	rooms "deskd/cmd/emulator/house"
	service "deskd/emapi/emulator"
	"deskd/phone/emulator"
)

// floor is a daemon with phones of five models for each flow, each at an address and at a
// desk of its own. Of each desk Jane Smith has the morning, and Max Power the afternoon,
// unless a flow wants it free.
type floor struct {
	*served
	rooms  *rooms.House
	nine   time.Time     // when the mornings begin: the hour is nine by the site's clock,
	behind time.Duration // which is behind UTC by so much
	mu     sync.Mutex
}

// person stands at the phone of a desk, and writes down what it shows.
type person struct {
	*floor
	*rooms.Home
	ctx  context.Context
	desk string
	n    int    // of the phone and who has booked it
	last string // address of the link that the phone followed last
	text strings.Builder
}

// phoneFlow is what someone does at phones of five models at once.
type phoneFlow struct {
	name   string
	free   bool            // nobody has the morning
	before func(f *floor)  // what happens before anyone comes to the phones
	play   func(p *person) // at each of the five
}

// morning and afternoon, as hours of a day that began at nine.
const morningEnds, afternoonBegins = 3 * time.Hour, 4 * time.Hour

var phoneFlows = []phoneFlow{
	{name: "home", play: func(p *person) {
		p.open()
		p.show("the desk is Jane's, until when, and who is next")
	}},
	{name: "check-in", play: func(p *person) {
		p.open()
		p.press("Check in")
		p.show("Jane presses Check in")
		p.press("Desk")
		p.show("nothing is asked of her any more")
	}},
	{name: "extend", play: func(p *person) {
		p.open()
		p.press("Extend")
		p.show("Jane presses Extend")
		p.choose(1)
		p.show("she chooses the first")
		p.press("Desk")
		p.press("Extend")
		p.choose(1)
		p.press("Desk")
		p.press("Extend")
		p.show("no more is free")
		p.holds("09:00-13:00 13:00-17:00")
	}},
	{name: "end now", play: func(p *person) {
		p.open()
		p.press("More")
		p.choose(3)
		p.show("Jane chooses End now, which asks first")
		p.holds("09:00-12:00 13:00-17:00")
		p.press("End now")
		p.show("and means it")
		p.eventually("she is logged out", func() bool { return p.session(p.Name()) == "" })
		p.reads("Free until 13:00")
		p.open()
		p.show("the desk is free")
		p.holds("09:00-09:00 13:00-17:00")
	}},
	{name: "walk-up", free: true, play: func(p *person) {
		p.open()
		p.show("a free desk")
		p.press("Log in")
		p.press("Log in")
		p.rooms.Wait()
		p.show("the cluster's own login asks for user id and PIN")
		p.logsIn()
		p.show("Jane has entered them")
		p.eventually("the page knows her", func() bool {
			p.open()
			return strings.Contains(p.Screen(), "Book")
		})
		p.show("she opens the desk's page again")
		p.press("Book")
		p.show("it offers the desk up to the next booking")
		p.press("Book")
		p.show("and she books it")
		p.holds("09:00-13:00 13:00-17:00")
	}},
	{name: "find a free desk", play: func(p *person) {
		p.open()
		p.press("More")
		p.choose(4)
		p.show("Jane chooses Free desks")
		p.choose(1)
		p.show("and one of them")
	}},
	{name: "find a colleague", play: func(p *person) {
		p.open()
		p.press("More")
		p.choose(5)
		p.show("Jane chooses Find a colleague")
		p.check(p.Fill("q", "swi"))
		p.check(p.Submit(p.ctx))
		p.show("she enters swi")
		p.choose(1)
		p.show("and chooses him, who has allowed it")
		p.press("Find")
		p.check(p.Fill("q", "max"))
		p.check(p.Submit(p.ctx))
		p.show("Max has not")
	}},
	{name: "the page after an action, which Back skips", play: func(p *person) {
		p.open()
		p.press("Check in")
		p.press("Desk")
		p.Back()
		p.show("Jane presses Back after she has checked in")
	}},
	{name: "a stale token", play: func(p *person) {
		p.open()
		p.press("Check in")
		p.Open(p.ctx, p.link())
		p.show("Jane has checked in, and follows that link once more")
		p.press("Desk")
		p.press("Extend")
		p.must("extend", "--desk", p.desk, "--to", p.at(morningEnds+15*time.Minute))
		p.reads("Yours until 12:15")
		p.choose(1)
		p.show("the booking was extended elsewhere, while she looked at the choice")
		p.holds("09:00-12:15 13:00-17:00")
	}},
	{name: "a forged name", play: func(p *person) {
		p.Open(p.ctx, "http://deskd.invalid/phone?name="+p.other().Name())
		p.show("the phone says it was that of another desk")
		p.open()
		p.press("Check in")
		p.Open(p.ctx, strings.Replace(p.link(), p.Name(), p.other().Name(), 1))
		p.show("and that its link was the other's")
		p.eventually("it stands in the audit", func() bool {
			return strings.Contains(p.must("list", "audit"), `"refused":"the address is not that of the phone"`)
		})
	}},
	{name: "a desk that is out of service", free: true, before: func(f *floor) {
		f.must("close", "--site", "berlin", "--zone", "a desk that is out of service", "--to", f.at(5*time.Hour), "--reason", "painters")
	}, play: func(p *person) {
		p.reads("Closed until 14:00")
		p.open()
		p.show("the desk is closed for the painters")
		p.check(p.phones.PressLogin(p.Name(), service.UserName(p.n)))
		p.must("reconcile")
		p.reads("Logged in: Jane Smith")
		p.Open(p.ctx, "http://deskd.invalid/phone?p=take&name="+p.Name())
		p.show("someone logs in, and wants it all the same")
		p.holds("13:00-17:00")
	}},
	{name: "a cluster that is paused", free: true, before: func(f *floor) {
		f.must("pause", "main", "--why", "works on the phone system")
	}, play: func(p *person) {
		p.must("reserve", "--desk", p.desk, "--person", service.UserName(p.n), "--start", p.at(0), "--end", p.at(morningEnds))
		p.reads("Jane Smith")
		p.reads("Logins are paused")
		p.open()
		p.show("nobody logs Jane in")
		p.press("Log in")
		p.press("Log in")
		p.logsIn()
		p.run("reconcile") // the phones are asked, and the exit code says that there is a pause
		p.reads("Yours until 12:00")
		p.open()
		p.show("she logs in herself, and the desk is hers")
	}},
}

// What people do at phones of five models at once, through deskd serve, its database, and a
// cluster whose phones these are. What they show is in testdata, with each time as if
// the flow had begun at nine.
func TestPhoneFlows(t *testing.T) {
	f := newFloor(t)
	for i, flow := range phoneFlows {
		if flow.before != nil {
			flow.before(f)
		}
		var at []*person
		var all sync.WaitGroup
		for m := range emulator.Models() {
			p := f.person(t.Context(), i, m)
			at = append(at, p)
			all.Go(func() {
				p.reads(map[bool]string{false: "Yours until 12:00", true: "13:00"}[flow.free])
				flow.play(p)
			})
		}
		all.Wait()
		var text strings.Builder
		for _, p := range at {
			text.WriteString("## " + p.Model.Name + "\n\n" + p.text.String())
		}
		goldenScreens(t, flow.name, text.String())
	}
}

func goldenScreens(t *testing.T, flow, got string) {
	t.Helper()
	path := filepath.Join("testdata", "phones", strings.ReplaceAll(strings.ReplaceAll(flow, ",", ""), " ", "-")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; see -update:\n%s", path, diff)
	}
}

// freeDevice is the phone of a desk that nobody has.
const freeDevice = "SEP00000000FFFF"

// newFloor runs a daemon in whose site it is between nine and ten, and waits until who has
// booked is logged in.
func newFloor(t *testing.T) *floor {
	w := newWorld(t)
	models := len(emulator.Models())
	n := len(phoneFlows) * models
	w.phones.Populate(n, 2*n)
	w.phones.AddDevice(freeDevice)
	f := &floor{nine: time.Now().UTC().Truncate(time.Minute)}
	all, err := rooms.New(w.phones, rooms.Options{
		First: netip.MustParseAddr("127.0.1.1"), Subscribe: "http://deskd.invalid/phone?name=#DEVICENAME#", Phones: emulator.Options{Service: f},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.rooms = all
	login := httptest.NewServer(all.Login())
	t.Cleanup(login.Close)
	desks, people, bookings, where := "id,site,cluster,device,zone,floor\nFree,boston,main,"+freeDevice+",,4\n", "person,name,groups\nlukasz,Łukasz Świątek,findable\n", "desk,person,start,end\n", "device,address\n"
	for i, home := range all.Homes()[:n] {
		flow, user, later := phoneFlows[i/models], service.UserName(i+1), service.UserName(n+i+1)
		desk := deskOf(i)
		site := "berlin"
		if flow.name == "find a free desk" {
			site = "boston" // where no other flow has desks
		}
		desks += fmt.Sprintf("%s,%s,main,%s,%s,\n", desk, site, home.Name(), strings.ReplaceAll(flow.name, ",", ""))
		people += user + ",Jane Smith,\n" + later + ",Max Power,\n"
		if !flow.free {
			bookings += fmt.Sprintf("%s,%s,%s,%s\n", desk, user, f.at(0), f.at(morningEnds))
		}
		bookings += fmt.Sprintf("%s,%s,%s,%s\n", desk, later, f.at(afternoonBegins), f.at(8*time.Hour))
		where += home.Name() + "," + home.Address.String() + "\n"
	}
	bookings += fmt.Sprintf("Free,lukasz,%s,%s\n", f.at(3*time.Hour), f.at(4*time.Hour))
	behind := f.nine.Hour() - 9
	if behind > 12 {
		behind -= 24
	}
	f.behind = time.Duration(behind) * time.Hour
	zone := fmt.Sprintf("timezone: Etc/GMT%+d, rules: {check_in: 30m}", behind)
	config := strings.NewReplacer("timezone: Europe/Berlin", zone, "timezone: America/New_York", zone,
		"app_password_file: em-password\n", "app_password_file: em-password\n    em_login_url: '"+login.URL+rooms.LoginPath+"?device=#DEVICENAME#'\n",
		"listen: 127.0.0.1:0", "listen: 127.0.0.1:0\nphones: {base_url: 'http://deskd.invalid', networks: [127.0.0.0/8], colleagues: '@findable'}").Replace(w.config())
	w.write("deskd.yaml", config)
	for name, text := range map[string]string{"desks": desks, "people": people, "reservations": bookings, "phones": where} {
		w.write(name+".csv", text)
	}
	for _, what := range []string{"desks", "people", "reservations", "phones"} {
		w.must("import", what, w.path(what+".csv"))
	}
	w.exec("UPDATE reservations SET updated_at = @before, seen_at = @before", sql.Named("before", f.nine.Add(-time.Hour).Format("2006-01-02T15:04:05.000Z"))) // who books at nine need not check in
	f.served = w.serve()
	f.ready()
	eventually(t, 10*time.Second, "who has booked is logged in", func() bool {
		return len(w.phones.Sessions()) == strings.Count(bookings, ","+f.at(0)+",")
	})
	return f
}

// deskOf is the desk of a phone, by its number from 0: the flow's letter and the model.
func deskOf(i int) string {
	models := emulator.Models()
	return fmt.Sprintf("%c.%s", 'A'+i/len(models), models[i%len(models)].Name)
}

// at is an instant so long after nine.
func (f *floor) at(after time.Duration) string { return f.nine.Add(after).Format(time.RFC3339) }

func (f *floor) person(ctx context.Context, flow, model int) *person {
	i := flow*len(emulator.Models()) + model
	p := &person{floor: f, Home: f.rooms.Homes()[i], desk: deskOf(i), n: i + 1}
	p.ctx = context.WithValue(ctx, personKey{}, p)
	return p
}

type personKey struct{}

// RoundTrip brings a request of a phone from its address to the daemon or, where that is
// meant, to the cluster.
func (f *floor) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.URL.Host == "deskd.invalid" {
		if p, ok := r.Context().Value(personKey{}).(*person); ok && r.URL.Query().Has("t") {
			f.mu.Lock()
			p.last = r.URL.String()
			f.mu.Unlock()
		}
		at, err := url.Parse(f.page)
		if err != nil {
			return nil, err
		}
		r.URL.Host = at.Host
	}
	return fromPhones.RoundTrip(r)
}

var fromPhones = rooms.Transport()

// check ends what a person does with a mistake.
func (p *person) check(err error) {
	if err != nil {
		p.t.Errorf("desk %s: %v on\n%s", p.desk, err, p.Screen())
		runtime.Goexit()
	}
}

// open opens the desk's page from the key Services.
func (p *person) open() {
	p.Services()
	p.check(p.Choose(p.ctx, 1))
}

func (p *person) press(label string) { p.check(p.Press(p.ctx, label)) }

func (p *person) choose(n int) { p.check(p.Choose(p.ctx, n)) }

// logsIn enters user id and PIN in the cluster's form.
func (p *person) logsIn() {
	p.rooms.Wait()
	p.check(p.Fill("userid", service.UserName(p.n)))
	p.check(p.Fill("pin", rooms.PIN))
	p.check(p.Submit(p.ctx))
}

// link is the address of the link that the phone followed last.
func (p *person) link() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// other is the phone of that model in the first flow.
func (p *person) other() *rooms.Home {
	return p.rooms.Homes()[(p.n-1)%len(emulator.Models())]
}

func (p *person) show(what string) {
	p.text.WriteString(what + "\n" + p.asAtNine(p.Screen()) + "\n")
}

var clockTime = regexp.MustCompile(`\b\d\d:\d\d\b`)

// asAtNine is a text with each time as it would be, had the flow begun at nine. The minutes
// that it takes itself count as none.
func (f *floor) asAtNine(text string) string {
	return clockTime.ReplaceAllStringFunc(text, func(said string) string {
		at, err := time.Parse("15:04", said)
		if err != nil {
			return said
		}
		at = at.Add(-time.Duration(f.nine.Minute()) * time.Minute)
		if since := at.Sub(at.Truncate(time.Hour)); since < 5*time.Minute {
			at = at.Truncate(time.Hour)
		}
		return at.Format("15:04")
	})
}

// holds compares the spans of the desk's bookings.
func (p *person) holds(want string) {
	var spans []string
	db := p.reading()
	defer db.Close()
	rows, err := db.QueryContext(p.ctx, "SELECT starts_at, ends_at FROM reservations WHERE desk = ? AND status = 'confirmed' ORDER BY starts_at", p.desk)
	p.check(err)
	defer rows.Close()
	for rows.Next() {
		var ends [2]string
		p.check(rows.Scan(&ends[0], &ends[1]))
		for i := range ends {
			at, err := time.Parse(time.RFC3339, ends[i])
			p.check(err)
			ends[i] = p.asAtNine(at.Add(-p.behind).Format("15:04"))
		}
		spans = append(spans, ends[0]+"-"+ends[1])
	}
	p.check(rows.Err())
	if got := strings.Join(spans, " "); got != want {
		p.t.Errorf("desk %s is booked %s, want %s", p.desk, got, want)
	}
}

// reads waits until the desk's page says so, without a look at the screen.
func (p *person) reads(want string) {
	p.eventually("the page says "+want, func() bool {
		seen, err := p.ask()
		p.check(err)
		return strings.Contains(p.asAtNine(seen), want)
	})
}

func (p *person) eventually(what string, holds func() bool) {
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(end) {
			p.check(fmt.Errorf("not within 5s: %s", what))
		}
	}
}

// ask asks for the desk's page from where the phone is.
func (p *person) ask() (string, error) {
	r, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.page+"/phone?name="+p.Name(), nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("x-CiscoIPPhoneModelName", "CP-8845")
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: p.Address.AsSlice()}}
	by := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}}
	resp, err := by.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}
