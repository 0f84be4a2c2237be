#!/usr/bin/env python3
"""Makes each break of breaks.toml in the compiler and trades by its texts: with the break they have to trade otherwise.

Only the broken file is compiled, without optimisation, and linked with what a release build has of the rest: of the folders
that are broken every file is compiled once before, alone, so that one of them can be another. The files of the tree stay as
they are. A text that is a test of its own has to pass whole and to fail broken.

usage: breaks_proof.py --release build/release --parts build/breaks [--jobs N] [--only WORDS]
--parts: a folder for what is compiled; --only: breaks whose sentence or words contain these
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import breaks
import hand

PATIENCE = 60  # seconds for a text over its few rows


class Wrong(Exception):
    pass


def call(command, folder=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, shell=isinstance(command, str))
    if done.returncode != 0:
        raise Wrong(f"{str(command)[:200]} ...\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def folder_of(file):
    return pathlib.PurePath(file).parts[1]


def archive_of(folder):
    return f"src/{folder}/libstom_{folder}.a"


class Parts:
    """The folders that are broken, whole, and the way to what is linked of them."""

    def __init__(self, release, parts, jobs, all_breaks):
        self.release, self.parts = release.resolve(), parts.resolve()
        self.folders = sorted({folder_of(one.file) for one in all_breaks})
        tests = sorted({found[0] for one in all_breaks for text in one.texts if (found := breaks.test_of(text))})
        call(["cmake", "--preset", "dev", "-B", str(self.parts), "-DCMAKE_CXX_FLAGS_DEBUG=-O0"], breaks.ROOT)
        self.commands = {entry["file"]: entry for entry in json.loads((self.parts / "compile_commands.json").read_text())}
        self.tests = {file: self.object_of(file) for file in tests}
        call(["ninja", "-C", str(self.parts), "-j", str(jobs), *map(archive_of, self.folders), *self.tests.values()])
        self.link = shlex.split(self.command_of_release())
        self.deps = self.read_deps()

    def command_of_release(self):
        last = call(["ninja", "-C", str(self.release), "-t", "commands", "bin/stom"]).strip().split("\n")[-1]
        return last.removeprefix(": && ").split(" && ")[0]

    def read_deps(self):
        """By object the files that it was made of."""
        out, made = {}, None
        for line in call(["ninja", "-C", str(self.parts), "-t", "deps"]).split("\n"):
            if line.startswith("    "):
                out[made].add(os.path.normpath(self.parts / line.strip()))
            elif line:
                made = line.split(":")[0]
                out[made] = set()
        return out

    def entry(self, file):
        return self.commands[str(breaks.ROOT / file)]

    def object_of(self, file):
        words = shlex.split(self.entry(file)["command"])
        return words[words.index("-o") + 1]

    def touched_by(self, file):
        """Sources that have to be compiled anew where the file is another."""
        if file.endswith(".cpp"):
            return [file]
        needs = [made for made, of in self.deps.items() if str(breaks.ROOT / file) in of]
        sources = [str(pathlib.Path(path).relative_to(breaks.ROOT)) for path in self.commands if path.startswith(f"{breaks.ROOT}/src/")]
        return [s for s in sources if not s.endswith("_test.cpp") and folder_of(s) in self.folders and self.object_of(s) in needs]

    def compile(self, file, overlay, to):
        """The file as it is in the overlay, or against headers that are there."""
        words = shlex.split(self.entry(file)["command"])
        words[words.index("-o") + 1] = str(to)
        source = overlay / file
        words[words.index("-c") + 1] = str(source if source.is_file() else breaks.ROOT / file)
        words[1:1] = [f"-I{overlay}/src"]
        call([*words, "-w", "-g0"], self.parts)

    def changed_archives(self, one, scratch):
        """{archive: its copy with what the break makes of its objects}."""
        overlay = scratch / "tree"
        (overlay / one.file).parent.mkdir(parents=True)
        (overlay / one.file).write_text(one.broken(), encoding="utf-8")
        out = {}
        for source in self.touched_by(one.file):
            archive = archive_of(folder_of(source))
            if archive not in out:
                out[archive] = scratch / archive
                out[archive].parent.mkdir(parents=True)
                shutil.copy(self.parts / archive, out[archive])
            made = scratch / pathlib.Path(self.object_of(source)).name
            self.compile(source, overlay, made)
            call(["ar", "r", str(out[archive]), str(made)])
        return out

    def linked(self, to, changed, test=None):
        """The program, or one of a test's: `changed` are archives in place of the whole ones."""
        words = []
        for word in self.link:
            if word == "bin/stom":
                words.append(str(to))
            elif word.startswith("src/") and word.endswith(".a"):
                is_part = folder_of(word) in self.folders
                words.append(str(changed.get(word, self.parts / word if is_part else self.release / word)))
            elif test and word.startswith("apps/stom/CMakeFiles/"):
                continue
            else:
                words.append(word)
        if test:
            words[words.index("-o") : words.index("-o")] = [str(self.parts / self.tests[test]), "-lgtest_main", "-lgtest"]
        call([*words, "-Wl,--strip-all"], self.release)
        return to


def trades_of(program, case):
    """[(row, what)] of a text, none where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "condition", "run", *case.scenario().write(folder), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Wrong(f"{case}: exit {done.returncode}, no JSON: {done.stdout[:200]!r} {done.stderr[:500]!r}") from None
    if done.returncode != 0:
        return []
    return trades_in(hand.summary(answer))


def trades_in(outcome):
    return [] if isinstance(outcome, tuple) else [*outcome["buys"], *outcome["sells"]]


def passes(program, name):
    done = subprocess.run([str(program), f"--gtest_filter={name}"], capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode not in (0, 1) or "Running 1 test " not in done.stdout:
        raise Wrong(f"{name}: exit {done.returncode}: {(done.stdout + done.stderr)[-500:]}")
    return done.returncode == 0


class Programs:
    """Whole, or with a break: what the texts of a list run on, linked when first needed."""

    def __init__(self, parts, scratch, changed):
        self.parts, self.scratch, self.changed, self.made = parts, scratch, changed, {}

    def of(self, test):
        if test not in self.made:
            name = "stom" if test is None else pathlib.Path(test).stem
            self.made[test] = self.parts.linked(self.scratch / name, self.changed, test)
        return self.made[test]

    def outcome(self, text):
        """What the text trades; of a test whether it passes."""
        if found := breaks.test_of(text):
            return passes(self.of(found[0]), found[1])
        return trades_of(self.of(None), breaks.CASES[text])


def is_as_worked_out(text, outcome):
    if breaks.test_of(text):
        return outcome
    case = breaks.CASES[text]
    return outcome == trades_in(case.expected) or (case.may_refuse and outcome == [])


def unshown(parts, one, whole):
    """The texts of the break that trade as if nothing were broken; `whole`: what they trade then."""
    with tempfile.TemporaryDirectory(prefix="stom-breaks-") as folder:
        scratch = pathlib.Path(folder)
        programs = Programs(parts, scratch, parts.changed_archives(one, scratch))
        return [text for text in one.texts if programs.outcome(text) == whole[text]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", type=pathlib.Path, required=True)
    parser.add_argument("--parts", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    sentences = breaks.sentences()
    every = [one for sentence in sentences for one in sentence.breaks]
    chosen = [one for one in every if options.only in str(one)]
    texts = sorted({text for one in chosen for text in one.texts})
    begun = time.monotonic()
    parts = Parts(options.release, options.parts, options.jobs, every)
    print(f"compiled once in {time.monotonic() - begun:.0f} s: {', '.join(parts.folders)}", file=sys.stderr)

    failures = 0
    with tempfile.TemporaryDirectory(prefix="stom-breaks-") as folder:
        programs = Programs(parts, pathlib.Path(folder), {})
        whole = {text: programs.outcome(text) for text in texts}
    for text, outcome in whole.items():
        if not is_as_worked_out(text, outcome):
            failures += 1
            print(f"NOT AS WORKED OUT: {text}: {outcome}", flush=True)
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(unshown, parts, one, whole): one for one in chosen}
        for number, done in enumerate(concurrent.futures.as_completed(running), 1):
            one, found = running[done], ""
            try:
                if texts_left := done.result():
                    found = f"NOT SHOWN: {one}: by {', '.join(texts_left)}"
            except (Wrong, subprocess.TimeoutExpired, ValueError) as error:
                found = f"NOT MADE: {one}: {error}"
            if found:
                failures += 1
                print(found, flush=True)
            minutes_left = (time.monotonic() - begun) / number * (len(chosen) - number) / 60
            print(f"{number} of {len(chosen)}, {minutes_left:.0f} min left: {one}", file=sys.stderr)
    if failures:
        print(f"{failures} are wrong")
        return 1
    print(f"{len(chosen)} breaks of the compiler, for each of {len(sentences)} sentences: by {len(texts)} texts the trades of each are others")
    return 0


if __name__ == "__main__":
    sys.exit(main())
