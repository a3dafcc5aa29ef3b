#!/usr/bin/env python3
"""Kafka to bronze and Kafka to gold on this machine, broker included: rates, freshness, CPU and memory.

    .deps/judges/bin/python bench/kafka.py [--records 20000000] [--rate 128000] [--seconds 60] [--publish]

The lower bound is a consumer of the same library that only counts (bench/count_consumer.cc). Needs make bench's build and tools/setup
judges stack.
"""

import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from measure import INGOT, ROOT, Cost, clean_environment, cpu_seconds, median, parser, publish, run

sys.path.insert(0, str(ROOT / "tests/stack"))
from servers import Kafka, free_port  # noqa: E402

SPARK_PYTHON = ROOT / ".deps/spark/bin/python"
COUNT = ROOT / "build/release/count_consumer"


class Bench:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
        self.kafka = Kafka(self.folder / "kafka", free_port()).start()
        self.environment = clean_environment() | {"KAFKA_BROKER": self.kafka.address, "KAFKA_TOPIC": "bench"}
        self.lines = []

    def ingot(self, *arguments: str, **more: str) -> Cost:
        return run([INGOT, *arguments], self.environment | more)

    def busy(self, do, records: int) -> tuple[Cost, tuple[float, float]]:
        """The cost of `do`, and the CPU time per record in ns of it and of the broker."""
        before = cpu_seconds(self.kafka.process.pid)
        cost = do()
        broker = cpu_seconds(self.kafka.process.pid) - before
        return cost, (cost.cpu_seconds * 1e9 / records, broker * 1e9 / records)

    def tell(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)

    def bronze(self) -> None:
        """Kafka to bronze and the counting consumer, taking turns."""
        records = self.options.records
        made, generating = self.busy(lambda: self.ingot("generate", "--records", records), records)
        rates, cores = {"count": [], "bronze": []}, {"count": [], "bronze": []}
        for _ in range(self.options.repeats):
            counted, busy = self.busy(lambda: run([COUNT, self.kafka.address, "bench"]), records)
            found = json.loads(counted.output)
            assert found["records"] == records, found
            rates["count"].append(records / found["seconds"])
            cores["count"].append(busy)
            carried, busy = self.busy(lambda: self.ingot("run", "--stage", "bronze", "--log-format", "json", "--warehouse",
                                                         self.folder / "w"), records)
            rates["bronze"].append(records / json.loads(carried.output)["seconds"])
            cores["bronze"].append(busy)
            shutil.rmtree(self.folder / "w")
        count, bronze = median(rates["count"]), median(rates["bronze"])
        worked = {name: tuple(map(median, zip(*found))) for name, found in cores.items()}

        def row(name: str, per_second: float, busy: tuple[float, float], ratio: str = "") -> None:
            self.tell(f"| {name} | {per_second / 1e6:.2f} M | {busy[0]:.0f} | {busy[1]:.0f} | {ratio} |")

        self.tell("| | records/s | CPU ns per record | ns of the broker per record | |\n|---|---|---|---|---|")
        row("generator to Kafka", records / made.seconds, generating)
        row("a consumer that only counts", count, worked["count"])
        row("Kafka to bronze, committed", bronze, worked["bronze"], f"{bronze / count:.2f} × counting")
        for peer in filter(None, self.options.peers.split(",")):
            self.peer(peer, bronze)

    def peer(self, name: str, ours: float) -> None:
        if name == "spark":
            self.ingot("generate", "--records", 500_000, KAFKA_TOPIC="warm")
        rates = []
        for turn in range(self.options.peer_repeats):
            out = self.folder / f"{name}-{turn}"
            arguments = {"spark": [SPARK_PYTHON, ROOT / "bench/spark_stream.py", self.kafka.address, "bench", "warm", out],
                         "connect": [sys.executable, ROOT / "bench/connect_sink.py", self.kafka.address, "bench",
                                     self.options.records, out]}[name]
            result = json.loads(subprocess.run([*map(str, arguments)], check=True, capture_output=True, text=True)
                              .stdout.splitlines()[-1])
            assert result["rows"] == self.options.records, result
            rates.append(result.get("counted", result["rows"]) / result["seconds"])
            shutil.rmtree(out)
        words = {"spark": "Spark Structured Streaming to Iceberg, `local[2]`, warm",
                 "connect": "the Iceberg sink of Kafka Connect, two tasks, warm"}[name]
        self.tell(f"| {words} | {median(rates) / 1e3:.0f} k | | | Ingot is {ours / median(rates):.1f} × |")

    def follow(self) -> None:
        """All stages at a constant rate, a commit per second."""
        rate, seconds = self.options.rate, self.options.seconds
        self.ingot("generate", "--records", "1000", KAFKA_TOPIC="live")
        environment = self.environment | {"KAFKA_TOPIC": "live"}
        worker = subprocess.Popen([INGOT, "run", "--follow", "--every", "1s", "--memory", self.options.memory,
                                   "--log-format", "json", "--warehouse", self.folder / "live"], env=environment,
                                  stdout=open(self.folder / "follow.log", "w"), text=True)
        time.sleep(2)
        subprocess.run([INGOT, "generate", "--records", str(rate * seconds), "--rate", str(rate)], env=environment,
                       stderr=subprocess.DEVNULL, check=True)
        busy = cpu_seconds(worker.pid)
        peak = int(open(f"/proc/{worker.pid}/status").read().split("VmHWM:")[1].split()[0])
        worker.send_signal(signal.SIGTERM)
        worker.wait()
        lines = [json.loads(line) for line in (self.folder / "follow.log").read_text().splitlines()]
        fresh = [line for line in lines if "freshness_p99" in line][2:]
        self.tell(f"\nFollowed at {rate:,} records/s for {seconds} s, `--every 1s --memory {self.options.memory}`, to gold: freshness p50 "
                  f"{median([line['freshness_p50'] for line in fresh]):.2f} s, worst p99 of a round "
                  f"{max(line['freshness_p99'] for line in fresh):.2f} s, {busy / seconds:.2f} cores, {peak / 1000:.0f} MB.")

    def close(self) -> None:
        self.kafka.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=20_000_000, help="0 skips this part")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--peers", default="", help="spark, connect or both; need tools/setup bench")
    arguments.add_argument("--peer-repeats", type=int, default=5)
    arguments.add_argument("--rate", type=int, default=128_000, help="128,000 records of 170 bytes are about 2 TB a day")
    arguments.add_argument("--seconds", type=int, default=60, help="0 skips this part")
    arguments.add_argument("--memory", default="512MB")
    options = arguments.parse_args()
    bench = Bench(options)
    try:
        if options.records:
            bench.bronze()
        if options.seconds:
            bench.follow()
        if options.publish:
            publish("kafka", "\n".join(bench.lines))
    finally:
        bench.close()


if __name__ == "__main__":
    main()
