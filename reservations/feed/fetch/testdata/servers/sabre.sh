#!/bin/bash
# sabre/dav behind Apache, which takes Digest only, by sabre/dav's own means.
. "$(dirname "$0")/common.sh"
need /usr/share/php/Sabre/autoload.php php-sabre-dav
need php php-cli
mkdir -p "$dir/www" "$dir/data"
for t in calendars principals users; do
  php -r '$d = new PDO("sqlite:'"$dir"'/data/db"); $d->exec(file_get_contents("/usr/share/doc/php-sabre-dav/examples/sql/sqlite.'$t'.sql"));'
done
php -r '$d = new PDO("sqlite:'"$dir"'/data/db"); $d->exec("DELETE FROM users; DELETE FROM principals");
  $d->exec("INSERT INTO users (username, digesta1) VALUES (\"jane\", \"" . md5("jane:desks:'$password'") . "\")");
  foreach (["principals/jane", "principals/jane/calendar-proxy-read", "principals/jane/calendar-proxy-write"] as $p) $d->exec("INSERT INTO principals (uri, email, displayname) VALUES (\"$p\", \"jane@example.com\", \"Jane\")");'
chown -R www-data "$dir/data"
cat >"$dir/www/server.php" <<END
<?php
date_default_timezone_set('UTC');
\$pdo = new PDO('sqlite:$dir/data/db');
\$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
\$pdo->exec('PRAGMA busy_timeout = 10000');
require_once 'Sabre/autoload.php';
\$principals = new \Sabre\DAVACL\PrincipalBackend\PDO(\$pdo);
\$server = new \Sabre\DAV\Server([
  new \Sabre\CalDAV\Principal\Collection(\$principals),
  new \Sabre\CalDAV\CalendarRootNode(\$principals, new \Sabre\CalDAV\Backend\PDO(\$pdo)),
]);
\$server->setBaseUri('/');
\$server->addPlugin(new \Sabre\DAV\Auth\Plugin(new \Sabre\DAV\Auth\Backend\PDO(\$pdo), 'desks'));
\$server->addPlugin(new \Sabre\DAVACL\Plugin());
\$server->addPlugin(new \Sabre\CalDAV\Plugin());
\$server->exec();
END
apache "DocumentRoot $dir/www
RewriteEngine On
RewriteRule ^/\\.well-known/caldav\$ / [R=301,L]
RewriteRule ^/.*\$ /server.php [L]"
ready /calendars/jane/
wait
