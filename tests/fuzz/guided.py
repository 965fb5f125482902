"""``python -m tests.fuzz.guided --seconds 1800 --out FOLDER``: mutation led by what of the language it reaches.

It needs `atheris` (libFuzzer for Python), which is no part of the development environment: ``pip install atheris``.
Texts start from the corpus and from made-up programs; half of the mutations are libFuzzer's own on bytes, half ours on
tokens.  What fails is written to the folder with its traceback, once for each place in the code, and the run goes on.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from random import Random

from tests.fuzz.cases import program
from tests.fuzz.corpus import put_files, texts
from tests.fuzz.damage import damaged
from tests.fuzz.grammar import deriver

#: The longest text that is tried, and how many made-up programs the corpus begins with.
LONGEST, MADE = 4000, 400


class Hunt:
    """What is done with each text, and what was found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[tuple[object, ...], int] = {}
        self.tried, self.slowest = 0, 0.0

    def try_one(self, data: bytes) -> None:
        from tests.fuzz import forms

        self.tried += 1
        place = str(self.folder / "case.mech")
        begun = time.process_time()
        try:
            with forms.at_most(forms.seconds_for(data)):
                result = forms.check_bytes_of(data, place, self.tried % 4 == 0)
                if not forms.LARGE.search(data):
                    self.slowest = max(self.slowest, time.process_time() - begun)
                forms.presentable(result)
            if self.tried % 4 == 0:
                forms.formats(data, place, result, True)
            if self.tried % 8 == 0:
                forms.fixes(data, place, result, True)
        except (Exception, forms.Slow) as error:
            self._keep(data, error)

    def _keep(self, data: bytes, error: BaseException) -> None:
        """The first text for each place."""
        frames = traceback.extract_tb(error.__traceback__)
        where = frames[-1]
        key = (type(error).__name__, str(error)[:40] if not frames else "", where.filename, where.lineno)
        self.found[key] = self.found.get(key, 0) + 1
        if self.found[key] == 1:
            name = f"fault_{len(self.found)}"
            (self.folder / f"{name}.mech").write_bytes(data)
            (self.folder / f"{name}.txt").write_text(traceback.format_exc(), "utf-8")
            print(f"{name}: {type(error).__name__}: {str(error)[:200]}", flush=True)


def _mutated(data: bytes, longest: int, seed: int) -> bytes:
    import atheris

    random = Random(seed)
    if random.random() < 0.5:
        return bytes(atheris.Mutate(data, len(data)))[:longest]
    text = data.decode("utf-8", "replace")
    if random.random() < 0.1:
        text += "\n" + (deriver().text(random, 1) if random.random() < 0.5 else random.choice(texts()))
    return damaged(random, text).encode("utf-8", "replace")[:longest]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided")
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    import atheris

    with atheris.instrument_imports(
        include=["mscnet.language", "mscnet.mechanism", "mscnet.diagnostics", "mscnet.excerpt"]
    ):
        import mscnet.language.checks
        import mscnet.language.mending
        import mscnet.language.read  # noqa: F401
    corpus = arguments.out / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    put_files(arguments.out)
    seeds = [text for text in texts() if len(text) < LONGEST] + [program(Random(f"guided {i}")) for i in range(MADE)]
    for i, text in enumerate(seeds):
        (corpus / f"seed_{i}").write_bytes(text.encode("utf-8", "surrogatepass"))
    hunt = Hunt(arguments.out)
    import atexit

    def tell() -> None:
        print(
            f"{hunt.tried:,} texts, slowest check {hunt.slowest:.2f} s, faults at {len(hunt.found)} places", flush=True
        )

    atexit.register(tell)
    flags = [
        sys.argv[0], str(corpus), f"-max_total_time={arguments.seconds}", f"-max_len={LONGEST}", "-timeout=600",
        "-rss_limit_mb=3000", f"-artifact_prefix={arguments.out}/", "-print_final_stats=1", "-report_slow_units=10",
    ]  # fmt: skip
    atheris.Setup(flags, hunt.try_one, custom_mutator=_mutated)
    atheris.Fuzz()
    return 1 if hunt.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
