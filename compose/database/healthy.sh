#!/bin/sh
# Whether sessions are taken.
exec "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_isready" -q -h 127.0.0.1 -U harness -d postgres
