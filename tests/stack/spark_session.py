"""A Spark as its own process: each line of stdin is JSON, a statement or the settings of a new session; each line of stdout
the rows or the error.

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
        question = json.loads(line)
        if isinstance(question, dict):
            spark = spark.newSession()  # with catalogs of its own
            for key, value in question.items():
                spark.conf.set(key, value)
            answer = {}
        else:
            answer = {"rows": [list(row) for row in spark.sql(question).collect()]}
    except Exception as problem:  # every exception is returned as the answer
        answer = {"error": str(problem)}
    print(json.dumps(answer, default=str), flush=True)
