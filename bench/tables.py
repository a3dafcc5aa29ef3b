#!/usr/bin/env python3
"""What a table's age costs, by bench/tables.cc: commits and scan plans of an empty table and of one with a long history.

    .deps/judges/bin/python bench/tables.py [--publish]
"""

import argparse
import json

from measure import ROOT, publish, run

ROWS = {"FirstLoad": "metadata read by a process that has just started", "Load": "metadata asked for again",
        "Commit": "commit of one file", "WriteBytes": "of it, making a file as large as the metadata durable",
        "PlanOneHour": "scan plan for one hour of a week", "PlanAll": "scan plan of all files"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publish", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    done = run([ROOT / "build/release/tables", "--benchmark_format=json"])
    medians: dict[str, dict[str, float]] = {}
    for entry in json.loads(done.output[done.output.index("{"):])["benchmarks"]:
        if entry.get("aggregate_name") == "median":
            name, *arguments = entry["run_name"].split("/")
            medians.setdefault(name, {})[arguments[0] if arguments[0] in "01" else "1"] = entry["real_time"]
    lines = ["| milliseconds | empty table | 10,000 snapshots, 100,000 data files |", "|---|---|---|"]
    for name, words in ROWS.items():
        empty, old = medians[name].get("0"), medians[name]["1"]
        lines.append(f"| {words} | {'' if empty is None else f'{empty:.2f}'} | {old:.2f} |")
    text = "\n".join(lines)
    print(text)
    if options.publish:
        publish("tables", text)


if __name__ == "__main__":
    main()
