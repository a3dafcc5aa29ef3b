#!/usr/bin/env bash
# Runs all of Airflow's processes, and exits when one of them does. The login is admin, admin: change the password file
# for anything but a trial.
set -euo pipefail
while IFS='=' read -r key value; do
  case $key in '' | \#*) continue ;; esac
  [ -n "${!key:-}" ] || export "$key=$value"
done <"${INGOT_AIRFLOW_ENV:-/opt/ingot/airflow.env}"
export AIRFLOW_HOME=${AIRFLOW_HOME:-/opt/airflow}
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=${AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE:-$AIRFLOW_HOME/passwords.json}
export AIRFLOW__API_AUTH__JWT_SECRET=${AIRFLOW__API_AUTH__JWT_SECRET:-$(head -c 48 /dev/urandom | base64 -w0)}
[ -f "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE" ] ||
  echo '{"admin": "admin"}' >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
airflow db migrate
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
trap 'exit 143' TERM INT
airflow api-server &
airflow scheduler --skip-serve-logs &
airflow dag-processor &
airflow triggerer --skip-serve-logs &
wait -n
