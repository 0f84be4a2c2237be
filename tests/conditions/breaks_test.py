#!/usr/bin/env python3
"""The list of breaks of the compiler holds together: no sentence of the language's exact forms is left out, every piece of code
is where it says, once, and every text is there. That the trades change: `tools/prove breaks`.

usage: breaks_test.py
"""

import collections
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import breaks

DATA = pathlib.Path(os.environ.get("STOM_TEST_DATA", breaks.ROOT.parent / "shared/data"))
DESCRIPTION = DATA.parent / "design/conditions.md"


class Breaks(unittest.TestCase):
    SENTENCES = breaks.sentences()
    ALL = [one for sentence in SENTENCES for one in sentence.breaks]

    def test_every_sentence_has_a_break_and_every_break_a_text(self):
        for sentence in self.SENTENCES:
            self.assertTrue(sentence.breaks, sentence.of)
        for one in self.ALL:
            self.assertTrue(one.texts, one)

    def test_no_sentence_and_no_break_is_there_twice(self):
        for counted in (
            collections.Counter(sentence.of for sentence in self.SENTENCES),
            collections.Counter((one.sentence, one.file, one.code, one.instead) for one in self.ALL),
        ):
            self.assertEqual([what for what, times in counted.items() if times > 1], [])

    def test_every_piece_of_code_is_in_its_file_once_and_something_else_takes_its_place(self):
        for one in self.ALL:
            with self.subTest(one):
                self.assertNotEqual(one.broken(), one.source())

    def test_every_text_is_there_and_trades_whole_or_broken(self):
        for one in self.ALL:
            for text in one.texts:
                with self.subTest(one, text=text):
                    if found := breaks.test_of(text):
                        file, name = found
                        suite, test = name.split(".")
                        source = (breaks.ROOT / file).read_text(encoding="utf-8")
                        self.assertEqual(len(re.findall(rf"^TEST\({suite}, {test}\)", source, re.M)), 1)
                    else:
                        self.assertIn(text, breaks.CASES)
                        outcome = breaks.CASES[text].expected
                        self.assertTrue(isinstance(outcome, tuple) or outcome["buys"], "a text that never buys shows no trades")

    def test_no_two_texts_are_called_the_same(self):
        self.assertEqual(len(breaks.CASES), len(breaks.hand.cases()))

    def test_the_sentences_are_those_of_the_description(self):
        if not DESCRIPTION.is_file():
            self.skipTest(f"no description of the language at {DESCRIPTION}")
        described = breaks.exact_forms(DESCRIPTION.read_text(encoding="utf-8"))
        listed = {sentence.of: sentence.digest for sentence in self.SENTENCES}
        self.assertEqual(described, listed, "a sentence without breaks, or one that was written anew: look at its breaks, then at its digest")


if __name__ == "__main__":
    unittest.main(verbosity=0)
