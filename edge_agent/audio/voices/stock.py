"""Emergency phrases spoken beforehand: ``python -m edge_agent.audio.voices.stock --into DIR``.

When no voice can speak, a phrase that fits the alert is still better than a siren alone. The
best voice of the hub or the workshop speaks them in set-up; the box only plays them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.audio.script import spoken_words
from edge_agent.audio.voices.render import render_script
from edge_agent.audio.voices.voice import Rendering, VoiceError

if TYPE_CHECKING:
    from edge_agent.audio.script import Script
    from edge_agent.audio.voices.voice import Voice

PHRASES = {
    "flood": "紧急通知！紧急通知！洪水危险！河边、沟口、低洼处的人，请立即向高处转移，不要过河。",
    "fire": "紧急通知！紧急通知！发生火灾！请立即离开，用湿毛巾捂住口鼻，弯腰走，不要返回。",
    "earthquake": "紧急通知！紧急通知！地震！请立即到空旷的地方，远离房屋、电线和陡坡。",
    "landslide": "紧急通知！紧急通知！滑坡、泥石流危险！请立即向两侧山坡高处转移，不要顺沟跑。",
    "move": "紧急通知！紧急通知！请立即转移到安全地点，听从村干部安排，照顾好老人和小孩。",
    "exercise": "演练，演练，这是一次演练。请按照预案有序转移。以上是演练，请不要惊慌。",
}
"""Name to words."""
_SIGNS = {
    "flood": ("洪", "溃坝", "决堤", "内涝"),
    "fire": ("火灾", "山火", "着火", "火警"),
    "earthquake": ("地震",),
    "landslide": ("滑坡", "泥石流", "崩塌", "地质灾害"),
    "move": ("转移", "撤离", "避险", "红色预警"),
}
_NO_ALARM = ("解除", "取消", "防火期", "宣传", "培训", "知识")


def fitting_phrase(words: str) -> str:
    """The name of the phrase for an emergency text, empty if none fits."""
    if "演练" in words:
        return "exercise"
    if ("紧急" not in words and "预警" not in words) or any(sign in words for sign in _NO_ALARM):
        return ""
    return next((name for name, signs in _SIGNS.items() if any(s in words for s in signs)), "")


class StockVoice:
    """Says one of the phrases instead of the words, if the words are an emergency.

    Args:
        folder: holds ``NAME.opus`` or ``NAME.wav`` of ``PHRASES``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """``stock``."""
        return "stock"

    def render(self, script: Script, speed: float = 1.0, deadline_s: float = 60.0) -> Rendering:
        """See `Voice.render`; ``speed`` and ``deadline_s`` make no difference to a file."""
        del speed, deadline_s
        name = fitting_phrase(script.words)
        path = next((p for p in self._folder.glob(f"{name}.*") if name), None)
        if path is None:
            raise VoiceError("没有合适的备用录音 no stock phrase fits these words")
        from edge_agent.audio.voices.recording import open_recording  # noqa: PLC0415 - numpy

        sound = open_recording(path.read_bytes())
        return Rendering(sound.data, "stock", name, sound.loudness_lufs, sound.peak_dbtp)

    def close(self) -> None:
        """Nothing runs."""


def render_phrases(folder: Path, voice: Voice) -> list[Path]:
    """Have ``voice`` speak every phrase that ``folder`` lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, text in PHRASES.items():
        if not any(folder.glob(f"{name}.*")):
            rendered = render_script(spoken_words(text), voice)
            ending = "opus" if rendered.mime == "audio/ogg" else "wav"
            path = folder / f"{name}.{ending}"
            path.write_bytes(rendered.file)
            made.append(path)
    return made


def main() -> int:
    """Speak the phrases; returns 0 done, 1 failed."""
    from edge_agent.audio.voices.choice import choose_voice  # noqa: PLC0415 - it knows us, too

    parser = argparse.ArgumentParser(description="Speak the emergency phrases into files.")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", type=Path, metavar="DIR", help="where Kokoro's model lies")
    arguments = parser.parse_args()
    voice = choose_voice(("kokoro", "espeak"), arguments.model)
    try:
        for path in render_phrases(arguments.into, voice):
            sys.stdout.write(f"{path}\n")
    except (VoiceError, OSError) as error:
        sys.stderr.write(f"未完成 failed: {error}\n")
        return 1
    finally:
        voice.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
