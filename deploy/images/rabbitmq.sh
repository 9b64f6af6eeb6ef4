#!/bin/sh
# RabbitMQ in the foreground, as the user who owns its folder. RABBITMQ_CONFIG_FILE holds the first user's password.
set -eu
export HOME=/var/lib/rabbitmq
export RABBITMQ_LOGS=-
export RABBITMQ_CONFIG_FILE="${RABBITMQ_CONFIG_FILE:-/run/secrets/rabbitmq.conf}"
exec /usr/lib/rabbitmq/bin/rabbitmq-server
