"""Tables at another location: PyIceberg reads every snapshot before and after, and no file names the old place."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from conftest import CATALOG, INGOT, Warehouse, part_of
from pyiceberg.catalog.sql import SqlCatalog
from test_faults import TABLES, check_tables, fill

BRONZE, GOLD = TABLES[0], TABLES[3]
ALL = {*TABLES, "ops.runs", "ops.quality"}


def at(warehouse, place):
    """Returns the warehouse at another place. The landing folder stays."""
    moved = object.__new__(Warehouse)
    moved.folder, moved.pipeline, moved.landing = pathlib.Path(place).parent, warehouse.pipeline, warehouse.landing
    moved.environment = lambda: warehouse.environment() | {"INGOT_WAREHOUSE": str(place)}
    moved.pyiceberg = lambda: SqlCatalog(CATALOG, uri=f"sqlite:///{place}/catalog.db", warehouse=f"file://{place}")
    return moved


def filled(warehouse, commits=2):
    for number in range(commits):
        warehouse.ingot("generate", "--records", 1500, "--dirty", 0.1, "--users", 50, "--seed", number + 1, "--start", "2026-01-01",
                        "--to", warehouse.landing)
        warehouse.run()
    return warehouse


def state(warehouse, tables=ALL):
    """Returns the rows of each snapshot, and the branches and tags, of each table as PyIceberg reads them."""
    catalog, found = warehouse.pyiceberg(), {}
    for name in tables:
        table = catalog.load_table(name)
        for snapshot in table.snapshots():
            found[name, snapshot.snapshot_id] = sorted(map(repr, table.scan(snapshot_id=snapshot.snapshot_id).to_arrow().to_pylist()))
        found[name, "refs"] = {ref: value.snapshot_id for ref, value in table.refs().items()}
    return found


def data_files(warehouse):
    return {json.loads(line)["location"] for line in warehouse.ingot("table", "files", BRONZE, "--log-format", "json").stdout.splitlines()}


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file()}


def test_a_folder_that_was_moved(warehouse):
    """Goal: a warehouse that was moved works at its new place with all of its snapshots, and continues exactly once.
    Method: mv; a run refuses and names the command; table move; every snapshot by PyIceberg; more records, a second
    computation; the row account and every file by doctor."""
    filled(warehouse)
    warehouse.ingot("table", "tag", BRONZE, "first")
    warehouse.ingot("maintain", GOLD, "--statistics")
    before = state(warehouse)
    place = warehouse.folder / "elsewhere/w"
    place.parent.mkdir()
    os.rename(warehouse.folder / "warehouse", place)
    moved = at(warehouse, place)
    rejected = moved.ingot("run", check=False)
    assert rejected.returncode == 1 and "ingot table move --to" in rejected.stderr, rejected.stderr
    lines = [json.loads(line) for line in moved.ingot("table", "move", "--to", place, "--log-format", "json").stdout.splitlines()]
    assert {line["table"] for line in lines} == ALL and {line["files_copied"] for line in lines} == {0}
    assert {line["may_be_removed"] for line in lines} == {None} and {len(line["snapshots_unreadable"]) for line in lines} == {0}
    assert state(moved) == before
    filled(moved)
    check_tables(moved)
    moved.ingot("doctor")


def test_tables_are_copied(warehouse):
    """Goal: the old place is not changed by the move, and not needed after it.
    Method: its bytes before and after, but for the note that the tables left; then it is removed, as the command says."""
    filled(warehouse)
    before, old, place = state(warehouse), warehouse.folder / "warehouse", warehouse.folder / "new place/ä"
    files = files_of(old)
    told = warehouse.ingot("table", "move", "--to", place).stdout
    after, catalog = files_of(old), pathlib.Path("catalog.db")
    assert {path.name for path in after.keys() - files.keys()} == {"_unregistered"}
    assert {path: after[path] for path in files if path != catalog} == {path: files[path] for path in files if path != catalog}
    removable = [line.strip() for line in told.split("may be removed")[1].split("\n\n")[0].splitlines()[1:]]
    assert len(removable) == len(ALL) and f"mv {old}/catalog.db {place}/catalog.db" in told
    for folder in removable:
        shutil.rmtree(folder.removeprefix("file://"))
    assert not [path for path in old.rglob("*") if path.is_file() and path.name != "catalog.db"]
    os.rename(old / "catalog.db", place / "catalog.db")
    moved = at(warehouse, place)
    assert state(moved) == before
    for name in ALL:  # only the note of where it was names the old place
        metadata = json.loads(pathlib.Path(moved.pyiceberg().load_table(name).metadata_location.removeprefix("file://")).read_text())
        assert metadata["properties"].pop("ingot.moved-from").startswith(f"file://{old}/")
        assert str(old) not in json.dumps(metadata)
    filled(moved, 3)
    check_tables(moved)
    moved.ingot("maintain", "--trust-clock")
    moved.ingot("doctor")


@pytest.mark.parametrize("version", [2, 3])
def test_deleted_rows_stay_deleted(warehouse, version):
    """Goal: delete files name the data files at their new place.
    Method: rows are deleted twice, by position delete files or deletion vectors; in format 3 a delete file of format 2
    remains. The folder of the table is moved first, or copied and then removed; the program counts, and for format 2
    PyIceberg and DuckDB."""
    filled(warehouse)
    warehouse.ingot("table", "delete", BRONZE, "--where", "latency > 40")
    if version == 3:
        warehouse.ingot("table", "upgrade", BRONZE, "--format", 3)
    warehouse.ingot("table", "delete", BRONZE, "--where", "download_speed > 500")
    columns = "SELECT count(*) AS n, sum(_source_offset)::BIGINT AS total FROM bronze.speedtest_raw"
    before, [counted] = state(warehouse, [BRONZE]) if version == 2 else {}, warehouse.query(columns)
    place = warehouse.folder / "t"
    if version == 2:
        os.rename(warehouse.folder / "warehouse/bronze/speedtest_raw", place)
    warehouse.ingot("table", "move", BRONZE, "--to", place)
    shutil.rmtree(warehouse.folder / "warehouse/bronze")
    assert warehouse.query(columns) == [counted] and 0 < counted["n"] < 3000
    if version == 2:
        assert state(warehouse, [BRONZE]) == before
        assert len(warehouse.duckdb(BRONZE, "_source_offset")) == counted["n"]
    warehouse.ingot("doctor", BRONZE, "--scrub")
    warehouse.ingot("maintain", BRONZE, "--compact", "--min-input-files", 1)
    assert warehouse.query(columns) == [counted]


def test_folders_of_their_own(warehouse):
    """Goal: files outside of the table's folder are moved, too. Method: data and metadata in folders of their own, in
    PyIceberg's layout; the old folders are removed."""
    import pyarrow as pa

    catalog = warehouse.foreign_catalog()
    table = catalog.create_table("x.t", pa.schema([("id", pa.int64())]), properties={
        "write.data.path": f"file://{warehouse.folder}/data", "write.metadata.path": f"file://{warehouse.folder}/meta"})
    for number in range(3):
        table.append(pa.table({"id": pa.array([number], pa.int64())}))
    before = state(warehouse, ["x.t"])
    warehouse.ingot("table", "move", "x.t", "--to", warehouse.folder / "new")
    for folder in ("data", "meta"):
        shutil.rmtree(warehouse.folder / folder)
    assert state(warehouse, ["x.t"]) == before
    table = warehouse.pyiceberg().load_table("x.t")
    table.append(pa.table({"id": pa.array([9], pa.int64())}))
    assert table.scan().to_arrow().num_rows == 4 and not (warehouse.folder / "data").exists()


def test_killed_at_every_step(warehouse):
    """Goal: a killed move leaves the old table or the new one, and a second call finishes it.
    Method: SIGKILL at each point; the table is read, moved again, and its old place removed."""
    filled(warehouse)
    traced = shutil.copytree(warehouse.folder / "warehouse", warehouse.folder / "spare")
    before = state(warehouse, [BRONZE])
    told = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "t", env={"INGOT_FAULT_TRACE": "1"}).stderr
    points = list(dict.fromkeys(line.split()[-1] for line in told.splitlines() if "fault point" in line))
    assert {"move.manifests_written", "move.copied", "move.files_copied", "commit.before_swap", "commit.after_swap", "move.log_trimmed"} <= set(points)
    for point in part_of(points):
        for folder in ("warehouse", "t"):
            shutil.rmtree(warehouse.folder / folder)
        shutil.copytree(traced, warehouse.folder / "warehouse")
        killed = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "t", check=False, env={"INGOT_FAULT": f"{point}=kill"})
        assert killed.returncode == -signal.SIGKILL, point
        assert state(warehouse, [BRONZE]) == before, point
        done = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "t").stdout
        assert "may be removed" in done, (point, done)
        shutil.rmtree(warehouse.folder / "warehouse/bronze")
        assert state(warehouse, [BRONZE]) == before, point
    (warehouse.folder / "warehouse/bronze").mkdir()
    filled(warehouse, 1)


def test_refusals(warehouse):
    """Goal: a move that could lose something is refused, and changes nothing.
    Method: a place below the table, the place of another table, a table that a process writes to, an unknown table."""
    filled(warehouse, 1)
    folder = warehouse.folder / "warehouse"
    files = files_of(folder)
    for arguments, said in (((GOLD, "--to", folder / "gold/speedtest_agg/x"), "below the other"), ((GOLD, "--to", folder / "bronze/speedtest_raw"), "another table is at"),
                            (("gold.none", "--to", warehouse.folder / "x"), "does not exist")):
        rejected = warehouse.ingot("table", "move", *arguments, check=False)
        assert rejected.returncode == 1 and said in rejected.stdout + rejected.stderr, rejected
    assert files_of(folder) == files
    writer = subprocess.Popen([INGOT, "run", "--follow", "--every", "1s"], env=warehouse.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        warehouse.ingot("generate", "--records", 100, "--to", warehouse.landing)
        for _ in range(300):
            if warehouse.query("SELECT count(*) AS n FROM bronze.speedtest_raw") != [{"n": 1500}]:
                break
        rejected = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "x", check=False)
        assert rejected.returncode == 1 and "process" in rejected.stdout and not (warehouse.folder / "x").exists(), rejected
    finally:
        writer.send_signal(signal.SIGTERM)
        writer.wait()
    warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "x")
    assert warehouse.query("SELECT count(*) AS n FROM bronze.speedtest_raw") == [{"n": 1600}]


def test_a_snapshot_that_cannot_be_read(warehouse):
    """Goal: an old snapshot whose files are lost is named, and stays for its mark; a table whose current rows are lost is not moved.
    Method: compaction, then a file that only the older snapshots have is deleted; then one of the current snapshot."""
    filled(warehouse)
    old = data_files(warehouse)
    warehouse.ingot("maintain", BRONZE, "--compact", "--min-input-files", 1, "--file-size", "1GB")
    assert (lost := old - data_files(warehouse)), "nothing was compacted"
    os.unlink(sorted(lost)[0].removeprefix("file://"))
    rows = warehouse.table_hash(BRONZE)
    told = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "t").stdout
    assert "cannot be read: snapshot" in told and "file not found" in told
    shutil.rmtree(warehouse.folder / "warehouse/bronze")
    assert warehouse.table_hash(BRONZE) == rows
    filled(warehouse, 3)
    check_tables(warehouse)
    os.unlink(min(data_files(warehouse)).removeprefix("file://"))
    rejected = warehouse.ingot("table", "move", BRONZE, "--to", warehouse.folder / "u", check=False)
    assert rejected.returncode == 1 and "ingot doctor" in rejected.stdout, rejected
    assert warehouse.pyiceberg().load_table(BRONZE).location() == f"file://{warehouse.folder}/t"


def test_there_and_back(warehouse):
    """Goal: a table can return to its old place; a lost catalog takes each table once.
    Method: moved away, more records, moved back over the old files; then the catalog is lost."""
    filled(warehouse, 1)
    warehouse.ingot("table", "move", "--to", warehouse.folder / "w2")
    filled(warehouse)
    rows = {name: warehouse.table_hash(name) for name in TABLES}
    warehouse.ingot("register", "--all")
    warehouse.ingot("table", "move", "--to", warehouse.folder / "warehouse")
    shutil.rmtree(warehouse.folder / "w2")
    (warehouse.folder / "warehouse/catalog.db").unlink()
    made = [json.loads(line) for line in warehouse.ingot("register", "--all", "--log-format", "json").stdout.splitlines()]
    assert sorted(line["table"] for line in made) == sorted(ALL) and {line["outcome"] for line in made} == {"registered"}
    assert {name: warehouse.table_hash(name) for name in TABLES} == rows
    warehouse.run()
    check_tables(warehouse)
