#!/usr/bin/env python3
"""Compaction of a table of many small files: Ingot and Spark's rewrite_data_files on equal tables, taking turns.

    .deps/judges/bin/python bench/compact.py [--records 10000000] [--files 80] [--repeats 5] [--publish]

Needs make build and tools/setup judges bench. A file has as many records as `ingot run --follow` commits per second at 2 TB a day.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from measure import INGOT, ROOT, clean_environment, median, parser, run, tell


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000)
    arguments.add_argument("--files", type=int, default=80)
    arguments.add_argument("--repeats", type=int, default=5)
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    ours, theirs = [], []
    try:
        landing, out, warehouse = folder / "landing", folder / "out", folder / "warehouse"
        # A whole day: the partitions of the rows decide what has to be decoded, and must not depend on the time of the run.
        run([INGOT, "generate", "--records", options.records, "--start", "2026-01-01", "--to", landing])
        for turn in range(options.repeats):
            spark = json.loads(run([ROOT / ".deps/spark/bin/python", ROOT / "bench/spark_compact.py", landing, out,
                                    options.files], clean_environment()).output.splitlines()[-1])
            theirs.append(spark["seconds"])
            run([INGOT, "register", "b.t", out / "copy/b/t", "--warehouse", warehouse])
            ours.append(run([INGOT, "maintain", "b.t", "--compact", "--min-input-files", "2", "--warehouse", warehouse]))
            counted = json.loads(run([INGOT, "query", "SELECT count(*) AS n FROM b.t", "--warehouse", warehouse, "--format",
                                      "json"]).output)["n"]
            if not counted == spark["rows"] == options.records:
                raise RuntimeError(f"Ingot's table has {counted} rows, Spark's {spark['rows']}")
            shutil.rmtree(out), shutil.rmtree(warehouse)
            print(f"{turn + 1}/{options.repeats}: {ours[-1].seconds:.1f} s, Spark {theirs[-1]:.1f} s", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    megabytes, peer = spark["bytes"] / 1e6, median(theirs)
    mine, cpu, peak = (median([getattr(cost, what) for cost in ours]) for what in ("seconds", "cpu_seconds", "peak_mb"))
    tell("compact", [f"{options.records / 1e6:.0f} M records in {spark['files']} files, {megabytes:.0f} MB of Parquet, medians of {options.repeats}:", "",
                     "| | s | MB/s | MB/s per busy core | peak MB | |", "|---|---|---|---|---|---|",
                     f"| Ingot | {mine:.1f} | {megabytes / mine:.0f} | {megabytes / cpu:.0f} | {peak:.0f} | |",
                     f"| Spark `rewrite_data_files`, `local[2]`, warm | {peer:.1f} | {megabytes / peer:.0f} | | | Ingot is {peer / mine:.1f} × |"],
         options)


if __name__ == "__main__":
    main()
