#!/usr/bin/env bash
# Writes src/schema.rs anew from migrations/ (diesel.toml says how), or with --check fails where the two differ.
#
#   scripts/schema.sh [--check]
#
# A missing diesel CLI is installed where `cargo install` puts it, which takes some minutes, once.
set -euo pipefail
cd "$(dirname "$0")/.."

# The diesel that the product is built with generates the schema too: Cargo.lock names its minor version.
version=2.3.14

case ${1:-} in
    '') mode=() ;;
    --check) mode=(--locked-schema) ;;
    *) echo "usage: scripts/schema.sh [--check]" >&2; exit 2 ;;
esac

PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
if [[ $(diesel --version 2>/dev/null) != *"$version"* ]]; then
    echo "schema.sh: installing the diesel CLI $version" >&2
    # Unoptimised: it runs for a second, and this way it compiles in half the time.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --force --debug diesel_cli --version "$version" \
        --no-default-features --features sqlite-bundled
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if ! diesel migration run --database-url "$scratch/schema.db" "${mode[@]}"; then
    if [[ ${#mode[@]} != 0 ]]; then echo "schema.sh: src/schema.rs is not what migrations/ make; run scripts/schema.sh" >&2; fi
    exit 1
fi
