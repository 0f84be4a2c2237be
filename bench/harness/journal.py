"""The rows J1 and J2: going on behind a long journal, and what keeping one costs (journal_bench)."""
import shutil

from . import exchange
from .measure import Row

RECORDS, TURNS = 10_000_000, 6_000
AT_MOST, AIM = 3, 1.5  # times the plain reading
RATE_ASKED, RATE_AIM = 0.95, 1_000_000


def recovery(bench):
    """J1: from nothing to an engine that runs behind 10 M records, beside reading the file."""
    row = Row("J1", f"recovery: {RECORDS // 1_000_000} M journal records to a running engine", "reading the file", "recovery", 1, 1 / AT_MOST, 1 / AIM)
    ended, killed = bench.work / "journal-ended", bench.work / "journal-killed"

    def work(row):
        for folder, records, how in (ended, RECORDS, ()), (killed, RECORDS - 10, ("killed",)):  # just before its next snapshot
            shutil.rmtree(folder, ignore_errors=True)
            bench.shown(f"J1: a journal of {records} records")
            (made,) = bench.stom.bench("journal_bench", "make", folder, records, *how)
            (checked,) = bench.stom.bench("journal_bench", "check", folder)
            if not checked["equal"]:
                row.wrong = "a snapshot leads to something else than the whole journal"
                return

        def recovered(folder):
            (answer,) = bench.stom.bench("journal_bench", "recover", folder)
            return answer

        def read():
            (answer,) = bench.stom.bench("journal_bench", "read", ended / "session")
            return answer

        bench.alternate(row, lambda: recovered(ended / "session"), read)
        last, whole, behind = recovered(ended / "session"), recovered(ended / "plain"), recovered(killed / "session")
        row.equal = f"{checked['records']} records, {checked['fills']} fills: state, fills and hash as from the whole journal, byte for byte"
        row.note = (
            f"{1 / row.ratio:.2f} times the reading, at most {AT_MOST}; {made['bytes'] / made['records']:.1f} bytes a record; {last['behind']} records behind the snapshot; "
            f"killed, with {behind['behind']} behind it, {behind['seconds'] / row.peer.median:.2f} times; without a snapshot {whole['seconds'] / row.peer.median:.1f} times, "
            f"{1e9 * whole['seconds'] / whole['records']:.0f} ns a record"
        )
        for folder in ended, killed:
            shutil.rmtree(folder, ignore_errors=True)

    yield bench.row(row, work)


def group_commit(bench):
    """J2: the same engine with a journal that is brought to the disk all the time, and without; the disk's thread has a core of its own."""
    both = bench.stom.on(exchange.all_cores())
    row = Row("J2", "an engine that journals, with group commit", "the same without a journal", "record", 1, RATE_ASKED, RATE_ASKED)
    rate = Row("J2", "the same, until the disk has the last record", f"{RATE_AIM:,}/s aimed at", "record", 1, 0, 1)
    folder = bench.work / "journal-run"

    def run(*where):
        (answer,) = both.bench("journal_bench", "run", TURNS, *where)
        return answer | {"seconds": answer["seconds"] / answer["records"]}

    def work(row):
        with_one, without = run(folder), run()
        if with_one["hash"] != without["hash"] or not with_one["equal"]:
            row.wrong = rate.wrong = "the two runs decided differently, or a record is not in the file"
            return
        bench.alternate(row, lambda: run(folder), run)
        row.equal = rate.equal = f"{with_one['records']} records, one hash with and without; read back, none is missing"
        row.note = f"{1 / row.ours.median:,.0f} durable records a second against {1 / row.peer.median:,.0f}"
        for seconds in row.ours.seconds:
            rate.ours.add({"seconds": seconds})
            rate.peer.add({"seconds": 1 / RATE_AIM})
        rate.note = f"{with_one['bytes'] / with_one['records']:.1f} bytes a record"
        shutil.rmtree(folder, ignore_errors=True)

    yield bench.row(row, work)
    if row.wrong and not rate.wrong:
        rate.wrong = row.wrong
    yield rate


ROWS_OF_JOURNAL = {"J1": recovery, "J2": group_commit}
