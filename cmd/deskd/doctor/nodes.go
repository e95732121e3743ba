package doctor

import (
	"context"
	"strings"
	"time"

	"deskd/scheduler/drive"
	"deskd/store"
	"deskd/store/nodes"
)

// daemons looks at the nodes that run: whether they are configured as d is, and whether all that
// is to be done has one that does it. On a server one that starts may not have taken it yet.
func (d *doctor) daemons(ctx context.Context, runs bool) error {
	all, err := d.Store.Nodes().Nodes(ctx)
	if err != nil {
		return err
	}
	settings, err := d.Config.Settings()
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	for _, n := range all {
		if runs && n.State(false, now) == "silent" && store.IsServer(d.Config.Database.DSN) {
			d.odd("node "+n.Name, "start it again; one that is gone for good is forgotten a month after", "it has said nothing since %s, and has not ended: the others do its work, and fewer are left to stand in", n.Seen.UTC().Format(time.RFC3339))
		}
		keys := settings.Unlike(n.Settings)
		if n.State(false, now) != "runs" || len(keys) == 0 {
			continue
		}
		d.odd("node "+n.Name, "have it read its configuration again (SIGHUP), or correct the one or the other", "it runs with other settings than this configuration: %s", strings.Join(keys, ", "))
	}
	if !runs || !store.IsServer(d.Config.Database.DSN) {
		return nil
	}
	duties, err := d.Store.Nodes().Held(ctx, now)
	if err != nil {
		return err
	}
	for _, duty := range nodes.Vacant(drive.Wanted(d.View.ClusterNames(), len(d.Config.Feeds) > 0), duties) {
		d.wrong(duty.Name, "look at the log of each node, which says why it does not take it", "no node does it")
	}
	return nil
}
