"""The peers: what is installed where, and a conversation with each (peers/worker.py is its other end)."""
import hashlib
import json
import os
import subprocess
from pathlib import Path

from . import machine

FOLDER = Path(__file__).resolve().parent.parent / "peers"

# One environment for each Python; hftbacktest pins another numpy than the rest and has its own.
ENVIRONMENTS = {
    "hft": ("3.11", ["hftbacktest==2.4.4", "numba==0.68.1", "numpy==2.2.6"]),
    "py311": (
        "3.11",
        [
            "backtesting==0.6.6", "vectorbt==1.2.0", "numba==0.68.1", "numpy==2.4.6", "pandas==3.1.1",
            "ta-lib==0.8.2", "pyarrow==26.0.1", "duckdb==2.0.0",
        ],
    ),
    "bots": ("3.11", ["python-binance==1.0.37", "ccxt==4.5.83"]),
    "old": ("3.11", ["numpy==2.4.6"]),
    "py312": ("3.12", ["nautilus_trader==1.231.0"]),
}  # fmt: skip

PEERS = {  # name -> (environment, script)
    "hftbacktest": ("hft", "hft.py"),
    "backtesting.py": ("py311", "backtesting_py.py"),
    "vectorbt": ("py311", "vectorbt_sweep.py"),
    "TA-Lib": ("py311", "talib_peer.py"),
    "Parquet": ("py311", "parquet.py"),
    "old program": ("old", "old_program.py"),
    "NautilusTrader": ("py312", "nautilus.py"),
}


class Unavailable(Exception):
    """The peer cannot run here; its rows are printed as skipped with this reason."""


class Failed(Exception):
    """The peer ran and reported an error."""


def prepare(name, work, say):
    """The interpreter of a private environment with the packages in it, made on first use."""
    version, packages = ENVIRONMENTS[name]
    home = Path(work) / "environments" / name
    python = home / "bin" / "python"
    stamp, wanted = home / "installed", hashlib.sha256("\n".join(packages).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    base = machine.find_python(version)
    if base is None:
        raise Unavailable(f"needs Python {version}, which is not on this machine")
    say(f"installing {', '.join(p.split('==')[0] for p in packages)} for Python {version} (once) ...")
    made = subprocess.run([base, "-m", "venv", "--clear", home], capture_output=True, text=True)
    if made.returncode == 0:
        made = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], capture_output=True, text=True
        )
    if made.returncode != 0:
        raise Unavailable("could not be installed: " + (made.stderr.strip().splitlines() or ["no reason given"])[-1])
    stamp.write_text(wanted)
    return python


class Peer:
    """One running peer, pinned to the core that both sides share by turns."""

    def __init__(self, name, work, core, say):
        environment, script = PEERS[name]
        python = prepare(environment, work, say)
        self.log = open(Path(work) / f"{script}.log", "w")
        # Settings that some images carry for another processor slow numpy down.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        clean |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen(
            machine.pinned(core, [python, FOLDER / script]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=clean,
        )
        hello = self._read()
        self.version, self.python = hello["version"], hello["python"]

    def ask(self, do, **arguments):
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"ended early; see {self.log.name}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()
