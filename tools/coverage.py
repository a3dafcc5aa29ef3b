#!/usr/bin/env python3
"""Measures which lines and branches of src/ the tests reach, and prints a table of the rooms.

Usage: tools/coverage.py BUILD [--stack] [--set-floors] [--tests none]

BUILD is a build with --coverage (make coverage creates it). The unit, judge and fault tests run on it; --stack adds the
tests with real servers. Only branches of the source count, not those that the compiler adds for exceptions. A killed
process writes no counts. tests/judge/covers.txt has a floor for each source without a test of its name. A result below
the floor is an error (exit code 1); --set-floors writes the measured values there. Reads gcov, which is part of the compiler.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COVERS = ROOT / "tests/judge/covers.txt"
MARGIN = 5  # percent that a floor is below the measured value
PYTEST = [".deps/judges/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "worksteal"]


class Source:
    """The counts of one file: how often each line ran, and each branch of each line."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.Counter()

    def add(self, found: dict) -> None:
        for line in found["lines"]:
            number = line["line_number"]
            self.lines[number] += line["count"]
            for at, branch in enumerate(one for one in line["branches"] if not one["throw"]):
                self.branches[number, at] += branch["count"]

    def counts(self) -> list[int]:
        return [sum(map(bool, self.lines.values())), len(self.lines), sum(map(bool, self.branches.values())), len(self.branches)]


def run_tests(build: pathlib.Path, stack: bool) -> bool:
    environment = {**os.environ, "INGOT_PROGRAM": str(build / "ingot"), "INGOT_CATALOG_TEST": str(build / "catalog_test")}
    commands = [["ctest", "--test-dir", str(build), "--output-on-failure", "--parallel", "2"],
                # Counters add instructions: the test that counts them is for the release build.
                [*PYTEST, "tests/judge", "--ignore", "tests/judge/test_instructions.py"], [*PYTEST, "tests/faults"]]
    if stack:
        commands.append([*PYTEST, "tests/stack"])
    return all([subprocess.run(command, cwd=ROOT, env=environment).returncode == 0 for command in commands])


def read(build: pathlib.Path, notes: pathlib.Path) -> list[tuple[str, dict]]:
    """Returns gcov's results of one object file: the sources below src/, each with its counts."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes], capture_output=True, cwd=build)
    found = []
    for line in done.stdout.splitlines():
        for file in json.loads(line)["files"] if line.startswith(b"{") else []:
            path = pathlib.Path(os.path.normpath(build / file["file"]))  # the compiler ran in the build's folder
            if path.is_relative_to(ROOT / "src"):
                found.append((str(path.relative_to(ROOT)), file))
    return found


def measure(build: pathlib.Path) -> dict[str, Source]:
    """Returns the counts by path below the repository. A header has the counts of all files that include it."""
    sources = collections.defaultdict(Source)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for files in pool.map(lambda notes: read(build, notes), sorted(build.rglob("*.gcno"))):
            for name, file in files:
                sources[name].add(file)
    return sources


def percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def print_table(sources: dict[str, Source]) -> None:
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, source in sources.items():
        for room in (name.split("/")[1], "all"):
            rooms[room] = [a + b for a, b in zip(rooms[room], source.counts())]
    print("| room | lines | reached | branches | reached |\n|---|---:|---:|---:|---:|")
    for room in [*sorted(rooms.keys() - {"all"}), "all"]:
        lines, lines_all, branches, branches_all = rooms[room]
        print(f"| {room} | {lines_all} | {percent(lines, lines_all):.1f} % | {branches_all} | {percent(branches, branches_all):.1f} % |")


def check_floors(sources: dict[str, Source], stack: bool, write: bool) -> bool:
    """Returns whether each source of covers.txt reaches its floor. Sources that only servers reach are skipped without
    them."""
    good, out = True, []
    for line in COVERS.read_text().splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            out.append(line)
            continue
        name, test = words[:2]
        lines, lines_all = sources[name].counts()[:2]
        reached = percent(lines, lines_all)
        if test.startswith("tests/stack/") and not stack:
            out.append(line)
            continue
        if write:
            words[2:] = [str(max(0, int(reached) - MARGIN))]
        elif len(words) > 2 and reached < float(words[2]):
            print(f"{name}: {reached:.1f} % of its lines are reached, less than the {words[2]} % of {COVERS.relative_to(ROOT)}")
            good = False
        out.append(f"{words[0]:<36} {words[1]:<42} {' '.join(words[2:])}".rstrip())
    if write:
        COVERS.write_text("\n".join(out) + "\n")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--stack", action="store_true", help="run the tests with real servers, too")
    parser.add_argument("--set-floors", action="store_true", help="write the floors of covers.txt")
    parser.add_argument("--tests", choices=["all", "none"], default="all", help="none: read what earlier tests have left")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    passed = True
    if arguments.tests == "all":
        for counters in build.rglob("*.gcda"):
            counters.unlink()
        passed = run_tests(build, arguments.stack)
    sources = measure(build)
    print_table(sources)
    return 0 if check_floors(sources, arguments.stack, arguments.set_floors) and passed else 1


if __name__ == "__main__":
    sys.exit(main())
