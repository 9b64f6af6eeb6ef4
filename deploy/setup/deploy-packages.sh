#!/usr/bin/env bash
# Install what deploy/check.sh needs from Debian: Docker Engine and the maker of a bare Debian.
set -euo pipefail
. "$(dirname "$0")/packages.sh"

need /usr/sbin/dockerd docker.io
need /usr/sbin/debootstrap debootstrap
need /usr/bin/docker-compose docker-compose
need iptables iptables
install_missing
