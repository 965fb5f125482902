"""What cannot be done with a model that has events, refused by name."""

from __future__ import annotations

from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.mechanism.events import AtTimes, Event, Every, When
from mscnet.mechanism.mechanism import Mechanism


def refuse_events(model: Mechanism, what: str, hint: str | None = None) -> None:
    """Refuses, where a model has events, `what` does not have them yet.

    Raises:
        MechanismError: it has some; unsupported, with the place of the first.
    """
    if model.events:
        first = model.events[0]
        message = f"{what} of a mechanism with events (`{first.shown}`): mscnet does not have this yet"
        raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=first.span)


def refuse_steady(model: Mechanism) -> None:
    """Refuses the steady state of a model with events: there is none where one goes on without end.

    Raises:
        MechanismError: it has some; E045 for those without end, else unsupported.
    """
    endless = next((event for event in model.events if _is_endless(event)), None)
    if endless is not None:
        message = f"`{endless.shown}` goes on without end, so there is no steady state"
        hint = "say how often, as in `times 4`; or follow what repeats in a run (--t-end)"
        raise MechanismError.of("E045", message, hint=hint, span=endless.span)
    watching = next((event for event in model.events if isinstance(event.trigger, When)), None)
    if watching is not None:
        what = f"a steady state on whose way `{watching.shown}` may happen"
        hint = "run it for long (--t-end); `mechanism.without_events()` has a steady state, if nothing happens"
        raise MechanismError.of(UNSUPPORTED, f"{what}: mscnet does not have this yet", hint=hint, span=watching.span)
    for event in model.events[:1]:
        message = f"a steady state after events (`{event.shown}`): mscnet does not have this yet"
        hint = "run it for long (--t-end); `mechanism.without_events()` has the one in which nothing has happened"
        raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=event.span)


def _is_endless(event: Event) -> bool:
    match event.trigger:
        case Every(last=None, count=None):
            return True
        case Every() | AtTimes() | When():
            return False
