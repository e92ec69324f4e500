"""Where sound leaves the box: one sink is one sound card, or a file that behaves like one."""

from edge_agent.audio.sinks.sink import Sink, SinkLostError

__all__ = ["Sink", "SinkLostError"]
