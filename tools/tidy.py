#!/usr/bin/env python3
"""Checks the bars of the house style that a machine can see: include direction, file length, a test for each source,
phrases that have a standard term.
The length of functions is measured by clang-tidy (.clang-tidy).

Usage: tools/tidy.py   (exit code 1 and one line per finding when a bar is broken)
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 500
DOCS_COLUMNS_MAX = 130
# Phrases that were replaced by the standard term, each with the term to use. Patterns, without regard to case.
PHRASES = {
    r"\banew\b": "again, recreate, rewrite, recompute",
    r"\bupkeep\b": "maintenance",
    r"\bwinners?\b|\bcontests?\b": "survivor, deduplicate",
    r"\btak(e|es|en|ing) back\b": "revert, undo",
    r"\b(told|tell) (of|apart|from)\b|\bcannot be told\b": "distinguish, report",
    r"\b(go|goes|going|went|reading) on (from|as|with|there)\b": "resume, continue",
    r"\btrying again\b": "retrying",
    r"\bpassed over\b": "skipped",
    r"\basked for\b": "requested",
    r"\bstands? (here|there|beside)\b": "is",
    r"\bthat (is|are) not there\b": "unknown, not found, missing",
    r"\blonger than nothing\b": "must be positive",
    r"\bmade plain\b": "decoded",
}


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


def check_switches(path, findings):
    """Checks that a switch over one of our enums has no default, so that the compiler finds a missing value. Our enum
    values are named kLikeThis. clang-format indents the labels of a switch by two columns."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if not (found := re.match(r"( *)default:", line)):
            continue
        label = found[1]
        body = []
        for before in reversed(lines[:number - 1]):
            if before.startswith(label[2:] + "switch "):
                break
            body.append(before)
        if any(re.match(rf"{label}case (?:\w+::)*k[A-Z]\w*:", one) for one in body):
            findings.append(f"{path}:{number}: default in a switch over an enum of ours: name the other values")


def check_depends(rank, findings):
    """Checks that the DEPENDS of a room in CMakeLists.txt are exactly the rooms that it includes."""
    text = (ROOT / "CMakeLists.txt").read_text()
    for room in rank:
        found = re.search(rf"ingot_room\({room}\b([^)]*)\)", text)
        said = set((found[1] if found else "").partition("TESTS")[0].split()) & set(rank)
        sources = [*(ROOT / "src" / room).glob("*.cc"), *(ROOT / "src" / room).glob("*.h")]
        used = {name for path in sources for name in re.findall(r'^#include "([a-z]+)/', path.read_text(), re.M)} & set(rank) - {room}
        for name in sorted(said ^ used):
            findings.append(f"CMakeLists.txt: room {room} {'includes' if name in used else 'does not include'} {name}, its DEPENDS {'lack' if name in used else 'have'} it")


def check_docs(findings):
    """Checks the line length of prose and commands. Table rows may be longer."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if len(line) > DOCS_COLUMNS_MAX and not line.lstrip().startswith("|"):
                findings.append(f"{path}:{number}: {len(line)} characters, more than {DOCS_COLUMNS_MAX}")


def check_phrases(findings):
    """Checks that PHRASES do not return to the sources, which have the messages and help texts, or to the documentation."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    sources = [*(ROOT / "src").rglob("*.cc"), *(ROOT / "src").rglob("*.h")]
    for path in sorted(pages + sources):
        text = path.read_text()
        for phrase, better in PHRASES.items():
            # A phrase may span two lines of a comment, or two string literals.
            for found in re.finditer(phrase.replace(" ", r'[\s/"]+'), text, re.IGNORECASE):
                number = text.count("\n", 0, found.start()) + 1
                findings.append(f"{path}:{number}: '{' '.join(found[0].split())}': write {better}")


def check_tests(findings):
    """Checks that each source has a test of the same name, or an entry in tests/judge/covers.txt with its test."""
    covered = dict(line.split()[:2] for line in (ROOT / "tests/judge/covers.txt").read_text().splitlines() if line and not line.startswith("#"))
    for path in sorted((ROOT / "src").glob("*/*.cc")):
        name = str(path.relative_to(ROOT))
        if (ROOT / "tests" / path.parent.name / f"{path.stem}_test.cc").exists():
            continue
        if name not in covered:
            findings.append(f"{path}: has no tests/{path.parent.name}/{path.stem}_test.cc")
        elif not (ROOT / covered[name]).exists():
            findings.append(f"{path}: tests/judge/covers.txt names {covered[name]}, which does not exist")


def main():
    findings = []
    rank = ranks()
    for path in sorted([*(ROOT / "src").rglob("*.cc"), *(ROOT / "src").rglob("*.h")]):
        if path.parent == ROOT / "src":
            continue
        check_includes(path, rank, findings)
        check_length(path, findings)
        check_switches(path, findings)
        if re.search(r"TODO|FIXME|XXX", path.read_text()):
            findings.append(f"{path}: open task in a comment; document what is missing in docs/limits.md")
    check_depends(rank, findings)
    check_docs(findings)
    check_phrases(findings)
    check_tests(findings)
    for finding in findings:
        print(finding.replace(f"{ROOT}/", ""))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
