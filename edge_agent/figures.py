"""A box's figures in Prometheus's text format; labels are parts and area codes, never a text."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest


def exposition(state: dict[str, Any]) -> str:
    """The figures of ``status.look``."""
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        Gauge(name, meaning, registry=registry).set(value)

    def gauges(name: str, meaning: str, label: str, values: dict[str, float]) -> None:
        family = Gauge(name, meaning, [label], registry=registry)
        for key, value in values.items():
            family.labels(key).set(value)

    gauge("village_box_clock_trusted", "1 when the clock is proven", state["clock_trusted"])
    gauge("village_box_damaged", "Notices whose bytes rotted", len(state["damaged"]))
    gauge("village_box_on_panel", "Notices on the panel's list", len(state["on_panel"]))
    gauge("village_box_readable", "Notices on the query screen", len(state["readable"]))
    gauge("village_box_alerts", "Alerts in force", len(state["alerts"]))
    gauge("village_box_disk_read_only", "1 when nothing can be kept", state["disk_read_only"])
    gauges("village_box_unkept", "Events that end with this boot", "part", state["unkept"])
    gauge("village_box_disk_free_bytes", "Free on the store's disk", state["free_bytes"])
    gauges("village_box_part_running", "1 while the part runs", "part", state["running"])
    gauges("village_box_unsent", "Events the hub does not have yet", "part", state["unsent"])
    generations = {area: version[1] for area, version in state["layers"].items()}
    gauges("village_box_generation", "Manifest in force", "area", generations)
    return generate_latest(registry).decode("utf-8")
