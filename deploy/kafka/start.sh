#!/bin/sh
# Formats the broker's folder on its first start, then becomes the broker. Usage: start.sh kafka-server-start.sh FILE
set -eu
data=$(sed -n 's/^log.dirs=//p' "$2")
tools=$(dirname "$1")
if [ ! -f "$data/meta.properties" ]; then
  KAFKA_OPTS='' "$tools/kafka-storage.sh" format --standalone -t "$(KAFKA_OPTS='' "$tools/kafka-storage.sh" random-uuid)" -c "$2"
fi
exec "$@"
