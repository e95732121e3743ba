#!/bin/bash
# Cyrus, with its calendars in mailboxes.
. "$(dirname "$0")/common.sh"
need /usr/lib/cyrus/bin/httpd cyrus-caldav
need cyrmaster cyrus-imapd
need saslpasswd2 sasl2-bin
root
chmod 711 "$dir"
mkdir -p "$dir/config" "$dir/mail" "$dir/run" "$dir/proc"
for user in jane cyrus; do printf '%s' "$password" | saslpasswd2 -c -p -f "$dir/sasldb" -u localhost "$user"; done
cat >"$dir/imapd.conf" <<END
configdirectory: $dir/config
defaultpartition: default
partition-default: $dir/mail
proc_path: $dir/proc
servername: localhost
defaultdomain: localhost
admins: cyrus
unixhierarchysep: yes
virtdomains: off
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $dir/sasldb
sasl_mech_list: PLAIN
allowplaintext: yes
httpallowcleartext: yes
httpmodules: caldav
caldav_realm: desks
autocreate_users: anyone
autocreate_quota: 0
caldav_create_default: yes
caldav_create_sched: no
caldav_allowscheduling: off
lmtpsocket: $dir/run/lmtp
idlesocket: $dir/run/idle
notifysocket: $dir/run/notify
END
cat >"$dir/cyrus.conf" <<END
START { recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C $dir/imapd.conf -r" }
SERVICES {
  imap cmd="/usr/lib/cyrus/bin/imapd -C $dir/imapd.conf" listen="127.0.0.1:$((port + 1))" prefork=0
  http cmd="/usr/lib/cyrus/bin/httpd -C $dir/imapd.conf" listen="127.0.0.1:$port" prefork=1
}
END
chown -R cyrus:mail "$dir"
setpriv --reuid cyrus --regid mail --init-groups cyrmaster -C "$dir/imapd.conf" -M "$dir/cyrus.conf" -p "$dir/run/pid" -D >"$dir/cyrus.log" 2>&1 &
pids="$pids $!"
answers 20
# The first login by IMAP makes the user.
exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))"
printf 'a LOGIN jane %s\r\nb LIST "" "*"\r\nc LOGOUT\r\n' "$password" >&3
timeout 10 cat <&3 >"$dir/login.log" || true
exec 3>&-
ready /dav/calendars/user/jane/
wait
