"""Settings of one box: ``agent.toml``, checked as a whole, every fault named at once.

Devices are declared here, never discovered. A fake is a driver with another name or a line
with another address; the program has no test branch.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from contract.areas import Area
from contract.errors import ContractError
from contract.topics import check_box_id
from edge_agent import unkept
from edge_agent.errors import SettingsError


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """Which box this is, where it stands, and where it keeps its files."""

    id: str
    area: str
    village: str
    state: str
    run: str
    groups: tuple[int, ...] = ()
    office_line: str = ""
    latitude_deg: float = 35.0
    longitude_deg: float = 105.0


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How to reach the hub. ``broker``: ``mqtt://host:port`` or ``mqtts://host:port``."""

    broker: str = "mqtt://127.0.0.1:1883"
    password_file: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    assets: str = ""
    """Base address of large files, e.g. ``https://hub.example/b/``; empty: none."""
    asset_bytes_per_s: int = 512 * 1024
    """How much of the line a large file may take."""
    asset_spread_s: int = 120
    """Files for more than one village are asked for within so long, never all in one second."""
    keepalive_s: int = 30
    state_every_s: int = 300


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """One LED panel: its card's driver, the serial line (any pyserial URL), and its size."""

    name: str
    driver: str
    line: str
    width_px: int
    height_px: int
    baud: int = 9600
    colours: str = "mono"
    address: int = 1
    chars_per_s: float = 4.0
    min_dwell_s: float = 4.0
    strip: bool = True
    brightness: int = 15
    quiet_hours: str = ""
    """Dark hours, ``23:00-05:30``; emergencies light the panel all the same."""
    light_sensor: str = ""
    """A file with lux (``/sys/bus/iio/devices/iio:device0/in_illuminance_input``), or ``card``
    for the card's own sensor; empty: brightness by sunrise and sunset."""


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """One horn zone: a sound device by name, and the relay that switches its amplifier on."""

    name: str
    sink: str = "alsa"
    device: str = "default"
    relay_pin: int = -1
    relay_active_high: bool = True
    groups: tuple[int, ...] = ()
    """Village groups that hear this zone; empty: the whole village."""
    warm_up_s: float = 1.5
    tail_s: float = 2.0
    minimum_hold_s: float = 5.0
    maximum_on_s: float = 3600.0
    gain_db: float = 0.0
    listen: str = ""
    """ALSA capture device of a microphone at the horn: receipts then say ``heard``."""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """What the loudspeaker may do. Hours are local; emergencies are exempt from all of it."""

    voices: tuple[str, ...] = ("kokoro", "espeak", "stock", "siren")
    """Best first. Kokoro is passed over on a box without its model or with less than 2 GB."""
    voice_folder: str = ""
    """Where set-up put Kokoro's model and the stock phrases; empty: the usual places."""
    quiet_hours: str = "21:00-06:30"
    airtime_limit_s: int = 3600
    late_limit_s: int = 1800
    slots: tuple[str, ...] = ("07:00", "12:00", "18:30")
    """Times of the programme; ``07:00 workdays`` and ``09:00 holidays`` limit the days."""
    soft_hours: tuple[str, ...] = ()
    """Softer hours, e.g. ``06:30-08:00 -6 dB``."""
    calendar_file: str = ""
    """Holidays and quiet days; empty: the calendar that comes with the box."""
    lexicon_file: str = ""


PAPERS = ("58mm", "80mm", "A4")


CAPTURES = ("", "alsa", "file")
"""Kinds of microphone; the first one is none."""


@dataclass(frozen=True, slots=True)
class MicrophoneSettings:
    """The box's own microphone, for speech from the village office. Without ``capture``: none."""

    capture: str = ""
    """``alsa``, or ``file`` for a desk: ``device`` is then a file or FIFO of µ-law at 16 kHz."""
    device: str = "default"
    button_pin: int = -1
    """A push button between this pin and ground: hold it to speak."""
    zones: tuple[str, ...] = ()
    """The zones that hear it; empty: all of them."""


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """Where the query screen is served (loopback only), and when it goes back to its home."""

    host: str = "127.0.0.1"
    port: int = 8080
    idle_s: int = 90
    countdown_s: int = 30
    offline_after_s: int = 30
    """How long the network is away before the screen says so."""
    printer: str = ""
    """Name of a CUPS queue, or ``file:FOLDER`` for pages on a desk; empty: no button to print."""
    paper: str = "80mm"
    """``58mm`` or ``80mm`` for a roll of receipts, ``A4`` for an office printer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a box."""

    box: BoxSettings
    link: LinkSettings = LinkSettings()
    panel: tuple[PanelSettings, ...] = ()
    zone: tuple[ZoneSettings, ...] = ()
    audio: AudioSettings = AudioSettings()
    microphone: MicrophoneSettings = MicrophoneSettings()
    kiosk: KioskSettings = KioskSettings()
    source: str = field(default="", compare=False)

    @property
    def area(self) -> Area:
        """The box's village."""
        return Area.parse(self.box.area)

    @property
    def followed(self) -> tuple[Area, ...]:
        """Every area whose manifests the box follows: its path, its groups, then itself."""
        groups = tuple(Area(self.area.code, group) for group in self.box.groups)
        return (*self.area.path(), *groups, Area(self.area.code, box=self.box.id))

    @property
    def state(self) -> Path:
        """Folder of everything that survives a power cut."""
        return Path(self.box.state)

    @property
    def run(self) -> Path:
        """Folder of sockets; empty after a boot."""
        return Path(self.box.run)

    @property
    def link_up(self) -> Path:
        """A file that is there while link has a connection to the hub's broker."""
        return self.run / "link.up"

    def part_folder(self, part: str) -> Path:
        """Where one part keeps its own files; made on first use, closed to other users.

        On a disk that cannot be written: a folder in memory, for led, audio and kiosk.
        """
        folder = self.state / part
        if part in unkept.PARTS and unkept.is_read_only(self.state):
            return unkept.folder_of(self.run, folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


_KINDS = {
    str: "文字 a text in quotes",
    int: "整数 a whole number",
    float: "数 a number",
    bool: "true/false",
}


def load(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        SettingsError: with every problem found and, for unknown names, what was meant.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = f"{path}: 读不了，请核对 --settings cannot read it, check it ({error.strerror})"
        raise SettingsError([problem]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            [f"{path}: 不是 TOML，请改这一处 not TOML, mend this place: {error}"]
        ) from error
    problems: list[str] = []
    found = _section(Settings, data, "", problems)
    if problems or not isinstance(found, Settings):
        raise SettingsError(problems)
    _check(found, problems)
    if problems:
        raise SettingsError(problems)
    return dataclasses.replace(found, source=str(path))


def _section(cls: Any, data: dict[str, Any], where: str, problems: list[str]) -> object | None:  # noqa: ANN401 - any settings class
    hints = get_type_hints(cls)
    known = {each.name: each for each in dataclasses.fields(cls) if each.name != "source"}
    for name in data:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (是不是 did you mean {close[0]!r}?)" if close else "，请删去 take it out"
            problems.append(f"{where}{name}: 没有这一项 is not a setting{hint}")
    values: dict[str, object] = {}
    before = len(problems)
    for name, each in known.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}{name}", problems)
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            problems.append(f"{where}{name}: 缺这一项，请补上 is missing, add it")
    return cls(**values) if len(problems) == before else None


def _value(hint: Any, data: Any, where: str, problems: list[str]) -> object:  # noqa: ANN401 - a type hint and TOML
    if dataclasses.is_dataclass(hint):
        if isinstance(data, dict):
            return _section(hint, data, f"{where}.", problems)
    elif get_origin(hint) is tuple:
        if isinstance(data, list):
            member = get_args(hint)[0]
            return tuple(
                _value(member, each, f"{where}[{n}]", problems) for n, each in enumerate(data)
            )
    elif hint is float and type(data) in (int, float):
        return float(data)
    elif type(data) is hint:
        return data
    problems.append(f"{where}: 应为 expected {_KINDS.get(hint, '一个表 a list or table')}")
    return None


def _check(settings: Settings, problems: list[str]) -> None:
    try:
        if Area.parse(settings.box.area).level != "village":
            problems.append("box.area: 应为12位村代码 must be a village's 12-digit code")
        check_box_id(settings.box.id)
    except ContractError as error:
        problems.append(f"box: {error}")
    problems.extend(
        f"panel {panel.name}: 尺寸应在 size must lie within 16x8 – 1024x512"
        for panel in settings.panel
        if not (16 <= panel.width_px <= 1024 and 8 <= panel.height_px <= 512)
    )
    if settings.kiosk.paper not in PAPERS:
        problems.append(f"kiosk.paper: 应为 must be one of {', '.join(PAPERS)}")
    if settings.microphone.capture not in CAPTURES:
        problems.append(f"microphone.capture: 应为 must be one of {', '.join(CAPTURES[1:])}")
    heard = {zone.name for zone in settings.zone}
    problems.extend(
        f"microphone.zones: 没有这个分区 there is no zone {name!r}"
        for name in settings.microphone.zones
        if name not in heard
    )
    names = [zone.name for zone in settings.zone] + [panel.name for panel in settings.panel]
    if len(set(names)) != len(names):
        problems.append("panel, zone: 名字不能重复 every one needs a name of its own")
