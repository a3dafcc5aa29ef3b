#!/usr/bin/env python3
"""An hour of 2 TB a day through all layers, a commit per second, with automatic maintenance: what grows, and whether each record is stored once.

    .deps/judges/bin/python bench/hour.py [--seconds 3600] [--rate 128000] [--publish]

Snapshots are kept for five minutes, so that their number becomes stable within the hour. Needs make build and tools/setup judges stack.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from confluent_kafka.admin import AdminClient, NewTopic

from measure import INGOT, ROOT, clean_environment, cpu_seconds, parser, tell

sys.path.insert(0, str(ROOT / "tests/stack"))
from servers import Kafka, free_port  # noqa: E402

TABLES = ("bronze.speedtest_raw", "silver.speedtest_clean", "gold.speedtest_agg")
KEPT = "history.expire.max-snapshot-age-ms: 300000"
PARTITIONS = 4


class Hour:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-hour-"))
        self.warehouse = self.folder / "warehouse"
        self.kafka = Kafka(self.folder / "kafka", free_port()).start()
        pipeline = self.folder / "pipeline.yaml"
        text = (ROOT / "pipelines/speedtest.yaml").read_text()
        for layer in ("bronze", "silver"):
            text = text.replace(f"{layer}:\n", f"{layer}:\n  properties: {{{KEPT}}}\n")
        pipeline.write_text(text.replace("  - table: gold", f"  - properties: {{{KEPT}}}\n    table: gold"))
        self.environment = clean_environment() | {
            "KAFKA_BROKER": self.kafka.address, "KAFKA_TOPIC": "live", "INGOT_PIPELINE": str(pipeline), "INGOT_WAREHOUSE": str(self.warehouse)}
        # The broker keeps minutes of the topic: an hour of it would fill the disk.
        config = {"retention.bytes": str(512 << 20), "segment.bytes": str(64 << 20)}
        admin = AdminClient({"bootstrap.servers": self.kafka.address})  # its futures need it alive
        admin.create_topics([NewTopic("live", PARTITIONS, 1, config=config)])["live"].result()

    def lines(self, *arguments) -> list[dict]:
        out = subprocess.run([INGOT, *arguments], env=self.environment, check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def rows(self, sql: str) -> list[dict]:
        return self.lines("query", sql, "--format", "json", "--memory", "4GiB")

    def sample(self, worker: subprocess.Popen, log: pathlib.Path) -> dict:
        """Current memory, CPU time and numbers of files."""
        tables = {line["table"]: line for line in self.lines("table", "list", "--log-format", "json")}
        fresh = [line["freshness_p99"] for line in map(json.loads, log.read_text().splitlines()) if "freshness_p99" in line]
        status = pathlib.Path(f"/proc/{worker.pid}/status").read_text()
        return {"rss": int(status.split("VmRSS:")[1].split()[0]) / 1000, "cpu": cpu_seconds(worker.pid), "fresh": fresh,
                "files": sum(int(tables[name]["files"]) for name in TABLES), "snapshots": sum(tables[name]["snapshots"] for name in TABLES),
                "manifests": sum(len(self.lines("table", "manifests", name, "--log-format", "json")) for name in TABLES),
                "metadata": sum(len(list((self.warehouse / name.replace(".", "/") / "metadata").glob("*.metadata.json"))) for name in TABLES)}

    def run(self) -> tuple[list[str], list[str]]:
        """The table of samples, and problems with the rows."""
        seconds, rate = self.options.seconds, self.options.rate
        log = self.folder / "follow.log"
        worker = subprocess.Popen([INGOT, "run", "--follow", "--every", "1s", "--memory", "512MB", "--log-format", "json"],
                                  env=self.environment, stdout=open(log, "w"), stderr=open(self.folder / "follow.err", "w"))
        time.sleep(2)
        generator = subprocess.Popen([INGOT, "generate", "--records", str(rate * seconds), "--rate", str(rate)], env=self.environment,
                                     stderr=subprocess.DEVNULL)
        table = ["| minute | rounds | freshness p99, worst of the rounds since | cores | RSS, MB | data files | manifests | snapshots | metadata files |",
                 "|---|---|---|---|---|---|---|---|---|"]
        begun, seen, before = time.monotonic(), 0, 0.0
        for mark in range(1, 13):
            time.sleep(max(0, begun + mark * seconds / 12 - time.monotonic() - (2 if mark == 12 else 0)))
            now = self.sample(worker, log)
            table.append(f"| {mark * seconds / 720:.0f} | {len(now['fresh'])} | {max(now['fresh'][seen:][2:]):.2f} s | {(now['cpu'] - before) / (seconds / 12):.2f} | "
                         f"{now['rss']:.0f} | {now['files']} | {now['manifests']} | {now['snapshots']} | {now['metadata']} |")
            print(table[-1], flush=True)
            seen, before = len(now["fresh"]), now["cpu"]
        generator.wait()
        time.sleep(10)
        worker.send_signal(signal.SIGTERM)
        if worker.wait(120) != 0:
            return table, [(self.folder / "follow.err").read_text()[-2000:]]
        return table, self.problems(rate * seconds)

    def problems(self, records: int) -> list[str]:
        """Checks that each offset is stored once: by count, minimum, maximum, sum and sum of squares."""
        wrong = []
        sums = self.rows("SELECT _source_partition, count(*) AS n, min(_source_offset) AS low, max(_source_offset) AS high,"
                         " sum(_source_offset::HUGEINT)::VARCHAR AS s,"
                         " sum(_source_offset::HUGEINT * _source_offset)::VARCHAR AS q FROM bronze.speedtest_raw GROUP BY 1")
        for row in sums:
            n = int(row["n"])
            if (int(row["low"]), int(row["high"]), int(row["s"]), int(row["q"])) != (0, n - 1, n * (n - 1) // 2, (n - 1) * n * (2 * n - 1) // 6):
                wrong.append(f"bronze, partition {row['_source_partition']}: {row}")
        if sum(int(row["n"]) for row in sums) != records or len(sums) != PARTITIONS:
            wrong.append(f"bronze has not the {records} records that were sent: {sums}")
        counts = self.rows("SELECT (SELECT count(*) FROM silver.speedtest_clean) AS silver, (SELECT count(*) FROM silver.speedtest_quarantine) AS quarantined,"
                           " (SELECT sum(tests) FROM gold.speedtest_agg) AS gold,"
                           " (SELECT sum(rows_duplicate) FROM ops.runs WHERE stage = 'silver') AS duplicates")[0]
        counts = {name: int(value or 0) for name, value in counts.items()}
        if counts["silver"] + counts["quarantined"] + counts["duplicates"] != records or counts["gold"] != counts["silver"]:
            wrong.append(f"layers do not account for each other: {counts}")
        for name in TABLES:
            found = subprocess.run([INGOT, "doctor", name], env=self.environment, capture_output=True, text=True)
            if found.returncode != 0:
                wrong.append(found.stdout + found.stderr)
        return wrong

    def close(self) -> None:
        self.kafka.stop()
        subprocess.run(["rm", "-rf", self.folder])


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=int, default=3600)
    arguments.add_argument("--rate", type=int, default=128_000)
    options = arguments.parse_args()
    hour = Hour(options)
    try:
        table, wrong = hour.run()
        if wrong:
            sys.exit("\n".join(wrong))
        tell("hour", [f"{options.rate:,} records/s for {options.seconds / 60:.0f} minutes, {options.rate * options.seconds / 1e6:.0f} M records; every offset is in bronze once, "
                      "each row of bronze is in silver, in quarantine or a duplicate, and the counts in gold add up to silver:", "", *table], options)
    finally:
        hour.close()


if __name__ == "__main__":
    main()
