#!/usr/bin/env python3
"""The cost of a long history (bench/tables.cc): commits and scan plans of an empty table and of one with a long history.

    .deps/judges/bin/python bench/tables.py [--publish]
"""

from measure import ROOT, medians, parser, tell

ROWS = {"FirstLoad": "first read of the metadata in a process", "Load": "repeated read of the metadata",
        "Commit": "commit of one file", "WriteBytes": "of which: making a file as large as the metadata durable",
        "PlanOneHour": "scan plan for one hour of a week", "PlanAll": "scan plan of all files"}


def main() -> None:
    options = parser(__doc__).parse_args()
    times: dict[str, dict[str, float]] = {}
    commits, program = "Commit|WriteBytes", ROOT / "build/release/tables"
    # The machine's speed varies: commits to the two tables are interleaved.
    for entry in (medians(program, f"--benchmark_filter=-{commits}") +
                  medians(program, f"--benchmark_filter={commits}", "--benchmark_enable_random_interleaving=true")):
        name, *arguments = entry["run_name"].split("/")
        times.setdefault(name, {})[arguments[0] if arguments[0] in "01" else "1"] = entry["real_time"]
    lines = ["| milliseconds | empty table | 10,000 snapshots, 100,000 data files |", "|---|---|---|"]
    for name, words in ROWS.items():
        empty, old = times[name].get("0"), times[name]["1"]
        lines.append(f"| {words} | {'' if empty is None else f'{empty:.2f}'} | {old:.2f} |")
    tell("tables", lines, options)


if __name__ == "__main__":
    main()
