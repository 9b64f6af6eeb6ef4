# Read by the other scripts here: install Debian packages only where what they bring is missing.

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need PATH PACKAGE: remember PACKAGE when PATH (a file, or the name of a command) is not there.
MISSING=()
need() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null ;;
    esac || MISSING+=("$2")
}

# install_missing: apt-get install all that was remembered. Services that a package brings are not started: the
# tests start their own private ones. A policy-rc.d that was there before is left alone.
install_missing() {
    [ ${#MISSING[@]} -gt 0 ] || return 0
    echo "installing ${MISSING[*]}" >&2
    local policy=/usr/sbin/policy-rc.d own=no status=0
    if [ ! -e "$policy" ]; then
        own=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root apt-get update -qq >&2 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${MISSING[@]}" >&2 || status=$?
    [ "$own" = no ] || as_root rm -f "$policy"
    return "$status"
}
