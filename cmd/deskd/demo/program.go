package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"deskd/reservations"
	"deskd/store"
)

// program is a booking program of another maker: it has a token and the daemon's address,
// and asks over HTTP.
type program struct {
	base, secret string
	booked       string // id of the booking that it changes later
	asked        int
	done         []string // what it was answered, for the tally
	wrong        []string
}

// newProgram gives the program a token.
func newProgram(ctx context.Context, st *store.Store, page string, now time.Time) (*program, error) {
	token := reservations.Token{
		Kind: reservations.TokenAPI, Scopes: []reservations.Scope{reservations.ScopeRead, reservations.ScopeWrite}, Role: reservations.RoleDelegate, Note: "the demonstration's booking program",
	}
	_, secret, err := st.Tokens().Create(ctx, token, now)
	return &program{base: "http://" + page + "/api/v1", secret: secret}, err
}

// answer is what the program reads of an answer.
type answer struct {
	ID           string `json:"id"`
	Code         string `json:"code"`
	Detail       string `json:"detail"`
	Alternatives []struct {
		Desk string `json:"desk"`
		reservations.Span
	} `json:"alternatives"`
}

// ask posts a request. Another status than the one that is due is a mistake of the day.
func (p *program) ask(ctx context.Context, path string, status int, body any) (answer, error) {
	p.asked++
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, bytes.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+p.secret)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close() //nolint:errcheck // it was only read
	var a answer
	if err := json.NewDecoder(got.Body).Decode(&a); err != nil {
		return a, err
	}
	if got.StatusCode != status {
		p.wrong = append(p.wrong, fmt.Sprintf("POST %s: status %d instead of %d: %s", path, got.StatusCode, status, a.Detail))
	}
	return a, nil
}

// wish is a booking as the program asks for it.
type wish struct {
	Desk   string    `json:"desk"`
	Person string    `json:"person"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// today is a time of day of the demonstration's day.
func (d *world) today(hour, minute int) time.Time {
	y, m, day := d.origin.Date()
	return time.Date(y, m, day, hour, minute, 0, 0, d.zone)
}

func (d *world) books(ctx context.Context) error {
	p := d.program
	a, err := p.ask(ctx, "/reservations", http.StatusCreated, wish{"5.15", "gdubois", d.today(8, 30), d.today(9, 30)})
	p.booked = a.ID
	p.done = append(p.done, "booked")
	return err
}

// isRefused asks for a desk that is taken, and takes the first that is offered instead.
func (d *world) isRefused(ctx context.Context) error {
	p := d.program
	asked := wish{"5.15", "jgomez", d.today(9, 0), d.today(9, 45)}
	a, err := p.ask(ctx, "/reservations", http.StatusConflict, asked)
	if err != nil {
		return err
	}
	if len(a.Alternatives) == 0 {
		p.wrong = append(p.wrong, "a refusal over HTTP offers nothing: "+a.Detail)
		return nil
	}
	asked.Desk = a.Alternatives[0].Desk
	p.done = append(p.done, "refused ("+a.Code+") and given "+asked.Desk+" instead")
	_, err = p.ask(ctx, "/reservations", http.StatusCreated, asked)
	return err
}

func (d *world) extends(ctx context.Context) error {
	_, err := d.program.ask(ctx, "/reservations/"+d.program.booked+"/extend", http.StatusOK, map[string]time.Time{"until": d.today(10, 0)})
	d.program.done = append(d.program.done, "extended")
	return err
}

func (d *world) endsEarly(ctx context.Context) error {
	_, err := d.program.ask(ctx, "/reservations/"+d.program.booked+"/end", http.StatusOK, struct{}{})
	d.program.done = append(d.program.done, "ended early")
	return err
}
