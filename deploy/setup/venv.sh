#!/usr/bin/env bash
# venv.sh FOLDER: make a virtual environment with the system's Python 3.11; installs python3-venv where it is missing.
set -euo pipefail
. "$(dirname "$0")/packages.sh"

find_python() {
    local candidate
    for candidate in /usr/bin/python3.11 python3.11 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

[ ! -x "$1/bin/python" ] || exit 0
if ! python=$(find_python); then
    MISSING=(python3 python3-venv)
    install_missing
    python=$(find_python) || { echo "no Python 3.11 with venv was found" >&2; exit 1; }
fi
"$python" -m venv "$1"
