package phone_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskd/phone/emulator"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/store/links"
	"deskd/store/phones"
	"deskd/web"
	"deskd/web/phone"
	"deskd/web/view"
)

var update = flag.Bool("update", false, "write the golden files")

// berlin is the clock of the site; nine is a Monday there, and when the world begins.
var (
	berlin = time.FixedZone("Berlin", 3600)
	nine   = time.Date(2026, 3, 2, 9, 5, 0, 0, berlin)
)

func hm(clock string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+clock, berlin)
	if err != nil {
		panic(err)
	}
	return at
}

// house is deskd's door for phones over a database of its own, with emulated phones. Of
// desk 4.12 the phone is the first one.
type house struct {
	t         testing.TB
	ctx       context.Context
	store     *store.Store
	live      *view.Live
	handler   http.Handler
	pages     *phone.Handler
	phones    *emulator.World
	log       *bytes.Buffer
	rules     rules.Rules
	setup     phone.Setup
	identify  func(ctx context.Context, a netip.Addr) (string, error)
	kept      bool // pages show what was so within the last seconds, as the daemon's do
	moreDesks int
	nows      atomic.Int32

	mu     sync.Mutex
	now    time.Time
	blocks []plan.Block
	looks  []string
	swept  time.Time
	header http.Header // of what was answered last
	body   string
	asked  string                    // the last URL that a phone asked deskd for
	mute   bool                      // the phone system does not say who is on a phone
	really map[string]string         // who is on phones, where nobody has looked since
	answer func(o *plan.Observation) // what the phone system says beside that
}

const base = "http://desks.example.com:8484"

// device and address are those of the desk of that number.
func device(n int) string      { return fmt.Sprintf("SEP%012d", n) }
func address(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 20, byte(n >> 8), byte(n)}) }

func fail(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newHouse is a house with a few desks; change may change its setup.
func newHouse(t testing.TB, change ...func(*house)) *house {
	t.Helper()
	h := &house{
		t: t, ctx: t.Context(), now: nine, swept: nine, log: new(bytes.Buffer),
		rules: rules.Rules{Clock: berlin, CheckIn: rules.CheckIn{Before: 15 * time.Minute, Within: 30 * time.Minute}},
		setup: phone.Setup{
			BaseURL: base, Networks: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}, Colleagues: "findable",
			Policy: plan.DefaultPolicy(),
			Login:  map[string]string{"main": "http://cucm.example.com:8080/emapp/EMAppServlet?device=#DEVICENAME#"},
		},
	}
	for _, c := range change {
		c(h)
	}
	file := filepath.Join(t.TempDir(), "desk.db")
	if !h.copied(file) {
		h.open(file)
		h.furnish()
		fail(t, h.store.Close())
		h.keep(file)
	}
	h.open(file)
	t.Cleanup(func() { fail(t, h.store.Close()) })
	h.serve()
	return h
}

// furnished are the files of houses that were furnished, by how many desks they have: to
// furnish one takes longer than what most tests do in it.
var furnished struct {
	sync.Mutex
	files map[int]map[string][]byte
}

var suffixes = []string{"", ".marker"}

// copied reports whether there was a house to copy.
func (h *house) copied(file string) bool {
	furnished.Lock()
	defer furnished.Unlock()
	files := furnished.files[h.moreDesks]
	for suffix, text := range files {
		fail(h.t, os.WriteFile(file+suffix, text, 0o600))
	}
	return len(files) > 0
}

// keep keeps a house for others to copy.
func (h *house) keep(file string) {
	files := make(map[string][]byte)
	for _, suffix := range suffixes {
		text, err := os.ReadFile(file + suffix)
		fail(h.t, err)
		files[suffix] = text
	}
	furnished.Lock()
	defer furnished.Unlock()
	if furnished.files == nil {
		furnished.files = make(map[int]map[string][]byte)
	}
	furnished.files[h.moreDesks] = files
}

func (h *house) open(dsn string) {
	var err error
	h.store, err = store.Open(h.ctx, dsn, store.Options{})
	fail(h.t, err)
}

// furnish puts in desks, people, bookings made the day before, and where the phones are.
func (h *house) furnish() {
	h.t.Helper()
	fail(h.t, h.store.Configure(h.ctx, []reservations.Site{{Name: "berlin", Zone: berlin}}, []store.Cluster{{Name: "main", URL: "https://main.example"}}))
	var desks []reservations.Desk
	for i, id := range []string{"4.12", "4.13", "4.14", "5.01", "5.02"} {
		desks = append(desks, reservations.Desk{ID: id, Site: "berlin", Cluster: "main", Device: device(i + 1), Floor: id[:1]})
	}
	for n := len(desks) + 1; n <= h.moreDesks; n++ {
		desks = append(desks, reservations.Desk{ID: fmt.Sprintf("6.%03d", n), Site: "berlin", Cluster: "main", Device: device(n), Floor: "6"})
	}
	_, err := h.store.ImportDesks(h.ctx, desks, false)
	fail(h.t, err)
	_, err = h.store.ImportPeople(h.ctx, []reservations.Person{
		{ID: "jane", Name: "Jane Smith", Groups: []string{"Findable"}}, {ID: "max", Name: "Max Power"}, {ID: "zoe", Name: "Zoë <b>"},
		{ID: "lukasz", Name: "Łukasz Świątek", Groups: []string{"findable", "sales"}},
	}, false)
	fail(h.t, err)
	h.book("4.12", "jane", "09:00", "12:00")
	h.book("4.12", "max", "13:00", "17:00")
	h.book("4.13", "zoe", "15:00", "16:00")
	h.book("5.01", "lukasz", "08:00", "18:00")
	var news []phones.News
	var seen []plan.Observation
	for i := range desks {
		a := address(i + 1)
		news = append(news, phones.News{Cluster: "main", Device: device(i + 1), Source: phones.CSV, Seen: nine, Address: &a})
		seen = append(seen, plan.Observation{Device: device(i + 1), Known: true, Exists: true, Since: nine, At: nine})
	}
	_, err = h.store.Phones().Save(h.ctx, news, nine)
	fail(h.t, err)
	fail(h.t, h.store.See(h.ctx, seen))
	for n, person := range map[int]string{1: "jane", 4: "lukasz"} { // whom deskd has logged in
		h.observe(plan.Observation{Device: device(n), Person: person, Known: true, Exists: true, Ours: true, Since: nine, At: nine})
	}
}

// book books a desk, as someone did the day before.
func (h *house) book(desk, person, from, to string) reservations.Reservation {
	h.t.Helper()
	r, err := h.store.Reserve(h.ctx, reservations.Reservation{
		Desk: desk, Person: person, Span: reservations.Span{Start: hm(from), End: hm(to)}, Status: reservations.Confirmed, Source: reservations.SourceCLI,
	}, nine.AddDate(0, 0, -1))
	fail(h.t, err)
	return r
}

// place tells deskd where the phone of a desk is.
func (h *house) place(n int, a netip.Addr) {
	h.t.Helper()
	_, err := h.store.Phones().Save(h.ctx, []phones.News{{Cluster: "main", Device: device(n), Source: phones.CSV, Seen: h.clock(), Address: &a}}, h.clock())
	fail(h.t, err)
}

// calendars is a booking that a feed has made.
func calendars(desk, person, from, to string) reservations.Reservation {
	return reservations.Reservation{
		Desk: desk, Person: person, Span: reservations.Span{Start: hm(from), End: hm(to)}, Status: reservations.Confirmed, Source: reservations.FeedSource("hall"), UID: "u",
	}
}

// see has deskd see who is on the phone of a desk: nobody, or "?" for what is not known.
func (h *house) see(n int, person string) {
	h.t.Helper()
	o := plan.Observation{Device: device(n), Person: person, Known: person != "?", Exists: true, Since: h.clock(), At: h.clock()}
	if person == "?" {
		o.Person = ""
	}
	h.observe(o)
}

func (h *house) observe(o plan.Observation) {
	h.t.Helper()
	to := scheduler.Sightings(h.store)
	if h.live != nil {
		to = h.live.Sightings(h.store)
	}
	fail(h.t, to.See(h.ctx, []plan.Observation{o}))
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// pass lets time pass, in which phones are asked who is on them.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	h.swept = h.now
}

func (h *house) clusters() []scheduler.ClusterStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []scheduler.ClusterStatus{{Cluster: "main", Swept: h.swept, Round: h.now, Blocks: h.blocks}}
}

// serve wires the door.
func (h *house) serve() {
	h.t.Helper()
	sites := []reservations.Site{{Name: "berlin", Zone: berlin}}
	records := view.Records{Directory: h.store, Bookings: h.store, Sessions: h.store, Clusters: h.store, Calendars: h.store, History: h.store, Changes: h.store}
	model := &view.Model{Records: records, Sites: sites, Clusters: []view.ClusterConfig{{Name: "main"}}, Now: h.clock}
	h.live = view.NewLive(model, h.clusters, func(time.Time) []view.Notice { return nil })
	by := booking.Bookings{Store: h.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return h.rules }}
	log := slog.New(slog.NewTextHandler(lockedWriter{h}, nil))
	reads := web.NewReads(h.live.Look, log)
	lately, reading, known := h.live.Look, by, h.store
	if h.kept {
		aside, err := h.store.Aside()
		fail(h.t, err)
		lately, known = reads.Lately, aside
		reading.Store = aside.Bookings()
	}
	h.pages = phone.New(phone.Deps{
		Setup: h.setup, Phones: inventory{known.Phones()}, OnPhone: h.onPhone, Identify: h.identify, Lately: lately, Now: h.counted(reads.Now), Bookings: by, Reading: reading,
		People: h.store.People, Links: sealed{h.store.Links()}, WithActor: store.WithActor, Clock: h.clock, Log: log,
		Look: func(cluster string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.looks = append(h.looks, cluster)
		},
	})
	var err error
	h.handler, err = web.Handler(web.Deps{Reads: reads, Metrics: http.NotFoundHandler(), Phones: h.pages, Now: h.clock, Log: log})
	fail(h.t, err)
	h.phones = emulator.New(emulator.Options{Service: h, Now: h.clock})
}

// onPhone is what the phone system says of a phone.
func (h *house) onPhone(ctx context.Context, _, device string) (plan.Observation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mute {
		return plan.Observation{}, errors.New("it does not answer")
	}
	seen, err := h.store.Seen(ctx)
	for _, o := range seen {
		if o.Device == device {
			if person, other := h.really[device]; other {
				o.Person = person
			}
			if h.answer != nil {
				h.answer(&o)
			}
			return o, err
		}
	}
	return plan.Observation{}, err
}

// counted counts how often everything is read for a page, instead of what was read lately.
func (h *house) counted(now func(context.Context) (view.Snapshot, error)) func(context.Context) (view.Snapshot, error) {
	return func(ctx context.Context) (view.Snapshot, error) {
		h.nows.Add(1)
		return now(ctx)
	}
}

// lockedWriter is the log.
type lockedWriter struct{ h *house }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	return w.h.log.Write(b)
}

type inventory struct{ phones.Keeper }

func (i inventory) At(ctx context.Context, device string) (all []phone.Known, err error) {
	known, err := i.ByDevice(ctx, device)
	for _, p := range known {
		all = append(all, phone.Known{Cluster: p.Cluster, Address: p.Address})
	}
	return all, err
}

type sealed struct{ links.Keeper }

func (s sealed) Spend(ctx context.Context, d phone.Deed, now time.Time) (bool, error) {
	return s.Keeper.Spend(ctx, links.Deed(d), now)
}
func (s sealed) Refuse(ctx context.Context, d phone.Deed) error {
	return s.Keeper.Refuse(ctx, links.Deed(d))
}

// loginPage is what the cluster's own login service shows.
const loginPage = `<?xml version="1.0" encoding="iso-8859-1"?>
<CiscoIPPhoneInput><Title>Extension Mobility</Title><Prompt>Please sign on</Prompt><URL>http://cucm.example.com:8080/emapp/EMAppServlet</URL><InputItem><DisplayName>UserID</DisplayName><QueryStringParam>userid</QueryStringParam><InputFlags>A</InputFlags><DefaultValue></DefaultValue></InputItem><InputItem><DisplayName>PIN</DisplayName><QueryStringParam>pin</QueryStringParam><InputFlags>NP</InputFlags><DefaultValue></DefaultValue></InputItem></CiscoIPPhoneInput>`

// RoundTrip carries a request of a phone to deskd, or to the cluster.
func (h *house) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if strings.HasPrefix(r.URL.Host, "cucm.") {
		w.Header().Set("Content-Type", "text/xml; charset=ISO-8859-1")
		_, _ = w.WriteString(loginPage + "<!-- " + url.QueryEscape(r.URL.String()) + " -->")
		return w.Result(), nil
	}
	r = r.Clone(r.Context())
	r.RemoteAddr = netip.AddrPortFrom(emulator.Source(r.Context()), 49152).String()
	r.Host = "wrong.example" // as firmware is known to send it
	h.handler.ServeHTTP(w, r)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.header, h.body, h.asked = w.Header(), w.Body.String(), r.URL.String()
	return w.Result(), nil
}

// put puts the phone of a desk on it, subscribed to deskd's service.
func (h *house) put(m emulator.Model, n int) *emulator.Phone {
	p := h.phones.Add(m, device(n), address(n))
	p.Subscribe("Desk", base+phone.Path+"?name=#DEVICENAME#")
	return p
}

// get is what a phone of a model is answered that asks from an address.
func (h *house) get(from netip.Addr, query string, change ...func(*http.Request)) string {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.ctx, http.MethodGet, phone.Path+"?"+query, nil)
	r.RemoteAddr = netip.AddrPortFrom(from, 49152).String()
	r.Header.Set("x-CiscoIPPhoneModelName", "CP-8845")
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		h.t.Errorf("%s: %d, %s", query, w.Code, w.Header().Get("Content-Type"))
	}
	return w.Body.String()
}

// link is the query of the link in a page that does something.
func (h *house) link(page, do string) string {
	h.t.Helper()
	for part := range strings.SplitSeq(page, "<URL>") {
		part, _, _ = strings.Cut(part, "</URL>")
		part = strings.ReplaceAll(part, "&amp;", "&")
		if strings.Contains(part, "do="+do+"&") {
			_, query, _ := strings.Cut(part, "?")
			return query
		}
	}
	h.t.Fatalf("no link that does %s in %s", do, page)
	return ""
}

// bookings are those of a desk, and who has come, in a line each.
func (h *house) bookings(desk string) string {
	h.t.Helper()
	var b strings.Builder
	fail(h.t, h.store.Bookings().Read(h.ctx, func(book booking.Reader) error {
		all, err := book.Timeline(desk, reservations.Span{Start: hm("00:00"), End: hm("23:00")})
		fail(h.t, err)
		for _, r := range all {
			came, err := book.Evidence([]string{r.ID})
			fail(h.t, err)
			fmt.Fprintf(&b, "%s %s-%s %s", r.Person, r.Start.In(berlin).Format("15:04"), r.End.In(berlin).Format("15:04"), r.Source)
			for _, e := range came[r.ID] {
				fmt.Fprintf(&b, " +%s", e.Source)
			}
			b.WriteString("\n")
		}
		return nil
	}))
	return b.String()
}

// audit are the rows of what was done, or tried, at phones, the oldest first.
func (h *house) audit() (rows []string) {
	h.t.Helper()
	all, err := h.store.Audit(h.ctx, reservations.AuditFilter{Kind: "phone"})
	fail(h.t, err)
	for _, r := range all {
		if strings.Contains(string(r.What), `"action"`) {
			rows = append([]string{r.Actor + " " + r.Item + " " + string(r.What)}, rows...)
		}
	}
	return rows
}

// first is the first booking of a desk.
func (h *house) first(desk string) (id string) {
	h.t.Helper()
	fail(h.t, h.store.Bookings().Read(h.ctx, func(book booking.Reader) error {
		all, err := book.Timeline(desk, reservations.Span{Start: hm("00:00"), End: hm("23:00")})
		id = all[0].ID
		return err
	}))
	return id
}

// end lets the first booking of a desk end an hour earlier.
func (h *house) end(desk string) {
	h.t.Helper()
	by := booking.Bookings{Store: h.store.Bookings(), Rules: func(reservations.Desk) rules.Rules { return h.rules }}
	_, err := by.Move(h.ctx, booking.Actor{}, booking.Change{ID: h.first(desk), Span: reservations.Span{Start: hm("09:00"), End: hm("11:00")}}, h.clock())
	fail(h.t, err)
}

// deskMore is a desk of whose phone no address is known.
func deskMore() []reservations.Desk {
	return []reservations.Desk{{ID: "9.01", Site: "berlin", Cluster: "main", Device: device(9), Floor: "9"}}
}
