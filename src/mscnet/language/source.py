"""Files, shipped mechanisms and bytes to a `Source`: what can be read, and what is refused at once."""

from __future__ import annotations

import os
import stat

from mscnet import assets
from mscnet.diagnostics import MechanismError, Source, Span, suggest

#: The largest file that is read, in bytes.
MAX_BYTES = 64 * 1024 * 1024

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_source(path_or_name: str | os.PathLike[str], latin: bool = False) -> Source:
    """The text of a file, or of the mechanism of that name that ships with mscnet.

    A path wins over a name; a name has no folder and no suffix.  With `latin` a text that is not in UTF-8 is taken to
    be in Latin-1, as files of programs may be that know of no encoding.

    Raises:
        MechanismError: no such file, or one that is no text in UTF-8 of at most 64 MB.
    """
    name = os.fspath(path_or_name)
    if not os.path.exists(name) and name in assets.mechanism_names():
        shown, text = assets.mechanism_text(name)
        return Source(shown, text)
    return source_of(read_bytes(name), name, name, latin)


def read_bytes(path: str) -> bytes:
    """The bytes of a file.

    Raises:
        MechanismError: no such file, or one that cannot be read or is too large.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise MechanismError.of("E007", f"{path} is a folder, not a mechanism file", file=path)
        if status.st_size > MAX_BYTES:
            raise _too_large(path, status.st_size)
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = suggest(os.path.basename(path), assets.mechanism_names())
        hint = near or "mechanisms that ship with mscnet: " + ", ".join(assets.mechanism_names())
        raise MechanismError.of("E007", f"there is no file {path}", hint=hint, file=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MechanismError.of("E007", f"{path!r} cannot be read: {reason}", file=path) from None


def _too_large(name: str, size: int) -> MechanismError:
    message = f"{name} has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read"
    return MechanismError.of("E008", message, hint="split it, or write its regular part as a rule", file=name)


def source_of(data: bytes, name: str, path: str | None = None, latin: bool = False) -> Source:
    """The source that bytes are, without a byte-order mark and with plain line endings; `path` is the file that they
    come from, and `latin` reads what is not UTF-8 as Latin-1.

    Raises:
        MechanismError: too many bytes, or no text in UTF-8; the place of the first bad byte is given.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(name, len(data))
    if data[:2] in _MARKS:
        hint = "save it as UTF-8"
        raise MechanismError.of("E007", f"{name} is written in {_MARKS[data[:2]]}, not in UTF-8", hint=hint, file=name)
    if b"\0" in data:
        raise MechanismError.of("E007", f"{name} is a binary file, not a mechanism", file=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if latin:
            return source_of(data.decode("latin-1").encode("utf-8"), name, path)
        raise _undecodable(data, error, name) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Source(name, text, path)


def _undecodable(data: bytes, error: UnicodeDecodeError, name: str) -> MechanismError:
    shown = data.decode("utf-8", "replace").replace("\r\n", "\n")
    at = len(data[: error.start].decode("utf-8-sig", "replace").replace("\r\n", "\n"))
    source = Source(name, shown)
    message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
    hint = "save the file as UTF-8 (it may be in Latin-1 or another encoding)"
    return MechanismError.of("E007", message, hint=hint, span=Span(source, at, at + 1))


def in_brackets(text: str, start: int, end: int) -> str:
    """What stands from `start` to `end`, with the round brackets around it that are opened or closed only there."""
    depth = least = 0
    for letter in text[start:end]:
        depth += (letter == "(") - (letter == ")")
        least = min(least, depth)
    for _ in range(-least):
        start = max(0, text.rfind("(", 0, start))
    for _ in range(depth - least):
        end = text.find(")", end) + 1 or len(text)
    return text[start:end]
