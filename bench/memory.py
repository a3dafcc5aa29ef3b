#!/usr/bin/env python3
"""Peak memory of a large backfill, stage by stage, by memory budget.

    .deps/judges/bin/python bench/memory.py [--records 100000000] [--folder /tmp] [--publish]

Needs 25 GB of disk while it runs.
"""

import pathlib
import shutil
import tempfile

from measure import INGOT, parser, rate, run, tell


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=100_000_000)
    arguments.add_argument("--folder", help="folder with 25 GB of free space")
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-memory-", dir=options.folder))
    lines = [f"{options.records / 1e6:.0f} M records in files:", "",
             "| `--memory` | bronze | silver | gold | peak MB of each stage |", "|---|---|---|---|---|"]
    try:
        run([INGOT, "generate", "--records", options.records, "--to", folder / "landing"])
        for budget in ("512MB", "1GiB"):
            costs = [run([INGOT, "run", "--stage", stage, "--source", folder / "landing", "--warehouse", folder / "w",
                          "--memory", budget]) for stage in ("bronze", "silver", "gold")]
            # In MB of 1,000,000 bytes.
            lines.append(f"| {budget}{' (the default)' if budget == '1GiB' else ''} | "
                         + " | ".join(rate(options.records, cost.seconds) + "/s" for cost in costs)
                         + " | " + ", ".join(f"{cost.peak_mb * 1.048576:.0f}" for cost in costs) + " |")
            shutil.rmtree(folder / "w")
    finally:
        shutil.rmtree(folder)
    tell("memory", lines, options)


if __name__ == "__main__":
    main()
