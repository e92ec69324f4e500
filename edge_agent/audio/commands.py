"""``village-agent audio``: the words to be spoken, and the voice."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.audio.live_commands import add_live_command
from edge_agent.audio.log_commands import add_log_command
from edge_agent.audio.script import spoken_words
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from edge_agent.audio.script import Lexicon, Script

DEFAULT_VOICES = ("kokoro", "espeak", "pyttsx3")
MOST_REPORTED = 20
"""Pieces that stay silent and are listed; more are counted."""
DEFAULT_SETTINGS = "/etc/village-agent/agent.toml"
MODEL_FOLDERS = ("/var/lib/village-agent/voice", "~/.cache/village-notice/voice")
"""Where set-up puts Kokoro's model: on a box, and on a desk."""
_REASONS = {
    "emoji": "表情符号不读 emoji are silent",
    "control": "控制字符不读 control characters are silent",
    "link": "网址不读 links are silent",
    "markup": "标记不读 mark-up is silent",
    "script": "这种文字没有语音 no voice for this script",
    "sign": "符号不读 signs are silent",
    "personal": "个人信息不读 personal data is kept back",
    "length": "文字太长，后面不读 cut here, too long",
}


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Hang the subcommands of ``audio`` under its parser."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    script = commands.add_parser(
        "script",
        help="print the words to be spoken",
        description="Print the words to be spoken for TEXT; what stays silent goes to stderr.",
    )
    script.add_argument("text", metavar="TEXT", help="a text, or - to read it from stdin (UTF-8)")
    _add_lexicon(script)
    script.add_argument("--pinyin", action="store_true", help="print the pinyin beneath")
    script.set_defaults(run=_script)
    say = commands.add_parser(
        "say",
        help="speak a text into a WAV file",
        description="Speak TEXT into a WAV file: 48 kHz, 16 bit, mono, -16 LUFS.",
    )
    say.add_argument("text", metavar="TEXT", help="a text, or - to read it from stdin (UTF-8)")
    say.add_argument("--out", type=Path, required=True, metavar="FILE.wav", help="file to write")
    say.add_argument(
        "--voice",
        metavar="V",
        help="kokoro, espeak or pyttsx3, with :NAME for one of its voices"
        " (default: those of the settings, else the best there is)",
    )
    say.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="pace, 0.5 to 2.0")
    say.add_argument("--deadline", type=float, default=120.0, metavar="S", help="most seconds")
    say.add_argument("--model", type=Path, metavar="DIR", help="where Kokoro's model lies")
    _add_lexicon(say)
    say.set_defaults(run=_say)
    add_live_command(commands)
    add_log_command(commands)


def _add_lexicon(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lexicon",
        type=Path,
        metavar="FILE.toml",
        help='the county\'s words, one a line: "解州" = "xiè zhōu"',
    )


def _speed(text: str) -> float:
    value = float(text)
    if not 0.5 <= value <= 2.0:
        raise argparse.ArgumentTypeError("0.5 to 2.0")
    return value


def _script(arguments: argparse.Namespace) -> int:
    script = spoken_words(_text(arguments.text), read_lexicon(arguments.lexicon))
    if script.silent:
        _report(script)
        sys.stderr.write("没有可以播出的文字 there is nothing to say\n")
        return 1
    sys.stdout.write(script.words + "\n")
    if arguments.pinyin:
        from edge_agent.audio.voices.pronunciation import pinyin_text  # noqa: PLC0415 - heavy

        sys.stdout.write(pinyin_text(script) + "\n")
    _report(script)
    return 0


def _say(arguments: argparse.Namespace) -> int:
    from edge_agent.audio.sounds import wav_bytes  # noqa: PLC0415 - `script` needs no sound
    from edge_agent.audio.voices.choice import choose_voice  # noqa: PLC0415

    names, folder, lexicon_file = _configured()
    names = (arguments.voice,) if arguments.voice else names
    script = spoken_words(_text(arguments.text), read_lexicon(arguments.lexicon or lexicon_file))
    _report(script)
    voice = choose_voice(names, arguments.model or folder)
    try:
        sound = voice.render(script, arguments.speed, arguments.deadline)
    finally:
        voice.close()
    arguments.out.write_bytes(wav_bytes(sound.data))
    sys.stdout.write(
        f"{arguments.out}: {sound.duration_s:.1f} s, {sound.engine} {sound.voice},"
        f" {sound.loudness_lufs:.1f} LUFS\n"
    )
    if sound.left_out:
        sys.stderr.write(f"读不出 left out: {' '.join(sound.left_out)}\n")
    return 0


def read_lexicon(path: Path | None) -> Lexicon:
    """The county's words from a TOML file, ``"word" = "pinyin or replacement"`` a line.

    Raises:
        SettingsError: the file is missing or not of that form.
    """
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError([f"词典 lexicon {path}: {error}"]) from error
    wrong = [word for word, reading in table.items() if not isinstance(reading, str)]
    if wrong:
        raise SettingsError([f"词典 lexicon {path}: {wrong[0]!r} needs a text behind it"])
    return table


def model_folder() -> Path:
    """Where Kokoro's model lies: ``$VILLAGE_VOICE_FOLDER``, or where set-up put it."""
    given = os.environ.get("VILLAGE_VOICE_FOLDER")
    folders = [Path(given or name).expanduser() for name in MODEL_FOLDERS]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def _configured() -> tuple[tuple[str, ...], Path | None, Path | None]:
    """Voices, model folder and lexicon of this box's settings, or defaults where it has none."""
    path = Path(os.environ.get("VILLAGE_SETTINGS", DEFAULT_SETTINGS))
    model = model_folder()
    if not path.is_file():
        return DEFAULT_VOICES, model, None
    from edge_agent import settings  # noqa: PLC0415 - a desk without a box has none

    audio = settings.load(path).audio
    return (
        audio.voices,
        Path(audio.voice_folder) if audio.voice_folder else model,
        Path(audio.lexicon_file) if audio.lexicon_file else None,
    )


def _text(argument: str) -> str:
    """The text itself, or standard input; bytes that are no UTF-8 are replaced, not fatal."""
    if argument == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return argument


def _report(script: Script) -> None:
    more = len(script.unspoken) - MOST_REPORTED
    for item in script.unspoken[:MOST_REPORTED]:
        shown = item.text.encode("utf-8", "backslashreplace").decode("utf-8")
        shown = "".join(s if s.isprintable() else f"U+{ord(s):04X}" for s in shown[:40])
        sys.stderr.write(f"{_REASONS.get(item.reason, item.reason)}: {shown}\n")
    if more > 0:
        sys.stderr.write(f"还有 {more} 处不读 and {more} more are silent\n")
