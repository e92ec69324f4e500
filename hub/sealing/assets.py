"""Pictures and recordings as assets named by their content.

Pictures are drawn anew, so that camera data, places and hidden parts stay at the hub.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image, ImageOps
from wagtail.images import get_image_model

from contract.messages import sha256_hex
from contract.notice import Asset
from hub.sealing.models import AssetBlob

PICTURE_MAX_PX = 1600


@dataclass(frozen=True, slots=True)
class Recording:
    """A rendered text: the file, who speaks, and how long it lasts."""

    body: bytes
    mime: str
    voice: str
    duration_s: float


class Renderer(Protocol):
    """Makes a recording of a text, or none when it cannot."""

    def __call__(self, text: str) -> Recording | None:
        """The recording of ``text``."""
        ...


@dataclass(slots=True)
class LibraryAssets:
    """Assets from the back office's library and the renderer; ``used`` lists what was asked for."""

    render: Renderer | None = None
    used: list[AssetBlob] = field(default_factory=list)

    def picture(self, image_id: int) -> Asset:
        """A picture at most 1600 px wide and high, drawn anew as JPEG or PNG."""
        image = get_image_model().objects.get(pk=image_id)
        with image.file.open("rb") as file:
            body, mime = redrawn(file.read())
        suffix = "png" if mime == "image/png" else "jpg"
        return self._keep(body, mime, f"picture-{image_id}.{suffix}")

    def recording(self, text: str) -> tuple[Asset, str, float] | None:
        """The rendered announcement, if there is a renderer and it could."""
        found = self.render(text) if self.render is not None else None
        if found is None:
            return None
        return self._keep(found.body, found.mime, "speech"), found.voice, found.duration_s

    def own(self, sha256: str) -> None:
        """People's own recording, which is here since it was checked, goes with the notice."""
        self.used.append(AssetBlob.objects.get(sha256=sha256))

    def _keep(self, body: bytes, mime: str, name: str) -> Asset:
        blob, _ = AssetBlob.objects.get_or_create(
            sha256=sha256_hex(body), defaults={"mime": mime, "name": name, "body": body}
        )
        self.used.append(blob)
        return Asset(blob.sha256, len(body), mime, name)


def redrawn(body: bytes) -> tuple[bytes, str]:
    """The picture turned upright, scaled down, without any data besides its pixels."""
    with Image.open(io.BytesIO(body)) as source:
        is_png = source.format == "PNG"
        upright = ImageOps.exif_transpose(source)
        drawn = upright.convert("RGBA" if is_png and upright.mode != "RGB" else "RGB")
    drawn.thumbnail((PICTURE_MAX_PX, PICTURE_MAX_PX))
    out = io.BytesIO()
    if is_png:
        drawn.save(out, "PNG", optimize=True)
        return out.getvalue(), "image/png"
    drawn.save(out, "JPEG", quality=85)
    return out.getvalue(), "image/jpeg"
