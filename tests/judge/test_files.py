"""Input files that change, move or are damaged: each record is read once, each anomaly is reported."""

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
from conftest import INGOT, Warehouse

PIPELINE = """
pipeline: t
source: {{files: landing, format: {format}, on_changed: {on_changed}}}
fields:
  id:   {{type: long}}
  note: {{type: string}}
bronze: {{table: b.t}}
silver: {{table: s.t, quarantine: s.bad}}
"""


@pytest.fixture
def lab(tmp_path):
    def make(format="json", on_changed="fail"):
        folder = tmp_path / f"{len(os.listdir(tmp_path))}"
        folder.mkdir()
        (folder / "pipeline.yaml").write_text(PIPELINE.format(format=format, on_changed=on_changed))
        return Warehouse(folder, folder / "pipeline.yaml")

    return make


def lines(*ids):
    return "".join(json.dumps({"id": i, "note": "n" * 50}) + "\n" for i in ids)


def ids(warehouse, table="b.t"):
    rows = warehouse.pyiceberg().load_table(table).scan().to_arrow().to_pylist()
    return sorted(row["id"] for row in rows if row["id"] is not None)


def await_ids(warehouse, wanted):
    """Waits until a follower has stored these ids."""
    deadline = time.monotonic() + 300
    while not ((warehouse.folder / "warehouse/catalog.db").exists() and
               wanted <= {row["id"] for row in warehouse.query("SELECT id FROM b.t")}):
        assert time.monotonic() < deadline, f"{wanted} were not stored in time"
        time.sleep(0.05)


def run(warehouse, *arguments):
    return warehouse.ingot("run", *arguments, check=False)


def test_names_that_are_not_utf8(lab):
    """Goal: every file name is read once, and reported in UTF-8.
    Method: names that differ in one byte, and one that equals another's escaped form."""
    warehouse = lab()
    names = [b"a\xff.jsonl", b"a\xfe.jsonl", b"a%FF.jsonl", "é b.jsonl".encode(), b"100%.jsonl", b"new\nline.jsonl"]
    for i, name in enumerate(names):
        pathlib.Path(os.fsdecode(os.fsencode(warehouse.landing) + b"/" + name)).write_text(lines(i))
    for _ in range(3):
        assert run(warehouse).returncode == 0
    assert ids(warehouse) == ids(warehouse, "s.t") == list(range(len(names)))
    topics = {row["_source"] for row in warehouse.pyiceberg().load_table("b.t").scan().to_arrow().to_pylist()}
    assert len(topics) == len(names)
    odd = os.fsdecode(os.fsencode(warehouse.folder) + b"/w\xff")
    rejected = warehouse.ingot("run", "--warehouse", odd, check=False)
    assert rejected.returncode == 2 and "not UTF-8" in rejected.stderr


@pytest.mark.parametrize("on_changed, code, read_again", [("fail", 1, False), ("skip", 0, False), ("reread", 0, True)])
def test_replaced_files(lab, on_changed, code, read_again):
    """Goal: a replaced file is reported by name and handled once, as the pipeline file says; the others are read.
    Method: content of the same size, larger, smaller, and truncated by copytruncate, next to a new file."""
    warehouse = lab(on_changed=on_changed)
    changed = {"same": (lines(11, 12), 2), "larger": (lines(13, 14, 15), 3), "smaller": (lines(16), 1), "copytruncate": (lines(17, 18, 19), 3)}
    for i, name in enumerate(changed):
        (warehouse.landing / f"{name}.jsonl").write_text(lines(21 + 2 * i, 22 + 2 * i))
    assert run(warehouse).returncode == 0
    for name, (text, _) in changed.items():
        path = warehouse.landing / f"{name}.jsonl"
        if name == "copytruncate":
            os.truncate(path, 0)
            with path.open("a") as out:
                out.write(text)
        else:
            path.write_text(text)
    (warehouse.landing / "zz.jsonl").write_text(lines(99))
    done = run(warehouse)
    assert done.returncode == code
    for name in changed:
        assert f"{name}.jsonl" in done.stderr, done.stderr
    new = [json.loads(line)["id"] for text, _ in changed.values() for line in text.splitlines()] if read_again else []
    expected = sorted([*range(21, 29), *new, 99])
    assert ids(warehouse) == ids(warehouse, "s.t") == expected
    assert run(warehouse).returncode == code
    assert ids(warehouse) == expected
    rows = warehouse.pyiceberg().load_table("b.t").scan().to_arrow().to_pylist()
    assert len({(row["_source"], row["_source_partition"], row["_source_offset"]) for row in rows}) == len(rows)


def test_rotation(lab):
    """Goal: a log that logrotate rotates and compresses gives each line once.
    Method: rotations with lines written in between, runs at every step, and one rotation by copy and truncation."""
    warehouse = lab()
    log, n = warehouse.landing / "app.jsonl", 0

    def write(count):
        nonlocal n
        with log.open("a") as out:
            out.write(lines(*range(n, n + count)))
        n += count

    for step in range(6):
        write(3)
        assert run(warehouse).returncode == 0
        write(2)
        old = warehouse.landing / f"app-{step}.jsonl"
        if step == 3:
            shutil.copy(log, old)
            os.truncate(log, 0)
        else:
            log.rename(old)
        write(1)
        if step % 2:
            assert run(warehouse).returncode == 0
        with gzip.open(f"{old}.gz", "wt") as out:
            out.write(old.read_text())
        old.unlink()
        done = run(warehouse)
        assert done.returncode == 0, done.stderr
        assert ids(warehouse) == list(range(n)), step


def test_one_folder_by_many_names(lab):
    """Goal: a file is read once under any name of it or its folder; hidden files are not input.
    Method: spellings, links, and a table that was started under another name."""
    warehouse = lab()
    landing, folder = warehouse.landing, warehouse.folder
    (folder / "alias").symlink_to(landing)
    (folder / "real").mkdir()
    (folder / "real/r.jsonl").write_text(lines(3))
    (landing / "a.jsonl").write_text(lines(1))
    os.link(landing / "a.jsonl", landing / "b.jsonl")
    (landing / "c.jsonl").symlink_to(folder / "real/r.jsonl")
    (landing / "dangling.jsonl").symlink_to("/nowhere/x.jsonl")
    (landing / "loop").symlink_to(landing)
    os.mkfifo(landing / "pipe.jsonl")
    for hidden in ("_temporary/0/p.json", ".staging/x.jsonl", "_delta_log/0.json"):
        (landing / hidden).parent.mkdir(parents=True)
        (landing / hidden).write_text(lines(100))
    for source in (f"{folder}/alias", "landing", "./landing/", f"{landing}/../landing", f"file://{landing}", f"{landing}/a.jsonl", f"{folder}/alias/b.jsonl"):
        done = warehouse.ingot("run", "--source", source, cwd=folder)
        assert ids(warehouse) == [1, 3], source
        assert "dangling" in done.stderr or source.endswith(".jsonl")


def test_table_of_an_earlier_version(lab):
    """Goal: a table without file identities adopts them and reads nothing twice, also under a path with a link.
    Method: its metadata as that version wrote it."""
    warehouse = lab()
    (warehouse.landing / "a.jsonl").write_text(lines(1, 2))
    run(warehouse)
    metadata = pathlib.Path(warehouse.pyiceberg().load_table("b.t").metadata_location.removeprefix("file://"))
    (warehouse.folder / "alias").symlink_to(warehouse.landing)
    old = json.loads(metadata.read_text())
    for marks in [old["properties"], *(snapshot["summary"] for snapshot in old["snapshots"])]:
        marks.pop("ingot.files", None)
        for key in ("ingot.offsets", "ingot.offset-ranges"):
            if key in marks:
                marks[key] = marks[key].replace(str(warehouse.landing.resolve()), str(warehouse.folder.resolve() / "alias"))
    metadata.write_text(json.dumps(old))
    assert run(warehouse).returncode == 0
    assert "Nothing new" in run(warehouse).stdout
    assert ids(warehouse) == [1, 2]
    (warehouse.landing / "a.jsonl").write_text(lines(3, 4))
    done = run(warehouse)
    assert done.returncode == 1 and "a.jsonl" in done.stderr


def test_files_being_written(lab):
    """Goal: input that is still being written is read once, when it is complete.
    Method: lines and a document in two parts for a follower; a gzip file in two parts for finite runs."""
    warehouse = lab()
    follower = subprocess.Popen([INGOT, "run", "--follow", "--every", "100ms"], env=warehouse.environment(), stdout=subprocess.DEVNULL)
    with (warehouse.landing / "log.jsonl").open("a", buffering=1) as log:
        for i in range(3):
            text = lines(i)
            log.write(text[:20])
            log.flush()
            # The follower has seen the partial line when the records after it are in the table.
            (warehouse.landing / f"mark-{i}.jsonl").write_text(lines(100 + i))
            await_ids(warehouse, {100 + i})
            log.write(text[20:])
    await_ids(warehouse, {0, 1, 2})
    follower.send_signal(signal.SIGTERM)
    assert follower.wait(20) == 0
    assert ids(warehouse) == [0, 1, 2, 100, 101, 102]
    assert warehouse.query("SELECT count(*) AS n FROM b.t WHERE _error IS NOT NULL") == [{"n": 0}]

    cut = lab()
    stored = gzip.compress(lines(*range(2000)).encode() + os.urandom(3000).hex().encode() + b"\n")
    (cut.landing / "a.jsonl.gz").write_bytes(stored[:-1500])
    (cut.landing / "b.jsonl").write_text(lines(5000))
    done = run(cut)
    assert done.returncode == 1 and "a.jsonl.gz ends early" in done.stderr
    assert ids(cut)[-1] == 5000
    (cut.landing / "a.jsonl.gz").write_bytes(stored)
    assert run(cut).returncode == 0
    assert ids(cut) == [*range(2000), 5000]

    documents = lab(format="document")
    (documents.landing / "d.json").write_text('{"id": 1, "note": {')
    run(documents)
    (documents.landing / "d.json").write_text('{"id": 1, "note": "x"}')
    done = run(documents)
    assert done.returncode == 0 and "d.json" in done.stderr
    assert ids(documents, "s.t") == [1]
    assert "Nothing new" in run(documents).stdout


def test_unreadable_files_are_reported(lab):
    """Goal: one bad file does not prevent reading the others, and a folder of unknown names is reported.
    Method: damage before a good file, a text file."""
    warehouse = lab()
    (warehouse.landing / "readme.txt").write_text("text")
    done = run(warehouse)
    assert done.returncode == 0 and "readme.txt" in done.stderr and ".jsonl" in done.stderr
    assert warehouse.ingot("run", "--source", warehouse.landing / "readme.txt").returncode == 0
    stored = gzip.compress(lines(*range(500)).encode())
    (warehouse.landing / "a.jsonl.gz").write_bytes(stored[:100] + b"damage" + stored[106:])
    (warehouse.landing / "b.jsonl").write_text(lines(7))
    done = run(warehouse)
    assert done.returncode == 1 and "a.jsonl.gz" in done.stderr
    assert 7 in ids(warehouse, "s.t")


def test_looked_at_while_it_is_compressed(lab):
    """Goal: a run while gzip compresses the file reads nothing twice, and reports what it skips.
    Method: a run at each step of gzip."""
    warehouse = lab()
    content = lines(*range(2000))
    stored = gzip.compress(content.encode())
    (warehouse.landing / "a.jsonl").write_text(content)
    assert run(warehouse).returncode == 0
    for size in (0, 5, len(stored) // 2, len(stored)):
        (warehouse.landing / "a.jsonl.gz").write_bytes(stored[:size])
        done = run(warehouse)
        assert done.returncode == 0 and "a.jsonl.gz is not read" in done.stderr
    (warehouse.landing / "a.jsonl").unlink()
    (warehouse.landing / "A2.JSONL").write_text(lines(5000))
    done = run(warehouse)
    assert done.returncode == 0 and not done.stderr
    assert ids(warehouse) == [*range(2000), 5000]


def test_a_pipe_is_no_source(lab):
    """Goal: a source that cannot be read again is rejected instead of read as empty. Method: a named pipe."""
    warehouse = lab()
    os.mkfifo(warehouse.landing / "pipe.jsonl")
    done = run(warehouse, "--source", warehouse.landing / "pipe.jsonl")
    assert done.returncode == 2 and "neither a file nor a folder" in done.stderr
