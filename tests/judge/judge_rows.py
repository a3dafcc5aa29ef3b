"""Prints the rows of a table as one of the judges reads them. Runs as its own process: a judge may crash on broken tables.

Usage: judge_rows.py DuckDB|PyIceberg METADATA   (prints the rows in their plain form, one JSON list)
"""

import json
import math
import sys


def plain(value):
    """Returns equal results for equal values, for every reader and text form."""
    import base64
    import datetime
    import decimal
    import uuid

    if value is None or isinstance(value, bool):
        return str(value).lower() if value is not None else None
    if isinstance(value, (int, decimal.Decimal)):
        return f"{float(value):.6g}"
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.6g}"
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace") if len(value) != 16 else base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time, uuid.UUID)):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in value):
            return {k: plain(v) for k, v in value}  # a map
        return [plain(v) for v in value]
    text = str(value)
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text.removesuffix("Z")


def counted(rows):
    return sorted(json.dumps([plain(v) for v in row], sort_keys=True) for row in rows)


def read(judge, metadata):
    if judge == "DuckDB":
        from conftest import iceberg_duckdb

        return iceberg_duckdb().sql(f"SELECT * FROM iceberg_scan('{metadata}')").fetchall()
    from pyiceberg.table import StaticTable

    return [tuple(row.values()) for row in StaticTable.from_metadata(metadata).scan().to_arrow().to_pylist()]


if __name__ == "__main__":
    print(json.dumps(counted(read(*sys.argv[1:]))))
