"""The child process in which an engine lives: ``python -m edge_agent.audio.voices.worker``.

One line of JSON comes in (``words``, ``readings``, ``speed``); one line of JSON goes out,
followed by as many bytes of PCM as its ``bytes`` says. The engine is loaded with the first
request, and the process ends when its input closes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.script.words import spoken_words
from edge_agent.audio.voices.finishing import finished, to_pcm
from edge_agent.audio.voices.loudness import SILENT_LUFS, loudness_lufs, true_peak_dbtp
from edge_agent.audio.voices.phrasing import phrased
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from typing import BinaryIO

    from edge_agent.audio.voices.engine import Engine


def load_engine(name: str, voice: str, folder: Path) -> Engine:
    """The engine called ``name``; only its own libraries are imported.

    Raises:
        VoiceError: it cannot be loaded here.
    """
    try:
        if name == "kokoro":
            from edge_agent.audio.voices.kokoro import KokoroEngine  # noqa: PLC0415 - 60 MB

            return KokoroEngine(folder, voice)
        if name == "espeak":
            from edge_agent.audio.voices.espeak import EspeakEngine  # noqa: PLC0415 - numpy

            return EspeakEngine(voice)
        if name == "pyttsx3":
            from edge_agent.audio.voices.pyttsx3_file import Pyttsx3Engine  # noqa: PLC0415

            return Pyttsx3Engine(voice)
    except ImportError as error:
        raise VoiceError(f"缺少软件包 {error.name}，请安装 village-notice[voice]") from error
    raise VoiceError(f"没有这种语音 no such voice: {name}; 可用 use kokoro, espeak, pyttsx3")


def answer(engine: Engine, request: dict[str, Any]) -> tuple[dict[str, object], bytes]:
    """What the engine makes of one request: facts and PCM."""
    script = spoken_words(str(request["words"]), request["readings"])
    if script.silent:
        raise VoiceError("没有可以播出的文字 there is nothing to say")
    raw = engine.speak(phrased(script), float(request["speed"]))
    sound = finished(raw.samples, raw.rate_hz)
    level = loudness_lufs(sound, RATE_HZ)
    if level <= SILENT_LUFS:
        raise VoiceError("语音没有声音 the voice gave silence")
    facts = {"loudness_lufs": round(level, 2), "peak_dbtp": round(true_peak_dbtp(sound), 2)}
    return facts | {"voice": engine.voice, "left_out": list(raw.left_out)}, to_pcm(sound)


def serve(engine_name: str, voice: str, folder: Path, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    engine: Engine | None = None
    for line in source:
        facts: dict[str, object] = {"ready": True}
        data = b""
        try:
            engine = engine or load_engine(engine_name, voice, folder)
            request = json.loads(line)
            if "words" in request:
                facts, data = answer(engine, request)
        except VoiceError as error:
            facts = {"error": str(error)}
        header = json.dumps(facts | {"bytes": len(data)}, ensure_ascii=False)
        sink.write(header.encode("utf-8") + b"\n" + data)
        sink.flush()


def main() -> None:
    """Serve standard input; anything a library prints goes to standard error."""
    parser = argparse.ArgumentParser(description="One voice engine; speaks on standard output.")
    parser.add_argument("engine", help="kokoro, espeak or pyttsx3")
    parser.add_argument("--voice", default="", help="the engine's own name of a voice")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the model lies")
    arguments = parser.parse_args()
    sink, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(arguments.engine, arguments.voice, arguments.folder, sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
