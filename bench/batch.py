#!/usr/bin/env python3
"""Files to gold: Ingot and its peers on the same records, taking turns; medians of the repeats.

    .deps/judges/bin/python bench/batch.py [--records 20000000] [--repeats 5] [--peers duckdb,spark,spark-stages] [--publish]

Needs make build and tools/setup judges; the Spark peers also need tools/setup bench.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from measure import INGOT, ROOT, Cost, clean_environment, median, parser, publish, rate, run

STAGES = ("bronze", "silver", "gold")


def ingot(landing: pathlib.Path, out: pathlib.Path) -> tuple[dict[str, float], Cost]:
    """Runs each stage as its own process."""
    seconds, cpu, peak = {}, 0.0, 0.0
    for stage in STAGES:
        cost = run([INGOT, "run", "--stage", stage, "--source", landing, "--warehouse", out])
        seconds[stage] = cost.seconds
        cpu += cost.cpu_seconds
        peak = max(peak, cost.peak_mb)
    return seconds, Cost(sum(seconds.values()), cpu, peak)


def script(name: str, python: pathlib.Path):
    """A peer that prints its seconds per stage; the time to start it is not counted."""
    def measure(landing: pathlib.Path, out: pathlib.Path) -> tuple[dict[str, float], Cost]:
        cost = run([python, ROOT / "bench" / name, landing, out], clean_environment())
        result = json.loads(cost.output.splitlines()[-1])
        seconds = result["seconds"]
        return seconds, Cost(sum(seconds.values()), result.get("cpu_seconds", cost.cpu_seconds),
                             result.get("peak_mb", cost.peak_mb))
    return measure


def spark_stages(landing: pathlib.Path, out: pathlib.Path) -> tuple[dict[str, float], Cost]:
    """Spark with one process per stage, as pipelines run it; the time to start it is counted."""
    seconds, cpu, peak = {}, 0.0, 0.0
    for stage in STAGES:
        cost = run([SPARK_PYTHON, ROOT / "bench/spark_batch.py", landing, out, stage], clean_environment())
        result = json.loads(cost.output.splitlines()[-1])
        seconds[stage] = cost.seconds
        cpu += result["cpu_seconds"]
        peak = max(peak, result["peak_mb"])
    return seconds, Cost(sum(seconds.values()), cpu, peak)


SPARK_PYTHON = ROOT / ".deps/spark/bin/python"
PEERS = {"ingot": ingot, "duckdb": script("duckdb_batch.py", pathlib.Path(sys.executable)),
         "spark": script("spark_batch.py", SPARK_PYTHON), "spark-stages": spark_stages}
NAMES = {"ingot": "Ingot (Iceberg, one process per stage)", "duckdb": "DuckDB SQL (Parquet files, no Iceberg)",
         "spark": "PySpark and Iceberg, `local[2]`, tuned, warm",
         "spark-stages": "the same, one process per stage"}


def table(records: int, results: dict[str, list]) -> str:
    lines = ["| | bronze | silver | gold | all three | CPU s | peak MB | Ingot is |", "|---|---|---|---|---|---|---|---|"]
    whole = {peer: median([cost.seconds for _, cost in runs]) for peer, runs in results.items()}
    for peer, runs in results.items():
        cells = [rate(records, median([seconds[stage] for seconds, _ in runs])) for stage in STAGES]
        cells += [rate(records, whole[peer]) + "/s", f"{median([c.cpu_seconds for _, c in runs]):.1f}",
                  f"{median([c.peak_mb for _, c in runs]):.0f}",
                  "" if peer == "ingot" else f"{whole[peer] / whole['ingot']:.2f} ×"]
        lines.append(f"| {NAMES[peer]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=20_000_000)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--peers", default="duckdb")
    arguments.add_argument("--spark-repeats", type=int, help="repeats of Spark, which take minutes (default: --repeats)")
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    peers = ["ingot", *filter(None, options.peers.split(","))]
    try:
        landing = folder / "landing"
        run([INGOT, "generate", "--records", options.records, "--to", landing])
        results = {peer: [] for peer in peers}
        for turn in range(options.repeats):
            for peer in peers:
                if peer.startswith("spark") and turn >= (options.spark_repeats or options.repeats):
                    continue
                out = folder / "out"
                results[peer].append(PEERS[peer](landing, out))
                shutil.rmtree(out)
                print(f"{turn + 1}/{options.repeats} {peer}: "
                      f"{rate(options.records, results[peer][-1][1].seconds)}/s", file=sys.stderr, flush=True)
        text = table(options.records, results)
        print(text)
        if options.publish:
            turns = f"medians of {options.repeats}" + (f", of Spark {options.spark_repeats}" if options.spark_repeats else "")
            publish("batch", f"{options.records / 1e6:.0f} M records in files, {turns}:\n\n{text}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
