"""Speed in a measure that does not depend on the machine's load: instructions per record of each stage, counted by
callgrind."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import INGOT

STORED = pathlib.Path(__file__).with_name("instructions.json")
FEW, MANY = 20_000, 60_000


def counted(warehouse, stage: str, records: int) -> int:
    """Counts the instructions of one stage as its own process, on one thread."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(INGOT), "run", "--stage", stage,
               "--threads", "1", "--source", str(warehouse.folder / f"landing-{records}"), "--warehouse",
               str(warehouse.folder / f"warehouse-{records}"), "--pipeline", str(warehouse.pipeline)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="VALGRIND IS MISSING: tools/setup brings it")
def test_instructions_per_record(warehouse):
    """Goal: a change that makes a stage a tenth slower is detected.
    Method: the difference of two sizes of one day excludes startup. It is compared with the stored count; a tenth
    faster requires storing the new count."""
    found = {}
    for records in (FEW, MANY):
        warehouse.ingot("generate", "--records", records, "--start", "2026-01-01", "--to", warehouse.folder / f"landing-{records}")
    for stage in ("bronze", "silver", "gold"):
        few, many = (counted(warehouse, stage, records) for records in (FEW, MANY))
        found[stage] = round((many - few) / (MANY - FEW))
    stored = json.loads(STORED.read_text())
    ratios = {stage: round(found[stage] / stored[stage], 3) for stage in stored}
    assert all(0.9 <= ratio <= 1.1 for ratio in ratios.values()), f"found {json.dumps(found)}, {ratios} of what is stored"
