#!/usr/bin/env python3
"""Writes a topic into an Iceberg table with the Iceberg sink of Kafka Connect: a standalone worker with two tasks.

    connect_sink.py BROKER TOPIC RECORDS FOLDER   prints one JSON object: seconds, rows at the end

Time is measured from the first commit to the last, so that starting the worker does not count. The records of the first
commit are not counted either.
"""

import json
import pathlib
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/stack"))
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402
from servers import free_port  # noqa: E402

JARS = pathlib.Path(__file__).resolve().parents[1] / ".deps/connect-4.3.1-1.12.0"
TIMEOUT_SECONDS = 300


def properties(file: pathlib.Path, values: dict) -> pathlib.Path:
    file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    return file


def start(name: str, broker: str, topic: str, folder: pathlib.Path) -> subprocess.Popen:
    converter = "org.apache.kafka.connect.json.JsonConverter"
    worker = properties(folder / "worker.properties", {
        "bootstrap.servers": broker, "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": converter, "value.converter.schemas.enable": "false",
        "offset.storage.file.filename": folder / "offsets", "offset.flush.interval.ms": 1000,
        "listeners": f"http://127.0.0.1:{free_port()}", "connector.client.config.override.policy": "All",
        "consumer.max.poll.records": 5000, "consumer.fetch.min.bytes": 100_000})
    sink = properties(folder / "sink.properties", {
        "name": name, "connector.class": "org.apache.iceberg.connect.IcebergSinkConnector", "tasks.max": 2,
        "topics": topic, "iceberg.tables": "bench.bronze", "iceberg.tables.auto-create-enabled": "true",
        "iceberg.catalog.type": "hadoop", "iceberg.catalog.warehouse": folder / "warehouse",
        "iceberg.control.topic": f"control-{name}", "iceberg.control.commit.interval-ms": 5000,
        "iceberg.kafka.auto.offset.reset": "earliest", "consumer.override.auto.offset.reset": "earliest",
        "iceberg.tables.auto-create-props.write.parquet.compression-codec": "zstd",
        "transforms": "rename", "transforms.rename.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
        "transforms.rename.renames": "timestamp:event_time"})
    java = ["java", "-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}/*",
            "org.apache.kafka.connect.cli.ConnectStandalone", str(worker), str(sink)]
    return subprocess.Popen(java, stdout=open(folder / "connect.log", "w"), stderr=subprocess.STDOUT)


def committed(folder: pathlib.Path) -> int:
    """Records in the table's current snapshot."""
    metadata = folder / "warehouse/bench/bronze/metadata"
    hint = metadata / "version-hint.text"
    if not hint.exists():
        return 0
    table = json.loads((metadata / f"v{hint.read_text().strip()}.metadata.json").read_text())
    now = [s for s in table["snapshots"] if s["snapshot-id"] == table["current-snapshot-id"]]
    return int(now[0]["summary"]["total-records"]) if now else 0


def main() -> None:
    broker, topic, records, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
    folder.mkdir(parents=True)
    name = f"sink-{uuid.uuid4().hex[:8]}"  # consumer groups are named after it
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics([NewTopic(f"control-{name}", 1, 1)]).values():
        future.result()
    worker = start(name, broker, topic, folder)
    first = None
    end = time.monotonic() + TIMEOUT_SECONDS
    try:
        while True:
            try:
                done = committed(folder)
            except (ValueError, FileNotFoundError):  # the metadata is being replaced
                continue
            if first is None and done > 0:
                first = (time.monotonic(), done)
            if done >= records:
                break
            if worker.poll() is not None or time.monotonic() > end:
                sys.exit(f"{done} records after {TIMEOUT_SECONDS} s:\n" + (folder / "connect.log").read_text()[-3000:])
            time.sleep(0.05)
        print(json.dumps({"seconds": time.monotonic() - first[0], "rows": done, "counted": done - first[1]}))
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()
