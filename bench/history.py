#!/usr/bin/env python3
"""Silver with a long history: the same new records are deduplicated against 0, 3 and 30 days of keys.

    .deps/judges/bin/python bench/history.py [--records 1000000] [--repeats 5] [--publish]

The history is a billion keys in files that exist only in manifests (bench/add_history.cc), and real keys in the hours of
the new records, half of which are duplicates.
"""

import json
import pathlib
import shutil
import tempfile

from measure import INGOT, ROOT, median, parser, run, tell

DAY = "2024-07-19"


def silver(folder: pathlib.Path, days: int, records: int) -> tuple[float, float, int, dict]:
    warehouse, landing = folder / "w", folder / "landing"
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.rmtree(landing, ignore_errors=True)
    generate = [INGOT, "generate", "--start", DAY, "--records", records]
    run([*generate, "--to", landing])
    run([INGOT, "run", "--stage", "bronze,silver", "--source", landing, "--warehouse", warehouse])
    keys = int(run([ROOT / "build/release/add_history", warehouse, "silver.speedtest_clean", days, DAY]).output)
    shutil.copytree(landing, landing / "again")  # copies are read as other files; renamed files would not be read again
    run([*generate, "--seed", 2, "--to", landing / "new"])
    run([INGOT, "run", "--stage", "bronze", "--source", landing, "--warehouse", warehouse])
    cost = run([INGOT, "run", "--stage", "silver", "--log-format", "json", "--warehouse", warehouse])
    return cost.seconds, cost.peak_mb, keys, json.loads(cost.output)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--repeats", type=int, default=5)
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-history-"))
    runs: dict[int, list] = {0: [], 3: [], 30: []}
    try:
        for _ in range(options.repeats):
            for days, found in runs.items():
                found.append(silver(folder, days, options.records))
    finally:
        shutil.rmtree(folder)
    lines = [f"{2 * options.records / 1e6:.0f} M new records of one day, half of them duplicates:", "",
             "| earlier keys | days | silver, s | peak MB | duplicates found |", "|---|---|---|---|---|"]
    for days, found in runs.items():
        reports = {report[3]["rows_duplicate"] for report in found}
        assert reports == {options.records}, reports
        lines.append(f"| {found[0][2]:,} | {days} | {median([r[0] for r in found]):.2f} | {median([r[1] for r in found]):.0f} | "
                     f"{reports.pop():,} |")
    tell("history", lines, options)


if __name__ == "__main__":
    main()
