package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/store"
)

// asked is a wave of logins beside programs that ask the daemon for something, and alone.
func asked(ctx context.Context, l *lab) error {
	return l.besides(ctx, fmt.Sprintf("%d requests a second", requestsPerSecond), askPrograms, []line{
		{what: "a request: CPU of the daemon", unit: "ms"}, {what: "a request: median", unit: "ms"}, {what: "a request: p99", unit: "ms"},
	})
}

// paged is the wave beside phones that ask for their pages at once, and alone.
func paged(ctx context.Context, l *lab) error {
	return l.besides(ctx, fmt.Sprintf("%d phones that ask at once every %v", askingPhones, phonesEvery), askPhones, []line{
		{what: "a page: CPU of the daemon", unit: "ms"}, {what: "the slowest page of a round: median", unit: "ms"},
		{what: "the slowest page of a round: the worst", unit: "ms", reach: "200 ms"},
	})
}

// asker asks the daemon of a house for something, at url and until ctx is over.
type asker func(ctx context.Context, h *house, url string) *answers

// besides measures the wave beside what asks, with the figures of that, and alone.
func (l *lab) besides(ctx context.Context, what string, ask asker, own []line) error {
	h, err := l.built(ctx, plot{desks: 1000, rows: l.sizes([]int{l.n(200_000, 2000)})[0]})
	if err != nil {
		return err
	}
	if err := errors.Join(h.newTokens(ctx, 4), h.place(ctx, askingPhones)); err != nil { // one token may ask 50 times a second
		return err
	}
	f := front{logins: l.n(300, 50), concurrent: 5, perMinute: 600}
	lines := []line{
		{what: "phones ready at the start, in %", reach: "100"}, {what: "lateness of a login, median", unit: "ms"},
		{what: "lateness, p99", unit: "ms", reach: "as alone"}, {what: "lateness, max", unit: "ms"},
	}
	for i := range lines {
		lines[i].peerIs = "(the wave alone)"
	}
	lines = append(lines, own...)
	for i := range lines {
		lines[i].what = fmt.Sprintf("wave of %d, at %d a minute, beside %s: %s", f.logins, f.perMinute, what, lines[i].what)
	}
	return inTurns(ctx, lines, f.beside(h, ask), f.beside(h, nil))
}

// beside has a daemon send the wave while it is asked, nil for not at all.
func (f front) beside(h *house, ask asker) turn {
	return func(ctx context.Context) ([]float64, error) {
		if err := h.clear(ctx); err != nil {
			return nil, err
		}
		s, err := f.phones(ctx, h.lab)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		d, err := h.serve(ctx, conditions{main: s, concurrent: f.concurrent, perMinute: f.perMinute, believe: true})
		if err != nil {
			return nil, err
		}
		defer d.stop()
		if err := d.settle(ctx); err != nil {
			return nil, err
		}
		start := time.Now().Add(f.least()*21/20 + ready + 30*time.Second).Truncate(time.Second)
		if err := h.book(ctx, together(f.logins, start)); err != nil {
			return nil, err
		}
		return f.whileAsked(ctx, h, ask, course{s, d, start})
	}
}

// course is a wave that is booked.
type course struct {
	s     *phoneSystem
	d     *daemon
	start time.Time
}

// whileAsked waits for the wave, and has ask ask meanwhile.
func (f front) whileAsked(ctx context.Context, h *house, ask asker, c course) ([]float64, error) {
	asking, end := context.WithCancel(ctx)
	defer end()
	var own func() ([]float64, error)
	if ask != nil {
		got := ask(asking, h, c.d.url)
		perAnswer, err := got.cpu(ctx, c.d)
		if err != nil {
			return nil, err
		}
		own = func() ([]float64, error) {
			end()
			took, err := got.wait()
			return append([]float64{perAnswer}, took...), err
		}
	}
	began, err := c.s.loggedIn(ctx, f.logins, time.Until(c.start)+f.least()+2*time.Minute)
	if err != nil {
		return nil, err
	}
	late, err := h.late(ctx, began)
	figures := append([]float64{f.inTime(began, c.start)}, quantiles(late)...)
	if err != nil || own == nil {
		return figures, err
	}
	more, err := own()
	return append(figures, more...), err
}

// answers are those of a daemon.
type answers struct {
	asking, running sync.WaitGroup
	figures         func(took []time.Duration) []float64

	mu   sync.Mutex
	n    int
	took []time.Duration
	errs []error
}

// cpu is what an answer costs the daemon, in milliseconds, before the wave begins.
func (a *answers) cpu(ctx context.Context, d *daemon) (float64, error) {
	count := func() int { a.mu.Lock(); defer a.mu.Unlock(); return a.n }
	if err := rest(ctx, 4*time.Second); err != nil { // what was booked is planned
		return 0, err
	}
	before := count()
	used, err := d.cpuOf(func() error { return rest(ctx, 2*phonesEvery) })
	return used.Seconds() * 1000 / float64(max(1, count()-before)), err
}

// wait waits for the last answer, and returns their figures.
func (a *answers) wait() ([]float64, error) {
	a.asking.Wait()
	a.running.Wait()
	return a.figures(a.took), errors.Join(a.errs...)
}

// note takes in that an answer has come, took of it is a figure.
func (a *answers) note(err error, took ...time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	a.took = append(a.took, took...)
	if err != nil && len(a.errs) < 5 {
		a.errs = append(a.errs, err)
	}
}

const requestsPerSecond = 50

// askPrograms has programs ask with tokens as often as that, however long the answers take:
// every other request searches a floor, the rest book and cancel.
func askPrograms(ctx context.Context, h *house, url string) *answers {
	a := &answers{figures: func(took []time.Duration) []float64 { return quantiles(took)[:2] }}
	c := &client{base: url + "/api/v1", booked: make(chan string, 1000), day: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 100)}
	a.asking.Go(func() {
		for next, n := time.Now(), 0; rest(ctx, time.Until(next)) == nil; n++ {
			next = next.Add(time.Second / requestsPerSecond)
			a.running.Go(func() {
				began := time.Now()
				err := c.request(context.WithoutCancel(ctx), h.secrets[n%len(h.secrets)], n)
				a.note(err, time.Since(began))
			})
		}
	})
	return a
}

// client is what the programs know together.
type client struct {
	base   string
	booked chan string // ids
	day    time.Time   // from which on they book
}

// request makes the nth request.
func (c *client) request(ctx context.Context, secret string, n int) error {
	switch n % 4 {
	case 1:
		from := c.day.Add(time.Duration(n/4/100) * time.Hour)
		body := fmt.Sprintf(`{"desk":"D%06d","person":%q,"start":%q,"end":%q}`, 801+n/4%100, emulator.UserName(801+n/4%100),
			from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339))
		id, err := c.send(ctx, secret, question{http.MethodPost, "/reservations", body, http.StatusCreated})
		if err == nil {
			c.booked <- id
		}
		return err
	case 3:
		select {
		case id := <-c.booked:
			_, err := c.send(ctx, secret, question{http.MethodDelete, "/reservations/" + id, "", http.StatusOK})
			return err
		default: // none is booked yet
		}
	}
	free := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	path := fmt.Sprintf("/desks?site=berlin&floor=%d&free_from=%sT16:00:00Z&free_to=%[2]sT18:00:00Z", n%20, free)
	_, err := c.send(ctx, secret, question{http.MethodGet, path, "", http.StatusOK})
	return err
}

// question is a request, and the status of its answer.
type question struct {
	method, path, body string
	status             int
}

// send asks, and returns the id in the answer.
func (c *client) send(ctx context.Context, secret string, q question) (id string, err error) {
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, bytes.NewBufferString(q.body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	text, err := read(http.DefaultClient, req, q.status)
	if m := named.FindSubmatch(text); m != nil {
		id = string(m[1])
	}
	return id, err
}

// named is the id of a booking in an answer.
var named = regexp.MustCompile(`"id":"([^"]+)"`)

// read reads an answer that is to have a status.
func read(c *http.Client, req *http.Request, status int) ([]byte, error) {
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("%s %s: %s %.200s", req.Method, req.URL.Path, resp.Status, text)
	}
	return text, err
}

// How many phones ask, and how often.
const (
	askingPhones = 200
	phonesEvery  = 5 * time.Second
)

// addressOf is where a phone is: on loopback, each at an address of its own.
func addressOf(n int) string { return fmt.Sprintf("127.1.%d.%d", n/200, n%200+1) }

// askPhones has phones of the wave ask for their page at once, round after round, each over a
// connection of its own, as phones do. A round is as slow as its slowest page.
func askPhones(ctx context.Context, _ *house, url string) *answers {
	a := &answers{figures: func(took []time.Duration) []float64 { all := quantiles(took); return []float64{all[0], all[2]} }}
	a.asking.Go(func() {
		for rest(ctx, phonesEvery) == nil {
			var round sync.WaitGroup
			pages := make([]time.Duration, askingPhones)
			for i := range pages {
				round.Go(func() {
					began := time.Now()
					err := page(context.WithoutCancel(ctx), url, i+1)
					pages[i] = time.Since(began)
					a.note(err)
				})
			}
			round.Wait()
			a.mu.Lock()
			a.took = append(a.took, slices.Max(pages))
			a.mu.Unlock()
		}
	})
	return a
}

// page asks for the page of the nth phone, from there.
func page(ctx context.Context, url string, n int) error {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addressOf(n))}}
	alone := &http.Client{Transport: &http.Transport{DialContext: from.DialContext, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/phone?name="+emulator.DeviceName(n), nil)
	if err != nil {
		return err
	}
	maps.Copy(req.Header, http.Header{
		"X-Ciscoipphonemodelname": {"CP-8845"}, "X-Ciscoipphonedisplay": {"559,265,24,C"}, "X-Ciscoipphonesdkversion": {"9.0.1"},
		"Accept-Charset": {"UTF-8,*"}, "Accept-Language": {"en"},
	})
	text, err := read(alone, req, http.StatusOK)
	if err == nil && (!bytes.Contains(text, []byte("<CiscoIPPhone")) || bytes.Contains(text, []byte("it shows no more"))) { // it is not believed
		err = fmt.Errorf("phone %d is shown %.200s", n, text)
	}
	return err
}

// newTokens makes so many tokens of facilities, whose secrets the programs use.
func (h *house) newTokens(ctx context.Context, n int) error {
	st, err := store.Open(ctx, h.path(), store.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	h.secrets = nil
	for range n {
		t := reservations.Token{Kind: reservations.TokenAPI, Scopes: []reservations.Scope{"read", "write"}, Role: reservations.RoleFacilities, Note: "measure"}
		_, secret, err := st.Tokens().Create(ctx, t, time.Now())
		if err != nil {
			return err
		}
		h.secrets = append(h.secrets, secret)
	}
	return nil
}

// place says where the first phones are, as an inventory does.
func (h *house) place(ctx context.Context, n int) error {
	for i := range n {
		_, err := h.db.ExecContext(ctx, "INSERT OR REPLACE INTO phones (cluster, device, address, model, source) VALUES ('main', ?, ?, 'CP-8845', 'csv')",
			emulator.DeviceName(i+1), addressOf(i+1))
		if err != nil {
			return err
		}
	}
	return nil
}
