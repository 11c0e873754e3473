#!/usr/bin/env bash
# A private S3-compatible server for the tests: everything in memory, its own port, no password.
#
#   scripts/s3.sh start [PORT]   start it (default port 55442) and print its URL; where it runs already that is all
#   scripts/s3.sh stop  [PORT]   stop it
#
# PORT 0 takes a free one. A missing server is installed into a Python environment of its own.
# Only the URL goes to standard output:  TEST_S3_ENDPOINT=$(scripts/s3.sh start) cargo test
set -euo pipefail

moto_version=5.1.15

say() { printf 's3.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for port in $(seq 55443 55500); do
        if ! listening "$port"; then echo "$port"; return; fi
    done
    fail "no free port between 55443 and 55500"
}

install_server() {
    if [[ $("$tools/bin/pip" show moto 2>/dev/null) == *"Version: $moto_version"* ]]; then return; fi
    say "installing the server"
    python3 -m venv "$tools" >&2
    "$tools/bin/pip" install --quiet "moto[server]==$moto_version" >&2
}

start() {
    local port=$1 url
    [[ $port != 0 ]] || port=$(free_port)
    url="http://127.0.0.1:$port"
    if [[ -f $base-$port.pid ]] && listening "$port"; then echo "$url"; return; fi
    ! listening "$port" || fail "port $port is taken by something else; name another"
    install_server
    # Its standard streams are closed to ours: a caller that reads our output must not wait for the server to end.
    setsid "$tools/bin/moto_server" -H 127.0.0.1 -p "$port" >"$base-$port.log" 2>&1 </dev/null &
    echo $! >"$base-$port.pid"
    for _ in $(seq 100); do
        if listening "$port"; then echo "$url"; return; fi
        sleep 0.1
    done
    cat "$base-$port.log" >&2
    fail "the server did not start"
}

stop() {
    if [[ -f $base-$1.pid ]]; then kill "$(cat "$base-$1.pid")" 2>/dev/null || true; fi
    rm -f "$base-$1.pid" "$base-$1.log"
}

base="${TMPDIR:-/tmp}/plenary-s3"
tools="${XDG_CACHE_HOME:-$HOME/.cache}/plenary-s3"
port=${2:-55442}
[[ $port =~ ^[0-9]+$ ]] || fail "a port is a number, not '$port'"
case ${1:-} in
    start) start "$port" ;;
    stop) stop "$port" ;;
    *) fail "usage: scripts/s3.sh start|stop [PORT]" ;;
esac
