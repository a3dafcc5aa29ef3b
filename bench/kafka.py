#!/usr/bin/env python3
"""Kafka to bronze and Kafka to gold on this machine, broker included: rates, freshness, CPU and memory.

    .deps/judges/bin/python bench/kafka.py [--records 3000000] [--rate 60000] [--seconds 20]

The floor is a consumer of the same library that only counts. Needs make build and tools/setup judges stack.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/stack"))
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition  # noqa: E402
from servers import Kafka, free_port  # noqa: E402

INGOT = ROOT / "build/release/ingot"


def count(broker: str, topic: str) -> float:
    """Seconds that a consumer takes that does nothing but count."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "count", "enable.partition.eof": True,
                         "queued.max.messages.kbytes": 131072, "queued.min.messages": 1000000,
                         "fetch.message.max.bytes": 2097152, "enable.auto.commit": False})
    partitions = set(consumer.list_topics(topic).topics[topic].partitions)
    begun = time.monotonic()
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    while partitions:
        for message in consumer.consume(100_000, timeout=0.1):
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                partitions.discard(message.partition())
    return time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=3_000_000)
    parser.add_argument("--rate", type=int, default=60_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    kafka = Kafka(folder / "kafka", free_port()).start()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_", "AWS_"))}
    environment = inherited | {"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": "bench",
                               "INGOT_PIPELINE": str(ROOT / "pipelines/speedtest.yaml")}

    def ingot(*arguments: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run([INGOT, *arguments], env=environment | more, check=True, capture_output=True, text=True)

    try:
        begun = time.monotonic()
        ingot("generate", "--records", str(options.records))
        print(f"generate to Kafka      {options.records / (time.monotonic() - begun):12,.0f} records/s")
        counted = min(count(kafka.address, "bench") for _ in range(3))
        print(f"count only (Python)    {options.records / counted:12,.0f} records/s")
        best = 0.0
        for attempt in range(3):
            out = ingot("run", "--stage", "bronze", "--log-format", "json", "--warehouse", str(folder / f"w{attempt}"))
            best = max(best, options.records / json.loads(out.stdout)["seconds"])
        print(f"Kafka to bronze        {best:12,.0f} records/s, {best / (options.records / counted):.2f} x count only")
        ingot("generate", "--records", "1000", KAFKA_TOPIC="live")
        worker = subprocess.Popen([INGOT, "run", "--follow", "--every", "1s", "--log-format", "json", "--warehouse",
                                   str(folder / "live")], env=environment | {"KAFKA_TOPIC": "live"},
                                  stdout=subprocess.PIPE, text=True)
        time.sleep(2)
        generator = subprocess.Popen([INGOT, "generate", "--records", str(options.rate * options.seconds), "--rate",
                                      str(options.rate)], env=environment | {"KAFKA_TOPIC": "live"},
                                     stderr=subprocess.DEVNULL)
        generator.wait()
        ticks = sum(map(int, open(f"/proc/{worker.pid}/stat").read().rpartition(")")[2].split()[11:13]))
        peak = int(open(f"/proc/{worker.pid}/status").read().split("VmHWM:")[1].split()[0])
        worker.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in worker.communicate()[0].splitlines()]
        fresh = [line for line in lines if "freshness_p99" in line][2:]
        print(f"follow at {options.rate:,} records/s for {options.seconds} s, all stages, a commit a second: freshness p50 "
              f"{sorted(line['freshness_p50'] for line in fresh)[len(fresh) // 2]:.2f} s, p99 at most "
              f"{max(line['freshness_p99'] for line in fresh):.2f} s; {ticks / os.sysconf('SC_CLK_TCK') / options.seconds:.2f} "
              f"cores, {peak / 1000:.0f} MB at most")
    finally:
        kafka.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
