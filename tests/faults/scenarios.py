"""The commands that write, each with its initial warehouse and what must hold afterwards."""

import dataclasses
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import uuid
from collections.abc import Callable

import judge

ROOT = pathlib.Path(__file__).resolve().parents[2]
INGOT = pathlib.Path(os.environ.get("INGOT_PROGRAM", ROOT / "build/release/ingot"))
RUN = ("run", "--rows-per-commit", "40", "--threads", "2")
OLD_DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


class Lab:
    """A warehouse at one path, so that its metadata stays valid when its initial state is restored."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.template = folder / "lab", folder / "template"
        self.landing, self.warehouse, self.temporary = (self.folder / name for name in ("landing", "warehouse", "tmp"))
        self.expected = None

    def create(self):
        for path in (self.landing, self.temporary):
            path.mkdir(parents=True)
        shutil.copy(ROOT / "pipelines/speedtest.yaml", self.folder / "pipeline.yaml")

    def keep(self):
        shutil.copytree(self.folder, self.template)

    def reset(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.template, self.folder)  # with the times of the files

    def ingot(self, *arguments, env=None):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_", "FAULT"))}
        mine = {"INGOT_WAREHOUSE": str(self.warehouse), "INGOT_PIPELINE": str(self.folder / "pipeline.yaml"),
                "INGOT_SOURCE": str(self.landing), "TMPDIR": str(self.temporary)}
        return subprocess.run([INGOT, *map(str, arguments)], env=inherited | mine | (env or {}), capture_output=True,
                              text=True, errors="replace", timeout=200, cwd=self.folder)

    def must(self, *arguments):
        done = self.ingot(*arguments)
        assert done.returncode == 0, f"ingot {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr}"
        return done

    def put(self, name, count, seed, day=OLD_DAY):
        """Writes records of two hours in three places. Every tenth is broken, every ninth is a copy of an earlier
        one."""
        chance, lines = random.Random(seed), []
        for number in range(count):
            record = {"timestamp": int((day + datetime.timedelta(minutes=chance.randrange(120))).timestamp() * 1000),
                      "user_id": str(uuid.UUID(int=chance.getrandbits(128))), "upload_speed": round(chance.uniform(1, 90), 3),
                      "download_speed": round(chance.uniform(1, 400), 3), "latency": round(chance.uniform(1, 300), 3),
                      "location": chance.choice(["Oslo", " Berlin ", "東京"])}
            if number % 10 == 3:
                record |= chance.choice([{"latency": None}, {"upload_speed": -1.0}, {"location": 5}])
            copied = number % 9 == 8 and [line for line in lines if line[0]]
            lines.append(chance.choice(copied) if copied else (number % 10 != 3, json.dumps(record, ensure_ascii=False)))
        (self.landing / name).write_text("".join(line + "\n" for _, line in lines))

    def check(self, **options):
        judge.check_tables(self.warehouse, self.expected, **options)


def three_runs(lab, runs=3):
    for number in range(runs):
        lab.put(f"{number}.jsonl", 50, seed=number)
        lab.must(*RUN)
    lab.expected = judge.Expected(lab.landing)


def six_runs(lab):
    three_runs(lab, runs=6)


def with_new_files(lab):
    lab.put("0.jsonl", 60, seed=1)
    lab.must(*RUN)
    lab.put("1.jsonl", 50, seed=2)
    lab.put("2.jsonl", 30, seed=3, day=OLD_DAY + datetime.timedelta(days=1))
    lab.expected = judge.Expected(lab.landing)


def first_files(lab):
    lab.put("0.jsonl", 60, seed=4)
    lab.expected = judge.Expected(lab.landing)


def with_earlier_names(lab):
    """Creates tables whose source position has the names of earlier versions, and a new file."""
    three_runs(lab, runs=1)
    catalog = judge.open_catalog(lab.warehouse)
    try:
        for table in (judge.BRONZE, judge.SILVER, judge.QUARANTINE):
            with catalog.load_table(table).update_schema() as update:
                for now, before in (("_source", "_topic"), ("_source_partition", "_partition"), ("_source_offset", "_offset")):
                    update.rename_column(now, before)
    finally:
        catalog.engine.dispose()
    lab.put("1.jsonl", 50, seed=1)
    lab.expected = judge.Expected(lab.landing)


def with_old_days(lab):
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    lab.put("0.jsonl", 40, seed=5)
    lab.put("1.jsonl", 40, seed=6, day=today - datetime.timedelta(days=2))
    lab.must(*RUN)
    lab.put("2.jsonl", 40, seed=7, day=today - datetime.timedelta(days=2))
    lab.must(*RUN)
    limit = today - datetime.timedelta(days=60)
    lab.expected = judge.Expected(lab.landing, kept=lambda row: row["timestamp"] is None or row["timestamp"] > limit)


def with_deletes(lab):
    three_runs(lab)
    for place in ("Oslo", "Berlin"):
        lab.must("table", "delete", judge.SILVER, "--where", f"location = '{place}' and latency < 150")
    lab.expected = judge.Expected(lab.landing, silver=lambda row: row["location"] == "東京" or row["latency"] >= 150)


def before_deletes(lab):
    three_runs(lab)
    lab.expected = judge.Expected(lab.landing, silver=lambda row: row["location"] != "Oslo")


def with_orphans(lab):
    three_runs(lab)
    for table in ("bronze/speedtest_raw", "silver/speedtest_clean"):
        data = next((lab.warehouse / table / "data").rglob("*.parquet"))
        for number in range(2):
            shutil.copy(data, data.with_name(f"{uuid.UUID(int=number)}-0.parquet"))


def with_trash(lab):
    with_orphans(lab)
    lab.must(*ORPHANS)


def orphans_left(lab):
    """Returns the orphans outside the trash, and in it."""
    found = [path for path in lab.warehouse.rglob("00000000-0000-0000-*.parquet")]
    in_trash = sum(".trash" in path.parts for path in found)
    return len(found) - in_trash, in_trash


def check_orphans(left, in_trash):
    def check(lab):
        lab.check()
        assert orphans_left(lab) == (left, in_trash), orphans_left(lab)

    return check


def check_copy(lab):
    lab.check()
    catalog = judge.open_catalog(lab.warehouse)
    try:
        assert catalog.load_table("bronze.again").scan().to_arrow().num_rows == len(lab.expected.rows[judge.BRONZE])
    finally:
        catalog.engine.dispose()


def check_tag(lab):
    lab.check()
    catalog = judge.open_catalog(lab.warehouse)
    try:
        assert "month-end" in catalog.load_table(judge.GOLD).metadata.refs
    finally:
        catalog.engine.dispose()


def check_generated(lab):
    """Asserts that each file with its final name is complete: the requested number of lines, each of them JSON."""
    files = [path for path in (lab.folder / "made").glob("*.jsonl")]
    assert files
    for path in files:
        lines = path.read_text().splitlines()
        assert len(lines) == 50, (path, len(lines))
        for line in lines:
            json.loads(line)


ORPHANS = ("maintain", judge.BRONZE, judge.SILVER, "--orphans", "--orphans-older-than", "0s")


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    command: tuple
    prepare: Callable
    check: Callable = Lab.check
    done_codes: tuple = (0,)  # of the command when repeated after the interruption
    durable: bool = True  # its result survives a power cut after its end


SCENARIOS = [
    Scenario("first-run", RUN, first_files),
    Scenario("run", RUN, with_new_files),
    Scenario("run-renames", RUN, with_earlier_names),
    Scenario("retention", ("maintain", judge.BRONZE, "--retention"), with_old_days),
    Scenario("compact", ("maintain", judge.SILVER, "--compact", "--min-input-files", "2"), three_runs),
    Scenario("compact-deletes", ("maintain", judge.SILVER, "--compact"), with_deletes, lambda lab: lab.check(gold=False)),
    Scenario("deletes", ("maintain", judge.SILVER, "--deletes"), with_deletes, lambda lab: lab.check(gold=False)),
    Scenario("manifests", ("maintain", judge.BRONZE, "--manifests"), six_runs),
    Scenario("statistics", ("maintain", judge.GOLD, "--statistics"), three_runs),
    Scenario("expire", ("maintain", judge.BRONZE, judge.GOLD, "--expire", "--older-than", "0s", "--retain-last", "1"), three_runs),
    Scenario("orphans", ORPHANS, with_orphans, check_orphans(0, 4), durable=False),
    Scenario("orphans-no-trash", (*ORPHANS, "--no-trash"), with_orphans, check_orphans(0, 0), durable=False),
    Scenario("orphans-undo", (*ORPHANS[:3], "--undo"), with_trash, check_orphans(4, 0), durable=False),
    Scenario("maintain-all", ("maintain", "--min-input-files", "2", "--older-than", "0s", "--retain-last", "1"), with_old_days),
    Scenario("table-delete", ("table", "delete", judge.SILVER, "--where", "location = 'Oslo'"), before_deletes,
             lambda lab: lab.check(gold=False)),
    Scenario("doctor", ("doctor", judge.SILVER, "--repair"), three_runs),
    Scenario("register", ("register", "bronze.again", "warehouse/bronze/speedtest_raw"), three_runs, check_copy, (0, 1)),
    Scenario("table-tag", ("table", "tag", judge.GOLD, "month-end"), three_runs, check_tag),
    Scenario("generate", ("generate", "--records", "50", "--to", "made"), lambda lab: None, check_generated, durable=False),
]
