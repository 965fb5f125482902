"""Reading and writing mechanisms, whatever format they are in: our own language, and those of other programs.

`load` and `check` choose by the suffix of the file; a new format is one module with a function
``read(source) -> CheckResult`` and one line in `READERS`.  A format to write is one module with a function
``write(mechanism) -> Iterator[str]`` of lines and one line in `WRITERS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from mscnet.diagnostics import MechanismError, Source
from mscnet.language import CheckResult, check_source
from mscnet.language.source import read_source
from mscnet.mechanism.mechanism import Mechanism

__all__ = ["READERS", "WRITERS", "check", "lines_of", "load", "read", "source_of_file"]

#: The module that reads each suffix but ``.mech``; it is imported when a file has that suffix.
READERS = {".net": "mscnet.interop.bionetgen_net", ".bngl": "mscnet.interop.bngl"}
#: The module that writes each format; it is imported when a mechanism is written in it.
WRITERS = {
    "mech": "mscnet.interop.mech_file", "net": "mscnet.interop.bionetgen_write", "csv": "mscnet.interop.network_csv",
}  # fmt: skip


class Reader(Protocol):
    """What the module of a format provides."""

    def read(self, source: Source) -> CheckResult:
        """The mechanism that a text in the format is, and everything that is to be said of it."""


class Writer(Protocol):
    """What the module of a format to write provides."""

    def write(self, mechanism: Mechanism) -> Iterator[str]:
        """The lines of the mechanism in the format; raises MechanismError (E090) for what the format cannot say."""


def lines_of(mechanism: Mechanism, form: str) -> Iterator[str]:
    """The lines of a mechanism in a format of `WRITERS`, without their ends.

    Raises:
        MechanismError: the mechanism holds what the format cannot say.
    """
    return cast(Writer, import_module(WRITERS[form])).write(mechanism)


def load(path_or_name: str | os.PathLike[str]) -> Mechanism:
    """The mechanism in a file, or the one of that name that ships with mscnet (``"cdtese"``).

    The suffix says how it is read: ``.net`` is a network of BioNetGen, ``.bngl`` a model of its rules, all else
    the language of mscnet.

    Raises:
        MechanismError: the file cannot be read or has errors; `.diagnostics` holds every one.
    """
    result = check(path_or_name)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    return result.mechanism


def check(path_or_name: str | os.PathLike[str], strict: bool = False) -> CheckResult:
    """Everything that is to be said of a file; never raises for what the file holds."""
    try:
        source = source_of_file(path_or_name)
    except MechanismError as error:
        return CheckResult(None, error.diagnostics)
    return read(source, strict)


def source_of_file(path_or_name: str | os.PathLike[str]) -> Source:
    """The text of a file, whatever format it is in; of another program's, what is not in UTF-8 is taken for Latin-1.

    Raises:
        MechanismError: no such file, or one that is no text of at most 64 MB.
    """
    suffix = os.path.splitext(os.fspath(path_or_name))[1].lower()
    return read_source(path_or_name, latin=suffix in READERS)


def read(source: Source, strict: bool = False) -> CheckResult:
    """Everything that is to be said of a text, read as the suffix of its name says.

    `strict` looks for more in the language of mscnet; other formats have nothing that it would add.
    """
    suffix = os.path.splitext(source.name)[1].lower()
    if suffix in READERS:
        return cast(Reader, import_module(READERS[suffix])).read(source)
    return check_source(source, strict)
