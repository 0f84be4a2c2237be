"""What tests/e2e/condition_examples.sh asks of every folder of examples/conditions."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "conditions"
PROGRAM = os.environ.get("STOM_PROGRAM", str(ROOT / "build/release/bin/stom"))
KEPT = tempfile.TemporaryDirectory(prefix="stom-examples-")
SCRATCH = pathlib.Path(KEPT.name)

# Two days of two stocks, one of which meets a round figure and the VI on its way up; two hours of a coin.
MARKETS = {
    "stock": [("kiwoom:000043", ["--start", "2025-09-03", "--days", "2"]), ("kiwoom:005930", ["--start", "2025-09-03", "--days", "2"])],
    "coin": [("sim:BTCUSDT", ["--minutes", "120", "--seed", "7"])],
}
failures = []


def stom(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "STOM_HOME": str(SCRATCH / "home")})
    return done.returncode, done.stdout, done.stderr


def expect(holds, what, *told):
    if not holds:
        failures.append(what)
        print("FAILED:", what, *told, sep="\n")


def without_comments(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


def rows_of(instrument, minute, market_cap):
    """A file of the instrument's rows. Rows of ours have no market cap: a text that reads one gets a column of it."""
    path = SCRATCH / f"{instrument.replace(':', '-')}-{minute}-{market_cap}.csv"
    if not path.exists():
        code, out, err = stom("data", "rows", instrument, "--lang", "ko", *(["--minute"] if minute else []))
        expect(code == 0, f"data rows {instrument}", err)
        lines = out.splitlines()
        if market_cap:
            lines = [lines[0] + ",시가총액"] + [line + ",2500" for line in lines[1:]]
        path.write_text("\n".join(lines) + "\n")
    return path


def check(folder):
    name = folder.name
    cases = folder / f"{name}.cases"
    described = cases.read_text()
    market = "coin" if "\nmarket coin\n" in described else "stock"
    minute = len(described.split("\nindex,", 1)[1].splitlines()[1].split(",")[0]) == 12
    optional = lambda option, part, lang: [option, folder / f"{part}.{lang}.txt"] if (folder / f"{part}.{lang}.txt").exists() else []

    for kind in ("buy", "sell"):
        korean, english = folder / f"{kind}.ko.txt", folder / f"{kind}.en.txt"
        code, out, _ = stom("condition", "lint", korean, "--kind", kind, "--json")
        found = json.loads(out)
        expect(code == 0 and not found["errors"] and not found["warnings"], f"{korean} has errors or warnings", out)
        _, out, _ = stom("condition", "translate", "--to", "en", korean)
        expect(without_comments(out) == without_comments(english.read_text()), f"{english} is not the translation of {korean}")
        expect(len(korean.read_text().splitlines()) == len(english.read_text().splitlines()), f"{name}: lines of {kind} differ")
    for part in ("vars", "named"):
        if (folder / f"{part}.ko.txt").exists():
            expect((folder / f"{part}.en.txt").exists(), f"{name}: {part} in one language only")
    if (folder / "vars.ko.txt").exists():
        expect(without_comments((folder / "vars.ko.txt").read_text()) == without_comments((folder / "vars.en.txt").read_text()),
               f"{name}: variables differ")

    code, out, err = stom("condition", "test", cases, "--buy", folder / "buy.en.txt", "--sell", folder / "sell.en.txt",
                          *optional("--vars", "vars", "en"), *optional("--named", "named", "en"))
    expect(code == 0, f"{name}: the English texts against the cases", out, err)

    market_cap = "시가총액" in (folder / "buy.ko.txt").read_text()
    bought = sold = 0
    for instrument, _ in MARKETS[market]:
        code, out, err = stom("condition", "run", "--buy", folder / "buy.ko.txt", "--sell", folder / "sell.ko.txt",
                              "--rows", rows_of(instrument, minute, market_cap), "--market", market, "--json",
                              *optional("--vars", "vars", "ko"), *optional("--named", "named", "ko"))
        run = json.loads(out)
        expect(code == 0 and run.get("stopped") == {"buy": 0, "sell": 0}, f"{name}: runs over {instrument} without stops", out[:400], err)
        bought += len(run.get("buys", []))
        sold += sum(sale["reason"] == "text" for sale in run.get("sells", []))
        if sold:
            break
    expect(bought > 0 and sold > 0, f"{name}: {bought} bought, {sold} sold by text on generated rows")
    return f"{name}: {bought} bought, {sold} sold by text"


def main():
    for instrument, how in (one for market in MARKETS.values() for one in market):
        code, _, err = stom("data", "gen", "--instrument", instrument, *how, "--quiet")
        expect(code == 0, f"data gen {instrument}", err)
    for instrument, minute, market_cap in [("kiwoom:000043", False, False), ("kiwoom:000043", True, False), ("kiwoom:000043", False, True),
                                           ("sim:BTCUSDT", False, False), ("sim:BTCUSDT", True, False)]:
        rows_of(instrument, minute, market_cap)
    folders = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
    expect(len(folders) >= 20, f"{len(folders)} examples")
    code, out, err = stom("condition", "test", EXAMPLES)
    expect(code == 0, "the Korean texts against their cases", out, err)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in pool.map(check, folders):
            print(line)
    print(f"{len(folders)} examples, {len(failures)} failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
