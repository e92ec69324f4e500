"""What the words before a number say it is: somebody's, or an office's, a sum's, a paper's.

The nearest word decides: in “合同编号…, 身份证号530199…” the number after the second word is
a resident number.
"""

from __future__ import annotations

import re
from enum import StrEnum

_REACH = 18
_REACH_OF_KEEPING = 5
_PEOPLE = re.compile(r"[人员长户]|主任|书记|姓名|经理|会计|出纳|师傅|老板|先生|女士|开具|联系")
_STOP = re.compile(r"[。;；!！?？]")


class Context(StrEnum):
    """What a number is said to be."""

    RESIDENT = "resident"
    CERTIFICATE = "certificate"
    BANK = "bank"
    MOBILE = "mobile"
    KEEP = "keep"
    AMOUNT = "amount"
    NONE = "none"


_WORDS: tuple[tuple[Context, re.Pattern[str]], ...] = (
    (
        Context.KEEP,
        re.compile(
            r"合同|凭证|(?<!身份证)(?<!残疾证)(?<!证件)编[号码]|文号|项目|工程|信用代码|税号|纳税人识别号"
            r"|订单|流水|发票|票据|收据|单号|批次|许可证|行号|联行|不动产权|宗地|地块|图斑|档案|条码"
            r"|序列号|设备|型号|区划|行政村代码|备案|案号|批准书|耳标|注册号|机构代码|邮编|邮政编码|电表|水表|车牌|IMEI|ISBN|运单|快递|字第|办公电话|热线|传真|ORDER|REF|SN"
        ),
    ),
    (Context.CERTIFICATE, re.compile(r"残疾(?:人)?证|残疾证件|残联证")),
    (
        Context.RESIDENT,
        re.compile(
            r"身份证|身份证件|身份号|公民号码|居民证|户口本号|户号|优抚证|证件(?:号|编号|号码)|(?<![凭可权地格记照作质])证号|证件"
            r"|(?<![A-Z])ID(?![A-Z])|IDCARD|SFZ"
        ),
    ),
    (
        Context.BANK,
        re.compile(
            r"银行|[账帐][号户]|卡号|一卡通|存折|开户|户头|收款|汇款|打款|转账|打卡|社保卡|惠农卡|信用社"
            r"|农商|邮储|工行|农行|建行|中行|储蓄|支付宝|借记卡|信用卡|CARD|BANK"
        ),
    ),
    (
        Context.MOBILE,
        re.compile(
            r"手机|移动电话|联系电话|联系方式|电话|微信|致电|TEL|MOBILE|PHONE|WX|VX|QQ(?!群)"
        ),
    ),
    (Context.AMOUNT, re.compile(r"金额|人民币|合计|小计|总计|总额|余额|[¥￥$]|RMB")),
)


def context_before(text: str, start: int, label: str = "") -> Context:
    """What the nearest telling word before ``start`` says; ``label`` (a column's) stands first.

    Words that clear a number (合同, 凭证, 金额 …) count only close by and with no person between.
    """
    before = text[max(0, start - _REACH) : start]
    stops = [match.end() for match in _STOP.finditer(before)]
    lead = f"{label.upper()} {before[stops[-1] :] if stops else before}"
    best, best_end = Context.NONE, -1
    for context, words in _WORDS:
        ends = [match.end() for match in words.finditer(lead)]
        if ends and ends[-1] > best_end and _reaches(context, lead[ends[-1] :]):
            best, best_end = context, ends[-1]
    return best


def _reaches(context: Context, gap: str) -> bool:
    if context not in {Context.KEEP, Context.AMOUNT}:
        return True
    return len(gap) <= _REACH_OF_KEEPING and _PEOPLE.search(gap) is None
