#!/bin/sh
# Makes the data folder that every database begins with. The only role gets its password later.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
here=$(dirname "$0")
template=/opt/harness/template
"$bin/initdb" -D "$template" -U harness --no-sync --auth=reject --encoding=UTF8 --locale=C --wal-segsize=1 >/dev/null
cat "$here/postgresql.conf" >> "$template/postgresql.conf"
cat "$here/pg_hba.conf" > "$template/pg_hba.conf"
