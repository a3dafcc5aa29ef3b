#!/usr/bin/env python3
"""The cost of one more record, commit and worker: the figures of docs/scaling.md.

    .deps/judges/bin/python bench/scaling.py [--records 20000000] [--repeats 5] [--publish]

Workers share one topic of 4 partitions as a consumer group, on this machine, broker included. Needs make build and tools/setup
judges stack.
"""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from measure import INGOT, ROOT, clean_environment, cpu_seconds, median, parser, run, tell

sys.path.insert(0, str(ROOT / "tests/stack"))
from servers import Kafka, free_port  # noqa: E402


COUNTS = (1, 2, 4)  # of workers


def commits(folder: pathlib.Path) -> list[str]:
    """Bronze commits of 1,000 records into one table: how their cost grows with the snapshots that it has."""
    lines, parts, files = [], 10, 100
    run([INGOT, "generate", "--records", parts * files * 1000, "--to", folder / "landing"])
    text = sorted((folder / "landing").iterdir())[0].read_text().splitlines(keepends=True)
    (folder / "small").mkdir()
    for part in range(parts):
        for number in range(part * files, (part + 1) * files):
            (folder / "small" / f"{number:05}.jsonl").write_text("".join(text[number * 1000:(number + 1) * 1000]))
        done = json.loads(run([INGOT, "run", "--stage", "bronze", "--rows-per-commit", "1000", "--source", folder / "small",
                               "--warehouse", folder / "w", "--log-format", "json"]).output)
        assert done["commits"] == files, done
        if part in (0, 4, 9):
            lines.append(f"| a commit of 1,000 records, one input file each, into a table of {(part + 1) * files:,} snapshots and input files | "
                         f"{done['seconds'] / files * 1e3:.1f} ms |")
    return lines


def workers(kafka: Kafka, folder: pathlib.Path, count: int, records: int, name: str) -> tuple[float, float]:
    """Seconds until `count` workers have written the whole topic to bronze, and their CPU time."""
    environment = clean_environment() | {"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": "bench"}
    warehouse = folder / f"{name}-{count}"
    begun = time.monotonic()
    running, logs = [], []
    for number in range(count):
        logs.append(folder / f"{name}-{count}-{number}.log")
        running.append(subprocess.Popen(
            [INGOT, "run", "--follow", "--stage", "bronze", "--every", "500ms", "--threads", "2", "--group", f"{name}-{count}",
             "--log-format", "json", "--warehouse", warehouse], env=environment, stdout=open(logs[-1], "w")))
    carried = 0
    while carried < records:
        time.sleep(0.1)
        carried = sum(json.loads(line).get("rows_out", 0) for log in logs for line in log.read_text().splitlines())
        assert all(worker.poll() is None for worker in running), "a worker ended"
    seconds = time.monotonic() - begun
    busy = sum(cpu_seconds(worker.pid) for worker in running)
    for worker in running:
        worker.send_signal(signal.SIGTERM)
        worker.wait()
    assert carried == records, carried
    shutil.rmtree(warehouse)
    return seconds, busy


def main() -> None:
    arguments = parser(__doc__, "docs/scaling.md")
    arguments.add_argument("--records", type=int, default=20_000_000)
    arguments.add_argument("--repeats", type=int, default=5)
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    kafka = Kafka(folder / "kafka", free_port()).start()
    try:
        lines = ["| what | cost |", "|---|---|", *commits(folder)]
        environment = clean_environment() | {"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": "bench"}
        run([INGOT, "generate", "--records", options.records, "--partitions", 4, "--to", f"kafka://{kafka.address}/bench"],
            environment)
        workers(kafka, folder, 1, options.records, "warm")  # the broker's first consumer group waits for the offsets topic
        turns = [[workers(kafka, folder, count, options.records, f"turn-{turn}") for count in COUNTS]
                 for turn in range(options.repeats)]  # the machine's speed varies
        for i, count in enumerate(COUNTS):
            seconds, cpu = (median([turn[i][what] for turn in turns]) for what in (0, 1))
            lines.append(f"| {count} worker{'s' if count > 1 else ''}: {options.records / 1e6:.0f} M records to bronze, from "
                         f"start to the last commit | {seconds:.1f} s, {cpu / options.records * 1e9:.0f} CPU ns "
                         f"per record |")
        tell("scaling", lines, options, "docs/scaling.md")
    finally:
        kafka.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
