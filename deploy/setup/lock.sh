#!/usr/bin/env bash
# Resolve requirements*.in into locks with exact versions and hashes, and with no address in them.
set -euo pipefail
for kind in requirements requirements-dev; do
    .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        "$@" --output-file "$kind.lock" "$kind.in"
done
