#!/usr/bin/env bash
# secrets.sh FOLDER: make what compose.yaml hands to the containers. What is there already stays.
# The folder is closed to all but its owner; the files are open, as each container's own user must read them.
set -euo pipefail
folder=${1:?usage: secrets.sh FOLDER}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# secret NAME TEXT: write it unless it is there.
secret() { [ -s "$1" ] || printf '%s' "$2" >"$1"; }

secret auth_secret "$(random)"
secret admin_password "$(random)"
secret postgres_password "$(random)"
secret superuser_url "postgresql+psycopg://postgres:$(cat postgres_password)@database:5432/aimak"
for service in billing metering payments notifications gateway; do
    secret "${service}_url" "postgresql+psycopg://aimak_$service:$(random)@database:5432/aimak"
    secret "${service}_owner_url" "postgresql+psycopg://aimak_${service}_owner:$(random)@database:5432/aimak"
done
secret broker_password "$(random)"
secret broker_url "amqp://aimak:$(cat broker_password)@broker:5672//"
secret rabbitmq.conf "listeners.tcp.default = 5672
loopback_users = none
default_user = aimak
default_pass = $(cat broker_password)
"
if [ ! -s tls.key ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,DNS:proxy" \
        -keyout tls.key -out tls.crt 2>/dev/null
fi
chmod 644 -- *
