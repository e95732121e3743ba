package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // for the rows of another program

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/store"
)

// plot is how large a house is. Reservations are of the past and of the days from tomorrow
// on; the last fifth of the desks has none.
type plot struct {
	desks    int
	rows     int  // reservations
	archived bool // as many attempts, over half a year, as there are reservations
}

// house is a folder with a database that deskd has made, filled as another program would:
// its desks are numbered as the emulator's phones, and each has a person of that number.
type house struct {
	plot
	folder string
	db     *sql.DB // of another program
	lab    *lab
	// secrets are those of tokens, of programs that ask.
	secrets []string
}

// built returns the house of that size, which is built when it is first asked for.
func (l *lab) built(ctx context.Context, p plot) (*house, error) {
	if h := l.houses[p]; h != nil {
		return h, nil
	}
	h := &house{plot: p, folder: filepath.Join(l.folder, fmt.Sprintf("house-%d-%d-%t", p.desks, p.rows, p.archived)), lab: l}
	whole := filepath.Join(h.folder, "whole") // there when the house was built to its end
	_, err := os.Stat(whole)
	isNew := err != nil
	if isNew {
		if err := os.RemoveAll(h.folder); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(h.folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(h.folder, "em-password"), []byte(password+"\n"), 0o600); err != nil {
		return nil, err
	}
	if h.db, err = sql.Open("sqlite", "file:"+h.path()+"?_pragma=busy_timeout(10000)"); err != nil {
		return nil, err
	}
	if isNew {
		if err := h.build(ctx); err != nil {
			return nil, fmt.Errorf("build a house of %d desks and %d rows: %w", p.desks, p.rows, err)
		}
		if err := os.WriteFile(whole, nil, 0o600); err != nil {
			return nil, err
		}
	}
	l.houses[p] = h
	return h, nil
}

func (h *house) path() string { return filepath.Join(h.folder, "deskd.db") }

// build fills the database, and has deskd chain the audit that its triggers have written.
func (h *house) build(ctx context.Context) (err error) {
	st, err := store.Open(ctx, h.path(), store.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	err = st.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main"}, {Name: "other"}})
	if err != nil {
		return err
	}
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // unless it was committed
	for _, fill := range h.fills() {
		if _, err := tx.ExecContext(ctx, fill); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = st.ChainAudit(ctx)
	return err
}

// fills are the statements that fill the database.
func (h *house) fills() []string {
	booked := max(1, h.desks*4/5)
	days := h.rows/booked/2 + 1
	fills := []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO desks (id, site, cluster, device, floor) SELECT printf('D%%06d', i), 'berlin', 'main', printf('SEP%%012X', i), i / 50 FROM n`, h.desks),
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO people (id, name) SELECT printf('user%%04d', i), 'User Number ' || i FROM n`, h.desks),
		// two a day; half of the days are over, and none is yesterday or today
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %[2]d),
				t(i, half, day) AS (SELECT i, i / %[1]d %% 2, i / %[1]d / 2 - %[3]d FROM n)
			INSERT INTO reservations (desk, person, starts_at, ends_at)
			SELECT printf('D%%06d', i %% %[1]d + 1), printf('user%%04d', i * 7919 %% %[1]d + 1),
				strftime('%%Y-%%m-%%dT%%H:00:00Z', 'now', 'start of day', (day + iif(day < 0, -1, 2)) || ' days', (half * 5 + 7) || ' hours'),
				strftime('%%Y-%%m-%%dT%%H:00:00Z', 'now', 'start of day', (day + iif(day < 0, -1, 2)) || ' days', (half * 5 + 11) || ' hours')
			FROM t`, booked, h.rows, days/2),
	}
	if !h.archived {
		return fills
	}
	return append(fills, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d),
			t(i, at) AS (SELECT i, strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now', '-4 days', (-180.0 * 86400 * (%[2]d - i) / %[2]d) || ' seconds') FROM n)
		INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, known_at,
			cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		SELECT 'main', iif(i %% 2, 'login', 'logout'), printf('D%%06d', i / 2 %% %[1]d + 1), printf('SEP%%012X', i / 2 %% %[1]d + 1), printf('user%%04d', i / 2 %% %[1]d + 1),
			'', 'r' || i / 2, at, at, at, at, at, 'start', 'why', at, at, 'done', 0, '', at, at, at FROM t`, booked, h.rows))
}

// conditions are under what a daemon works.
type conditions struct {
	main, other           *phoneSystem // other may be nil
	concurrent, perMinute int          // of main
	sweep                 string       // when; empty: once a day
	believe               bool         // what asks from loopback is a phone
}

// config writes the configuration, and returns its path.
func (h *house) config(c conditions, listen string) (string, error) {
	var b strings.Builder
	sweep := c.sweep
	if sweep == "" {
		sweep = "0 3 * * *"
	}
	if c.believe {
		b.WriteString("phones: {base_url: 'http://deskd.invalid', networks: [127.0.0.0/8]}\n")
	}
	cluster := func(name, url string, concurrent, perMinute int) {
		fmt.Fprintf(&b, "  - {name: %s, url: %q, app_id: %s, app_password_file: em-password, max_concurrent: %d, max_per_minute: %d}\n", name, url, appID, concurrent, perMinute)
	}
	fmt.Fprintf(&b, "listen: %s\nsites: [{name: berlin, timezone: UTC}]\njobs: {sweep: %q}\nlog: {level: warn}\n", listen, sweep)
	b.WriteString("clusters:\n")
	cluster("main", c.main.url, c.concurrent, c.perMinute)
	if c.other != nil {
		cluster("other", c.other.url, 2, 600)
	}
	path := filepath.Join(h.folder, "deskd.yaml")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

// daemon is a deskd that serves a house.
type daemon struct {
	*process
	url string
}

// begin starts a daemon, and does not wait for it.
func (h *house) begin(ctx context.Context, c conditions) (*daemon, error) {
	listen := h.lab.port()
	config, err := h.config(c, listen)
	if err != nil {
		return nil, err
	}
	h.lab.started++
	p, err := start(ctx, filepath.Join(h.folder, fmt.Sprintf("deskd%d.log", h.lab.started)), h.lab.deskd, "serve", "--config", config)
	return &daemon{p, "http://" + listen}, err
}

// serve starts a daemon, and waits until it is ready and has nothing left to do at once.
func (h *house) serve(ctx context.Context, c conditions) (*daemon, error) {
	d, err := h.begin(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := d.answers(ctx, d.url+"/readyz", 10*time.Minute); err != nil {
		d.stop()
		return nil, err
	}
	return d, rest(ctx, 2*time.Second)
}

// settle waits until what a daemon does beside its work at the start is over: the check of
// the database, and the chaining of the audit.
func (d *daemon) settle(ctx context.Context) error {
	const look, little = 5 * time.Second, 50 * time.Millisecond
	return until(ctx, "the daemon is at rest", 20*time.Minute, func() (bool, error) {
		used, err := d.cpuOf(func() error { return rest(ctx, look) })
		return used < little, err
	})
}

// lone is a booking of one desk by the person of its number.
type lone struct {
	desk  int
	start time.Time
}

// book puts bookings of an hour into the database, as another program does.
func (h *house) book(ctx context.Context, all []lone) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // unless it was committed
	for _, b := range all {
		_, err := tx.ExecContext(ctx, "INSERT INTO reservations (id, desk, person, starts_at, ends_at, source) VALUES (?, ?, ?, ?, ?, 'measure')",
			fmt.Sprintf("m%d-%d", b.desk, b.start.UnixNano()), fmt.Sprintf("D%06d", b.desk), emulator.UserName(b.desk),
			b.start.UTC().Format(time.RFC3339), b.start.Add(time.Hour).UTC().Format(time.RFC3339))
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// clear takes the bookings of a measurement away again, with what was done and seen because
// of them: the next begins with empty phones.
func (h *house) clear(ctx context.Context) error {
	if _, err := h.db.ExecContext(ctx, "DELETE FROM attempts WHERE reservation LIKE 'm%'"); err != nil {
		return err
	}
	return h.empty(ctx)
}

// ofAttempt are the instants of an attempt.
var ofAttempt = []string{"from_at", "until_at", "through_at", "stays_at", "release_at", "known_at", "due_at", "not_before", "began_at", "ended_at", "verified_at"}

// empty does the same, but leaves the journal, from which a daemon knows how many requests at
// once the phone system takes: as that of a day ago, for sessions that vanish while they run are
// asked for once more, and held.
func (h *house) empty(ctx context.Context) error {
	var moved []string
	for _, at := range ofAttempt {
		moved = append(moved, fmt.Sprintf("%[1]s = iif(%[1]s = '', '', strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %[1]s, '-1 day'))", at))
	}
	for _, q := range []string{
		"UPDATE attempts SET " + strings.Join(moved, ", ") + " WHERE reservation LIKE 'm%'",
		"DELETE FROM reservations WHERE source IN ('measure', 'noise', 'api')",
		"DELETE FROM observations", "DELETE FROM held_logouts", "UPDATE desks SET cluster = 'main' WHERE cluster <> 'main'",
	} {
		if _, err := h.db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
