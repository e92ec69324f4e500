"""Pictures come in as PNG, JPEG or WebP, are bounded, and are drawn anew without their past.

Re-encoding drops position, camera, comments, thumbnails and anything hung on behind the
picture. The size in pixels is read from the header before anything is unpacked.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from hub.intake.faults import IntakeError, refused

MAX_PICTURE_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 12_000
_SHOWN_SIDE = 2560
_MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ALLOWED = tuple(sorted(_MIMES.values()))
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
_GPS = 0x8825


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture drawn anew; ``removed`` names what its file told besides the picture."""

    name: str
    data: bytes
    mime: str
    width_px: int
    height_px: int
    removed: tuple[str, ...] = ()


def clean_picture(data: bytes, name: str = "图片", mime: str = "") -> CleanPicture:
    """Check a picture and draw it anew.

    Args:
        data: the file.
        name: its name, for errors.
        mime: what the sender says it is; a contradiction is refused.

    Raises:
        IntakeError: another type, too large, animated, cut off or damaged.
    """
    if not data:
        raise _damaged(name)
    if len(data) > MAX_PICTURE_BYTES:
        raise refused("too_large", name, "图片超过10MB，请压缩。", "Over 10 MiB; make it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_MIMES)) as picture:
                return _drawn_anew(picture, name, mime)
    except IntakeError:
        raise
    except UnidentifiedImageError:
        known = data.startswith(_BEGINNINGS)
        raise (_damaged(name) if known else _wrong_type(name)) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels(name, "") from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise _damaged(name) from None


def _drawn_anew(picture: Image.Image, name: str, mime: str) -> CleanPicture:
    kind = _MIMES[picture.format or ""]
    if mime and mime.split(";", maxsplit=1)[0].strip().lower() not in {kind, "image/jpg", ""}:
        raise _wrong_type(name)
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels(name, f"（{width}×{height}）")
    if getattr(picture, "n_frames", 1) > 1:
        raise refused(
            "animated", name, "动图不能发布，请截成一张图片。", "Animated; make it one picture."
        )
    removed, sharp = _told_besides(picture), picture.format == "PNG"
    upright = ImageOps.exif_transpose(picture)
    upright.load()
    upright.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    fresh = _pixels_alone(upright)
    stream = io.BytesIO()
    if sharp or fresh.mode == "RGBA":
        fresh.save(stream, "PNG", optimize=True)
        mime = "image/png"
    else:
        fresh.save(stream, "JPEG", quality=88, optimize=True)
        mime = "image/jpeg"
    return CleanPicture(name, stream.getvalue(), mime, *fresh.size, removed=removed)


def _pixels_alone(picture: Image.Image) -> Image.Image:
    """A new picture with the same pixels and nothing else."""
    keeps_alpha = "A" in picture.getbands() or "transparency" in picture.info
    plain = picture.convert("RGBA" if keeps_alpha else "RGB")
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _told_besides(picture: Image.Image) -> tuple[str, ...]:
    """What the file says besides its pixels."""
    exif = picture.getexif()
    told = []
    if exif:
        told.append("EXIF")
    if exif.get_ifd(_GPS):
        told.append("GPS")
    told += [word for word in ("comment", "xmp", "icc_profile") if picture.info.get(word)]
    if getattr(picture, "text", None):
        told.append("text")
    return tuple(told)


def _wrong_type(name: str) -> IntakeError:
    return refused(
        "wrong_type",
        name,
        "只收PNG、JPEG、WebP图片（内容与扩展名须一致）；SVG、GIF请另存为PNG。",
        f"Only {', '.join(ALLOWED)} are taken; save SVG and GIF as PNG.",
    )


def _too_many_pixels(name: str, size: str) -> IntakeError:
    return refused(
        "too_many_pixels",
        name,
        f"图片像素过多{size}，最多{MAX_PIXELS // 10_000}万像素，请缩小后上传。",
        f"Too many pixels; at most {MAX_PIXELS}.",
    )


def _damaged(name: str) -> IntakeError:
    return refused(
        "damaged",
        name,
        "图片损坏或不完整，请重新拍摄或导出。",
        "The picture is damaged or cut off; export it again.",
    )
