# What the servers' scripts share. They are run as NAME.sh DIR PORT.
set -eu
dir=$1 port=$2
password=s3cret-of-jane
pids=

need() { # need COMMAND-OR-FILE PACKAGE
  [ -e "$1" ] || command -v "$1" >/dev/null || { echo "$1 is not installed; Debian has it in the package $2" >&2; exit 77; }
}
root() { [ "$(id -u)" = 0 ] || { echo "this server runs as a user of its own: it is started by root only" >&2; exit 77; }; }

stop() { trap - EXIT TERM INT; for p in $pids; do kill "$p" 2>/dev/null || true; done; wait; }
trap 'stop; exit 0' TERM INT
trap stop EXIT

ready() { # ready PATH [USER [PASSWORD]]; known=PATH is where the search begins
  printf 'calendar=%s\nknown=%s\nuser=%s\npassword=%s\n' "$1" "${known-/}" "${2-jane}" "${3-$password}" >"$dir/ready.new"
  mv "$dir/ready.new" "$dir/ready"
}

answers() { # answers SECONDS [PORT]
  for _ in $(seq $(($1 * 10))); do
    if (exec 3<>"/dev/tcp/127.0.0.1/${2:-$port}") 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  echo "nothing answers at port ${2:-$port}" >&2
  exit 1
}

postgres() { # a cluster of its own on port + 1, of the user and database "postgres"
  root
  pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
  need "${pg:-/usr/lib/postgresql}/initdb" postgresql
  pgport=$((port + 1))
  mkdir -p "$dir/pg" && chown postgres "$dir/pg" && chmod 711 "$dir"
  (cd "$dir/pg" && setpriv --reuid postgres --regid postgres --init-groups "$pg/initdb" -A trust -U postgres -E UTF8 --no-sync -D "$dir/pg/data" >"$dir/pg/log" 2>&1)
  (cd "$dir/pg" && exec setpriv --reuid postgres --regid postgres --init-groups "$pg/postgres" -D "$dir/pg/data" -p "$pgport" -k "$dir/pg" -c listen_addresses=127.0.0.1 -c fsync=off >>"$dir/pg/log" 2>&1) &
  pids="$pids $!"
  export PGHOST=127.0.0.1 PGPORT=$pgport PGUSER=postgres
  answers 20 "$pgport"
  for _ in $(seq 100); do psql -qc 'SELECT 1' postgres >/dev/null 2>&1 && break; sleep 0.1; done
}

# placed OURS:THEIRS COMMAND… runs a command that finds our file in the place of
# the machine's, which nobody else sees.
placed() {
  local files=$1
  shift
  if [ -z "$files" ]; then exec "$@"; fi
  exec unshare -m bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' placed "${files%%:*}" "${files#*:}" "$@"
}

apache() { # apache CONFIGURATION: one of its own, with PHP
  root
  need /usr/sbin/apache2 apache2
  mods=/usr/lib/apache2/modules
  php=$(ls $mods/libphp*.so 2>/dev/null | tail -1)
  {
    cat <<END
ServerRoot $dir
ServerName localhost
Listen 127.0.0.1:$port
PidFile $dir/apache.pid
DefaultRuntimeDir $dir
ErrorLog $dir/apache.log
User www-data
Group www-data
LoadModule mpm_prefork_module $mods/mod_mpm_prefork.so
LoadModule authn_core_module $mods/mod_authn_core.so
LoadModule authn_file_module $mods/mod_authn_file.so
LoadModule authz_core_module $mods/mod_authz_core.so
LoadModule authz_user_module $mods/mod_authz_user.so
LoadModule auth_digest_module $mods/mod_auth_digest.so
LoadModule mime_module $mods/mod_mime.so
LoadModule dir_module $mods/mod_dir.so
LoadModule alias_module $mods/mod_alias.so
LoadModule rewrite_module $mods/mod_rewrite.so
LoadModule setenvif_module $mods/mod_setenvif.so
StartServers 3
SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=\$1
AcceptPathInfo On
TypesConfig /dev/null
AddType text/calendar .ics
END
    [ -z "$php" ] || printf 'LoadModule php_module %s\n<FilesMatch "\\.php$">\nSetHandler application/x-httpd-php\n</FilesMatch>\nphp_admin_value error_log %s/php.log\nphp_admin_value error_reporting 22519\n' "$php" "$dir"
    printf '%s\n' "$1"
  } >"$dir/apache.conf"
  chmod 755 "$dir"
  placed "${instead-}" /usr/sbin/apache2 -f "$dir/apache.conf" -DFOREGROUND >"$dir/apache.out" 2>&1 &
  pids="$pids $!"
  answers 20
}
