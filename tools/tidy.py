#!/usr/bin/env python3
"""The bars of the house that a machine can see: include direction, file and function length, a test for each source.

Usage: tools/tidy.py   (exit code 1 and one line per finding when a bar is broken)
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70


def ranks():
    pairs = (line.split() for line in (ROOT / "layers.txt").read_text().splitlines() if line and not line.startswith("#"))
    return {room: int(rank) for rank, room in pairs}


def check_includes(path, rank, findings):
    room = path.relative_to(ROOT / "src").parts[0]
    if room not in rank:
        findings.append(f"{path}: room {room} has no rank in layers.txt")
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'#include "([a-z]+)/', line)
        if not found or found[1] == room:
            continue
        if found[1] not in rank:
            findings.append(f"{path}:{number}: includes unknown room {found[1]}")
        elif rank[found[1]] >= rank[room]:
            findings.append(f"{path}:{number}: room {room} (rank {rank[room]}) includes {found[1]} (rank {rank[found[1]]})")


def check_length(path, findings):
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES_MAX:
        findings.append(f"{path}: {len(lines)} lines, more than {FILE_LINES_MAX}")
    start = None
    for number, line in enumerate(lines, 1):
        # A definition begins at the left margin of a file, or at that of a class, and ends with a brace at the same place.
        head = re.match(r"^( {0,2})(?!namespace|class|struct|enum|using|constexpr|static const|#|/|\}|public|private)[A-Za-z~].*\)( const)?( override)?( :.*)? \{$", line)
        if head and start is None:
            start = (number, head[1])
        elif start and line.startswith(start[1] + "}"):
            if number - start[0] > FUNCTION_LINES_MAX:
                findings.append(f"{path}:{start[0]}: a function of {number - start[0]} lines, more than {FUNCTION_LINES_MAX}")
            start = None


def check_tests(findings):
    """A source has its test of the same name, or stands in tests/judge/covers.txt with the test that proves it."""
    covered = dict(line.split()[:2] for line in (ROOT / "tests/judge/covers.txt").read_text().splitlines() if line and not line.startswith("#"))
    for path in sorted((ROOT / "src").glob("*/*.cc")):
        name = str(path.relative_to(ROOT))
        if (ROOT / "tests" / path.parent.name / f"{path.stem}_test.cc").exists():
            continue
        if name not in covered:
            findings.append(f"{path}: has no tests/{path.parent.name}/{path.stem}_test.cc")
        elif not (ROOT / covered[name]).exists():
            findings.append(f"{path}: is said to be covered by {covered[name]}, which does not exist")


def main():
    findings = []
    rank = ranks()
    for path in sorted([*(ROOT / "src").rglob("*.cc"), *(ROOT / "src").rglob("*.h")]):
        if path.parent == ROOT / "src":
            continue
        check_includes(path, rank, findings)
        check_length(path, findings)
        if re.search(r"TODO|FIXME|XXX", path.read_text()):
            findings.append(f"{path}: something left to do; what is missing stands in docs/limits.md")
    check_tests(findings)
    for finding in findings:
        print(finding.replace(f"{ROOT}/", ""))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
