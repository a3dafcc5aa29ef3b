#!/usr/bin/env python3
"""The kernels of bench/kernels.cc as a table: core time per record of each, and their sum.

    .deps/judges/bin/python bench/kernels.py [--publish]
"""

import os

from measure import ROOT, medians, parser, tell

STAGE = {"SplitLines": "bronze", "Parse": "bronze", "EncodeBronze": "bronze", "DecodeKeys": "silver", "HashKeys": "silver",
         "DecodeBronze": "silver", "Judge": "silver", "EncodeSilver": "silver", "DecodeSilver": "gold", "Aggregate": "gold"}


def main() -> None:
    options = parser(__doc__).parse_args()
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # as the program does
    rates = {entry["run_name"].split("/")[0]: entry["items_per_second"]  # by the time of all cores
             for entry in medians(ROOT / "build/release/kernels", "--benchmark_repetitions=5")}
    lines = ["| kernel | stage | ns of a core per record |", "|---|---|---|"]
    whole = 0.0
    for name, stage in STAGE.items():
        nanoseconds = 1e9 / rates[name]
        whole += nanoseconds
        lines.append(f"| {name} | {stage} | {nanoseconds:.0f} |")
    lines.append(f"| all | | {whole:.0f}: {1e3 / whole:.2f} M records/s on one core, {2e3 / whole:.2f} M on two |")
    tell("kernels", lines, options)


if __name__ == "__main__":
    main()
