#!/bin/sh
# A PostgreSQL with the role and the database lender, made once on its volume.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
data=/var/lib/harness/lender
if [ ! -s "$data/PG_VERSION" ]; then
  printf '%s' "$PASSWORD" > /tmp/password
  "$bin/initdb" -D "$data" -U lender --auth=scram-sha-256 --pwfile=/tmp/password --no-sync >/dev/null
  printf 'host lender lender all scram-sha-256\n' >> "$data/pg_hba.conf"
  echo 'CREATE DATABASE lender' | "$bin/postgres" --single -D "$data" postgres >/dev/null
  tr '\n' ' ' < /schema/schema.sql | "$bin/postgres" --single -D "$data" lender >/dev/null
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp
