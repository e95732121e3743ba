#!/bin/bash
# DAViCal behind Apache and PostgreSQL.
. "$(dirname "$0")/common.sh"
need /usr/share/davical/htdocs/caldav.php davical
postgres
/usr/share/davical/dba/create-database.sh davical "$password" postgres postgres >"$dir/create.log" 2>&1 || { cat "$dir/create.log" >&2; exit 1; }
psql -q davical >>"$dir/create.log" <<END
INSERT INTO usr (user_no, active, email_ok, updated, username, password, fullname, email)
  VALUES (2000, true, now(), now(), 'jane', '**$password', 'Jane', 'jane@example.com');
INSERT INTO principal (type_id, user_no, displayname, default_privileges) VALUES (1, 2000, 'Jane', 0::BIT(24));
INSERT INTO collection (user_no, parent_container, dav_name, dav_etag, dav_displayname, is_calendar, created, modified, resourcetypes)
  VALUES (2000, '/', '/jane/', 'x', 'Jane', false, now(), now(), '<DAV::collection/>');
END
cat >"$dir/config.php" <<END
<?php
\$c->domain_name = 'localhost';
\$c->sysabbr = 'desks';
\$c->system_name = 'desks';
\$c->admin_email = 'root@localhost';
\$c->pg_connect[] = 'dbname=davical host=127.0.0.1 port=$pgport user=postgres';
END
instead="$dir/config.php:/etc/davical/config.php" apache "DocumentRoot /usr/share/davical/htdocs
DirectoryIndex index.php
php_value include_path /usr/share/davical/inc:/usr/share/awl/inc
RewriteEngine On
RewriteRule ^/\\.well-known/caldav\$ /caldav.php/ [R=301,L]"
ready /caldav.php/jane/
wait
