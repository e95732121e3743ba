#!/bin/bash
# SOGo with PostgreSQL. It closes connections that it has promised to keep.
. "$(dirname "$0")/common.sh"
need sogod sogo
need memcached memcached
postgres
psql -q postgres <<END
CREATE DATABASE sogo;
END
psql -q sogo <<END
CREATE TABLE users (c_uid text PRIMARY KEY, c_name text, c_password text, c_cn text, mail text);
INSERT INTO users VALUES ('jane', 'jane', '$password', 'Jane', 'jane@example.com');
END
chown sogo "$dir"
memcached -u nobody -l 127.0.0.1 -p $((port + 2)) &
pids="$pids $!"
sql=postgresql://postgres@127.0.0.1:$pgport/sogo
cat >"$dir/sogo.conf" <<END
{
  SOGoProfileURL = "$sql/sogo_user_profile";
  OCSFolderInfoURL = "$sql/sogo_folder_info";
  OCSSessionsFolderURL = "$sql/sogo_sessions_folder";
  OCSEMailAlarmsFolderURL = "$sql/sogo_alarms_folder";
  SOGoMemcachedHost = "127.0.0.1:$((port + 2))";
  SOGoTimeZone = UTC;
  SOGoMailDomain = "example.com";
  SOGoUserSources = ({
    type = sql; id = users; viewURL = "$sql/users"; canAuthenticate = YES; isAddressBook = NO; userPasswordAlgorithm = none;
  });
}
END
chmod 644 "$dir/sogo.conf"
export HOME="$dir" TZ=UTC
(cd "$dir" && placed "$dir/sogo.conf:/etc/sogo/sogo.conf" setpriv --reuid sogo --regid sogo --init-groups \
  sogod -WOWorkersCount 3 -WOPort "127.0.0.1:$port" -WONoDetach YES -WOLogFile - -WOPidFile "$dir/sogo.pid") >"$dir/sogo.log" 2>&1 &
pids="$pids $!"
answers 30
# The web server before it would lead here from /.well-known/caldav.
known=/SOGo/dav/ ready /SOGo/dav/jane/Calendar/
wait
