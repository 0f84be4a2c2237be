"""Parquet as a tick store, at the settings that gave it its best size: delta encoding and zstd, one thread.

Scans: DuckDB's aggregation over the file, and pyarrow reading batches and summing. Append: pyarrow's writer, then fsync."""
import os
import time

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import tapes
from worker import peak_rss_mb, serve

pa.set_cpu_count(1)
pa.set_io_thread_count(1)
ENCODING = {"time_ns": "DELTA_BINARY_PACKED", "price": "DELTA_BINARY_PACKED", "quantity": "BYTE_STREAM_SPLIT"}
SETTINGS = dict(compression="zstd", compression_level=3, use_dictionary=["side"], column_encoding=ENCODING)
state = {}


def load(rows, folder, seed=1):
    blocks = list(tapes.ticks(rows, seed))
    state["table"] = pa.table({k: np.concatenate([b[k] for b in blocks]) for k in blocks[0]})
    state["file"] = os.path.join(folder, "ticks.parquet")
    state["rows"] = rows
    state["connection"] = duckdb.connect()
    state["connection"].execute("PRAGMA threads=1")
    append()
    return {"rows": rows, "bytes": os.path.getsize(state["file"])}


def append():
    began = time.perf_counter()
    with open(state["file"], "wb") as f:
        pq.write_table(state["table"], f, row_group_size=1_000_000, **SETTINGS)
        f.flush()
        os.fsync(f.fileno())
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "rows": state["rows"], "bytes": os.path.getsize(state["file"])}


def scan_duckdb():
    query = f"select side, sum(price * quantity)::hugeint from read_parquet('{state['file']}') group by side order by side"
    began = time.perf_counter()
    sums = state["connection"].execute(query).fetchall()
    return {"seconds": time.perf_counter() - began, "rows": state["rows"], "sums": [str(int(s)) for _, s in sums]}


def scan_pyarrow():
    sums = [0, 0]
    began = time.perf_counter()
    for batch in pq.ParquetFile(state["file"]).iter_batches(65_536, columns=["price", "quantity", "side"], use_threads=False):
        value = pc.multiply(batch["price"], batch["quantity"])
        ones = pc.sum(pc.multiply(value, batch["side"])).as_py()
        sums[1] += ones
        sums[0] += pc.sum(value).as_py() - ones
    return {
        "seconds": time.perf_counter() - began,
        "rows": state["rows"],
        "sums": [str(s) for s in sums],
        "peak_rss_mb": peak_rss_mb(),
    }


if __name__ == "__main__":
    serve(
        f"pyarrow {pa.__version__}, DuckDB {duckdb.__version__}",
        {"load": load, "append": append, "scan_duckdb": scan_duckdb, "scan_pyarrow": scan_pyarrow},
    )
