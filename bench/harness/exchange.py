"""A running `stom exchange` for a row: pinned to a core, with a data folder of its own, ended with the row."""
import contextlib
import os
import signal
import subprocess
import threading
import time

from . import machine


def other_core(core):
    """Another core than that one, where there is one."""
    others = sorted(os.sched_getaffinity(0) - {core})
    return others[-1] if others else core


def all_cores():
    """For a program that gives its threads a core each."""
    return ",".join(map(str, sorted(os.sched_getaffinity(0))))


def trader_core():
    """Where loop_bench has its trader, and a bot in its place: the last core but one, for its server spins on the last."""
    return sorted(os.sched_getaffinity(0))[-2:][0]


@contextlib.contextmanager
def waits_for(file, command, core, log):
    """Beside the block: `command`, once the file is there; ended with the block."""
    started, over = [], threading.Event()

    def start():
        while not over.is_set() and not file.exists():
            time.sleep(0.01)
        if not over.is_set():
            with open(log, "w") as out:
                started.append(subprocess.Popen(machine.pinned(core, command), stdout=out, stderr=out))

    thread = threading.Thread(target=start)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for process in started:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running(stom, *options):
    """The file that holds the line which the exchange printed."""
    stom.home.mkdir(parents=True, exist_ok=True)
    file = stom.home.parent / "exchange.json"
    environment = os.environ | {"STOM_HOME": str(stom.home), "NO_COLOR": "1"}
    command = machine.pinned(stom.core, [stom.binary, "exchange", "--port", "0", "--seed", "7", *options, "--json"])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        line = process.stdout.readline()  # it says where it listens, or ends
        if not line:
            raise RuntimeError(f"stom exchange ended with {process.wait()}")
        file.write_text(line)
        file.chmod(0o600)
        yield file
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
        file.unlink(missing_ok=True)
