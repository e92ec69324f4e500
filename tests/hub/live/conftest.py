"""Live speech over the real road: the fixtures of the dispatcher's tests."""

from tests.hub.dispatch.conftest import road

__all__ = ["road"]
