package vitals

import (
	"context"
	"strconv"
)

// timeouts looks at those that deskd does not set for itself, and at the one that keeps
// others from holding up bookings.
func (v *visit) timeouts(ctx context.Context) error {
	if is := v.has["transaction_timeout"]; is != "" && is != "0" {
		v.tell(Odd, "ALTER ROLE … SET transaction_timeout = 0 for deskd's role", "transaction_timeout is %s ms: a large import is ended by it", is)
	}
	if v.has["idle_in_transaction_session_timeout"] != "0" {
		return nil
	}
	return v.each(ctx, `SELECT coalesce(string_agg(rolname, ', ' ORDER BY rolname), '') FROM pg_roles
		WHERE rolcanlogin AND NOT rolsuper AND rolname <> current_user AND to_regclass('reservations') IS NOT NULL
			AND has_table_privilege(oid, to_regclass('reservations'), 'INSERT, UPDATE, DELETE')
			AND NOT EXISTS (SELECT 1 FROM pg_db_role_setting WHERE setrole = pg_roles.oid AND array_to_string(setconfig, ' ') LIKE '%idle_in_transaction_session_timeout=%')
		HAVING count(*) > 0`,
		func(row []string) {
			v.tell(Odd, "ALTER ROLE … SET idle_in_transaction_session_timeout = '10s' for each of them",
				"nothing ends a transaction that another program leaves open, and bookings wait for it: %s may write reservations", row[0])
		})
}

// open looks for transactions that stay open: they hold locks, and keep the server from
// giving back what was deleted.
func (v *visit) open(ctx context.Context) error {
	return v.each(ctx, `SELECT 'process ' || pid, coalesce(usename::text, '') || coalesce(' with ' || nullif(application_name, ''), ''), date_trunc('second', clock_timestamp() - xact_start)::text, pid::text
			FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND clock_timestamp() - xact_start > make_interval(secs => $1)
		UNION ALL SELECT 'prepared transaction ' || quote_literal(gid), owner::text, date_trunc('second', clock_timestamp() - prepared)::text, ''
			FROM pg_prepared_xacts WHERE database = current_database() AND clock_timestamp() - prepared > make_interval(secs => $1)
		ORDER BY 1`,
		func(row []string) {
			fix := "find out who it is, then SELECT pg_terminate_backend(" + row[3] + ")"
			if row[3] == "" {
				fix = "ROLLBACK PREPARED, once its writer is found"
			}
			v.tell(Odd, fix, "%s of %s has had a transaction open for %s: what it has written keeps others waiting, and what was deleted since keeps its space", row[0], row[1], row[2])
		}, v.most.transaction.Seconds())
}

// frozen looks how long the numbers of transactions will last.
func (v *visit) frozen(ctx context.Context) error {
	var age int64
	err := v.scan(ctx, "SELECT age(datfrozenxid)::bigint FROM pg_database WHERE datname = current_database()", &age)
	if err == nil && age > v.most.age {
		v.tell(Wrong, "VACUUM (FREEZE), and find out why autovacuum does not: a transaction or slot that stays open, or autovacuum = off",
			"the oldest row is %d million transactions old: at 2,000 the server takes no changes", age/1_000_000)
	}
	return err
}

// connections looks how many are left for deskd.
func (v *visit) connections(ctx context.Context) error {
	var used, byRole, limit, byDatabase, limitOfDatabase int
	err := v.scan(ctx, `SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		(SELECT count(*) FROM pg_stat_activity WHERE usename = current_user), (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
		(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), (SELECT datconnlimit FROM pg_database WHERE datname = current_database())`,
		&used, &byRole, &limit, &byDatabase, &limitOfDatabase)
	if err != nil {
		return err
	}
	most, _ := strconv.Atoi(v.has["max_connections"]) // the server's own number
	reserved, _ := strconv.Atoi(v.has["superuser_reserved_connections"])
	v.left(most-reserved, used, "max_connections", "raise max_connections, or end other programs")
	v.left(limit, byRole, "the limit of deskd's role", "ALTER ROLE … CONNECTION LIMIT -1 for deskd's role")
	v.left(limitOfDatabase, byDatabase, "the limit of the database", "ALTER DATABASE … CONNECTION LIMIT -1")
	return nil
}

// left tells when too few are free of a number of connections; a negative one is no limit.
// This visit's own counts as used.
func (v *visit) left(of, used int, what, fix string) {
	if free := of - used; of >= 0 && free < v.most.free {
		v.tell(Odd, fix, "%d of %d connections are free (%s): each deskd needs up to %d", free, of, what, v.most.free)
	}
}
