#!/bin/bash
# Xandikos: calendars are git repositories, a token is a commit in one.
. "$(dirname "$0")/common.sh"
need xandikos xandikos
xandikos -d "$dir/calendars" -l 127.0.0.1 -p "$port" --defaults --current-user-principal /jane/ &
pids=$!
answers 20
ready /jane/calendars/ "" ""
wait
