"""Parser actions of events: one function a grammar rule that begins with ``event_``."""

from __future__ import annotations

from typing import Any

from mscnet.language import build
from mscnet.language.build import Token
from mscnet.language.syntax import ActionX, EventX, LogicX, TriggerX, Word

_is_token, _start, _end, _word = build._is_token, build._start, build._end, build._word

#: The head of each kind, by its token.
_HEADS = {"EVENT_AT": "at", "EVENT_EVERY": "every", "EVENT_WHEN": "when"}
Limit = tuple[Word, Any]


def _event(parts: list[Any], trigger: TriggerX, variable: Word | None = None) -> EventX:
    head = next(part for part in parts if _is_token(part) and part.type in _HEADS)
    label = _word(parts[0]) if parts[0] is not head else None
    block: list[Any] = parts[-1]
    actions = tuple(part for part in block if isinstance(part, ActionX))
    opening = _start(block[0])
    return EventX(
        _HEADS[head.type], label, trigger, actions, variable, _start(head), opening, _start(parts[0]), _end(block[-1])
    )


def _after_head(parts: list[Any]) -> list[Any]:
    """What stands between the head and the block."""
    at = next(i for i, part in enumerate(parts) if _is_token(part) and part.type in _HEADS)
    return parts[at + 1 : -1]


def event_at(parts: list[Any]) -> EventX:
    inner = _after_head(parts)
    named = len(inner) > 1 and _is_token(inner[1]) and inner[1].type == "EQUAL"
    variable = _word(inner[0]) if named else None
    return _event(parts, TriggerX(tuple(part for part in inner if not _is_token(part))), variable)


def event_every(parts: list[Any]) -> EventX:
    period, *limits = _after_head(parts)
    return _event(parts, TriggerX((period,), tuple(limits)))


def event_limit(parts: list[Any]) -> Limit:
    return _word(parts[0]), parts[1]


def event_when(parts: list[Any]) -> EventX:
    inner = _after_head(parts)
    once = any(_is_token(part) for part in inner)
    nodes = [part for part in inner if not _is_token(part)]
    hold = nodes[1][0] if len(nodes) > 1 else None
    return _event(parts, TriggerX((), (), nodes[0], hold, once))


def event_hold(parts: list[Any]) -> list[Any]:
    return [parts[1]]


def _joined(operator: str, parts: list[Any]) -> Any:
    nodes = tuple(part for part in parts if not _is_token(part))
    return nodes[0] if len(nodes) == 1 else LogicX(operator, nodes, nodes[0].start, nodes[-1].end)


def event_any(parts: list[Any]) -> Any:
    return _joined("or", parts)


def event_all(parts: list[Any]) -> Any:
    return _joined("and", parts)


def event_not(parts: list[Any]) -> LogicX:
    return LogicX("not", (parts[1],), _start(parts[0]), parts[1].end)


def event_group(parts: list[Any]) -> Any:
    return parts[1]


def event_actions(parts: list[Any]) -> list[Any]:
    """The opening bracket, the actions, the closing bracket."""
    return [parts[0], *(part for part in parts if isinstance(part, ActionX)), parts[-1]]


def event_action(parts: list[Any]) -> ActionX:
    operator: Token = parts[-2]
    target = _word(parts[0] if len(parts) == 3 else parts[1])  # the second of `[A] = …`
    return ActionX(target, operator.value, parts[-1], _start(parts[0]), parts[-1].end)
