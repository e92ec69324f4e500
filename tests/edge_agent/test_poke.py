"""Pokes wake a sleeper, may be lost, and never block the one who pokes."""

import os
import resource
from pathlib import Path
from select import POLLIN

import pytest

from edge_agent.poke import PokeListener, poke, wait_for


def test_a_poke_wakes_the_sleeper(tmp_path: Path) -> None:
    with PokeListener(tmp_path, "led") as listener:
        poke(tmp_path, "led")
        assert listener.wait(5.0)


def test_without_a_poke_the_sleeper_wakes_by_itself(tmp_path: Path) -> None:
    with PokeListener(tmp_path, "led") as listener:
        assert not listener.wait(0.0)


def test_many_pokes_are_one_awakening(tmp_path: Path) -> None:
    with PokeListener(tmp_path, "led") as listener:
        for _ in range(5):
            poke(tmp_path, "led")
        assert listener.wait(5.0)
        assert not listener.wait(0.0)


def test_poking_nobody_or_a_full_socket_does_no_harm(tmp_path: Path) -> None:
    poke(tmp_path, "led")
    with PokeListener(tmp_path, "led"):
        for _ in range(2000):
            poke(tmp_path, "led")


def test_a_socket_that_a_dead_part_left_behind_is_taken_over(tmp_path: Path) -> None:
    abandoned = PokeListener(tmp_path, "led")
    with PokeListener(tmp_path, "led") as listener:
        poke(tmp_path, "led")
        assert listener.wait(5.0)
    del abandoned


def test_a_program_with_more_than_a_thousand_open_files_still_waits() -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= 1100:
        pytest.skip("this machine lets a program open no such number of files")
    reader, writer = os.pipe()
    os.write(writer, b"!")
    os.dup2(reader, 1100)  # beyond what select(2) can name
    try:
        assert wait_for({1100: POLLIN}, 5.0) == {1100: POLLIN}
    finally:
        for each in (reader, writer, 1100):
            os.close(each)
