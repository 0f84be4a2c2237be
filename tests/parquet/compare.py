"""What `stom data export` writes as Parquet, read by pyarrow, equals what it writes as CSV: every row and cell.

tools/prove parquet runs it with a program that was built with Arrow's C++ library: compare.py PROGRAM
"""

import csv
import decimal
import os
import subprocess
import sys
import tempfile

import pyarrow.parquet as parquet


def text(value):
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)


def compare(program, home, what):
    def export(form):
        path = os.path.join(home, "export." + form)
        subprocess.run([program, "data", "export", "sim:BTCUSDT", *what, "--format", form, "--out", path, "--quiet"],
                       env={**os.environ, "STOM_HOME": home}, check=True)
        return path

    with open(export("csv"), newline="") as file:
        header, *rows = csv.reader(file)
    table = parquet.read_table(export("parquet"))
    if table.column_names != header or table.num_rows != len(rows):
        sys.exit(f"{what}: {table.num_rows} rows of {table.column_names}, CSV has {len(rows)} of {header}")
    for number, name in enumerate(header):
        column = table.column(name)
        if name.endswith("_ns"):
            column = column.cast("int64")
        for line, (got, row) in enumerate(zip(column.to_pylist(), rows)):
            if text(got) != row[number]:
                sys.exit(f"{what} row {line + 1} {name}: {got} in Parquet, {row[number]} in CSV")
    return len(rows)


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([program, "--quiet", "data", "gen", "--instrument", "sim:BTCUSDT", "--minutes", "1", "--history", "1"],
                       env={**os.environ, "STOM_HOME": home}, check=True, stdout=subprocess.DEVNULL)
        kinds = [["--kind", kind] for kind in ("trade", "depth", "quote", "mark_price")] + [["--bar", "1m"]]
        rows = sum(compare(program, home, what) for what in kinds)
    print(f"{rows} rows of trades, depth, quotes, mark prices and bars equal in Parquet and CSV")


main()
