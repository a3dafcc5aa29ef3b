#!/usr/bin/env python3
"""Prints a key and the name of each source in src/. The key changes with the source, the headers of src/ that it includes
directly or through others, the checks, and the pinned dependencies: tools/lint checks a source once per key."""

import functools
import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]
SRC = ROOT / "src"


@functools.cache
def included(file: pathlib.Path) -> list[pathlib.Path]:
    """Returns the headers of src/ that a file includes directly."""
    names = re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read_text(), re.M)
    return [SRC / name for name in names if (SRC / name).exists()]


def read_by(source: pathlib.Path) -> list[pathlib.Path]:
    """Returns the source and all headers of src/ that the compiler reads for it."""
    found = {source}
    waiting = [source]
    while waiting:
        new = set(included(waiting.pop())) - found
        found |= new
        waiting += new
    return sorted(found)


def main() -> None:
    common = (ROOT / ".clang-tidy").read_bytes() + (ROOT / "tools/dependencies.lock").read_bytes()
    for source in sorted(SRC.rglob("*.cc")):
        key = hashlib.sha256(common)
        for file in read_by(source):
            key.update(f"{file.relative_to(SRC)}\0".encode() + file.read_bytes() + b"\0")
        print(key.hexdigest()[:32], source.relative_to(ROOT))


if __name__ == "__main__":
    main()
