#!/bin/sh
# PostgreSQL in the foreground; the first start makes the cluster and the database `aimak`.
set -eu
bin=/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data
if [ ! -s "$data/PG_VERSION" ]; then
    "$bin/initdb" --pgdata="$data" --locale=C.UTF-8 --encoding=UTF8 --auth-local=peer --auth-host=scram-sha-256 \
        --username=postgres --pwfile="${POSTGRES_PASSWORD_FILE:-/run/secrets/postgres_password}"
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    echo "CREATE DATABASE aimak;" | "$bin/postgres" --single -D "$data" postgres >/dev/null
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c max_connections=300 -c max_wal_size=4GB
