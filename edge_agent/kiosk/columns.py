"""The columns of the catalogue as a villager sees them: three boards, 5 + 7 + 3 columns.

Source: the provincial scheme of 2023 that the catalogue follows (村务公开 5, 财务公开 7,
便民服务 3). The hub writes a notice's column as ``村务公开/社会保障``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Board:
    """One of the three entry points, with its icon and what it answers."""

    key: str
    name: str
    icon: str
    promise: str
    columns: tuple[str, ...]


BOARDS: tuple[Board, ...] = (
    Board(
        "affairs",
        "村务公开",
        "landmark",
        "低保、补贴、选举、会议",
        ("自治管理", "组织机构", "服务管理", "强农惠农", "社会保障"),
    ),
    Board(
        "finance",
        "财务公开",
        "wallet",
        "村里的钱从哪来、到哪去",
        ("资产", "资金", "资源", "债权债务", "审计", "项目", "公益"),
    ),
    Board(
        "service",
        "便民服务",
        "hand-heart",
        "办事流程、政策文件",
        ("监督一点通", "办事流程", "政策文件"),
    ),
)
OTHER = "其他"
ICONS: dict[str, str] = {
    "自治管理": "users",
    "组织机构": "building-2",
    "服务管理": "scroll-text",
    "强农惠农": "sprout",
    "社会保障": "shield-check",
    "资产": "building-2",
    "资金": "hand-coins",
    "资源": "layers",
    "债权债务": "receipt-text",
    "审计": "file-search",
    "项目": "hard-hat",
    "公益": "hand-heart",
    "监督一点通": "shield-check",
    "办事流程": "route",
    "政策文件": "file-text",
    OTHER: "list",
}


def place(column: str) -> tuple[str, str]:
    """Board and column names of ``notice.column``; what nobody knows stands under 其他."""
    board_name, _, column_name = column.partition("/")
    for board in BOARDS:
        if board.name == board_name and column_name in board.columns:
            return board.name, column_name
    return BOARDS[0].name, OTHER


def board_by_key(key: str) -> Board | None:
    """The board with this key, or None."""
    return next((board for board in BOARDS if board.key == key), None)
