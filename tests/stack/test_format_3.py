"""Tables of format 3: written by Spark, written by Ingot, and upgraded from format 2."""

import json
import subprocess

from conftest import INGOT, ROOT
from servers import Rest, free_port

GOLD = "gold.speedtest_agg"
NAMED = f"iceberg_catalog.{GOLD}"
CLEAN = "iceberg_catalog.silver.speedtest_clean"
COUNT = "SELECT count(*) AS n FROM silver.speedtest_clean"
LINEAGE = ", _row_id, _last_updated_sequence_number"
MEASURES = "count(*) AS rows, sum(id) AS ids, count(*) FILTER (name = 'changed') AS changed, count(DISTINCT name) AS names"


CHANGES = (
    "INSERT INTO lake.a.t SELECT id, CAST(id % 3 AS INT), concat('n', id) FROM range(20000)",
    "DELETE FROM lake.a.t WHERE id % 7 = 0",
    "DELETE FROM lake.a.t WHERE id % 11 = 0 AND part > 0",
    "UPDATE lake.a.t SET name = 'changed' WHERE id BETWEEN 90 AND 120",
    "INSERT INTO lake.a.t SELECT id, CAST(id % 3 AS INT), 'late' FROM range(20000, 20100)")
# Documents of any shape.
DOCUMENTS = r"""INSERT INTO lake.a.v SELECT id, parse_json(doc) FROM VALUES
    (1L, '{"b": [1, 2.5, null, "x"], "a": {"deep": {"er": true}}}'), (2L, 'null'), (3L, '"Zürich"'), (4L, '12345678901'), (5L, '[]'),
    (6L, '{"long": "0123456789012345678901234567890123456789012345678901234567890123456789", "n": -1.25e3}') AS t(id, doc)"""


def write_format_3(spark) -> tuple[list, list]:
    """Writes two tables of format 3. Returns what each snapshot of one holds: [snapshot, rows, sum of ids, changed,
    names], and the documents of the other."""
    spark.sql("CREATE TABLE lake.a.t (id BIGINT, part INT, name STRING) USING iceberg PARTITIONED BY (part) TBLPROPERTIES "
              "('format-version' = '3', 'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read')")
    states = []
    for change in CHANGES:
        spark.sql(change)
        [[snapshot]] = spark.sql("SELECT snapshot_id FROM lake.a.t.snapshots ORDER BY committed_at DESC LIMIT 1")
        states += [[snapshot, *row] for row in spark.sql(
            "SELECT count(*), sum(id), count_if(name = 'changed'), count(DISTINCT name) FROM lake.a.t")]
    [[vectors]] = spark.sql("SELECT count(*) FROM lake.a.t.delete_files WHERE file_format = 'PUFFIN'")
    assert vectors > 0
    spark.sql("CREATE TABLE lake.a.v (id BIGINT, doc VARIANT) USING iceberg TBLPROPERTIES ('format-version' = '3')")
    spark.sql(DOCUMENTS)
    spark.sql("INSERT INTO lake.a.v VALUES (7L, CAST(NULL AS VARIANT)), (8L, CAST(DATE '2026-01-02' AS VARIANT)),"
              " (9L, CAST(CAST(1.50 AS DECIMAL(9, 2)) AS VARIANT))")
    return states, spark.sql("SELECT id, to_json(doc) FROM lake.a.v ORDER BY id")


def test_deletion_vectors(folder, shared_spark):
    """Goal: rows that Spark deleted stay deleted.
    Method: updates create, merge and join vectors; the table is read at each snapshot."""
    warehouse = folder / "format-3"
    shared_spark.use("lake", {"type": "hadoop", "warehouse": str(warehouse)})
    states, documents = write_format_3(shared_spark)
    assert len(states) == 5

    def ingot(*arguments):
        done = subprocess.run([INGOT, *arguments, "--warehouse", warehouse / "ingot"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    ingot("register", "a.t", warehouse / "a/t")
    for snapshot, *expected in states:
        found = json.loads(ingot("query", f"SELECT {MEASURES} FROM a.t FOR VERSION AS OF {snapshot}", "--format", "json"))
        assert [int(value) for value in found.values()] == expected, snapshot
    ingot("register", "a.v", warehouse / "a/v")
    read = [json.loads(line) for line in ingot("query", "SELECT id, doc FROM a.v ORDER BY id", "--format", "json").splitlines()]
    for row, (number, document) in zip(read, documents, strict=True):
        assert (row["id"], row["doc"] and json.loads(row["doc"])) == (number, document and json.loads(document)), number
    ingot("maintain", "a.t", "--min-input-files", "2")
    found = json.loads(ingot("query", f"SELECT {MEASURES} FROM a.t", "--format", "json"))
    assert [int(value) for value in found.values()] == states[-1][1:]



class Readers:
    """Reads the gold table with each reader."""

    def __init__(self, house, spark):
        self.house, self.spark = house, spark

    def by_ingot(self) -> list:
        found = self.house.query(f"SELECT date, hour, location, tests FROM {GOLD}")
        return sorted((row["date"], int(row["hour"]), row["location"], int(row["tests"])) for row in found)

    def by_spark(self, more="") -> list:
        return sorted(map(tuple, self.spark.sql(f"SELECT CAST(date AS STRING), hour, location, tests{more} FROM {NAMED}")))

    def by_pyiceberg(self) -> list:
        found = self.house.pyiceberg(GOLD).scan(selected_fields=("date", "hour", "location", "tests")).to_arrow().to_pylist()
        return sorted((str(row["date"]), row["hour"], row["location"], row["tests"]) for row in found)

    def agree(self) -> list:
        ours = self.by_ingot()
        assert self.by_spark() == ours
        assert self.by_pyiceberg() == ours
        return ours


def pipeline_of_format(house, format_version: int, more: str = "") -> None:
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    for layer in ("bronze", "silver"):
        text = text.replace(f"{layer}:\n", f"{layer}:\n  properties: {{format-version: {format_version}}}\n  sort: [location, timestamp desc]\n")
    text = text.replace("  - table: gold", f"  - properties: {{format-version: {format_version}}}\n    sort: [location, hour desc]\n    table: gold")
    house.pipeline = house.folder / "pipeline.yaml"
    house.pipeline.write_text(text.replace("  location:       {type: string}\n", "  location:       {type: string}\n" + more))


def test_written_by_ingot(house, spark):
    """Goal: Spark and PyIceberg read what Ingot writes in format 3, and rows keep their ids.
    Method: tables that start in format 3. Ingot and Spark delete rows in turn, compaction, a column with a default;
    each reader after each step."""
    house.make_topic(2)
    pipeline_of_format(house, 3)
    for _ in range(3):
        house.generate(1000, "--start", "2026-01-01")
        house.run()
    readers = Readers(house, spark)
    assert house.pyiceberg(GOLD).metadata.format_version == 3
    before = readers.agree()
    house.ingot("table", "delete", GOLD, "--where", "hour >= 20")
    assert readers.agree() == [row for row in before if row[1] < 20] != before
    spark.sql(f"ALTER TABLE {NAMED} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read')")
    spark.sql(f"DELETE FROM {NAMED} WHERE hour >= 15")
    house.ingot("table", "delete", GOLD, "--where", "hour >= 10")
    left = readers.agree()
    assert left == [row for row in before if row[1] < 10]
    vectors = spark.sql(f"SELECT count(*), count_if(file_format = 'PUFFIN'), count(DISTINCT referenced_data_file) FROM {NAMED}.delete_files")
    assert vectors[0][0] == vectors[0][1] == vectors[0][2] > 0
    lineage = readers.by_spark(LINEAGE)
    assert len({row[4] for row in lineage}) == len(left) and None not in {row[4] for row in lineage}
    house.ingot("maintain", GOLD, "--compact", "--min-input-files", 2)
    assert readers.agree() == left and readers.by_spark(LINEAGE) == lineage
    assert spark.sql(f"SELECT count(*) FROM {NAMED}.delete_files") == [[0]]
    assert [1] in spark.sql(f"SELECT DISTINCT sort_order_id FROM {NAMED}.files")
    spark.sql(f"UPDATE {NAMED} SET tests = tests + 1 WHERE hour < 5")
    lineage = readers.by_spark(LINEAGE)
    house.ingot("maintain", GOLD, "--compact", "--min-input-files", 2)
    assert readers.by_spark(LINEAGE) == lineage and len({row[5] for row in lineage}) > 1
    pipeline_of_format(house, 3, "  device:         {type: string, default: unknown}\n")
    old = int(house.query(COUNT)[0]["n"])
    house.ingot("apply", "--forward-only", "--yes")
    house.generate(500, "--start", "2026-02-01")
    house.run()
    assert [row for row in readers.agree() if row[0] < "2026-01-15"] == [row[:4] for row in lineage]
    devices = [[None, old], ["unknown", int(house.query(COUNT)[0]["n"]) - old]]
    for _ in range(2):
        assert spark.sql(f"SELECT device, count(*) FROM {CLEAN} GROUP BY device ORDER BY device") == devices
        assert house.query("SELECT device, count(*) AS n FROM silver.speedtest_clean GROUP BY device ORDER BY device NULLS FIRST") == [
            {"device": device, "n": count} for device, count in devices]
        house.ingot("maintain", "--compact", "--manifests", "--expire", "--orphans", "--min-input-files", 2)
    readers.agree()
    assert house.ingot("doctor", GOLD).returncode == 0
    house.verify(compacted=True)


def test_unknown_members_as_a_variant(house, spark):
    """Goal: members of records that are not fields become a variant that Spark navigates.
    Method: records of several shapes, as Spark and Ingot read them, before and after compaction."""
    house.make_topic(2)
    pipeline_of_format(house, 3)
    house.pipeline.write_text(house.pipeline.read_text().replace("bronze:\n", "bronze:\n  extra: variant\n"))
    base = {"user_id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "upload_speed": 1, "download_speed": 2, "latency": 3, "location": "Bern"}
    extras = [{"radio": {"band": [7, 2.5], "name": "LTE"}}, {}, {"radio": {"band": []}, "Ä": None}, {"isp": "x" * 100, "n": -(2**40)}]
    producer = house.producer()
    for i, extra in enumerate(extras * 20):
        producer.produce(house.topic, json.dumps(base | {"timestamp": 1767225600000 + i} | extra), partition=0)
    producer.flush()
    house.run("--rows-per-commit", 30)
    expected = [extra or None for extra in extras] * 20
    for _ in range(2):
        assert [row["_extra"] and json.loads(row["_extra"]) for row in house.query("SELECT _extra FROM bronze.speedtest_raw ORDER BY _source_offset")] == expected
        found = spark.sql("SELECT to_json(_extra), variant_get(_extra, '$.radio.band[1]', 'double'), variant_get(_extra, '$.n', 'bigint')"
                          " FROM iceberg_catalog.bronze.speedtest_raw ORDER BY timestamp")
        assert [row[0] and json.loads(row[0]) for row in found] == expected
        assert [row[1:] for row in found[:4]] == [[2.5, None], [None, None], [None, None], [None, -(2**40)]]
        house.ingot("maintain", "bronze.speedtest_raw", "--compact", "--min-input-files", 2)


def test_upgraded(house, spark):
    """Goal: a table of format 2 with deletes is upgraded to format 3 and loses nothing.
    Method: Spark's position deletes, merged in format 2, then the upgrade, then as vectors, then compaction; each
    reader after each step."""
    house.make_topic(2)
    pipeline_of_format(house, 2)
    house.generate(3000, "--start", "2026-01-01")
    house.run()
    readers = Readers(house, spark)
    spark.sql(f"ALTER TABLE {NAMED} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read', 'write.delete.granularity' = 'partition')")
    for limit in (21, 20, 19):
        spark.sql(f"DELETE FROM {NAMED} WHERE hour > {limit}")
    left = readers.agree()
    deletes = f"SELECT count(*), count_if(file_format = 'PUFFIN'), count(DISTINCT partition) FROM {NAMED}.delete_files"
    files, vectors, partitions = spark.sql(deletes)[0]
    assert files >= partitions + 2 and vectors == 0
    house.ingot("maintain", GOLD, "--deletes")
    assert readers.agree() == left and spark.sql(deletes) == [[partitions, 0, partitions]]
    pipeline_of_format(house, 3)
    house.ingot("table", "evolve", GOLD)
    assert readers.agree() == left
    house.ingot("maintain", GOLD, "--deletes")
    assert readers.agree() == left and spark.sql(deletes) == [[partitions, partitions, partitions]]
    spark.sql(f"DELETE FROM {NAMED} WHERE hour > 10")
    left = [row for row in left if row[1] <= 10]
    assert readers.agree() == left
    house.generate(500, "--start", "2026-02-01")
    house.run()
    left = readers.agree()
    lineage = readers.by_spark(LINEAGE)
    assert len({row[4] for row in lineage}) == len(left) and None not in {row[4] for row in lineage}
    house.ingot("maintain", GOLD, "--compact", "--min-input-files", 2)
    assert readers.agree() == left and readers.by_spark(LINEAGE) == lineage


def test_behind_rest(house, folder):
    """Goal: format 3, sort orders and the upgrade work through a REST catalog's updates.
    Method: tables created there in format 3, and one upgraded."""
    server = Rest(folder / "rest-format-3", free_port(), {}).start()
    try:
        house.variables |= {"INGOT_CATALOG": server.uri, "INGOT_WAREHOUSE": "", "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
        house.make_topic(2)
        pipeline_of_format(house, 3)
        house.generate(1000, "--start", "2026-01-01")
        house.run()
        show = lambda name: json.loads(house.ingot("table", "show", name, "--log-format", "json").stdout)  # noqa: E731
        assert show(GOLD)["format-version"] == 3 and show(GOLD)["default-sort-order-id"] == 1
        before = house.query(f"SELECT count(*) AS n FROM {GOLD}")[0]["n"]
        deleted = json.loads(house.ingot("table", "delete", GOLD, "--where", "hour >= 12", "--log-format", "json").stdout)
        house.ingot("maintain", GOLD, "--compact", "--min-input-files", 2)
        assert house.query(f"SELECT count(*) AS n FROM {GOLD}")[0]["n"] == before - deleted["rows"] < before
        assert show("ops.runs")["format-version"] == 2
        house.pipeline.write_text(house.pipeline.read_text().replace("silver.speedtest_clean", "silver.other").replace("format-version: 3", "format-version: 2"))
        house.run("--stage", "silver")
        assert show("silver.other")["format-version"] == 2
        house.pipeline.write_text(house.pipeline.read_text().replace("format-version: 2", "format-version: 3"))
        house.ingot("table", "evolve", "silver.other")
        assert show("silver.other")["format-version"] == 3
        house.generate(200, "--start", "2026-01-01")
        house.run("--stage", "bronze,silver")
        assert show("silver.other")["next-row-id"] > 0
    finally:
        server.stop()
