#!/bin/bash
# A file behind Apache's own Digest.
. "$(dirname "$0")/common.sh"
need /usr/sbin/apache2 apache2
mkdir -p "$dir/www"
printf 'jane:desks:%s\n' "$(printf 'jane:desks:%s' "$password" | md5sum | cut -d' ' -f1)" >"$dir/users"
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:20260302T090000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' >"$dir/www/desks.ics"
apache "DocumentRoot $dir/www
<Location />
AuthType Digest
AuthName desks
AuthDigestProvider file
AuthDigestNonceLifetime 2
AuthUserFile $dir/users
Require valid-user
</Location>"
ready /desks.ics
wait
