#!/usr/bin/env bash
# Build the images on a bare Debian and run a month of 100 accounts in containers, in a Docker Engine of its own.
#
# No image is pulled: debootstrap makes the base. The engine has a folder and a socket of its own and is ended by its
# id. It runs twice: to build on the machine's network, which it may not change; then, for the containers, in a
# network namespace of its own, so that its bridges and rules vanish with it. Needs root. Arguments go to the month:
# `deploy/check.sh --accounts 400`.
set -euo pipefail

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The engine, its client and compose are Debian's own, whatever else is installed.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d /tmp/aimak-deploy.XXXXXX)
export DOCKER_HOST=unix://$work/docker.sock DOCKER_CONFIG=$work/config DOCKER_BUILDKIT=1
export COMPOSE_PROJECT_NAME=aimakcheck AIMAK_TAG=check AIMAK_SECRETS=$work/secrets AIMAK_CLOCK=$work/clock AIMAK_PORT=${AIMAK_PORT:-18443}
engine=
composed=no
began=$SECONDS

compose() {
    docker-compose -f "$tree/deploy/compose.yaml" -f "$tree/deploy/compose.check.yaml" "$@"
}

finish() {
    local status=$?
    trap '' INT TERM
    set +e
    if [ "$composed" = yes ]; then
        [ "$status" = 0 ] || compose logs --no-color --tail 60 >&2
        compose down --volumes --timeout 25 >/dev/null 2>&1
    fi
    stop_engine
    findmnt -rno TARGET | grep "^$work/" | sort -r | xargs -r -n1 umount
    if [ "$status" = 0 ]; then rm -rf "$work"; else rm -rf "$work/data" "$work/root"; echo "logs are in $work" >&2; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

stage() {
    echo "== $1 ($((SECONDS - began)) s)" >&2
}

# start_engine COMMAND…: dockerd begun by COMMAND, until it answers. A session of its own: Ctrl+C ends it last.
start_engine() {
    setsid "$@" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" --host "$DOCKER_HOST" \
        >>"$work/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 60); do
        if docker info >/dev/null 2>&1; then return; fi
        kill -0 "$engine" || break
        sleep 0.5
    done
    tail -20 "$work/dockerd.log" >&2
    return 1
}

stop_engine() {
    [ -n "$engine" ] || return 0
    kill "$engine"
    wait "$engine" || true
    engine=
}

make_base() {
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" \
        "${AIMAK_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 \
        || { tail -20 "$work/debootstrap.log" >&2; return 1; }
    tar -C "$work/root" -c . | docker import - aimak-base:check >/dev/null
    rm -rf "$work/root"
}

# How pip reaches its registry here is handed on as secrets of the build, and stays in no image.
build() {
    local secrets=()
    local certificates=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
    [ ! -s "$certificates" ] || secrets+=(--secret "id=ca,src=$certificates")
    if [ -n "${PIP_INDEX_URL:-}" ]; then
        printf '[global]\nindex-url = %s\n' "$PIP_INDEX_URL" >"$work/pip.conf"
        secrets+=(--secret "id=pip,src=$work/pip.conf")
    elif [ -s /etc/pip.conf ]; then
        secrets+=(--secret "id=pip,src=/etc/pip.conf")
    fi
    docker build --quiet --network host --build-arg BASE=aimak-base:check "${secrets[@]}" \
        --file "$tree/deploy/Dockerfile" --target "$1" --tag "$2:check" "$tree" >/dev/null
}

[ "$(id -u)" = 0 ] || { echo "deploy/check.sh runs as root" >&2; exit 1; }
mkdir -p "$DOCKER_CONFIG" "$AIMAK_SECRETS" "$AIMAK_CLOCK"
stage "Docker Engine"
start_engine dockerd --bridge none --iptables=false --ip-forward=false --ip-masq=false
stage "a bare Debian"
make_base
stage "images"
build aimak aimak
build postgres aimak-postgres
build rabbitmq aimak-rabbitmq
build nginx aimak-nginx
stage "containers"
stop_engine
start_engine unshare --net sh -c 'ip link set lo up && exec dockerd "$@"' dockerd --bridge none
printf only-for-the-town >"$AIMAK_SECRETS/admin_password"
"$tree/deploy/secrets.sh" "$AIMAK_SECRETS"
printf 2026-10-30T03:00:00+00:00 >"$AIMAK_CLOCK/now"
composed=yes
compose up --detach --no-build
stage "a month in containers"
compose run --rm -T --no-deps month python /opt/containers.py "$@"
stage "done"
docker images --format '{{.Repository}}: {{.Size}}' | sort >&2
