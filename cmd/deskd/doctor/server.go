package doctor

import (
	"context"

	"deskd/store"
	"deskd/store/vitals"
)

// server looks at the server that keeps the database, if one does.
func (d *doctor) server(ctx context.Context) {
	if !store.IsServer(d.Config.Database.DSN) {
		return
	}
	signs, err := vitals.Look(ctx, d.Config.Database.DSN, d.Clock.Now)
	for _, s := range signs {
		d.findings = append(d.findings, Finding{Grade: s.Grade, What: "server", Says: s.Says, Fix: s.Fix})
	}
	if err != nil {
		d.odd("server", "", "%v", err)
	}
	if err := vitals.Drives(ctx, d.Config.Database.DSN, d.Config.Database.DrivingDSN); err != nil {
		d.wrong("server", "correct database.driving_dsn", "%v", err)
	}
}
