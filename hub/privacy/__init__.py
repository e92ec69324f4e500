"""The privacy gate: what of a notice may leave the hub, decided before anybody signs.

``examine(notice)`` reads a notice in the JSON form of the county's exchange files and returns a
``Gate``; ``apply(gate, notice)`` returns the notice as it may be published. Pure Python.
"""

from hub.privacy.cleaning import apply
from hub.privacy.decisions import Decision, Gate, Override, OverrideRefusedError
from hub.privacy.gate import examine

__all__ = ["Decision", "Gate", "Override", "OverrideRefusedError", "apply", "examine"]
