"""Writes a table of format 3 with Spark, and prints what each snapshot holds: [snapshot, rows, sum of ids, changed, names].

    write_format_3.py JARS WAREHOUSE
"""

import json
import sys

from pyspark.sql import SparkSession

session = SparkSession.builder.master("local[2]")
for key, value in {
        "spark.jars": sys.argv[1], "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "2",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog", "spark.sql.catalog.lake.type": "hadoop",
        "spark.sql.catalog.lake.warehouse": sys.argv[2],
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"}.items():
    session = session.config(key, value)
spark = session.getOrCreate()
spark.sql("CREATE TABLE lake.a.t (id BIGINT, part INT, name STRING) USING iceberg PARTITIONED BY (part) TBLPROPERTIES "
          "('format-version' = '3', 'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read')")
for change in (
        "INSERT INTO lake.a.t SELECT id, CAST(id % 3 AS INT), concat('n', id) FROM range(20000)",
        "DELETE FROM lake.a.t WHERE id % 7 = 0",
        "DELETE FROM lake.a.t WHERE id % 11 = 0 AND part > 0",
        "UPDATE lake.a.t SET name = 'changed' WHERE id BETWEEN 90 AND 120",
        "INSERT INTO lake.a.t SELECT id, CAST(id % 3 AS INT), 'late' FROM range(20000, 20100)"):
    spark.sql(change)
    snapshot = spark.sql("SELECT snapshot_id FROM lake.a.t.snapshots ORDER BY committed_at DESC LIMIT 1").first()[0]
    print(json.dumps([snapshot, *spark.sql("SELECT count(*), sum(id), count_if(name = 'changed'), count(DISTINCT name) "
                                           "FROM lake.a.t").first()]))
print(json.dumps({"vectors": spark.sql("SELECT count(*) FROM lake.a.t.delete_files WHERE file_format = 'PUFFIN'").first()[0]}))

# Documents of any shape.
spark.sql("CREATE TABLE lake.a.v (id BIGINT, doc VARIANT) USING iceberg TBLPROPERTIES ('format-version' = '3')")
spark.sql("""INSERT INTO lake.a.v SELECT id, parse_json(doc) FROM VALUES
    (1L, '{"b": [1, 2.5, null, "x"], "a": {"deep": {"er": true}}}'), (2L, 'null'), (3L, '"Zürich"'), (4L, '12345678901'), (5L, '[]'),
    (6L, '{"long": "0123456789012345678901234567890123456789012345678901234567890123456789", "n": -1.25e3}') AS t(id, doc)""")
spark.sql("INSERT INTO lake.a.v VALUES (7L, CAST(NULL AS VARIANT)), (8L, CAST(DATE '2026-01-02' AS VARIANT)), (9L, CAST(CAST(1.50 AS DECIMAL(9, 2)) AS VARIANT))")
print(json.dumps({"documents": [[row[0], row[1]] for row in spark.sql("SELECT id, to_json(doc) FROM lake.a.v ORDER BY id").collect()]}))
