"""From a notice to the words that are spoken. Pure: the hub's preview uses it too."""

from edge_agent.audio.script.notice import announcement
from edge_agent.audio.script.script import Lexicon, Script, Unspoken
from edge_agent.audio.script.words import spoken_words

__all__ = ["Lexicon", "Script", "Unspoken", "announcement", "spoken_words"]
