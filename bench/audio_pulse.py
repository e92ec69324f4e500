"""Record in real time what a sound server received: python bench/audio_pulse.py.

Needs Debian's pulseaudio, pulseaudio-utils and libasound2-plugins, and no sound card. A private
PulseAudio with two null sinks stands for two zones' cards; the audio part plays on them through
aplay, as on a box; ``parec`` records both at once. What was recorded is compared, sample by
sample, with what was announced; no exit code is believed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from audio_playing import ALERT_S, VILLAGE, Bench, flood, notice, pcm_of

from contract.notice import Speech

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATE_HZ = 48_000
ZONES = {"horn": 1, "hill": 2}
NEEDED = ("pulseaudio", "pactl", "parec", "aplay")
WORDS = "山洪演练结束"
"""Words of two seconds: `pcm_of` makes those with 山洪 short."""


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PulseAudio of our own with a null sink a zone; its address."""
    socket = folder / "pulse"
    loads = [f"module-null-sink sink_name={name} rate={RATE_HZ} channels=1" for name in ZONES]
    loads.append(f"module-native-protocol-unix auth-anonymous=1 socket={socket}")
    words = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit"]
    for load in loads:
        words += ["-L", load]
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PULSE_RUNTIME_PATH": str(folder)}
    process = subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL)
    try:
        until_s = time.monotonic() + 20
        while not socket.exists():
            if time.monotonic() > until_s or process.poll() is not None:
                raise TimeoutError("pulseaudio did not come up")
            time.sleep(0.05)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def recorded(folder: Path, address: str) -> Iterator[None]:
    """Both zones' monitors, recorded into ``NAME.raw`` while the block lasts."""
    children = []
    for name in ZONES:
        with (folder / f"{name}.raw").open("wb") as out:
            words = ["parec", "-s", address, "-d", f"{name}.monitor", "--raw", "--format=s16le"]
            words += [f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=50"]
            children.append(subprocess.Popen(words, stdout=out))
    time.sleep(0.5)
    try:
        yield
    finally:
        time.sleep(0.5)
        for child in children:
            child.terminate()
            child.wait(10)


def sound_of(folder: Path, name: str) -> NDArray[np.float64]:
    return np.fromfile(folder / f"{name}.raw", "<i2").astype(float)


def compare(heard: NDArray[np.float64], said: bytes) -> tuple[float, float, int]:
    """Where (seconds) ``said`` lies in ``heard``, how alike it is there, and bits that differ."""
    wanted = np.frombuffer(said, "<i2").astype(float)
    size = 1 << (len(heard) + len(wanted)).bit_length()
    across = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    start = int(np.argmax(across[: max(1, len(heard) - len(wanted))]))
    found = heard[start : start + len(wanted)]
    if not found.any():
        return start / RATE_HZ, 0.0, len(wanted)
    alike = float(np.corrcoef(found, wanted[: len(found)])[0, 1])
    return start / RATE_HZ, alike, int(np.count_nonzero(found != wanted[: len(found)]))


def play(folder: Path, address: str) -> None:
    """A notice for one zone, then an emergency for both."""
    config = folder / "alsa.conf"
    cards = "".join(
        f'pcm.{name} {{ type pulse server "{address}" device "{name}" }}\n' for name in ZONES
    )
    config.write_text(f"</usr/share/alsa/alsa.conf>\n{cards}", encoding="ascii")
    os.environ["ALSA_CONFIG_PATH"] = str(config)
    zones = "".join(
        f'[[zone]]\nname = "{name}"\nsink = "alsa"\ndevice = "{name}"\ngroups = [{group}]\n'
        for name, group in ZONES.items()
    )
    bench = Bench(folder, zones)
    bench.use_own_voice()
    try:
        time.sleep(8)  # the chime is made on the first start
        with recorded(folder, address):
            started_s = time.monotonic()
            text = replace(notice("N001", WORDS), areas=(f"{VILLAGE}-1",), speech=Speech(WORDS))
            bench.publish(text)
            time.sleep(9)
            bench.alert(flood("fire"))
            time.sleep(ALERT_S + 9)
            took_s = time.monotonic() - started_s
    finally:
        bench.stop()
    report(folder, took_s)


def report(folder: Path, took_s: float) -> None:
    """What each zone's card was given, in real time."""
    heard = {name: sound_of(folder, name) for name in ZONES}
    for name, sound in heard.items():
        print(f"{name}: {len(sound) / RATE_HZ:.1f} s recorded in {took_s:.1f} s of real time")
    alarm_at = {}
    for name, sound in heard.items():
        alarm_at[name], alike, wrong = compare(sound, pcm_of("山洪 fire"))
        print(f"emergency in {name}: likeness {alike:.4f}, {wrong} samples differ")
    at_s, alike, wrong = compare(heard["horn"], pcm_of(WORDS))
    print(
        f"notice in horn, its zone: likeness {alike:.4f}, {wrong} samples differ, at {at_s:.1f} s"
    )
    until = round((alarm_at["hill"] - 6.0) * RATE_HZ)
    loudest = np.abs(heard["hill"][:until]).max() if until > 0 else float("nan")
    print(f"hill, not its zone, meanwhile: loudest sample {loudest:.0f} (0 is silence)")
    print(f"{datetime.now(UTC):%Y-%m-%d}: recorded from PulseAudio's monitors, not from exit codes")


def main() -> int:
    """Record, or say loudly that nothing was recorded and what to install."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"NOT RECORDED, missing: {', '.join(missing)}")
        print("apt-get install pulseaudio pulseaudio-utils libasound2-plugins alsa-utils")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with server(folder) as address:
            play(folder, address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
