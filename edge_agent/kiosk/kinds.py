"""The four things one can say at the screen, with the sentences that save typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.feedback import FeedbackKind


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing to say; ``letter`` begins its slip numbers."""

    key: FeedbackKind
    name: str
    icon: str
    letter: str
    asks: str
    phrases: tuple[str, ...]


KINDS: tuple[Kind, ...] = (
    Kind(
        "help_find",
        "没找到？请人帮找",
        "users",
        "B",
        "您想找什么？工作人员两个工作日内回复。",
        (
            "我的低保在哪里看",
            "我的补贴发了没有",
            "征地补偿怎么算的",
            "医保养老怎么交",
            "宅基地怎么申请",
            "想查以前的公示",
        ),
    ),
    Kind(
        "question",
        "我有问题要问",
        "circle-question-mark",
        "W",
        "您想问什么？村委会会给您答复。",
        ("这笔钱是怎么算的", "为什么没有我家", "什么时候发钱", "找谁办理", "需要带什么材料"),
    ),
    Kind(
        "correction",
        "这里写错了",
        "pencil-line",
        "J",
        "哪里不对？核实后会更正并公布。",
        (
            "名字写错了",
            "金额不对",
            "面积或人数不对",
            "日期不对",
            "组别不对",
            "已经不符合条件的人还在名单上",
        ),
    ),
    Kind(
        "complaint",
        "我要投诉、提意见",
        "message-square-warning",
        "T",
        "您要反映什么？只有县、乡的经办人能看到。",
        (
            "公开的内容不真实",
            "该公开的没有公开",
            "公开得太晚",
            "收费不合理",
            "办事不公平",
            "没有人答复我",
        ),
    ),
)


def kind_by_key(key: str) -> Kind | None:
    """The kind with this key, or None."""
    return next((kind for kind in KINDS if kind.key == key), None)
