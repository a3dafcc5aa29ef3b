#!/bin/sh
# Formats the broker's data folder on its first start, then runs the broker. Usage: start.sh kafka-server-start.sh FILE
# For a broker that joins a cluster, set KAFKA_CLUSTER_ID to the cluster's id (cluster.id in the others' meta.properties).
set -eu
setting() { sed -n "s/^$1=//p" "$2"; }
data=$(setting log.dirs "$2")
tools=$(dirname "$1")
storage() { KAFKA_OPTS='' "$tools/kafka-storage.sh" "$@"; }
if [ ! -f "$data/meta.properties" ]; then
  case $(setting process.roles "$2") in *controller*) quorum=--standalone ;; *) quorum='' ;; esac
  storage format $quorum -t "${KAFKA_CLUSTER_ID:-$(storage random-uuid)}" -c "$2"
fi
exec "$@"
