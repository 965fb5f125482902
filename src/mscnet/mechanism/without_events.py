"""What cannot be done with a model that has events, refused by name."""

from __future__ import annotations

from mscnet.diagnostics import UNSUPPORTED, MechanismError
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
