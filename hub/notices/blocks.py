"""The blocks a notice is written in: heading, paragraph, typed table, picture.

A table's columns have types. The open ones travel to the villages; the restricted ones (what
the sheet of a clerk holds besides) may stand in a draft and never leave the hub.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageChooserBlock

OPEN_TYPES = {
    "text": _("文字"),
    "name": _("姓名"),
    "group": _("组别"),
    "int": _("整数"),
    "money": _("金额（元）"),
    "number": _("数量"),
    "percent": _("百分比"),
    "date": _("日期"),
    "month": _("年月"),
}
RESTRICTED_TYPES = {
    "id": _("证件号码（不公开）"),
    "bank": _("银行账号（不公开）"),
    "mobile": _("个人手机（不公开）"),
    "addr": _("家庭住址（不公开）"),
    "birth": _("出生日期（不公开）"),
    "health": _("健康状况（不公开）"),
    "income": _("个人收入（不公开）"),
    "minor": _("未成年人信息（不公开）"),
    "complainant": _("投诉举报人（不公开）"),
    "geo": _("坐标（不公开）"),
    "other": _("其他（不公开）"),
}
CELL_MAX_CHARACTERS = 500


def _cell(label: object, group: object) -> blocks.CharBlock:
    return blocks.CharBlock(
        required=False, max_length=CELL_MAX_CHARACTERS, label=label, group=group
    )


def table_block() -> TypedTableBlock:
    """The typed table: every cell is display text, every column has one type."""
    columns = [(name, _cell(label, _("公开"))) for name, label in OPEN_TYPES.items()]
    columns += [(name, _cell(label, _("不公开"))) for name, label in RESTRICTED_TYPES.items()]
    return TypedTableBlock(columns, label=_("表格"))


class HeadingBlock(blocks.StructBlock):
    """A heading; level 1 is a chapter that the query screen can jump to."""

    text = blocks.CharBlock(max_length=120, label=_("标题"))
    level = blocks.ChoiceBlock(
        choices=[("1", _("章")), ("2", _("节"))], default="1", label=_("级别")
    )

    class Meta:
        icon = "title"
        label = _("小标题")


class TableBlock(blocks.StructBlock):
    """A table; its last row may hold the sums."""

    table = table_block()
    has_total = blocks.BooleanBlock(required=False, label=_("最后一行是合计"))

    class Meta:
        icon = "table"
        label = _("公示表")


class PictureBlock(blocks.StructBlock):
    """A picture with words for whoever cannot see it."""

    image = ImageChooserBlock(label=_("图片"))
    alt = blocks.CharBlock(max_length=120, label=_("图片说明"))

    class Meta:
        icon = "image"
        label = _("图片")


class LinkBlock(blocks.StructBlock):
    """Another notice that this one replaces, withdraws, explains or follows."""

    relation = blocks.ChoiceBlock(
        choices=[
            ("replaces", _("替换")),
            ("withdraws", _("撤回")),
            ("result_of", _("结果")),
            ("stage_of", _("同一项目")),
            ("interprets", _("解读")),
        ],
        label=_("关系"),
    )
    notice_id = blocks.RegexBlock(regex=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", label=_("公开编号"))

    class Meta:
        icon = "link"
        label = _("关联")


BODY = [
    ("heading", HeadingBlock()),
    ("paragraph", blocks.TextBlock(label=_("段落"), icon="pilcrow", max_length=8000)),
    ("table", TableBlock()),
    ("picture", PictureBlock()),
]
LINKS = [("link", LinkBlock())]
