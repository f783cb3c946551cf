#!/usr/bin/env bash
# One database and one role for each service, on the server's first start. A role
# owns its database and can enter no other: nothing is granted across.
set -o errexit -o nounset -o pipefail

run_sql() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"
}

# A new role may enter only the database that is made for it below.
run_sql --dbname postgres <<'SQL'
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL

for service in intake routing bridge notify; do
    # The password reaches psql through a variable set by the script on standard
    # input, so it is in no command line and in no server log.
    password="$(<"/run/secrets/${service}_database_password")"
    run_sql --dbname postgres <<SQL
\set service '$service'
\set password '$password'
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
CREATE ROLE :"service" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
