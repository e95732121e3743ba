#!/bin/bash
# Radicale. There is no token for a calendar that is not known any more: 403.
. "$(dirname "$0")/common.sh"
need radicale radicale
echo "jane:$password" >"$dir/users"
radicale --config "" --server-hosts "127.0.0.1:$port" --storage-filesystem-folder "$dir/calendars" \
  --auth-type htpasswd --auth-htpasswd-filename "$dir/users" --auth-htpasswd-encryption plain &
pids=$!
answers 20
ready /jane/
wait
