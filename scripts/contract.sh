#!/usr/bin/env bash
# Asks a running demo everything that openapi.json offers, as everybody, and holds each answer against that document: no 5xx, every status,
# media type, header and body as documented, and what the schema does not allow refused.
#
#   scripts/contract.sh [ROLE…]   as these only (`anyone`, or whoever the demo signs in); all without
#
# CONTRACT_CASES (5) is how often a role asks each operation, CONTRACT_SEED (1) what it asks. The number is bounded, not the time, so that
# every machine asks the same: some 4 minutes on two cores. Each role has a demo of its own, whatever the others change or delete.
# Fails on any finding, and prints for each a curl with which to see it again.
set -euo pipefail
cd "$(dirname "$0")/.."

schemathesis_version=4.32.5
typescript_version=5.9.3
openapi_typescript_version=7.13.0

say() { printf 'contract.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

install_schemathesis() {
    if [[ $("$tools/bin/pip" show schemathesis 2>/dev/null) == *"Version: $schemathesis_version"* ]]; then return; fi
    say "installing schemathesis"
    python3 -m venv "$tools" >&2
    "$tools/bin/pip" install --quiet "schemathesis==$schemathesis_version" >&2
}

# That a client with types can be made of the document, and that these compile.
make_client() {
    if ! command -v npm >/dev/null; then say "no npm here: making a TypeScript client is SKIPPED"; return; fi
    npm install --prefix "$tools/npm" --no-audit --no-fund --silent \
        "openapi-typescript@$openapi_typescript_version" "typescript@$typescript_version"
    "$tools/npm/node_modules/.bin/openapi-typescript" openapi.json --output "$1/client.ts" >/dev/null
    "$tools/npm/node_modules/.bin/tsc" --noEmit --strict "$1/client.ts"
    say "a TypeScript client was made and compiles"
}

# One demo and one role: `ask WORK ROLE`. Ports begin elsewhere for each role, since several ask at once, and below those that clients get.
ask() {
    local work=$1 role=$2 dir="$1/$2" port found=0 phases=fuzzing
    port=$((21600 + 20 * $(index "$role")))
    while listening "$port"; do port=$((port + 1)); done
    mkdir "$dir"
    # Passwords are to cost nothing here, and a stream is to end.
    env PLENARY_DATA_DIR="$dir/data" PLENARY_LISTEN="127.0.0.1:$port" PLENARY_LOG__LEVEL=warn \
        PLENARY_LIMITS__{PER_ADDRESS,PER_ACCOUNT,REGISTER,FORGOT,APPLICATIONS,SUBSCRIPTIONS,SIGNATURES,CONTACT}=0 \
        PLENARY_LIMITS__{PUBLIC_CONTRIBUTIONS,LOGIN_ACCOUNT,LOGIN_ADDRESS}=0 \
        PLENARY_AUTH__ARGON2_MEMORY_KIB=64 PLENARY_AUTH__ARGON2_ITERATIONS=1 PLENARY_HTTP__STREAM_LONGEST_MS=50 \
        target/debug/plenary demo >"$dir/demo" 2>"$dir/demo.log" </dev/null &
    server=$!
    trap 'kill "$server" 2>/dev/null || true' EXIT
    for _ in $(seq 600); do
        if grep -q '^Ctrl-C' "$dir/demo"; then break; fi
        kill -0 "$server" 2>/dev/null || { cat "$dir/demo.log" >&2; fail "the demo did not start"; }
        sleep 0.1
    done
    grep '@demo.example ' "$dir/demo" >"$dir/logins"

    # The borders of every schema are the same whoever asks: the one who may most tries them.
    if [[ $role == administrator ]]; then phases=coverage,fuzzing; fi
    # shellcheck disable=SC2094
    CONTRACT_ROLE=$role CONTRACT_DIR=$dir CONTRACT_URL="http://127.0.0.1:$port" PYTHONPATH=scripts/contract PYTHONDONTWRITEBYTECODE=1 \
        SCHEMATHESIS_HOOKS=hooks "$tools/bin/schemathesis" --config-file scripts/contract/schemathesis.toml --no-color \
        run openapi.json --url "http://127.0.0.1:$port" --phases "$phases" --checks "$checks" --warnings off \
        --max-examples "${CONTRACT_CASES:-5}" --seed "${CONTRACT_SEED:-1}" >"$dir/schemathesis" 2>&1 || found=$?
    # What the server could not do is in its log, even if the answer to it was as documented.
    if grep -E '"level":"ERROR"' "$dir/demo.log" | grep -v '"target":"actix_http' >"$dir/errors"; then found=1; fi
    if [[ $found != 0 ]]; then
        cat "$dir/errors" "$dir/schemathesis"
        say "$role: see above. Its demo was as it is in $dir: PLENARY_DATA_DIR=$dir/data PLENARY_LISTEN=127.0.0.1:$port target/debug/plenary serve"
        return 1
    fi
}

index() {
    local at
    for at in "${!all[@]}"; do
        if [[ ${all[at]} == "$1" ]]; then echo "$at"; return; fi
    done
    echo "${#all[@]}"
}

tools="${XDG_CACHE_HOME:-$HOME/.cache}/plenary-tools/contract"
# Who has the most to do comes first.
all=(administrator secretariat co_chair focal_point lead member second_co_chair representative applicant observer person anyone)
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
checks+=,negative_data_rejection,unsupported_method

if [[ ${1:-} == --ask ]]; then
    ask "$2" "$3"
    exit
fi
roles=("$@")
[[ $# != 0 ]] || roles=("${all[@]}")
for role in "${roles[@]}"; do
    [[ $(index "$role") != "${#all[@]}" ]] || fail "'$role' is none of: ${all[*]}"
done
[[ -x target/debug/plenary ]] || cargo build --locked
install_schemathesis
work=$(mktemp -d "${TMPDIR:-/tmp}/plenary-contract.XXXXXX")
trap 'rm -rf "$work"' EXIT
make_client "$work"
# What was found stays to be looked at.
printf '%s\n' "${roles[@]}" | xargs -P "$(nproc)" -I{} "$0" --ask "$work" {} || { trap - EXIT; fail "the answers are not as documented"; }
"$tools/bin/python" scripts/contract/tally.py "$work"
