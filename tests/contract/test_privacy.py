from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract.personal_numbers import is_resident, passes_luhn
from contract.privacy import Kind, Level, fingerprint, leaks, mask, scan

DATA = Path(__file__).parents[1] / "data"

SURE = [
    # text, kind, masked text
    ("户主王建国530199195607153024已领", Kind.RESIDENT, "户主王建国530199**********24已领"),
    ("身份证号：530199 19560715 3024", Kind.RESIDENT, "身份证号：530199**********24"),
    ("530199-19560715-3024", Kind.RESIDENT, "530199**********24"),
    ("530199.1956.07.15.3024", Kind.RESIDENT, "530199**********24"),
    ("530199 1956-07-15 3024", Kind.RESIDENT, "530199**********24"),
    ("5 3 0 1 9 9 1 9 5 6 0 7 1 5 3 0 2 4", Kind.RESIDENT, "530199**********24"),
    ("５３０１９９１９５６０７１５３０２４", Kind.RESIDENT, "530199**********24"),
    ("٥٣٠١٩٩١٩٥٦٠٧١٥٣٠٢٤", Kind.RESIDENT, "530199**********24"),
    ("53019919520916078x", Kind.RESIDENT, "530199**********8X"),
    ("53019919520916078Ｘ.", Kind.RESIDENT, "530199**********8X."),
    ("530199195\n607153024", Kind.RESIDENT, "530199**********24"),
    ("第1户530199195607153024", Kind.RESIDENT, "第1户530199**********24"),
    ("序号1 530199195607153024", Kind.RESIDENT, "序号1 530199**********24"),
    ("身份证530199195607153021", Kind.RESIDENT, "身份证530199**********21"),
    ("身份证号码为530199195613453024", Kind.RESIDENT, "身份证号码为530199**********24"),
    ("身份证号53019919560715302", Kind.RESIDENT, "身份证号530199*********02"),
    ("老证号530199560715302", Kind.RESIDENT, "老证号530199*******02"),
    ("530199560715302", Kind.RESIDENT, "530199*******02"),
    ("残疾证号53019919520916078X21", Kind.CERTIFICATE, "残疾证号530199************21"),
    ("53019919560715302443B1", Kind.CERTIFICATE, "530199**************B1"),
    ("卡号6299990000007987435", Kind.BANK, "卡号***************7435"),
    ("6299 9900 0000 7987 435", Kind.BANK, "***************7435"),
    ("一卡通账号：20240600112233", Kind.BANK, "一卡通账号：**********2233"),
    ("存折1234567890123", Kind.BANK, "存折*********0123"),
    ("4539578763621486", Kind.BANK, "************1486"),
    ("电话15412345678。", Kind.MOBILE, "电话154****5678。"),
    ("8615412345678", Kind.MOBILE, "86154****5678"),
    ("015412345678", Kind.MOBILE, "0154****5678"),
    ("（154）12345678", Kind.MOBILE, "（154****5678"),
    ("154.1234.5678", Kind.MOBILE, "154****5678"),
    ("1\u200b5\u200b412345678", Kind.MOBILE, "154****5678"),
    ("1️⃣5️⃣412345678", Kind.MOBILE, "154****5678"),
    ("联系人王建国15412345678", Kind.MOBILE, "联系人王建国154****5678"),
    ("项目联系人王建国15412345678", Kind.MOBILE, "项目联系人王建国154****5678"),
    ("TEL15412345678", Kind.MOBILE, "TEL154****5678"),
    ("①15412345678", Kind.MOBILE, "①154****5678"),
    ("家住青石村3组78号", Kind.ADDRESS, "家住青石村3组"),
    ("住青石村三组六号院", Kind.ADDRESS, "住青石村三组"),
    ("青石村4组107号", Kind.ADDRESS, "青石村4组"),
    ("地址：青石村阳光小区3栋2单元501室", Kind.ADDRESS, "地址：青石村阳光小区"),
    ("家住清水镇人民路12号3单元501室", Kind.ADDRESS, "家住清水镇人民路"),
    ("王建国，1956年7月15日出生，", Kind.BIRTH, "王建国，1956年**月**日出生，"),
    ("出生日期：1956-07-15", Kind.BIRTH, "出生日期：1956-**-**"),
    ("护照号E12345678", Kind.OTHER_PAPER, "护照号*******78"),
    ("530199*19560715*3024", Kind.RESIDENT, "530199**********24"),
    ("530199+19560715=3024", Kind.RESIDENT, "530199**********24"),
    ("530199    195607153024", Kind.RESIDENT, "530199**********24"),
    ("530199\r\n\r\n195607153024", Kind.RESIDENT, "530199**********24"),
    ("530199<br>19560715<b>3024</b>", Kind.RESIDENT, "530199**********24</b>"),
    ("530199😀195607153024", Kind.RESIDENT, "530199**********24"),
    ("￥530199560715302", Kind.RESIDENT, "￥530199*******02"),
    ("合计6299990000007987435", Kind.BANK, "合计***************7435"),
    ("王建国15412345678户主", Kind.MOBILE, "王建国154****5678户主"),
    ("15412345678万先生", Kind.MOBILE, "154****5678万先生"),
    ("项目经理:15412345678", Kind.MOBILE, "项目经理:154****5678"),
    ("154*1234*5678", Kind.MOBILE, "154****5678"),
    (
        "家庭住址:云南省大理州清水镇青石村委会3组78号",
        Kind.ADDRESS,
        "家庭住址:云南省大理州清水镇青石村委会3组",
    ),
    ("王建国生于1956.7.15", Kind.BIRTH, "王建国生于1956.**.**"),
    ("出生于一九五六年七月", Kind.BIRTH, "出生于一九五六年**月"),
    ("王建国,1956年7月生,", Kind.BIRTH, "王建国,1956年**月生,"),
    ("台胞证12345678", Kind.OTHER_PAPER, "台胞证******78"),
    ("社保卡号AB1234567", Kind.OTHER_PAPER, "社保卡号*******67"),
    ("军官证军字第1234567号", Kind.OTHER_PAPER, "军官证军字第*****67号"),
]

SUSPECTED = [
    ("身份证号为五三零一九九一九五六零七一五三零二二", Kind.RESIDENT),
    ("手机幺五四，一二三四，五六七八", Kind.MOBILE),
    ("一五四一二三四五六七八", Kind.MOBILE),
    ("壹伍肆壹贰叁肆伍陆柒捌", Kind.MOBILE),
    ("⑤③⓪①⑨⑨①⑨⑤⑥⓪⑦①⑤③⓪②④", Kind.RESIDENT),
    ("53O199195607153O24", Kind.RESIDENT),
    ("“工作证号”2024061812345678901 系伪造", Kind.LONG_NUMBER),
    ("629999000000798743515412345678", Kind.LONG_NUMBER),
    ("号码530199195607153021", Kind.RESIDENT),
    ("王建国，男，68岁", Kind.AGE),
    ("身份证号5301**********3024", Kind.RESIDENT),
    ("身份证号530199195607****24", Kind.RESIDENT),
]

INNOCENT = [
    "办公电话0872-0000231", "抢修电话:0872-0000456(24小时)", "(0872)0000231", "010-00001234",
    "12345", "12317", "12388", "96110", "400-000-1234", "回电00-0000-0000",
    "合同编号QS-2024-SZ-0018", "合同编号202405200001234567", "凭证号2024062900000123",
    "统一社会信用代码N2530199MF0000018X", "信用代码91530199MA6K00001X",
    "金额1234567890.12元", "合计15412345678元", "￥15412345678", "1,234,567,890.00",
    "2024-06-29 09:30:00", "2024-06-29 2024-07-11 2024-08-01", "20240629", "2024/7/3—2024/7/11",
    "项目编码2405-530199-04-01-100001", "银行行号000000000000", "区划530199001001",
    "发票号码12345678901234567890", "订单号202406181234567890", "宗地530199001001JC00012",
    "请带身份证", "身份证号码、银行账号、个人电话", "年满18周岁", "35—64周岁",
    "(2018年8月31日前出生)", "2012年9月1日至2013年8月31日出生的儿童", "男60岁、女55岁",
    "一组至五组", "三组四号机井", "青石村2号桥", "青石村1号提灌站", "3组7月6日停水",
    "一、二、三、四、五、六、七、八、九、十、十一", "零八七二，零零零零，一一九",
    "二零二四年七月六号", "清政发〔2024〕12号", "便民服务中心3栋201室", "地址:人民路12号",
    "现住人民路12号镇政府办公楼", "面积12345678901亩",
    "每人400元/人·年,670元/人·年", "18×35 630㎡", "8:00—18:00", "530199-20240714031200-0007",
    "火灾发生于2024年7月11日", "学生于1998年9月1日入学", "2024年7月生猪存栏", "2024年出生人口12人",
    "户数12345户", "投资15412345678元", "合同价15412345678.00", "项目编号15412345678",
    "530199**********24", "7-ئاينىڭ 9-كۈنى سائەت 10:00 دىن 16:00 گىچە",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "masked"), SURE)
def test_personal_data_is_found_for_sure_and_masked(text: str, kind: Kind, masked: str) -> None:
    findings = scan(text)
    assert [(finding.kind, finding.level) for finding in findings] == [(kind, Level.MASK)]
    assert mask(text) == masked
    assert scan(masked) == []


@pytest.mark.parametrize(("text", "kind"), SUSPECTED)
def test_a_suspicion_asks_a_person_and_is_masked_meanwhile(text: str, kind: Kind) -> None:
    findings = scan(text)
    assert [(finding.kind, finding.level) for finding in findings] == [(kind, Level.CONFIRM)]
    assert leaks([text]) == []
    assert scan(mask(text)) == []


@pytest.mark.parametrize("text", INNOCENT)
def test_public_numbers_and_plain_words_are_left_alone(text: str) -> None:
    assert scan(text) == []
    assert mask(text) == text


def test_a_mask_is_as_long_as_the_number_it_hides() -> None:
    for number in ("530199195607153024", "53019919560715302462", "6299990000007987435"):
        (finding,) = scan(number)
        assert len(finding.masked) == len(number)


def test_the_label_of_a_column_says_what_its_cells_are() -> None:
    assert [found.kind for found in scan("20240600112233", label="收款账号")] == [Kind.BANK]
    assert scan("202406001122334455", label="合同编号") == []


def test_a_cleared_number_is_no_longer_found_however_it_is_written() -> None:
    cleared = frozenset({fingerprint("2024061812345678901")})
    assert scan("证件2024061812345678901", cleared=cleared) == []
    assert scan("证件２０２４０６１８１２３４５６７８９０１", cleared=cleared) == []
    assert len(scan("证件2024061812345678902", cleared=cleared)) == 1


def test_two_numbers_glued_together_are_both_masked() -> None:
    assert mask("530199195607153024530199198802190465").count("*") >= 20
    assert scan(mask("53019919560715302415412345678")) == []


def test_every_restricted_number_of_the_example_notices_is_found() -> None:
    notices = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
    seen = 0
    for notice in notices:
        table = notice.get("table") or {"columns": [], "rows": []}
        for place, column in enumerate(table["columns"]):
            if column["type"] not in {"id", "bank", "mobile"}:
                continue
            for row in table["rows"]:
                assert scan(str(row[place])), column["label"]
                seen += 1
    assert seen > 100


def test_no_text_of_an_innocent_example_notice_is_touched() -> None:
    notices = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
    for notice in notices:
        texts = [notice[field] for field in ("title", "summary", "speech", "body")]
        hits = [found for text in texts for found in scan(text)]
        assert len(hits) == (1 if notice["id"] == "N030" else 0), notice["id"]


def test_numbers_are_checked_by_their_own_arithmetic() -> None:
    assert is_resident("53019919520916078X")
    assert not is_resident("530199195209160780")
    assert passes_luhn("4539578763621486")
    assert not passes_luhn("4539578763621487")


@pytest.mark.parametrize("text", ["1 " * 3000, "1," * 3000, "5X" * 3000, "村1号1" * 1500])
def test_endless_digits_and_blanks_are_no_person(text: str) -> None:
    assert leaks([text]) == []


def test_the_scan_needs_the_standard_library_alone() -> None:
    code = "import sys, contract.privacy, contract.plain_text; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"PIL", "serial", "paho", "openpyxl", "django", "yaml", "cryptography", "aiohttp"}
    assert heavy.isdisjoint(name.partition(".")[0] for name in loaded.stdout.split())
