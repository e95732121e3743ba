package vitals

import "context"

// role looks whether deskd's role can do what the next migration does, and no more.
func (v *visit) role(ctx context.Context) error {
	var name, database, schema string
	var super, creates bool
	err := v.scan(ctx, `SELECT current_user::text, current_database()::text, coalesce(current_schema()::text, ''), (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
		coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE)`, &name, &database, &schema, &super, &creates)
	if err != nil {
		return err
	}
	if super {
		v.tell(Odd, "createuser deskd, ALTER DATABASE "+database+" OWNER TO deskd, REASSIGN OWNED, and name deskd in database.dsn",
			"deskd's role %s is a superuser: it may do more than deskd needs", name)
	}
	if !creates {
		v.tell(Wrong, "ALTER DATABASE "+database+" OWNER TO "+name, "deskd's role %s may create nothing in schema %q: the next deskd cannot migrate", name, schema)
	}
	return v.each(ctx, `SELECT string_agg(relname::text, ', ' ORDER BY relname) FROM pg_class
		WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')
			AND relname IN ('reservations', 'desks', 'people', 'attempts', 'audit', 'self', 'signing', 'feeds', 'clusters', 'sites') HAVING count(*) > 0`,
		func(row []string) {
			v.tell(Wrong, "ALTER TABLE … OWNER TO "+name+" for each of them", "deskd's role %s does not own %s: the next deskd cannot migrate them", name, row[0])
		})
}

// key looks who may read the key that deskd signs with.
func (v *visit) key(ctx context.Context) error {
	return v.each(ctx, `SELECT string_agg(rolname::text, ', ' ORDER BY rolname) FROM pg_roles r, pg_class c
		WHERE c.oid = to_regclass('signing') AND rolcanlogin AND NOT rolsuper AND NOT pg_has_role(r.oid, c.relowner, 'USAGE')
			AND (has_table_privilege(r.oid, c.oid, 'SELECT') OR has_any_column_privilege(r.oid, c.oid, 'SELECT')) HAVING count(*) > 0`,
		func(row []string) {
			v.tell(Wrong, "REVOKE ALL ON signing FROM …", "%s may read the key in the table signing, and so write rows of the audit that pass for deskd's", row[0])
		})
}

// extensions looks for those that an upgrade of the server has left behind.
func (v *visit) extensions(ctx context.Context) error {
	return v.each(ctx, `SELECT name::text, coalesce(installed_version, ''), coalesce(default_version, '') FROM pg_available_extensions
		WHERE name IN ('btree_gist', 'citext') AND installed_version IS NOT NULL AND installed_version <> default_version ORDER BY 1`,
		func(row []string) {
			v.tell(Odd, "ALTER EXTENSION "+row[0]+" UPDATE", "extension %s has version %s, and the server brings %s", row[0], row[1], row[2])
		})
}
