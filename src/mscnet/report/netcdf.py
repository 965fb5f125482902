"""NetCDF files written piece by piece, so that one may be larger than memory.

The format is netCDF classic with 64-bit offsets (CDF-2), which every netCDF library reads.
Source: NetCDF Users Guide, appendix B, File Format Specifications.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

#: Bytes that a variable may have.
MAX_BYTES = 2**32 - 4

_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
_CHAR = 2
#: Numbers of the types, with what numpy calls them in the file's order of bytes.
_TYPES = {1: ">i1", 4: ">i4", 6: ">f8"}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable over `dimensions`: numpy's kind of its numbers (``i1``, ``i4`` or ``f8``), and its attributes."""

    name: str
    dimensions: tuple[str, ...]
    kind: str
    attributes: Mapping[str, Any]


class NetCDF:
    """A file under construction: its header stands, and pieces of variables are put in their places."""

    def __init__(
        self,
        file: IO[bytes],
        dimensions: Mapping[str, int],
        variables: Sequence[Variable],
        attributes: Mapping[str, Any],
    ) -> None:
        """Writes the header.

        Raises:
            ValueError: a variable of more than `MAX_BYTES`.
        """
        self._file = file
        self._kinds = {v.name: np.dtype(f">{v.kind}") for v in variables}
        sizes = {v.name: _size(v, dimensions) for v in variables}
        for name, size in sizes.items():
            if size > MAX_BYTES:
                raise ValueError(f"`{name}` takes {size / 1e9:.1f} GB; a variable of a netCDF file has at most 4.3 GB")
        self._begin = dict.fromkeys(sizes, 0)
        at = len(self._header(dimensions, variables, attributes, sizes))
        for name, size in sizes.items():
            self._begin[name] = at
            at += size
        file.write(self._header(dimensions, variables, attributes, sizes))
        file.truncate(at)

    def put(self, name: str, first: int, values: NDArray[Any]) -> None:
        """Writes numbers of a variable from its number `first` on, in the order of its dimensions."""
        kind = self._kinds[name]
        self._file.seek(self._begin[name] + first * kind.itemsize)
        self._file.write(np.ascontiguousarray(values, dtype=kind).data)

    def _header(
        self,
        dimensions: Mapping[str, int],
        variables: Sequence[Variable],
        attributes: Mapping[str, Any],
        sizes: Mapping[str, int],
    ) -> bytes:
        parts = [b"CDF\x02", _int(0), _list(_DIMENSION, [_name(n) + _int(size) for n, size in dimensions.items()])]
        parts.append(_attributes(attributes))
        places = {name: i for i, name in enumerate(dimensions)}
        entries = []
        for v in variables:
            of = b"".join(_int(places[name]) for name in v.dimensions)
            number = next(n for n, kind in _TYPES.items() if kind[1:] == v.kind)
            entry = _name(v.name) + _int(len(v.dimensions)) + of + _attributes(v.attributes) + _int(number)
            entries.append(entry + struct.pack(">Iq", sizes[v.name], self._begin[v.name]))
        parts.append(_list(_VARIABLE, entries))
        return b"".join(parts)


def _size(v: Variable, dimensions: Mapping[str, int]) -> int:
    """Bytes of a variable, padded to whole words."""
    size = np.dtype(v.kind).itemsize
    for name in v.dimensions:
        size *= dimensions[name]
    return -(-size // 4) * 4


def _int(value: int) -> bytes:
    return struct.pack(">i", value)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _name(name: str) -> bytes:
    data = name.encode()
    return _int(len(data)) + _padded(data)


def _list(tag: int, entries: Sequence[bytes]) -> bytes:
    return (_int(tag) + _int(len(entries)) if entries else _int(0) * 2) + b"".join(entries)


def _attributes(attributes: Mapping[str, Any]) -> bytes:
    return _list(_ATTRIBUTE, [_name(name) + _value(value) for name, value in attributes.items()])


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        data = value.encode("utf-8", "replace")
        return _int(_CHAR) + _int(len(data)) + _padded(data)
    numbers = np.atleast_1d(np.asarray(value))
    whole = numbers.dtype.kind in "iub" and np.abs(numbers).max(initial=0) < 2**31
    kind = 1 if numbers.dtype == np.int8 else 4 if whole else 6
    return _int(kind) + _int(numbers.size) + _padded(numbers.astype(_TYPES[kind]).tobytes())
