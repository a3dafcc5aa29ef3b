"""A Spark session as its own process: each line of stdin is a statement as JSON, each line of stdout its rows or its error.

    spark_session.py SETTINGS
"""

import json
import sys

from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[2]")
for key, value in json.loads(sys.argv[1]).items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")
for line in sys.stdin:
    try:
        answer = {"rows": [list(row) for row in spark.sql(json.loads(line)).collect()]}
    except Exception as problem:  # every exception is returned as the answer
        answer = {"error": str(problem)}
    print(json.dumps(answer, default=str), flush=True)
