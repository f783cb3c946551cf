#!/usr/bin/env bash
# What the official image's entry point does for a first start: initdb with the
# POSTGRES_* variables, run /docker-entrypoint-initdb.d/*, then become the server.
set -o errexit -o nounset -o pipefail

# file_env NAME [DEFAULT]: NAME, or the content of the file that NAME_FILE names.
file_env() {
    local name="$1" file="$1_FILE"
    if [[ -n "${!name:-}" && -n "${!file:-}" ]]; then
        echo "error: both $name and $file are set" >&2
        exit 1
    fi
    local value="${2:-}"
    if [[ -n "${!name:-}" ]]; then
        value="${!name}"
    elif [[ -n "${!file:-}" ]]; then
        value="$(<"${!file}")"
    fi
    export "$name=$value"
    unset "$file"
}

# Server options alone mean the server, as in the official image.
if [[ "${1:0:1}" == "-" ]]; then
    set -- postgres "$@"
fi

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) echo "$0: running $file"; bash "$file" ;;
            *.sql) echo "$0: running $file"; psql -v ON_ERROR_STOP=1 --no-psqlrc -f "$file" ;;
            *) echo "$0: ignoring $file" ;;
        esac
    done
}

initialise() {
    file_env POSTGRES_PASSWORD
    file_env POSTGRES_USER postgres
    file_env POSTGRES_DB "$POSTGRES_USER"
    file_env POSTGRES_INITDB_ARGS
    if [[ -z "$POSTGRES_PASSWORD" ]]; then
        echo "error: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE" >&2
        exit 1
    fi
    local method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA"
    # Options are words of a command line, as in the official image.
    # shellcheck disable=SC2086
    initdb -D "$PGDATA" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host="$method" $POSTGRES_INITDB_ARGS
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    export PGUSER="$POSTGRES_USER" PGHOST=/var/run/postgresql
    # No TCP until the databases are ready: nobody may see a half-made server.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -k /var/run/postgresql" -w start
    if [[ "$POSTGRES_DB" != postgres ]]; then
        psql -v ON_ERROR_STOP=1 --no-psqlrc --dbname postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
    fi
    PGDATABASE="$POSTGRES_DB" run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGUSER PGHOST PGPASSWORD POSTGRES_PASSWORD
}

if [[ "$1" == postgres ]]; then
    if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
        initialise
    fi
    # The official image listens on every address and puts its socket here.
    set -- "$@" -c listen_addresses='*' -k /var/run/postgresql
fi
exec "$@"
