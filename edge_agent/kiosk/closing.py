"""Closing slips and opening answers in a child: the server stays small, and never waits.

The library for it costs 9 MB, and the key of an answer 16 MB more for a moment; both are needed
a few times a day. ``python -m edge_agent.kiosk.closing`` reads one wish from standard input and
writes what came of it.
"""

from __future__ import annotations

import base64
import json
import sys

from contract.errors import ContractError, VillageError
from edge_agent.kiosk.child import ChildError, ask_child

WITHIN_S = 30.0


class ClosingError(VillageError, RuntimeError):
    """It could not be closed or opened."""


async def close_for_hub(key: bytes, text: str, slip: str, box: str) -> str:
    """A slip's words closed to the hub's public key, in base 64.

    Raises:
        ClosingError: the key is no key.
    """
    return await _asked("close", base64.b64encode(key).decode("ascii"), text, slip, box)


async def open_answer(code: str, closed_b64: str, slip: str, box: str) -> str:
    """An answer's words.

    Raises:
        ClosingError: another code, or the answer is damaged.
    """
    return await _asked("open", code, closed_b64, slip, box)


async def _asked(*wish: str) -> str:
    command = (sys.executable, "-m", __name__)
    try:
        said = await ask_child(command, json.dumps(wish).encode(), WITHIN_S)
    except ChildError as error:
        raise ClosingError(f"could not be closed or opened: {error}") from error
    return said.decode("utf-8")


def main() -> int:
    """Do one wish; 1 when it cannot be done."""
    from contract import sealing  # noqa: PLC0415 - the server imports this module without it

    act, key, text, slip, box = json.load(sys.stdin)
    context = sealing.slip_context(slip, box)
    try:
        if act == "close":
            closed = sealing.seal_for(base64.b64decode(key), text.encode("utf-8"), context)
            found = base64.b64encode(closed)
        else:
            found = sealing.open_with_code(key, base64.b64decode(text), context)
    except (ContractError, ValueError):
        return 1
    sys.stdout.buffer.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
