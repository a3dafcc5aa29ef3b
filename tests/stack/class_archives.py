"""Archives the classes that Kafka and Spark load, so that they start in half the processor time (`quick_java`).

    class_archives.py FOLDER

Each program runs once and writes its archive when it ends. Java ignores an archive that does not fit its jars.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from engines import DEPS, quick_spark, pinned
from servers import Kafka, free_port, quick_java

JOB = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.sql("CREATE TABLE lake.a.t USING iceberg AS SELECT id, id % 3 AS part FROM range(100)")
spark.sql("MERGE INTO lake.a.t t USING (SELECT id FROM range(10)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET part = 7")
spark.sql("DELETE FROM lake.a.t WHERE id % 7 = 1")
spark.sql("SELECT part, count(*) FROM lake.a.t GROUP BY part ORDER BY part").collect()
"""


def archiving(options: list[str]) -> str:
    """Returns the options of `quick_java` to write the archive instead."""
    return " ".join(options).replace("-XX:SharedArchiveFile=", "-XX:ArchiveClassesAtExit=").replace("-Xlog:all=error:stderr", "")


class ArchivingKafka(Kafka):
    def program(self, name: str, main: str, options: str) -> Path:
        return super().program(name, main, options + (" " + archiving(quick_java("kafka")) if main == "kafka.Kafka" else ""))


def archive_spark(folder: Path) -> None:
    job = folder / "job.py"
    job.write_text(JOB)
    settings = {
        "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2", "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "hadoop", "spark.sql.catalog.lake.warehouse": folder / "warehouse",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"}
    quick = quick_spark()
    quick["SPARK_SUBMIT_OPTS"] = archiving([quick["SPARK_SUBMIT_OPTS"]])
    subprocess.run(
        [DEPS.resolve() / "spark/bin/spark-submit", "--master", "local[2]", "--jars", ",".join(map(str, pinned("spark").glob("*.jar"))),
         *(word for key, value in settings.items() for word in ("--conf", f"{key}={value}")), job],
        env=os.environ | quick | {"PYSPARK_PYTHON": str(DEPS.resolve() / "spark/bin/python")}, cwd=folder, check=True,
        stdout=subprocess.DEVNULL, stderr=open(folder / "spark.log", "w"))


def main() -> None:
    archives = Path(sys.argv[1])
    (archives / "no-settings").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = ArchivingKafka(Path(folder) / "kafka", free_port()).start()
        server.stop(wait=120)
        archive_spark(Path(folder))
    for name in ("kafka", "spark"):
        assert (archives / f"{name}.jsa").exists(), f"{name} wrote no archive of its classes"


if __name__ == "__main__":
    main()
