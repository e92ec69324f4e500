from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image, PngImagePlugin

from hub.intake.faults import IntakeError
from hub.intake.packages import check_package
from hub.intake.pictures import clean_picture
from hub.intake.text_bytes import decode
from hub.intake.uploads import Held, check_attachment, check_upload, clean_name

if TYPE_CHECKING:
    from pathlib import Path


def code_of(error: pytest.ExceptionInfo[IntakeError]) -> str:
    return error.value.fault.code


def png(size: tuple[int, int] = (8, 4), **options: object) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "red").save(stream, "PNG", **options)
    return stream.getvalue()


def jpeg_with_position() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "TESTPHONE"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), "blue").save(stream, "JPEG", exif=exif, comment=b"530199")
    return stream.getvalue()


def package(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def test_a_photo_loses_its_position_camera_and_comment_and_stands_upright() -> None:
    picture = clean_picture(jpeg_with_position(), "DSC.jpg", "image/jpeg")
    assert {"EXIF", "GPS", "comment"} <= set(picture.removed)
    assert (picture.width_px, picture.height_px) == (20, 40)
    with Image.open(io.BytesIO(picture.data)) as again:
        assert not again.getexif()
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"TESTPHONE" not in picture.data


def test_text_in_a_png_and_what_hangs_behind_it_are_gone() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "王建国 530199195607153024")
    picture = clean_picture(png(pnginfo=info) + b"PK\x03\x04hidden", "a.png")
    assert picture.removed == ("text",)
    assert b"530199" not in picture.data
    assert b"hidden" not in picture.data


def test_transparency_stays_and_the_pixels_are_the_same() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (3, 3), (10, 20, 30, 128)).save(stream, "PNG")
    picture = clean_picture(stream.getvalue())
    with Image.open(io.BytesIO(picture.data)) as again:
        assert again.getpixel((1, 1)) == (10, 20, 30, 128)


@pytest.mark.parametrize(
    ("data", "name", "mime", "code"),
    [
        (b"", "zero.png", "image/png", "damaged"),
        (jpeg_with_position()[:300], "half.jpg", "image/jpeg", "damaged"),
        (png()[:40], "half.png", "image/png", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml", "wrong_type"),
        (b"<html>", "a.png", "image/png", "wrong_type"),
        (b"GIF89a\x01\x00\x01\x00", "a.gif", "image/gif", "wrong_type"),
        (png(), "a.png", "image/jpeg", "wrong_type"),
        (png((13000, 1)), "long.png", "image/png", "too_many_pixels"),
        (png((6000, 5000)), "big.png", "image/png", "too_many_pixels"),
        (b"MZ\x90", "a.exe", "", "wrong_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pictures_that_cannot_be_taken_say_why(
    data: bytes, name: str, mime: str, code: str
) -> None:
    with pytest.raises(IntakeError) as caught:
        check_upload(data, name, mime)
    assert code_of(caught) == code


def test_a_moving_picture_is_refused_without_unpacking_its_frames() -> None:
    frames = [Image.new("RGB", (4, 4), (n % 256, n // 2, 255 - n % 256)) for n in range(300)]
    gif, webp = io.BytesIO(), io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    frames[0].save(webp, "WEBP", save_all=True, append_images=frames[1:9])
    with pytest.raises(IntakeError) as caught:
        check_upload(gif.getvalue(), "动.gif", "image/gif")
    assert code_of(caught) == "wrong_type"
    with pytest.raises(IntakeError) as caught:
        check_upload(webp.getvalue(), "动.webp", "image/webp")
    assert code_of(caught) == "animated"


def test_a_package_that_unpacks_to_too_much_is_refused() -> None:
    bomb = package(xl__sheet1__xml=b"0" * (30 * 1024 * 1024))
    with pytest.raises(IntakeError) as caught:
        check_package(bomb, "bomb.xlsx")
    assert code_of(caught) == "bomb"
    assert len(bomb) < 100_000


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"word__vbaProject.bin": b"x"}, "macro"),
        ({"word__embeddings__a.bin": b"x"}, "macro"),
        (
            {"word__document.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'},
            "entities",
        ),
        ({"a.xml": "<!DOCTYPE a>".encode("utf-16")}, "entities"),
        (
            {
                "word___rels__settings.rels": b'<Relationship Type="x/attachedTemplate" '
                b'Target="http://example.com/t.dotm" TargetMode="External"/>'
            },
            "outside_reference",
        ),
        ({"..__..__etc__passwd": b"x"}, "damaged"),
    ],
)
def test_dangerous_packages_are_refused(parts: dict[str, bytes], code: str) -> None:
    with pytest.raises(IntakeError) as caught:
        check_upload(package(**parts), "x.docx")
    assert code_of(caught) == code


def test_old_and_locked_office_files_say_how_to_save_them() -> None:
    with pytest.raises(IntakeError, match="另存为"):
        check_upload(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧.doc")


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (b"/OpenAction << /S /JavaScript >>", "active_pdf"),
        (b"/Open#41ction 1 0 R", "active_pdf"),
        (b"/Encrypt 5 0 R", "active_pdf"),
        (b"", "damaged"),
    ],
    ids=repr,
)
def test_active_and_broken_pdfs_are_refused(inside: bytes, code: str) -> None:
    end = b"%%EOF" if inside else b""
    with pytest.raises(IntakeError) as caught:
        check_upload(b"%PDF-1.4\n" + inside + b"\n" + end, "a.pdf")
    assert code_of(caught) == code


def test_a_harmless_document_is_held_at_the_hub_with_the_reason() -> None:
    file = check_upload(b"%PDF-1.4\n1 0 obj\n%%EOF", "纪要.pdf", "application/pdf")
    assert isinstance(file, Held)
    assert "暂不下发" in file.fault.zh


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("照片.jpg", "照片.jpg"),
        ("C:\\fakepath\\照片.jpg", "照片.jpg"),
        ("a<b>:c|d?.png", "abcd.png"),
        ("CON.txt", "附件_CON.txt"),
        ("\u202egnp.exe\u200b", "gnp.exe"),
        ("   ", "附件"),
        ("长" * 200 + ".png", "长" * 92 + ".png"),
        ("低保_530199195607153024.pdf", "低保.pdf"),
    ],
)
def test_file_names_are_made_safe(name: str, clean: str) -> None:
    assert clean_name(name)[0] == clean


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00.png", "..\\x.png"])
def test_file_names_that_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(IntakeError):
        clean_name(name)


@pytest.mark.parametrize(
    "attachment",
    [{"name": "a.png", "url": "http://127.0.0.1/"}, "http://[::1]/", {"src": "file:///etc/shadow"}],
)
def test_attachments_are_uploaded_never_fetched(attachment: object) -> None:
    with pytest.raises(IntakeError) as caught:
        check_attachment(attachment, "attachments[0]")
    assert code_of(caught) == "no_fetching"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("停水通知".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "停水通知".encode(), "utf-8"),
        ("停水通知".encode("gb18030"), "gb18030"),
        ("䶮㛃€停水".encode("gb18030"), "gb18030"),
        ("停水通知".encode("utf-16"), "utf-16"),
    ],
)
def test_text_is_decoded_and_a_guess_is_shown_for_confirmation(data: bytes, encoding: str) -> None:
    text = decode(data)
    assert text.encoding == encoding
    assert bool(text.faults) is (encoding != "utf-8")
    assert "停水" in text.text


@pytest.mark.parametrize(
    "data",
    [
        "停水通知请储水".encode()[:-1],
        "停水通知请储水".encode()[:9] + b"\xff" + "请储水请储水".encode(),
        bytes(range(256)),
        b"\x80\xff\xfe\xfa\x00",
    ],
)
def test_damaged_and_binary_text_is_refused(data: bytes) -> None:
    with pytest.raises(IntakeError, match="UTF-8"):
        decode(data)


def test_the_formats_a_picture_may_have_are_decided_by_content_not_by_name(tmp_path: Path) -> None:
    file = tmp_path / "x.jpg"
    file.write_bytes(png())
    assert check_upload(file.read_bytes(), "x.jpg").mime == "image/png"


@pytest.mark.parametrize(
    ("part", "content", "word"),
    [
        ("word__comments.xml", b"<w:comments/>", "批注"),
        ("word__document.xml", b"<w:del w:id='1'><w:t>530199</w:t></w:del>", "修订"),
        ("word__document.xml", b"<w:rPr><w:vanish/></w:rPr>", "隐藏文字"),
    ],
)
def test_a_document_with_text_that_its_pages_hide_is_pointed_out(
    part: str, content: bytes, word: str
) -> None:
    file = check_upload(package(**{part: content}), "报告.docx")
    assert isinstance(file, Held)
    assert file.fault.code == "hidden_text"
    assert word in file.fault.zh
