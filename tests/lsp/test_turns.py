"""While a message is answered, a check waits at its next checkpoint, and goes on afterwards."""

from __future__ import annotations

import asyncio
import threading

from mscnet.language import check_text
from mscnet.lsp.turns import Turns


def test_work_goes_on_after_an_answer_and_not_before() -> None:
    seen: list[str] = []

    async def answer() -> None:
        turns, begun = Turns(), threading.Event()

        def check() -> None:
            turns.wait_here()
            begun.set()
            check_text("units time = s, concentration = mM\nA -> B @ 0.1\n")
            seen.append("checked")

        thread = threading.Thread(target=check, daemon=True)
        with turns.answering():
            thread.start()
            begun.wait(30)
            thread.join(0.3)
            seen.append("answered")
        for _ in range(3000):  # half a minute at most
            if not thread.is_alive():
                break
            await asyncio.sleep(0.01)

    asyncio.run(answer())
    assert seen == ["answered", "checked"]
