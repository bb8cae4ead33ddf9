#!/bin/sh
# Starts PostgreSQL on the volume; copies the template when the volume is new.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
data=/var/lib/harness/data
if [ ! -s "$data/PG_VERSION" ]; then
  : "${HARNESS_PASSWORD:?is not set: the password of the role harness}"
  # Made beside its place, so that a start that is killed here leaves no half database.
  rm -rf "$data.new"
  cp -a /opt/harness/template "$data.new"
  printf "ALTER ROLE harness PASSWORD '%s'\n" "$HARNESS_PASSWORD" \
    | "$bin/postgres" --single -D "$data.new" postgres >/dev/null
  mv "$data.new" "$data"
fi
unset HARNESS_PASSWORD
exec "$bin/postgres" -D "$data" "$@"
