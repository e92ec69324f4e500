"""Opus in and out, by the reference programs ``opusenc`` and ``opusdec`` of Debian's opus-tools.

They run as separate processes: a broken file can hurt nobody but them, and neither hub nor box
needs a codec library in its own process.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from typing import IO

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.voices.voice import VoiceError

BITS_PER_S = 24_000
"""24 kbit/s: a sentence of six seconds is 18 KB, and the ear misses nothing."""
_TIME_OUT_S = 120.0
_CHUNK = 1 << 16
_PAGE, _HEAD_BYTES, _LAST = b"OggS", 27, 4
"""RFC 3533: a page's sign, the length of its head, and the flag of the last one."""


def encode(pcm: bytes) -> bytes:
    """Ogg Opus of 48 kHz mono samples.

    Raises:
        VoiceError: opus-tools are not installed or refuse.
    """
    command = ["opusenc", "--quiet", "--raw", "--raw-rate", str(RATE_HZ), "--raw-chan", "1"]
    command += ["--bitrate", str(BITS_PER_S // 1000), "--speech", "--discard-comments", "-", "-"]
    try:
        done = subprocess.run(
            command, input=pcm, capture_output=True, timeout=_TIME_OUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VoiceError(f"请安装 opus-tools: opusenc cannot be run: {error}") from error
    if done.returncode != 0 or not done.stdout.startswith(b"OggS"):
        raise VoiceError(f"opusenc: {done.stderr.decode('utf-8', 'replace').strip()[-200:]}")
    return done.stdout


def decode(data: bytes, most_bytes: int) -> bytes:
    """WAV of an Ogg Opus file at 48 kHz, its header without a true length.

    Never more than ``most_bytes`` are made: the program is ended when it goes on.

    Raises:
        VoiceError: it is no Opus file or not all of one, or opus-tools are not installed.
    """
    if data.startswith(_PAGE) and not _is_whole(data):
        raise VoiceError("录音文件损坏或不完整，请重新导出再上传 (cut short or damaged)")
    with tempfile.NamedTemporaryFile(suffix=".opus") as source:
        source.write(data)
        source.flush()
        command = ["opusdec", "--quiet", "--no-dither", "--force-wav", "--rate", str(RATE_HZ)]
        try:
            child = subprocess.Popen(
                [*command, source.name, "-"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise VoiceError(f"请安装 opus-tools: opusdec cannot be run: {error}") from error
        sound = _drain(child, most_bytes)
    if not sound.startswith(b"RIFF"):
        raise VoiceError("录音文件损坏，不是 Opus 格式 (not an Opus file)")
    return sound


def _is_whole(data: bytes) -> bool:
    """Whether page follows page up to one that calls itself the last; opusdec does not ask."""
    place, flags = 0, 0
    while data.startswith(_PAGE, place) and len(data) >= place + _HEAD_BYTES:
        flags, count = data[place + 5], data[place + _HEAD_BYTES - 1]
        lengths = data[place + _HEAD_BYTES : place + _HEAD_BYTES + count]
        place += _HEAD_BYTES + count + sum(lengths)
        if len(data) < place:
            return False
    return bool(flags & _LAST)


def _drain(child: subprocess.Popen[bytes], most_bytes: int) -> bytes:
    """What the child writes, at most ``most_bytes``; then it is ended, as when it hangs."""
    stop = threading.Timer(_TIME_OUT_S, child.kill)
    stop.start()
    sound = bytearray()
    try:
        if child.stdout is not None:
            _fill(sound, child.stdout, most_bytes)
    finally:
        stop.cancel()
        child.kill()
        child.wait()
        with contextlib.suppress(OSError):
            if child.stdout is not None:
                child.stdout.close()
    return bytes(sound[:most_bytes])


def _fill(sound: bytearray, pipe: IO[bytes], most_bytes: int) -> None:
    while len(sound) < most_bytes and (chunk := pipe.read(_CHUNK)):
        sound += chunk
