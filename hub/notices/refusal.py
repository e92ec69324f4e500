"""Why a text goes back to its author: a closed list, and always a sentence besides."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

CATEGORIES = [
    ("内容不实", _("内容不实")),
    ("内容不全", _("内容不全")),
    ("涉密", _("涉密")),
    ("含个人隐私", _("含个人隐私")),
    ("数字不符", _("数字不符")),
    ("无票据", _("无票据")),
    ("超范围", _("超范围")),
    ("格式", _("格式")),
    ("错别字", _("错别字")),
    ("其他", _("其他")),
]


class RefusalForm(forms.Form):
    """What a reviewer fills in to refuse; both fields are required."""

    category = forms.ChoiceField(label=_("退回原因"), choices=[("", _("请选择")), *CATEGORIES])
    comment = forms.CharField(
        label=_("具体说明（作者会看到）"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("请写明哪里不对、怎样改。")},
    )
