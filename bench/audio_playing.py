"""Measure the playing of the loudspeaker: python bench/audio_playing.py [--runs 100].

The audio part runs as its own process on a real store, with a recording sound card that keeps
real time and gpiozero's mock pins. Its voice is replaced by one that is ready at once, so that
only the playing is measured. All figures are read back from what the sound card was given.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract.alert import Alert
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Cap, Notice, Sender, Speech
from edge_agent import settings as box_settings
from edge_agent.clock import BoxClock
from edge_agent.poke import poke
from edge_agent.store import StoreWriter

VILLAGE = "530199001001"
KEY = PrivateKey.generate()
LONG_S, ALERT_S = 900.0, 2.0
SETTLE_S, IDLE_S = 3.0, 30.0
EAS_STATION_MS, OBPLAYER_MS = 25.0, 30_000.0
"""Peers, run (eas-station, median of 10, 25, 34 ms) and read (obplayer: 20 s, lead-in, tone)."""
CPU_LIMIT_PERCENT, MEMORY_LIMIT_MB = 1.0, 40.0


@dataclass
class Bench:
    """One box at work, and the side of link that writes its store."""

    folder: Path
    zones: str = '[[zone]]\nname = "horn"\nsink = "file"\nrelay_pin = 17\nwarm_up_s = 0.5\n'

    def __post_init__(self) -> None:
        path = self.folder / "agent.toml"
        path.write_text(
            f'[box]\nid = "bench"\narea = "{VILLAGE}"\nvillage = "青石村"\n'
            f'state = "{self.folder}/state"\nrun = "{self.folder}/run"\n'
            f"{self.zones}"
            '[audio]\nquiet_hours = ""\nairtime_limit_s = 86400\nlate_limit_s = 86400\n',
            encoding="utf-8",
        )
        os.environ["VILLAGE_BOOT_ID"] = "bench"
        os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
        self.settings = box_settings.load(path)
        self.clock = BoxClock(self.settings.part_folder("clock"))
        self.clock.store_trust(datetime.now(UTC))
        self.store = StoreWriter(self.settings.part_folder("store"))
        self.sounds = self.folder / "state" / "audio" / "horn"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge_agent.cli", "part", "audio", "--settings", str(path)]
        )

    def use_own_voice(self) -> None:
        """Go on with the same audio part, but with the voice of this file."""
        self.stop()
        command = [sys.executable, __file__, "--box", self.settings.source]
        self.process = subprocess.Popen(command)

    def publish(self, *notices: Notice) -> None:
        """Let these notices be in force, and no other."""
        now, items = datetime.now(UTC), []
        for each in notices:
            body = seal_message(each, KEY)
            self.store.put_blob(body, now)
            items.append(Item(each.id, each.revision, sha256_hex(body), len(body)))
        manifest = Manifest(VILLAGE, 1, int(time.time()), now, tuple(items))
        self.store.apply(Area(VILLAGE), seal_message(manifest, KEY))
        poke(self.settings.run, "audio")

    def alert(self, alert: Alert) -> float:
        """Store and poke; the monotonic time of the poke."""
        self.store.put_alert(alert, seal_message(alert, KEY), datetime.now(UTC))
        at_s = self.clock.monotonic_s()
        poke(self.settings.run, "audio")
        return at_s

    def marks(self) -> list[dict[str, object]]:
        """Every change of speaker that the sound card saw."""
        found = []
        for path in sorted(self.sounds.glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [{**json.loads(line), "stream": path.stem} for line in lines]
        return found

    def wait_for(self, label: str, count: int = 1, within_s: float = 60.0) -> dict[str, object]:
        """The ``count``-th passage of a label, as soon as the card got its first sample."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            found = [mark for mark in self.marks() if mark["label"] == label]
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.004)
        raise TimeoutError(f"{label} never sounded")

    def played(self, label: str) -> bytes:
        """All samples of a label, joined."""
        marks, data = self.marks(), b""
        for mark, following in itertools.pairwise(marks):
            if mark["label"] == label:
                with wave.open(str(self.sounds / f"{mark['stream']}.wav")) as stream:
                    stream.setpos(int(str(mark["sample"])))
                    data += stream.readframes(int(str(following["sample"])) - stream.tell())
        return data

    def cpu_s(self) -> float:
        """Processor time of the audio part so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory now, and the most it ever was."""
        rows = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        size = {row.split(":")[0]: row.split()[1] for row in rows if row.startswith("Vm")}
        return int(size["VmRSS"]) / 1024, int(size["VmHWM"]) / 1024

    def stop(self) -> None:
        """End the audio part in order."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def notice(name: str, text: str) -> Notice:
    now = datetime.now(UTC)
    speech = Speech(text)
    return Notice(name, 1, (VILLAGE,), "标题", "摘要", Sender("村"), now, now, speech=speech)


def flood(name: str, cap: Cap | None = None, *, life_s: float = 3600.0) -> Alert:
    issued = datetime.now(UTC) - timedelta(seconds=1)
    words = replace(
        notice(f"N{name}", f"山洪 {name}"),
        priority="emergency",
        cap=cap or Cap(severity="Extreme"),
    )
    return Alert(name, words, issued, issued + timedelta(seconds=life_s), repeats=1)


def pcm_of(text: str) -> bytes:
    """Samples that belong to these words alone."""
    seconds = ALERT_S if "山洪" in text else LONG_S
    return hashlib.shake_128(text.encode()).digest(2 * round(seconds * 48_000))


def idle(bench: Bench) -> None:
    while not list((bench.settings.part_folder("audio") / "jingles").glob("chime-*.pcm")):
        time.sleep(0.1)
    time.sleep(SETTLE_S)
    before_s = bench.cpu_s()
    time.sleep(IDLE_S)
    percent = (bench.cpu_s() - before_s) / IDLE_S * 100
    now_mb, most_mb = bench.memory_mb()
    print(
        f"idle: {percent:.2f} % of a core ({percent / CPU_LIMIT_PERCENT:.2f} of the limit), "
        f"{now_mb:.1f} MB resident ({now_mb / MEMORY_LIMIT_MB:.2f} of the limit; "
        f"at most {most_mb:.1f} MB)"
    )


def latency(bench: Bench, runs: int) -> None:
    """Break into a running announcement again and again; then see whether a sample is missing."""
    text = "各位村民请注意"
    bench.publish(notice("N001", text))
    bench.wait_for("N001@1 speech")
    taken_ms = []
    for run in range(runs):
        time.sleep(0.2 + run % 20 / 500)  # at every place within a block of 20 ms
        name = f"A-{run}"
        poked_s = bench.alert(flood(name))
        first = bench.wait_for(f"{name}@1 siren")
        taken_ms.append((float(str(first["monotonic_s"])) - poked_s) * 1000)
        bench.alert(flood(f"C-{run}", Cap("Actual", "Cancel", references=(name,)), life_s=0.5))
        bench.wait_for("N001@1 speech", run + 2)
    before_s, since_s = bench.cpu_s(), time.monotonic()
    time.sleep(5)
    speaking = (bench.cpu_s() - before_s) / (time.monotonic() - since_s) * 100
    bench.publish()
    time.sleep(2.5)
    heard = bench.played("N001@1 speech")
    wrong = sum(a != b for a, b in zip(heard, pcm_of(text), strict=False))
    taken_ms.sort()
    p50_ms = statistics.median(taken_ms)
    print(
        f"emergency, poke to its first sample in the sound card, {runs} runs: "
        f"p50 {p50_ms:.1f} ms, "
        f"p99 {taken_ms[max(0, round(0.99 * runs) - 1)]:.1f} ms, most {taken_ms[-1]:.1f} ms"
    )
    print(
        f"  against eas-station {EAS_STATION_MS:.0f} ms: {p50_ms / EAS_STATION_MS:.2f} times as "
        f"long; against obplayer {OBPLAYER_MS / 1000:.0f} s: {p50_ms / OBPLAYER_MS:.4f} times"
    )
    print(
        f"resumed after {runs} interruptions: {len(heard) // 2:,} samples heard, "
        f"{wrong} bytes differ from the announcement "
        "(eas-station begins again: 7.0 s heard of 5.0 s; obplayer loses what was covered)"
    )
    print(f"while speaking: {speaking:.1f} % of a core")


def two_alerts(bench: Bench) -> None:
    bench.alert(flood("fire"))
    bench.alert(flood("flood"))
    for name in ("fire", "flood"):
        bench.wait_for(f"{name}@1 speech")
    time.sleep(ALERT_S + 8)
    for name in ("fire", "flood"):
        whole = bench.played(f"{name}@1 speech") == pcm_of(f"山洪 {name}")
        print(f"two top alerts at once: {name} {'heard to the end' if whole else 'NOT COMPLETE'}")
    print("  (eas-station: 6,282 interruptions in 15 s, 0 of 2 complete)")


def box(settings: Path) -> None:
    """The audio part, with a voice that is this file."""
    from edge_agent.audio.amplifier import prepare_gpio  # noqa: PLC0415 - only the box needs it
    from edge_agent.audio.program import SOUND_FIRST, Loudspeaker  # noqa: PLC0415
    from edge_agent.part import open_part  # noqa: PLC0415

    found = box_settings.load(settings)
    prepare_gpio(found.part_folder("audio"))
    os.setpriority(os.PRIO_PROCESS, 0, SOUND_FIRST)
    part = open_part("audio", found)
    speaker = Loudspeaker(part, (sys.executable, __file__, "--voice"))
    try:
        speaker.run()
    finally:
        speaker.close()
        part.close()


def voice(folder: Path) -> None:
    """Say every order at once."""
    from edge_agent.audio.speech import write_answer  # noqa: PLC0415

    for line in sys.stdin:
        order = json.loads(line)
        with wave.open(str(folder / f"{order['name']}.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(48_000)
            out.writeframes(pcm_of(order["notice"]["speech"]["text"]))
        write_answer(folder, order["name"], {"engine": "bench"})
        poke(folder.parents[2] / "run", "audio")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="emergencies (default 100)")
    parser.add_argument("--box", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--voice", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.box:
        box(chosen.box)
    elif chosen.voice:
        voice(chosen.voice)
    else:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder))
            try:
                idle(bench)
                bench.use_own_voice()
                latency(bench, chosen.runs)
                two_alerts(bench)
            finally:
                bench.stop()


if __name__ == "__main__":
    main()
