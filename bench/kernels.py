#!/usr/bin/env python3
"""The kernels of bench/kernels.cc as a table: core time per record of each, and their sum.

    .deps/judges/bin/python bench/kernels.py [--publish]
"""

import argparse
import json

from measure import ROOT, publish, run

STAGE = {"SplitLines": "bronze", "Parse": "bronze", "EncodeBronze": "bronze", "DecodeKeys": "silver", "HashKeys": "silver",
         "DecodeBronze": "silver", "Judge": "silver", "EncodeSilver": "silver", "DecodeSilver": "gold", "Aggregate": "gold"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publish", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    done = run([ROOT / "build/release/kernels", "--benchmark_format=json", "--benchmark_repetitions=5"])
    medians = {}
    for entry in json.loads(done.output[done.output.index("{"):])["benchmarks"]:
        if entry.get("aggregate_name") == "median":
            medians[entry["run_name"].split("/")[0]] = entry["items_per_second"]  # by the time of all cores
    lines = ["| kernel | stage | ns of a core per record |", "|---|---|---|"]
    whole = 0.0
    for name, stage in STAGE.items():
        nanoseconds = 1e9 / medians[name]
        whole += nanoseconds
        lines.append(f"| {name} | {stage} | {nanoseconds:.0f} |")
    lines.append(f"| all | | {whole:.0f}: {1e3 / whole:.2f} M records/s on one core, {2e3 / whole:.2f} M on two |")
    text = "\n".join(lines)
    print(text)
    if options.publish:
        publish("kernels", text)


if __name__ == "__main__":
    main()
