package show

import (
	"cmp"
	"context"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"deskd/cmd/deskd/census"
	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store/phones"
)

// deskPhone is what is known of the phone of a desk.
type deskPhone struct {
	Desk    string `json:"desk"`
	Cluster string `json:"cluster"`
	Phone   string `json:"phone"`
	// Known says whether anybody has told anything of it.
	Known   bool   `json:"known"`
	Address string `json:"address,omitempty"`
	// Source has told the address, at Seen, AgeSeconds ago.
	Source       phones.Source `json:"source,omitempty"`
	Seen         time.Time     `json:"seen,omitzero"`
	AgeSeconds   *int64        `json:"age_seconds,omitempty"`
	Model        string        `json:"model,omitempty"`
	Registered   *bool         `json:"registered,omitempty"`
	RegisteredAt time.Time     `json:"registered_at,omitzero"`
	EM           *bool         `json:"em,omitempty"`
	Profile      *string       `json:"profile,omitempty"`
	WebAccess    *bool         `json:"web_access,omitempty"`
	ToldAt       time.Time     `json:"told_at,omitzero"`
	Problem      string        `json:"problem,omitempty"`
	// Unanswered is which services of the cluster do not answer, since when and why.
	Unanswered string `json:"unanswered,omitempty"`

	zone *time.Location
}

// listPhones lists the phones of desks; those of which no address is known are last.
func listPhones(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	desks, err := a.Store.Desks(ctx)
	if err != nil {
		return nil, nil, err
	}
	known, err := a.Store.Phones().All(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	byDevice := make(map[[2]string]phones.Phone, len(known))
	for _, p := range known {
		byDevice[[2]string{p.Cluster, p.Device}] = p
	}
	failing, err := unanswered(ctx, a, f)
	if err != nil {
		return nil, nil, err
	}
	all, networks := []deskPhone{}, a.Config.Phones.Prefixes()
	for _, d := range desks {
		if (f.Desk == "" || f.Desk == d.ID) && (f.Site == "" || f.Site == d.Site) && (f.Floor == "" || f.Floor == d.Floor) {
			p, is := byDevice[[2]string{d.Cluster, d.Device}]
			all = append(all, deskPhoneOf(d, p, is, f.now))
			last := &all[len(all)-1]
			last.zone, last.Unanswered = a.View.Zone(d.Site), failing[d.Cluster]
			last.Problem = strings.TrimPrefix(last.Problem+outside(p.Address, networks), "; ")
		}
	}
	slices.SortStableFunc(all, func(x, y deskPhone) int { return cmp.Compare(x.rank(), y.rank()) })
	rows := make([][]string, len(all))
	for i, p := range all {
		rows[i] = f.phoneCells(p)
	}
	return all, rows, nil
}

// outside says that an address is in none of the networks, behind what else is odd. Where none are
// configured, nothing is shown on phones, and nothing is odd about an address.
func outside(a netip.Addr, networks []netip.Prefix) string {
	if !a.IsValid() || len(networks) == 0 || slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) }) {
		return ""
	}
	return "; outside phones.networks: deskd neither answers nor tells it anything"
}

func deskPhoneOf(d reservations.Desk, p phones.Phone, known bool, now time.Time) deskPhone {
	one := deskPhone{
		Desk: d.ID, Cluster: d.Cluster, Phone: d.Device, Known: known, Source: p.Source, Seen: p.Seen, Model: p.Model,
		Registered: p.Registered, RegisteredAt: p.RegisteredAt, EM: p.EM, Profile: p.Profile, WebAccess: p.WebAccess, ToldAt: p.ToldAt, Problem: p.Detail,
	}
	if p.Address.IsValid() {
		one.Address = p.Address.String()
	}
	if !p.Seen.IsZero() {
		age := int64(now.Sub(p.Seen) / time.Second)
		one.AgeSeconds = &age
	}
	return one
}

func (p deskPhone) rank() int {
	switch {
	case p.Address != "":
		return 0
	case p.Known:
		return 1
	}
	return 2
}

func (f filter) phoneCells(p deskPhone) []string {
	profile := ""
	if p.Profile != nil {
		profile = cmp.Or(*p.Profile, "(none)")
	}
	if f.csv {
		return []string{
			p.Desk, p.Cluster, p.Phone, p.Address, f.clock(p.Seen, p.zone), string(p.Source), p.Model, console.YesNo(p.Registered), f.clock(p.RegisteredAt, p.zone),
			console.YesNo(p.EM), profile, console.YesNo(p.WebAccess), f.clock(p.ToldAt, p.zone), p.Problem, p.Unanswered,
		}
	}
	age := ""
	if p.AgeSeconds != nil {
		age = console.Age(time.Duration(*p.AgeSeconds) * time.Second)
	}
	cells := []string{p.Desk, p.Phone, p.Address, age, string(p.Source), p.Model, console.YesNo(p.Registered), console.YesNo(p.EM), profile, console.YesNo(p.WebAccess), p.Problem}
	for i, c := range cells {
		cells[i] = console.Dash(c)
	}
	return cells
}

// unanswered says of each cluster which of its services do not answer, as the daemon has told.
func unanswered(ctx context.Context, a *cli.App, f filter) (map[string]string, error) {
	duties, err := a.Store.Nodes().Duties(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]string)
	for _, c := range a.Config.Clusters {
		standing, _ := census.Told(duties, c.Name)
		all[c.Name] = standing.Unanswered(c, func(t time.Time) string { return f.clock(t, a.View.Zone("")) })
	}
	return all, nil
}

// printUnanswered says under a list which services do not answer.
func printUnanswered(out io.Writer, all []deskPhone) {
	said := make(map[string]bool)
	for _, p := range all {
		if p.Unanswered != "" && !said[p.Cluster] {
			said[p.Cluster] = true
			console.Say(out, "\nCluster %s: %s\n", p.Cluster, p.Unanswered)
		}
	}
}
