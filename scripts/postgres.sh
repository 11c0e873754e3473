#!/usr/bin/env bash
# A private PostgreSQL for the tests: no password, nothing durable, its own port, directory and socket.
#
#   scripts/postgres.sh start [PORT]   start it (default port 55432) and print its URL; where it runs already that is all
#   scripts/postgres.sh stop  [PORT]   stop it and remove its files
#
# PORT 0 takes a free one. A missing server is installed where apt-get is there and the user may.
# Only the URL goes to standard output:  TEST_DATABASE_URL=$(scripts/postgres.sh start) cargo test
set -euo pipefail

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for port in $(seq 55433 55500); do
        if ! listening "$port"; then echo "$port"; return; fi
    done
    fail "no free port between 55433 and 55500"
}

# The newest server's programs: Debian keeps them out of PATH.
find_bin() {
    local found
    found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -n 1)
    if [[ -z $found ]]; then found=$(command -v initdb || true); fi
    if [[ -n $found ]]; then dirname "$found"; fi
}

install_server() {
    command -v apt-get >/dev/null || fail "no PostgreSQL server here; install one (with its contrib extensions) and come again"
    [[ $(id -u) == 0 ]] || fail "no PostgreSQL server here; as root: apt-get install postgresql"
    say "installing PostgreSQL"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
}

# The server refuses to run as root, so root hands it to the user `postgres`, from a directory that user may enter.
as_server() {
    if [[ $(id -u) == 0 ]]; then (cd / && exec runuser -u postgres -- "$@"); else "$@"; fi
}

start() {
    local port=$1 bin dir url
    [[ $port != 0 ]] || port=$(free_port)
    dir="$base-$port"
    url="postgres://postgres@127.0.0.1:$port/postgres"
    if [[ -f $dir/data/postmaster.pid ]] && listening "$port"; then echo "$url"; return; fi
    ! listening "$port" || fail "port $port is taken by something else; name another"

    bin=$(find_bin)
    if [[ -z $bin ]]; then install_server; bin=$(find_bin); fi
    [[ -n $bin ]] || fail "PostgreSQL was installed, but its initdb was not found"

    rm -rf "$dir"
    mkdir -p "$dir"
    if [[ $(id -u) == 0 ]]; then chown postgres "$dir"; fi
    # Order by code point, as the product demands; a Unicode LC_CTYPE, without which pg_trgm sees no letter beyond ASCII.
    as_server "$bin/initdb" --pgdata "$dir/data" --username postgres --auth trust --encoding UTF8 \
        --lc-collate C --lc-ctype C.UTF-8 --no-sync >"$dir.log" 2>&1 || { cat "$dir.log" >&2; stop "$port"; fail "initdb failed"; }
    as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<-CONF
		listen_addresses = '127.0.0.1'
		port = $port
		unix_socket_directories = '$dir'
		max_connections = 300
		fsync = off
		full_page_writes = off
		synchronous_commit = off
	CONF
    # Its standard streams are closed to ours: a caller that reads our output must not wait for the server to end.
    as_server "$bin/pg_ctl" --pgdata "$dir/data" --log "$dir/log" --wait --silent start >&2 </dev/null \
        || { cat "$dir/log" >&2; stop "$port"; fail "PostgreSQL did not start"; }
    echo "$url"
}

stop() {
    local dir="$base-$1" bin
    bin=$(find_bin)
    if [[ -n $bin && -f $dir/data/postmaster.pid ]]; then as_server "$bin/pg_ctl" --pgdata "$dir/data" --mode immediate --wait --silent stop >&2 || true; fi
    rm -rf "$dir" "$dir.log"
}

base="${TMPDIR:-/tmp}/plenary-postgres"
port=${2:-55432}
[[ $port =~ ^[0-9]+$ ]] || fail "a port is a number, not '$port'"
case ${1:-} in
    start) start "$port" ;;
    stop) stop "$port" ;;
    *) fail "usage: scripts/postgres.sh start|stop [PORT]" ;;
esac
