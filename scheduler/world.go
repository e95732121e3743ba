package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// readWorld loads the bookings around now, if they may have changed since they
// were read.
func (r *Reconciler) readWorld(ctx context.Context, now time.Time) error {
	select {
	case <-r.kicked:
		r.read = time.Time{}
	default:
	}
	if now.Sub(r.read) < worldAge && !now.Before(r.read) {
		return nil
	}
	if err := errors.Join(r.readPause(ctx), r.readHeldLogouts(ctx), r.learnFeeds(ctx, now)); err != nil {
		return err
	}
	desks, err := r.Book.Desks(ctx)
	if err != nil {
		return fmt.Errorf("read desks: %w", err)
	}
	people, err := r.Book.People(ctx)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	booked, err := r.Book.Reservations(ctx, r.Policy.Window(now))
	if err != nil {
		return fmt.Errorf("read reservations: %w", err)
	}
	before := r.world
	r.world, r.directory, r.read = plan.NewWorld(r.Cluster, desks, people, booked), phones.NewDirectory(people), now
	r.world.Feeds = r.Feeds
	r.forgive(before)
	r.manage(now)
	if err := r.readBefore(ctx, now); err != nil {
		return err
	}
	return r.refold(ctx, now)
}

// forgive lets steps go out again that were refused for a desk or a person that
// has changed since: the change may have repaired it.
func (r *Reconciler) forgive(before plan.World) {
	was := make(map[string]string, len(before.Desks)) // desk → device
	for _, d := range before.Desks {
		was[d.ID] = d.Device
	}
	for _, d := range r.world.Desks {
		if device, known := was[d.ID]; known && device != d.Device {
			r.history.Forgive(d.Device, "")
		}
	}
	for key, p := range r.world.People {
		if old, known := before.People[key]; known && old.Profile != p.Profile {
			r.history.Forgive("", p.ID)
		}
	}
}

// manage brings what is known of devices in line with the desks. A device that
// is no desk's any more stays while deskd's own session is or may be on it:
// nobody is wanted there, so that the session is ended.
func (r *Reconciler) manage(now time.Time) {
	known := make(map[string]plan.Have, len(r.world.Desks))
	r.devices = make([]string, 0, len(r.world.Desks))
	for _, d := range r.world.Desks {
		h := r.seen[d.Device]
		h.Desk, h.Device = d.ID, d.Device
		known[d.Device] = h
		r.devices = append(r.devices, d.Device)
		if h.At.IsZero() && r.sweep.began.IsZero() {
			r.lookAt(d.Device, now) // a desk that is new since the last sweep
		}
	}
	for _, device := range r.former(known) {
		h := r.seen[device]
		h.Desk, h.Device = "", device
		known[device] = h
		r.devices = append(r.devices, device)
		r.lookAt(device, now)
	}
	r.seen = known
	gone := func(device string) bool { _, managed := known[device]; return !managed }
	maps.DeleteFunc(r.looks, func(device string, _ time.Time) bool { return gone(device) })
	maps.DeleteFunc(r.proofs, func(device string, _ plan.Proof) bool { return gone(device) })
	maps.DeleteFunc(r.unsure, func(device string, at time.Time) bool { return gone(device) || !now.Before(at) })
	maps.DeleteFunc(r.doubted, func(device string, _ plan.Have) bool { return gone(device) })
	maps.DeleteFunc(r.unproved, func(device string, _ plan.Attempt) bool { return gone(device) })
	maps.DeleteFunc(r.open, func(device string, _ []plan.Attempt) bool { return gone(device) })
	maps.DeleteFunc(r.late, func(device string, _ plan.Attempt) bool { return gone(device) })
	maps.DeleteFunc(r.outage.asked, func(device string, _ plan.Have) bool { return gone(device) })
	maps.DeleteFunc(r.lost, func(device string, _ bool) bool { return gone(device) })
}

// former lists the devices of no desk on which a session of deskd's is, or may
// be: the outcome of an attempt there is not known or not yet seen.
func (r *Reconciler) former(desks map[string]plan.Have) []string {
	devices := make(map[string]bool)
	add := func(device string) {
		if _, desk := desks[device]; !desk {
			devices[device] = true
		}
	}
	for device, h := range r.seen {
		if h.Ours && h.Person != "" && r.here[device] {
			add(device)
		}
	}
	for device := range r.open {
		add(device)
	}
	for device := range r.unproved {
		add(device)
	}
	for device := range r.late {
		add(device)
	}
	return slices.Sorted(maps.Keys(devices))
}

// refold reads the journal again once a day, so that the history does not grow
// with the bookings of the past, and after it failed to be written: what it
// holds may not be what was meant to be written.
func (r *Reconciler) refold(ctx context.Context, now time.Time) error {
	if now.Sub(r.folded) < remembers/2 || len(r.busy.devices) > 0 {
		return nil
	}
	return r.fold(ctx, now)
}
