"""Numbers that name something and are read digit by digit: telephones, accounts, plates, papers.

1 is 幺 where people know it so (telephones, roads, plates), otherwise 一.
"""

from __future__ import annotations

import re

from edge_agent.audio.script.numerals import cardinal, digits
from edge_agent.audio.script.rule import ALONE, Rule, rule

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DASH = r"[-—–－ ]"
_CALL = (
    r"(?:电话|热线|专线|拨打|致电|拨|请打|打|报警|急救|火警|手机|手机号|传真|联系方式|短信|客服|咨询|举报"
    r"|监督|投诉|救援|抢修|求助|联系|回电|来电|值班|号码|税务|医保|分机|转)"
)
_NAMED = (
    r"(?:账号|帐号|账户|卡号|编号|代码|编码|证号码?|单号|工号|票号|文号|批次|QQ群?号?|微信号?|N[oO](?=[.:：]?\s?\d{4})[.]?|邮编|邮政编码|学号|身份证|"
    r"验证码|密码|凭证号|行号|合同号|档案号|批号|门牌号|车牌号?|尾号|后[四两]位|前[三四六]位)"
)
_AMOUNT = r"\s?(?:[元人户亩个次万亿名份家吨斤株头只棵米%余多]|公[里斤顷]|平方|立方|千米)"
"""What makes a string of digits an amount after all."""
_ALARM = "报警|急救|火警|指挥|电话|热线|专线|平台|、1|或者?1|/1"
_OFFICIAL = "12345|12348|12333|12306|12366|12393|12388|12317|12315|12316|12319|12320|12355|12371|"
_OFFICE = (
    "(?:村委会|居委会|村支部|党支部|村部|办公室|办事处|派出所|供电所|信用社|水厂|公司|合作社|[所站院局队室社厂会办]"
    "|[村组站所乡镇县院]长|支书|书记|主任|会计|出纳|文书|医生|老师|师傅)"
)
_SHORT = _OFFICIAL + (
    "12380|12396|10086|10010|10099|12350|12369|12328|12301|95598|96110|95533|95588|95599|95566|95580"
)


def _call(match: re.Match[str]) -> str:
    """A telephone number: its digits, 1 as 幺; an extension after 转."""
    return digits(re.sub(r"[^\d转]", "", match["number"]), one="幺")


def _standard(number: str) -> str:
    """The number of a standard: 19001-2016 is 一九零零一杠二零一六."""
    return digits(re.sub("[-—–]", "杠", number).replace(".", "点"))


_AREA_AND_LOCAL = 10
"""Digits of an area code with a local number, at least; a part after a dash is an extension."""


def _call_with_extension(match: re.Match[str]) -> str:
    """A fixed line; 65321234-8001 has an extension as if it said 转."""
    parts = re.split(r"[-—–－]", match["number"])
    if len(parts) > 1 and len(re.sub(r"\D", "", "".join(parts[:-1]))) >= _AREA_AND_LOCAL:
        parts[-1] = "转" + parts[-1]
    return digits(re.sub(r"[^\d转]", "", "".join(parts)), one="幺")


def _code(match: re.Match[str]) -> str:
    """A code: its signs one by one, the dashes between its parts as 杠."""
    spoken = re.sub(r"[-—–]+", "杠", digits(match["code"]))
    return spoken.replace("/", "斜杠").replace("_", "下划线")


_COUNT = ("", "一", "两", "三", "四", "五", "六", "七", "八", "九")


def _masked(match: re.Match[str]) -> str:
    """Only what is left behind the stars is of use to those who hear it."""
    tail = match["tail"] + match["letter"].upper() if match["tail"] else ""
    return f"后{_COUNT[len(tail)]}位{digits(tail)}" if tail else ""


def _somebody(match: re.Match[str]) -> str:
    """A name with stars in it: 张** is 张某某."""
    return "某" * len(match["stars"])


def _paper(match: re.Match[str]) -> str:
    """〔2023〕24号: the year by its digits, the number as a number, a short pause between."""
    return f"，{digits(match['year'])}，{match['ordinal']}{cardinal(match['number'])}号"


def _plate(match: re.Match[str]) -> str:
    return match["place"] + digits(match["rest"], one="幺")


def _lead(match: re.Match[str]) -> str:
    return match["lead"] + digits(re.sub(r"[ ]", "", match["number"]), one="幺")


_MASKS_AND_PAPERS = (
    rule(r"(?<=[\u4e00-\u9fff])(?<![号码话机卡证户])(?P<stars>\*{1,3})(?![\d*])", _somebody),
    rule(
        r"(?:[0-9A-Za-z]*\*{2,}|[0-9]{2,}[ -]?[xX×]{3,}[ -]?)(?P<tail>[0-9]{1,8}(?![0-9])|)"
        r"(?P<letter>[xX]?)",
        _masked,
    ),
    rule(
        r"[〔\[［【（(](?P<year>(?:19|20)\d\d)年?[〕\]］】）)]\s*(?P<ordinal>第?)(?P<number>\d+)\s*号",
        _paper,
    ),
    rule(
        r"(?P<open>[〔\[［【（(])(?P<year>(?:19|20)\d\d)(?P<close>[〕\]］】）)])",
        lambda m: m["open"] + digits(m["year"]) + m["close"],
    ),
    rule(
        r"第(?P<year>20\d\d)[-—–](?P<number>\d{1,5})号",
        lambda m: f"第{digits(m['year'])}杠{cardinal(m['number'])}号",
    ),
    rule(
        r"(?P<lead>附件|附表|附图|表|图|例|附录)(?P<first>\d{1,2})[-—–](?P<last>\d{1,2})(?![\d.%])",
        lambda m: f"{m['lead']}{cardinal(m['first'])}杠{cardinal(m['last'])}",
    ),
    rule(
        rf"(?P<place>[{_PROVINCES}][A-Z])[·.\s-]?(?P<rest>[A-Z0-9]{{4,6}}[挂学警港澳领]?)"
        r"(?![A-Za-z0-9])",
        _plate,
    ),
)
_TELEPHONES = (
    rule(
        rf"(?<![\d.])(?:(?:\+|00)86{_DASH}?)?"
        rf"(?P<number>1[3-9]\d{_DASH}?\d{{4}}{_DASH}?\d{{4}})(?![\d.])",
        _call,
    ),
    rule(
        rf"(?<![\d.])(?:(?:\+|00)86{_DASH}?)?(?P<number>[（(]?0\d{{2,3}}[）)]?{_DASH}{{0,2}}"
        rf"\d{{3,4}}{_DASH}?\d{{4}}(?:(?:转|{_DASH})\d{{1,5}})?)(?![\d.])",
        _call_with_extension,
    ),
    rule(rf"(?<![\d.])(?P<number>0\d{{2,3}}{_DASH}(?:\d{{7,8}}|{_SHORT}))(?![\d.])", _call),
    rule(
        rf"(?P<lead>{_OFFICE}[:：]\s?)(?P<number>[2-8]\d{{2,3}}[ -]?\d{{4}})(?![\d.]|{_AMOUNT})",
        _lead,
    ),
    rule(
        rf"(?<=[零幺二三四五六七八九]{{7}})(?P<lead>[、/或和，,；;]\s?)"
        rf"(?P<number>[2-8]\d{{2,3}}[ -]?\d{{4}})(?![\d.]|{_AMOUNT})",
        _lead,
    ),
    rule(
        r"(?<![\d.])(?P<number>1(?:10|19|20|22)(?:[、/或和，]{1,2}1(?:10|19|20|22))+)(?![\d.])",
        lambda m: digits(m["number"], one="幺").replace("/", "、"),
    ),
    rule(
        rf"(?<![\d.])(?P<number>[48]00{_DASH}?\d{{3,4}}{_DASH}?\d{{3,4}})(?![\d.]|{_AMOUNT})", _call
    ),
    rule(
        rf"(?P<lead>{_CALL}[:：是为]?\s?)(?P<number>\d{{3,4}}[ -]\d{{3,4}}|\d{{3,8}})"
        rf"(?![\d.]|{_AMOUNT})",
        _lead,
    ),
    rule(rf"(?<![\d.])(?P<number>{_SHORT})(?![\d.]|{_AMOUNT})", _call),
    rule(rf"(?<![\d.])(?P<number>1(?:10|19|20|22))(?={_ALARM}|”)", _call),
    rule(r"(?<=事故)(?P<number>122)(?![\d.]|\s?[起例次件宗人])", _call),
)
_NAMED_CODES = (
    rule(
        rf"(?P<lead>{_NAMED}[:：为是]?\s?)(?:N[oO][.:：]?\s?)?"
        r"(?P<code>[A-Za-z]*\d[\dXx ]*(?:[-—–][A-Za-z\d]+)*)(?![\d.])",
        lambda m: m["lead"] + _code(m),
    ),
)

NAMES: tuple[Rule, ...] = _MASKS_AND_PAPERS + _NAMED_CODES + _TELEPHONES
"""What is known by its form or by the word before it; to be read before dates."""

CODES: tuple[Rule, ...] = (
    rule(
        r"(?<![A-Za-z\d])K(?P<km>\d+)\+(?P<m>\d+)(?P<to>\s*[-—–~]+\s*(?=K\d))?",
        lambda m: f"K{cardinal(m['km'])}加{cardinal(m['m'])}{'到' if m['to'] else ''}",
    ),
    rule(
        r"(?<![A-Za-z\d])(?P<place>[GS](?=\d{2,4}(?!\d))|[XYC](?=\d{3,4}(?!\d)))(?P<rest>\d+)"
        r"(?![\dA-Za-z.-])",
        _plate,
    ),
    rule(ALONE + r"(?P<code>\d+(?:-\d+){2,})(?![\d.])", _code),
    rule(
        r"(?<![\d.第])(?P<number>\d{3,4})(?=(?:教|会议|病|包|考|客)?[室房](?![屋产子间前]))",
        lambda m: digits(m["number"]),
    ),
    rule(r"(?<![\d.第])(?P<number>\d{3})(?=医院|胶水?|路(?![段口面边基灯]))", _call),
    rule(
        rf"(?<=[栋幢座楼])(?P<number>\d{{3,4}})(?![\d.室房]|{_AMOUNT})",
        lambda m: digits(m["number"]),
    ),
    rule(r"(?<![\d.])(?P<number>84)(?=消毒)", _call),
    rule(
        r"(?<![A-Za-z\d-])(?P<name>[A-Za-z]{1,6})-(?P<number>[1-9]\d?)(?![\d.A-Za-z_/-])",
        lambda m: m["name"] + cardinal(m["number"]),
    ),
    rule(r"(?<![A-Za-z\d])(?P<code>K?N9[59])(?!\d)", _code),
    rule(
        r"(?<![A-Za-z\d])(?P<name>DN|PN|AQI|PM)(?P<number>\d{3})(?![\d.])",
        lambda m: m["name"] + cardinal(m["number"]),
    ),
    rule(
        r"(?<![A-Za-z])(?P<name>[A-Z]{2,3}\d{0,2}(?:/[A-Z]{1,2})?) ?"
        r"(?P<number>\d{3,6}(?:\.\d{1,2})?[-—–]\d{4})(?!\d)",
        lambda m: digits(m["name"].replace("/", "")) + _standard(m["number"]),
    ),
    rule(r"(?<![\d.,])(?P<code>\d{3,8})(?=开头|打头|结尾|号段)", _code),
    rule(
        r"(?P<name>[A-Za-z])(?P<number>[1-9]\d)(?![\d.A-Za-z-])",
        lambda m: m["name"] + cardinal(m["number"]),
    ),
    rule(r"(?<![\d.])(?P<number>\d{3})(?=国道|省道|县道|乡道)", _call),
    rule(r"(?<![A-Za-z\d])(?P<place>[GDCZTKYL])(?P<rest>\d{1,4})(?=次)", _plate),
    rule(
        r"(?<![A-Za-z\d.])(?P<code>(?=[A-Za-z0-9/_—–-]*\d)(?=[A-Za-z0-9/_—–-]*[A-Za-z]{2}|[A-Z])"
        r"[A-Za-z]+[A-Za-z0-9]*(?:[-—–_/][A-Za-z0-9]+)+)(?![A-Za-z0-9])",
        _code,
    ),
    rule(
        ALONE + r"(?P<code>\d+(?:\.\d+){2,})(?!\d)", lambda m: digits(m["code"]).replace(".", "点")
    ),
    rule(ALONE + r"(?P<code>\d{1,4}-0\d{1,5}|0\d{1,5}-\d{1,5})(?![\d.])", _code),
    rule(
        r"(?<![\d.,])(?<![计共额入出余][:：])(?<![计共额入出余])"
        rf"(?P<code>\d{{17}}[\dXx]|\d{{8,}})(?![\d.]|{_AMOUNT})",
        _code,
    ),
    rule(r"(?<![\d.:：°′])(?P<code>0\d+)(?![\d.:：′″])", _code),
    rule(r"(?P<code>[A-Z][A-Za-z]*\d{2,})(?![\d.A-Za-z])", _code),
    rule(r"(?P<code>(?=[A-Z0-9]*[A-Z][A-Z0-9]*)[A-Z0-9]{10,})(?![\d.A-Za-z])", _code),
)
"""What only looks like a code once dates are read."""
