#!/usr/bin/env python3
"""Compares a topic with the bronze table: every offset once, every value as it was sent, no gap. Prints both counts.

    verify_bronze.py --broker HOST:PORT --topic TOPIC [--table bronze.speedtest_raw]

Another client reads the topic (read_committed, from the oldest record). PyIceberg reads the table from the catalog and
storage of INGOT_CATALOG and AWS_*. Also checks the summaries of the snapshots: their offset ranges follow each other
without gap or overlap. Exit code 0 when all is equal, 1 with the first differences otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from pyiceberg.catalog import load_catalog


def open_catalog(variables: Mapping[str, str] = os.environ):
    """Opens PyIceberg's catalog from the variables of Ingot. INGOT_VERIFY_* name other addresses of the same
    servers."""
    uri = variables["INGOT_CATALOG"]
    properties = {
        "s3.endpoint": variables.get("INGOT_VERIFY_S3", variables.get("AWS_ENDPOINT_URL", "")),
        "s3.access-key-id": variables.get("AWS_ACCESS_KEY_ID", ""),
        "s3.secret-access-key": variables.get("AWS_SECRET_ACCESS_KEY", ""),
        "s3.region": "us-east-1",
    }
    if uri.startswith("http"):
        return load_catalog("iceberg_catalog", type="rest", uri=uri, credential=variables["INGOT_CATALOG_CREDENTIAL"],
                            **{"oauth2-server-uri": f"{uri.rstrip('/')}/v1/oauth/tokens"}, **properties)
    if uri.startswith("postgresql://"):
        user, place = uri.removeprefix("postgresql://").split("@")
        uri = f"postgresql+psycopg2://{user}:{variables['PGPASSWORD']}@{variables.get('INGOT_VERIFY_PG', place)}"
    return load_catalog("iceberg_catalog", type="sql", uri=uri, **properties)


def read_topic(broker: str, topic: str, settings: dict | None = None) -> dict[tuple[int, int], bytes | None]:
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "verify", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "enable.partition.eof": True,
                         "auto.offset.reset": "earliest", **(settings or {})})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    records, open_partitions = {}, set(partitions)
    while open_partitions:
        for message in consumer.consume(10_000, timeout=1):
            if message.error() is None:
                records[message.partition(), message.offset()] = message.value()
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise SystemExit(f"verify: {message.error()}")
    consumer.close()
    return records


def values_differ(sent: bytes | None, row: dict, defaults: Mapping[str, str]) -> bool:
    """Returns whether the columns differ from what was sent. A record that did not fit keeps its bytes; one whose
    member is missing or null has its default."""
    if row["_error"] is not None:
        return row["_payload"] != sent
    record = defaults | {name: value for name, value in json.loads(sent).items() if value is not None}
    return str(row["user_id"]) != str(record.get("user_id")) or row["location"] != record.get("location")


def range_problems(table, topic: str) -> list[str]:
    """Returns gaps and overlaps between the ranges that the snapshots say they added."""
    problems, at = [], {}
    for snapshot in sorted(table.metadata.snapshots, key=lambda s: s.sequence_number or 0):
        summary = snapshot.summary.additional_properties
        for reset in json.loads(summary.get("ingot.offset-resets", "[]")):
            at[str(reset["partition"])] = reset["to"]
        for partition, (begin, end) in json.loads(summary.get("ingot.offset-ranges", "{}")).get(topic, {}).items():
            if at.get(partition, begin) != begin:
                problems.append(f"snapshot {snapshot.snapshot_id}: partition {partition} begins at {begin}, "
                                f"the one before ended at {at[partition]}")
            at[partition] = end
    return problems


def verify(broker: str, topic: str, table_name: str = "bronze.speedtest_raw", settings: dict | None = None,
           since: str | None = None, compacted: bool = False, defaults: Mapping[str, str] = {},
           variables: Mapping[str, str] = os.environ) -> dict:
    """Returns {"topic": n, "bronze": n, "problems": […]}. `since`: only rows produced from then on, for a recreated
    topic. `compacted`: the topic may have lost records since they were read."""
    sent = read_topic(broker, topic, settings)
    table = open_catalog(variables).load_table(table_name)
    rows = table.scan(row_filter=f"_source == '{topic}'" + (f" and _produced_at >= '{since}'" if since else ""),
                      selected_fields=("user_id", "location", "_source_partition", "_source_offset", "_error", "_payload")).to_arrow()
    problems = range_problems(table, topic)
    counts: Counter = Counter()
    for row in rows.to_pylist():
        place = row["_source_partition"], row["_source_offset"]
        counts[place] += 1
        if place not in sent:
            if not compacted:
                problems.append(f"partition {place[0]} offset {place[1]}: in bronze, not in the topic")
        elif values_differ(sent[place], row, defaults):
            problems.append(f"partition {place[0]} offset {place[1]}: another value than was sent")
    problems += [f"partition {p} offset {o}: lost" for p, o in sorted(sent.keys() - counts.keys())]
    problems += [f"partition {p} offset {o}: {n} times in bronze" for (p, o), n in sorted(counts.items()) if n > 1]
    return {"topic": len(sent), "bronze": len(rows), "problems": problems}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--table", default="bronze.speedtest_raw")
    arguments = parser.parse_args()
    result = verify(arguments.broker, arguments.topic, arguments.table)
    print(f"topic {result['topic']} records, bronze {result['bronze']} rows, {len(result['problems'])} problems")
    print("\n".join(result["problems"][:20]))
    sys.exit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
