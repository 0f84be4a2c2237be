"""Reads breaks.toml: breaks of the compiler, for each sentence of the language's exact forms, and the texts that show them."""

import hashlib
import pathlib
import re
import tomllib

import hand

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("breaks.toml")
CASES = {f"{case.file.removesuffix('.txt')}: {case.title}": case for case in hand.cases()}


class Break:
    def __init__(self, sentence, does, file, code, instead, texts):
        self.sentence, self.does, self.file, self.code, self.instead, self.texts = sentence, does, file, code, instead, texts

    def __repr__(self):
        return f"{self.sentence}: {self.does}"

    def source(self):
        return (ROOT / self.file).read_text(encoding="utf-8")

    def broken(self):
        """The file with the break in it."""
        source = self.source()
        if source.count(self.code) != 1:
            raise ValueError(f"{self}: its code is {source.count(self.code)} times in {self.file}, not once")
        return source.replace(self.code, self.instead)


class Sentence:
    def __init__(self, of, says, digest, breaks):
        self.of, self.says, self.digest = of, says, digest
        self.breaks = [Break(of, **one) for one in breaks]


def sentences():
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["sentence"]
    return [Sentence(one["of"], one["says"], one["digest"], one.get("break", [])) for one in listed]


def test_of(text):
    """(file, name) of a text that is a test of its own, None of one of hand/."""
    found = re.fullmatch(r"(\S+_test\.cpp): (\w+\.\w+)", text)
    return found.groups() if found else None


def exact_forms(description):
    """{"Rows 1": digest} of the sentences under that heading."""
    section = re.search(r"^## Exact forms.*?\n(.*?)(?=^## )", description, re.M | re.S).group(1)
    out = {}
    for paragraph in re.split(r"^(?=\*\*)", section, flags=re.M)[1:]:
        heading, rest = re.match(r"\*\*(.+?)\*\*[:,]?\s*(.*)", paragraph, re.S).groups()
        name = re.match(r"`?([\w ]+(?:, \w+)?)", heading).group(1)
        for number, sentence in enumerate(re.split(r"(?<=\.)\s+", rest.strip()), 1):
            out[f"{name} {number}"] = hashlib.sha256(" ".join(sentence.split()).encode()).hexdigest()[:8]
    return out
