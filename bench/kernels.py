#!/usr/bin/env python3
"""The kernels of bench/kernels.cc as a table: CPU time per record of each, their sum, and that of Ingot's stages on files, taking turns.

    .deps/judges/bin/python bench/kernels.py [--records 20000000] [--repeats 5] [--publish]
"""

import os
import pathlib
import shutil
import sys
import tempfile

from batch import ingot
from measure import INGOT, ROOT, median, parser, results, run, tell

STAGE = {"SplitLines": "bronze", "Parse": "bronze", "EncodeBronze": "bronze", "DecodeKeys": "silver", "HashKeys": "silver",
         "DecodeBronze": "silver", "ApplyRules": "silver", "EncodeSilver": "silver", "DecodeSilver": "gold", "Aggregate": "gold"}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--records", type=int, default=20_000_000)
    arguments.add_argument("--repeats", type=int, default=5)
    options = arguments.parse_args()
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # same setting as the program
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    nanoseconds, worked = {name: [] for name in STAGE}, []
    try:
        run([INGOT, "generate", "--records", options.records, "--to", folder / "landing"])
        for turn in range(options.repeats):
            for entry in results(ROOT / "build/release/kernels"):
                nanoseconds[entry["run_name"].split("/")[0]].append(1e9 / entry["items_per_second"])  # CPU time of all threads
            worked.append(ingot(folder / "landing", folder / "out")[1].cpu_seconds * 1e9 / options.records)
            shutil.rmtree(folder / "out")
            print(f"{turn + 1}/{options.repeats}: {sum(found[-1] for found in nanoseconds.values()):.0f} ns, Ingot {worked[-1]:.0f} ns", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    lines = ["| kernel | stage | CPU ns per record |", "|---|---|---|"]
    lines += [f"| {name} | {stage} | {median(nanoseconds[name]):.0f} |" for name, stage in STAGE.items()]
    whole = median([sum(turn) for turn in zip(*nanoseconds.values())])
    lines.append(f"| all | | {whole:.0f}: {1e3 / whole:.2f} M records/s on one core, {2e3 / whole:.2f} M on two |")
    lines.append(f"| Ingot's stages, {options.records / 1e6:.0f} M records in files | | {median(worked):.0f}: {median(worked) / whole:.2f} × |")
    tell("kernels", lines, options)


if __name__ == "__main__":
    main()
