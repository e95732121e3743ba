package doctor

import (
	"context"
	"fmt"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/provisioning"
	"deskd/cmd/deskd/provisioning/asking"
)

// provisioned tells in a line how the phones of each cluster with an inventory are set up, as the
// daemon was told last: to ask for each of a thousand phones takes minutes.
func (d *doctor) provisioned(ctx context.Context) error {
	inventories := false
	for _, c := range d.Config.Clusters {
		inventories = inventories || len(c.Services()) > 0
	}
	if !inventories || len(d.desks) == 0 {
		return nil
	}
	r, err := asking.Ask(ctx, d.Parts, asking.Options{Silent: true})
	if err != nil {
		return err
	}
	for _, c := range d.Config.Clusters {
		if one := r.Of(c.Name); len(c.Services()) > 0 && len(one.Rows) > 0 {
			d.setUp("cluster "+c.Name, one)
		}
	}
	return nil
}

func (d *doctor) setUp(what string, r provisioning.Report) {
	const fix = "deskd doctor phones asks again, and names each with what corrects it"
	n, p := r.Count(), r.Phones
	says := fmt.Sprintf("how phones are set up, as deskd was told last: %d of %s ready for logins, %d not, %d not known; %s, %s",
		p.Yes, console.Count(p.Yes+p.No+p.Unknown, "phone is", "phones are"), p.No, p.Unknown,
		console.Count(n[provisioning.Fault], "fault", "faults"), console.Count(n[provisioning.Warning], "warning", "warnings"))
	switch {
	case n[provisioning.Fault] > 0:
		d.wrong(what, fix, "%s", says)
	case n[provisioning.Warning] > 0, p.Unknown > 0:
		d.odd(what, fix, "%s", says)
	default:
		d.ok(what, "%s", says)
	}
}
