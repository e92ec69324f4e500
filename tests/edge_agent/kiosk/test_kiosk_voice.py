from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import wave
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kiosk_village import NOW, Village, sample_notices

from contract.notice import Asset, Speech
from edge_agent.kiosk.voice import Voice, VoiceError, say_commands
from edge_agent.settings import AudioSettings

if TYPE_CHECKING:
    from pathlib import Path


SAMPLES = sample_notices()
COUNT = (
    "import sys; o = sys.argv[2]; assert sys.argv[3] == '-';"
    "open(o, 'wb').write(sys.stdin.buffer.read()); open(o + '.n', 'a').write('x')"
)
SPEAKS = (sys.executable, "-c", COUNT)
FAILS = (sys.executable, "-c", "raise SystemExit('李秀英 cannot be said')")
HANGS = (sys.executable, "-c", "import time; time.sleep(60)")


def _say(voice: Voice, text: str) -> bytes:
    return asyncio.run(voice.wav(text))


def test_a_text_is_spoken_once_and_kept_until_forgotten(tmp_path: Path) -> None:
    voice = Voice(tmp_path, [SPEAKS])
    assert _say(voice, "停水通知") == "停水通知".encode()
    _say(voice, "停水通知")
    assert [len(each.read_text()) for each in tmp_path.glob("*.n")] == [1]
    voice.forget()
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_run_left_behind_is_erased_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "old.wav").write_bytes(b"RIFF")
    Voice(tmp_path, [SPEAKS])
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_looks_like_an_option_is_a_text(tmp_path: Path) -> None:
    assert _say(Voice(tmp_path, [SPEAKS]), "--out /etc/passwd") == b"--out /etc/passwd"


def test_the_next_voice_speaks_where_the_first_cannot(tmp_path: Path) -> None:
    voice = Voice(tmp_path, [("/nothing/here",), FAILS, SPEAKS])
    assert _say(voice, "通知") == "通知".encode()


def test_without_any_voice_the_page_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(VoiceError, match="doctor"):
        _say(Voice(tmp_path, [FAILS]), "李秀英")
    assert "李秀英" not in caplog.text


def test_what_is_spoken_for_somebody_who_has_left_is_not_kept(tmp_path: Path) -> None:
    voice = Voice(tmp_path, [SPEAKS])

    async def leaves_meanwhile() -> bytes:
        spoken = asyncio.create_task(voice.wav("您家的补贴已经发了"))
        await asyncio.sleep(0)  # the voice has begun
        voice.forget()
        return await spoken

    assert asyncio.run(leaves_meanwhile()) == "您家的补贴已经发了".encode()
    assert list(tmp_path.glob("*.wav")) == []


def test_half_a_sound_of_a_failed_voice_is_not_played(tmp_path: Path) -> None:
    breaks = (sys.executable, "-c", "import sys; open(sys.argv[2], 'w').write('half'); sys.exit(1)")
    assert _say(Voice(tmp_path, [breaks, SPEAKS]), "通知") == "通知".encode()
    with pytest.raises(VoiceError):
        _say(Voice(tmp_path / "other", [breaks]), "通知")


def test_a_voice_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.kiosk.voice.LONGEST_S", 0.1)
    with pytest.raises(VoiceError):
        _say(Voice(tmp_path, [HANGS]), "通知")


def test_the_box_speaks_with_the_voices_of_its_settings() -> None:
    commands = say_commands(AudioSettings(voices=("kokoro", "espeak", "siren"), voice_folder="/v"))
    assert [each[each.index("--voice") + 1] for each in commands] == ["kokoro", "espeak"]
    assert all(each[-2:] == ("--model", "/v") for each in commands)


def test_a_notice_is_read_by_the_boxs_own_voice(open_village: Village) -> None:
    addresses = json.loads(open_village.get("/reading/N003/chapter-1")[1])["play"]
    assert addresses[0] == "/speech/N003/chapter-1/0.wav"
    assert len(addresses) >= 3
    with wave.open(io.BytesIO(open_village.bytes_of(addresses[0]))) as sound:
        assert sound.getnframes() / sound.getframerate() > 0.5
    assert open_village.get(f"/speech/N003/chapter-1/{len(addresses)}.wav")[0] == 404


def test_the_recording_heard_at_the_hub_comes_first(village: Village) -> None:
    recording = b"RIFF" + os.urandom(400)
    sha256 = village.store.put_blob(recording, NOW)
    asset = Asset(sha256, len(recording), "audio/wav")
    village.assets = (asset,)
    village.publish(replace(SAMPLES["N003"], speech=Speech("停水", asset)))
    village.start()
    village.wait_for("N003")
    addresses = json.loads(village.get("/reading/N003/chapter-1")[1])["play"]
    assert addresses[0] == f"/asset/{sha256}"
    assert "/speech/N003/chapter-1/0.wav" not in addresses
    assert village.get(addresses[0])[2]["Content-Type"] == "audio/wav"
