"""Live speech over the real road: the fixtures of the dispatcher's tests."""

from tests.hub.dispatch.conftest import algorithm, road

__all__ = ["algorithm", "road"]
