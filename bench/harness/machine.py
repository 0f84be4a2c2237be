"""What the figures were measured on, and finding a Python for a peer."""
import os
import platform
import shutil
import subprocess
from pathlib import Path


def describe():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory_gb:.0f} GiB, Linux {platform.release().split('-')[0]}"


def busy():
    """A sentence where other work is running, else nothing: timings of a shared machine are worth less."""
    load = os.getloadavg()[0]
    return f"the load average was {load:.1f} when this began: other work ran beside it" if load > 0.5 else ""


def commit(root):
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def find_python(version):
    """An interpreter of that version ("3.12") from PATH or pyenv, or None. A shim that only says no does not count."""
    candidates = [shutil.which(f"python{version}")]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += sorted(root.glob(f"{version}.*/bin/python{version}"), reverse=True)
    for python in filter(None, candidates):
        try:
            found = subprocess.run(
                [python, "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True, text=True, timeout=30,
            )
        except OSError:
            continue
        if found.stdout.strip() == version:
            return str(python)
    return None
