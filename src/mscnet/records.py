"""`dataclass` as in the standard library, whose methods are made when they are worth it.

The standard decorator compiles up to six methods a class, which is a third of what a small command takes.  Here a
class gets them from the standard library one by one, when they are first called; its ``__init__`` only after a
number of objects, since filling in the fields of a few is quicker than compiling.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import field as field
from dataclasses import replace as replace
from typing import TYPE_CHECKING, Any, NoReturn

#: So many objects of a class are filled in field by field before its ``__init__`` is compiled.
FILLED_IN = 200

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **settings):
        """The class decorator; it takes `frozen`, `slots`, `eq` and `repr`."""
        return _decorated(cls, **settings) if cls is not None else lambda given: _decorated(given, **settings)


def _decorated(cls: type, /, *, frozen: bool = False, slots: bool = False, eq: bool = True, repr: bool = True) -> type:
    if cls.__doc__ is None:
        cls.__doc__ = f"{cls.__name__}."  # the standard library would work out a signature instead
    own = set(cls.__dict__) - ({"__hash__"} if cls.__dict__.get("__hash__", 0) is None else set())
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    wanted = {"__init__": True, "__repr__": repr, "__eq__": eq, "__hash__": eq and frozen}
    for name in [name for name, asked in wanted.items() if asked and name not in own]:
        setattr(made, name, _first_init(made) if name == "__init__" else _on_first_call(made, name))
    if eq and not frozen and "__hash__" not in own:
        made.__hash__ = None
    if frozen:
        made.__setattr__, made.__delattr__ = _refuse_assignment, _refuse_deletion
        if slots:  # pickle and copy would assign
            made.__getstate__, made.__setstate__ = _state, _set_state
    made.__signature__ = _Signature()
    return made


def _first_init(cls: Any) -> Callable[..., None]:
    """The ``__init__`` of the first objects of `cls`."""
    count = 0
    fields = dataclasses.fields(cls)
    names = [each.name for each in fields]

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        values = dict(zip(names, args, strict=False))
        known = len(values) + len(named)  # one given twice, or one too many, makes the two differ
        values.update(named)
        for each in fields:
            if each.name not in values:
                known += 1
                if each.default is not dataclasses.MISSING:
                    values[each.name] = each.default
                elif each.default_factory is not dataclasses.MISSING:
                    values[each.name] = each.default_factory()
        if count > FILLED_IN or not known == len(values) == len(names) >= len(args):
            return _generate(cls, "__init__")(self, *args, **named)  # which also says what is wrong with these
        for name in names:
            object.__setattr__(self, name, values[name])
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def _on_first_call(cls: type, name: str) -> Callable[..., Any]:
    """A method that puts the real one into its place, and calls it."""

    def method(self: Any, *args: Any, **named: Any) -> Any:
        return _generate(cls, name)(self, *args, **named)

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return method


def _generate(cls: Any, name: str) -> Callable[..., Any]:
    """Has the standard library make one method of `cls`, and keeps it there."""
    fields = dataclasses.fields(cls)
    twin: Any = type(
        cls.__name__,
        (),
        {
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__annotations__": {each.name: each.type for each in fields},
            **{each.name: each for each in fields},
            **({"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}),
        },
    )
    initial = name == "__init__"
    dataclasses.dataclass(
        init=initial,
        repr=name == "__repr__",
        eq=name == "__eq__",
        unsafe_hash=name == "__hash__",
        frozen=initial and cls.__setattr__ is _refuse_assignment,
        match_args=False,
    )(twin)
    method: Callable[..., Any] = twin.__dict__[name]
    setattr(cls, name, method)
    return method


class _Signature:
    """What `inspect.signature` finds on a class: that of its real ``__init__``."""

    def __get__(self, instance: object, cls: Any) -> Any:
        import inspect

        if "__init__" in cls.__dict__ and dataclasses.is_dataclass(cls):
            _generate(cls, "__init__")
        signature = inspect.signature(cls.__init__)
        return signature.replace(parameters=list(signature.parameters.values())[1:])


def _refuse_assignment(self: Any, name: str, value: Any) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: Any, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
