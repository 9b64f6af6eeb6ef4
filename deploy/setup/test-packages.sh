#!/usr/bin/env bash
# Install what the tests need from Debian: a broker, a database, a proxy and an SMS gateway, each run privately.
set -euo pipefail
. "$(dirname "$0")/packages.sh"

need /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || MISSING+=(postgresql)
need /usr/sbin/nginx nginx-light
need /usr/sbin/bearerbox kannel
install_missing
