package vitals

import "context"

// disk looks whether a commit is on the disk when it is acknowledged.
func (v *visit) disk(ctx context.Context) error {
	v.has = make(settings)
	err := v.each(ctx, `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names',
		'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'max_connections', 'superuser_reserved_connections')`,
		func(row []string) { v.has[row[0]] = row[1] })
	if err != nil {
		return err
	}
	if v.has["fsync"] == "off" {
		v.tell(Wrong, "fsync = on in postgresql.conf, then reload the server", "fsync is off: what deskd has acknowledged is lost with the power, and the database may not be readable again")
	}
	if v.has["full_page_writes"] == "off" {
		v.tell(Wrong, "full_page_writes = on in postgresql.conf, then reload the server", "full_page_writes is off: a page that the power cut in two is damaged for good")
	}
	if is := v.has["synchronous_commit"]; is == "off" || is == "local" {
		v.tell(Odd, "synchronous_commit = on, in postgresql.conf or with ALTER DATABASE", "synchronous_commit is %s: deskd's own commits wait all the same, the bookings of other programs do not", is)
	}
	return nil
}

// standby looks whether there is a replica that commits could wait for in vain.
func (v *visit) standby(ctx context.Context) error {
	names := v.has["synchronous_standby_names"]
	if names == "" {
		return nil
	}
	var there int
	err := v.scan(ctx, "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')", &there)
	if err == nil && there == 0 {
		v.tell(Wrong, "bring the replica back, or empty synchronous_standby_names and reload the server",
			"commits wait for a replica (synchronous_standby_names = %s), and none is connected: nothing can be written", names)
	}
	return err
}

// replicas looks how far those behind are that are connected. What a role may not see of
// them is NULL.
func (v *visit) replicas(ctx context.Context) error {
	return v.each(ctx, `SELECT coalesce(nullif(application_name, ''), host(client_addr), pid::text), coalesce(state, ''),
			pg_size_pretty(pg_wal_lsn_diff(here, replay_lsn)), coalesce(date_trunc('second', replay_lag)::text, 'unknown')
		FROM pg_stat_replication, (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS here) AS at
		WHERE state = 'streaming' AND (pg_wal_lsn_diff(here, replay_lsn) > $1 OR replay_lag > interval '30 seconds') ORDER BY 1`,
		func(row []string) {
			v.tell(Odd, "look at its log, its disk and the network between", "replica %s is %s behind (lag %s): what it lacks is lost when it takes over now", row[0], row[2], row[3])
		}, v.most.behind)
}

// slots looks for replicas that are awaited and do not come.
func (v *visit) slots(ctx context.Context) error {
	return v.each(ctx, `SELECT slot_name::text, coalesce(pg_size_pretty(pg_wal_lsn_diff(here, restart_lsn)), 'some')
		FROM pg_replication_slots, (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS here) AS at
		WHERE NOT active ORDER BY 1`,
		func(row []string) {
			v.tell(Odd, "bring back the replica it is for, or SELECT pg_drop_replication_slot('"+row[0]+"')",
				"replication slot %s is not in use and keeps WAL, %s by now, until the disk is full", row[0], row[1])
		})
}
