"""Spark deletes, updates, merges and compacts bronze and silver between two runs: what follows is what a rebuild gives."""

import itertools

BRONZE, SILVER = "iceberg_catalog.bronze.speedtest_raw", "iceberg_catalog.silver.speedtest_clean"
TABLES = ("silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg")
BRONZE_STATEMENTS = (
    "DELETE FROM {t} WHERE _source_offset % 13 = 0",
    "UPDATE {t} SET latency = -1 WHERE _source_offset % 17 = 0",
    "UPDATE {t} SET latency = latency + 1 WHERE _source_offset % 11 = 0 AND latency > 0",
    "MERGE INTO {t} t USING (SELECT * FROM {t} WHERE _source_offset % 7 = 1) s ON t._source = s._source AND t._source_partition = s._source_partition"
    " AND t._source_offset = s._source_offset WHEN MATCHED AND s._source_offset % 2 = 0 THEN DELETE"
    " WHEN MATCHED THEN UPDATE SET t.location = concat(s.location, 'X')",
    "CALL iceberg_catalog.system.rewrite_data_files(table => 'bronze.speedtest_raw', options => map('rewrite-all', 'true'))",
)
SILVER_STATEMENTS = (
    "DELETE FROM {t} WHERE _source_offset % 19 = 0",
    "UPDATE {t} SET upload_speed = upload_speed * 2 WHERE _source_offset % 23 = 0",
    "CALL iceberg_catalog.system.rewrite_data_files(table => 'silver.speedtest_clean', options => map('rewrite-all', 'true'))",
)


def rows_of(house, name):
    """The rows without what differs between two computations: times, and the last digits of sums in another order."""
    rows = house.pyiceberg(name).scan().to_arrow()
    rows = rows.drop_columns([c for c in ("_run_id", "updated_at") if c in rows.column_names]).to_pylist()
    rounded = lambda value: float(f"{value:.9g}") if isinstance(value, float) else value
    return sorted(repr({name: rounded(value) for name, value in row.items()}) for row in rows)


def use_modes(spark, table, mode):
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.mode' = '{mode}', 'write.update.mode' = '{mode}', 'write.merge.mode' = '{mode}')")


def test_what_spark_changes_is_followed(house, spark, tmp_path):
    """Goal: with follow_deletes, silver, quarantine and gold follow what Spark does to bronze, and gold what it does to silver.
    Method: each statement, copy-on-write and merge-on-read, then new records; after each run the tables equal those that
    the same pipeline makes afresh from bronze (or, for gold, from silver)."""
    text = house.pipeline.read_text().replace(", fail_above: 20%", "")
    following = text.replace("\nsilver:\n", "\nsilver:\n  follow_deletes: true\n", 1)
    assert following != text
    pipeline, afresh = tmp_path / "following.yaml", tmp_path / "afresh.yaml"
    pipeline.write_text(following)
    house.make_topic(2)
    numbers = itertools.count()

    def run(*arguments, file=pipeline):
        return house.ingot("run", "--pipeline", file, *arguments)

    def verify(*changed):
        """Compares the tables with new ones, computed from bronze, or gold alone from silver."""
        number = next(numbers)
        renamed = following
        for table in changed:
            renamed = renamed.replace(table, f"{table}_{number}")
        afresh.write_text(renamed)
        run("--stage", "silver,gold" if len(changed) > 1 else "gold", file=afresh)
        for table in changed:
            assert rows_of(house, table) == rows_of(house, f"{table}_{number}"), table

    house.generate(2000)
    run()
    for mode in ("copy-on-write", "merge-on-read"):
        use_modes(spark, BRONZE, mode)
        for statement in BRONZE_STATEMENTS:
            spark.sql(statement.format(t=BRONZE))
            run()
            verify(*TABLES)
        house.generate(300)
        run()
        verify(*TABLES)
    for mode in ("copy-on-write", "merge-on-read"):
        use_modes(spark, SILVER, mode)
        for statement in SILVER_STATEMENTS:
            spark.sql(statement.format(t=SILVER))
            run()
            verify("gold.speedtest_agg")
