#!/bin/sh
# Formats the broker's folder on its first start, then becomes the broker. Usage: start.sh kafka-server-start.sh FILE
# A broker that joins others is told their cluster's id in KAFKA_CLUSTER_ID (cluster.id in their meta.properties).
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
