"""Keys at the hub: made once, and never made anew where they only were moved."""

from pathlib import Path

import pytest

from hub.sealing.keyring import KeyFileError, Keyring


def test_keys_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    ring = Keyring(tmp_path, "530199")
    first = ring.sealed_key_set(("xian1", "xian2"))
    assert Keyring(tmp_path, "530199").sealed_key_set(("xian1", "xian2")) == first
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_roots_that_are_in_their_safe_are_asked_for_and_not_made_anew(tmp_path: Path) -> None:
    ring = Keyring(tmp_path, "530199")
    ring.sealed_key_set(())
    (tmp_path / "offline").rename(tmp_path.parent / f"{tmp_path.name}-safe")
    with pytest.raises(KeyFileError, match="in their safe"):
        ring.sealed_key_set((), version=2)
    assert ring.content.key_id


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    ring = Keyring(tmp_path, "530199")
    ring.sealed_key_set(())
    (tmp_path / "target").chmod(0o644)
    with pytest.raises(KeyFileError, match="readable by others"):
        _ = ring.target
