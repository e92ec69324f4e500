"""Kokoro v1.0, a neural voice: 92 MB of int8 weights, Mandarin, offline.

The folder is filled by ``python -m edge_agent.audio.voices.fetch``. Model inputs: ``tokens``
(int64, 1 × n+2, zero at both ends), ``style`` (float32, 1 × 256, row n of the voice), ``speed``
(float32, 1); output: float32 mono at 24 kHz. It takes 510 tokens at most.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from edge_agent.audio.script.script import Script
from edge_agent.audio.voices.engine import RawSpeech
from edge_agent.audio.voices.finishing import joined
from edge_agent.audio.voices.phonemes import letter_phonemes, syllable_phonemes
from edge_agent.audio.voices.pronunciation import Word, pronounce, unknown_characters
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.audio.voices.loudness import Samples

RATE_HZ = 24_000
MOST_TOKENS = 510
_STYLES = (510, 1, 256)
_LONGEST_PIECE = 260
"""Tokens; well below the limit, because long inputs are read hastily."""
_PAUSE_S = 0.27
_PACE = 0.9
"""A tenth slower than the model's own pace: measured better through a horn, no worse indoors."""
_PUNCTUATION = dict(zip("，、。！？；：（）()—·,.!?;:", ",,.!?;:,,,,, ,.!?;:", strict=True))
"""Signs the model knows, and which of them stands for which of ours; a space follows each."""
_CLAUSE_END = re.compile(r"(?<=[,.;:!?] )")


class KokoroEngine:
    """The model and one voice, loaded once. Not safe for several threads.

    Args:
        folder: holds ``model.onnx``, ``vocab.json`` and ``voices/NAME.bin``.
        voice: one of Kokoro's Mandarin voices, ``zm_yunjian`` or ``zf_xiaoyi``.
    """

    def __init__(self, folder: Path, voice: str) -> None:
        try:
            vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
            styles = np.fromfile(folder / "voices" / f"{voice}.bin", dtype="<f4")
        except (OSError, ValueError, KeyError) as error:
            raise VoiceError(
                f"语音模型不完整，请先下载: python -m edge_agent.audio.voices.fetch --into {folder}"
                f" (kokoro voice {voice}: {error})"
            ) from error
        self.voice = voice
        self._tokens: dict[str, int] = vocabulary
        self._styles = styles.reshape(_STYLES)
        self._model = _load(folder / "model.onnx")

    def speak(self, script: Script, speed: float) -> RawSpeech:
        """Sentence by sentence, so that no piece exceeds the model's limit."""
        left_out: list[str] = list(unknown_characters(script))
        pieces = []
        for sentence in script.sentences:
            words = pronounce(Script(sentence, (), script.readings))
            phonemes = self._phonemes(words, left_out)
            pieces += [self._sound(piece, speed) for piece in self._short(phonemes)]
        return RawSpeech(joined(pieces, RATE_HZ, _PAUSE_S), RATE_HZ, tuple(dict.fromkeys(left_out)))

    def _phonemes(self, words: tuple[Word, ...], left_out: list[str]) -> str:
        parts: list[str] = []
        for word in words:
            if word.syllables:
                parts.append("".join(syllable_phonemes(each) for each in word.syllables) + " ")
            elif word.text.isascii() and word.text.isalpha():
                parts.append(" ".join(letter_phonemes(each) for each in word.text) + " ")
            elif word.text in _PUNCTUATION:
                parts.append("\b" + _PUNCTUATION[word.text] + " ")
            elif word.text.isalnum():
                left_out.append(word.text)
        text = re.sub(r" *\x08", "", "".join(parts))
        text = re.sub(r"[,.!?;:]+ ?(?=[,.!?;:])", "", text)
        unknown = [sign for sign in text if sign not in self._tokens]
        left_out.extend(unknown)
        return text.strip()

    def _short(self, phonemes: str) -> list[str]:
        """Pieces within the limit, cut after a clause if there is one, else anywhere."""
        pieces, current = [], ""
        for clause in _CLAUSE_END.split(phonemes):
            if current and len(current) + len(clause) > _LONGEST_PIECE:
                pieces.append(current)
                current = ""
            current += clause
            while len(current) > MOST_TOKENS:
                cut = current.rfind(" ", 0, _LONGEST_PIECE) + 1 or _LONGEST_PIECE
                pieces.append(current[:cut])
                current = current[cut:]
        return [*pieces, current] if current.strip(" ,.;:!?") else pieces

    def _sound(self, phonemes: str, speed: float) -> Samples:
        tokens = [self._tokens[sign] for sign in phonemes if sign in self._tokens]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": self._styles[min(len(tokens), len(self._styles) - 1)],
            "speed": np.array([speed * _PACE], dtype=np.float32),
        }
        sound = self._model.run(None, inputs)[0]
        return np.asarray(sound, dtype=np.float64).ravel()


def _load(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, os.cpu_count() or 1)
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise VoiceError(f"语音模型打不开 the voice model does not load: {error}") from error
