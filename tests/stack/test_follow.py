"""Continuous runs: fresh, stopped without loss, with bounded memory, and visible in the consumer group."""

import json
import time

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from conftest import PATIENCE


def test_fresh_and_stopped_cleanly(house):
    """Goal: all three stages run continuously; SIGTERM still brings the read records to gold.
    Method: a stream of some seconds."""
    house.make_topic(4)
    worker = house.worker()
    gold = lambda: len([line for line in worker.lines() if line.get("stage") == "gold" and line["commits"] > 0])  # noqa: E731
    for commits in range(1, 4):
        house.generate(5000, "--rate", 5000)
        house.wait_for(lambda: gold() >= commits)
    house.generate(5000, "--rate", 5000)
    assert worker.stop() == 0
    house.run()
    assert house.verify_all_layers()["topic"] == 20_000
    runs = house.query("SELECT stage, sum(rows_in) AS n FROM ops.runs GROUP BY 1")
    assert {row["stage"]: int(row["n"]) for row in runs}["bronze"] == 20_000


def test_freshness_is_reported(house):
    """Goal: the report contains the age of records when gold showed them. Method: JSON lines of a short run."""
    house.make_topic(2)
    worker = house.worker()
    began = time.monotonic()
    house.generate(3000, "--rate", 1500)
    fresh = lambda: [line for line in worker.lines() if "freshness_p50" in line]  # noqa: E731
    house.wait_for(fresh)
    worker.stop()
    oldest = time.monotonic() - began
    assert all(0 < line["freshness_p50"] <= line["freshness_p99"] <= oldest for line in fresh())


def test_commits_by_rows_and_bytes(house):
    """Goal: a backlog is committed in pieces of the requested size. Method: small limits."""
    house.generate(5000, "--partitions", 1)
    assert house.run("--rows-per-commit", 1000)["bronze"]["commits"] >= 1
    house.generate(5000)
    by_bytes = house.run("--bytes-per-commit", "100KB")["bronze"]
    assert by_bytes["rows_in"] == 5000
    house.verify_all_layers()


def test_group_offsets_are_for_watchers(house):
    """Goal: monitoring of consumer groups sees the position of the table. Method: the group's offsets after a run."""
    house.generate(1000)
    house.run()
    group = house.admin().list_consumer_group_offsets([ConsumerGroupTopicPartitions("ingot-speedtest", [
        TopicPartition(house.topic, partition) for partition in range(4)])])
    committed = next(iter(group.values())).result().topic_partitions
    assert sum(max(partition.offset, 0) for partition in committed) == 1000


def test_memory_stays_bounded(house):
    """Goal: a backlog does not fill the memory: fetching pauses while the queue is full. Method: a small budget."""
    house.generate(400_000)
    done = house.ingot("run", "--memory", "256MB", "--stage", "bronze", "--log-format", "json")
    assert json.loads(done.stdout)["rows_in"] == 400_000
    worker = house.worker("--memory", "256MB")
    house.generate(400_000)
    peak = 0
    deadline = time.monotonic() + PATIENCE
    while house.bronze_rows() < 800_000 and time.monotonic() < deadline:
        status = open(f"/proc/{worker.process.pid}/status").read()
        peak = int(status.split("VmHWM:")[1].split()[0])
    assert house.bronze_rows() == 800_000
    assert peak < 1_000_000, f"{peak} kB"
    assert worker.stop() == 0
