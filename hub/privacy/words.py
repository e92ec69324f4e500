"""Words that tell: headings of columns, diseases, children, names. The gate's vocabulary.

Headings are matched after NFKC and without blanks. The lists are facts of the trade (forms of
village disclosure), kept in one place so that an officer can read and extend them.
"""

from __future__ import annotations

import re
import unicodedata

COLUMN_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "complainant",
        re.compile(
            r"举报人|投诉人|反映人|信访人|检举人|上访人|来访人|申诉人|控告人|线索(?:提供)?人"
        ),
    ),
    (
        "health",
        re.compile(
            r"致[贫困](?:返贫)?原因|返贫原因|风险原因|困难(?:原因|类别|情形)|病种|病情|病名|疾病|患病|诊断|病史|手术史"
            r"|健康(?:状况|状态|情况)|身体状况|残疾(?:类别|类型|等级|程度|情况)|残疾$|伤残(?:等级|情况)|自理能力"
            r"|救助(?:事由|原因)|减免依据|失能(?:等级|情况)|精神状况|用药|计生手术"
        ),
    ),
    (
        "id",
        re.compile(
            r"身份证|身份号|公民号码|居民证|证件(?:号|前|后|编号)|残疾(?:人)?证(?!补)|优抚证|优待证|护照|学籍号"
            r"|^证号|(?<![凭可])证号$|^户号$|户口(?:本|簿)?(?:编)?号|ID号|IDCARD|社保(?:卡)?号|医保(?:卡)?号"
        ),
    ),
    (
        "bank",
        re.compile(
            r"[账帐]号|[账帐]户号|银行卡|卡号|一卡通(?!金额|发放)|存折|惠农卡|开户号|支付宝|微信号"
        ),
    ),
    ("birth", re.compile(r"出生(?!证)|生日|生辰|诞生")),
    ("minor", re.compile(r"学校|班级|年级|监护人|子女|儿童姓名|学生姓名|幼儿园|就读|学籍|未成年")),
    (
        "addr",
        re.compile(
            r"住址|家庭地址|居住地|户籍地|户籍所在|门牌|详细地址|家庭住处|联系地址|通讯地址"
        ),
    ),
    ("geo", re.compile(r"坐标|经纬度|经度|纬度|定位")),
    (
        "income",
        re.compile(
            r"工资|薪[资酬水]|(?:人均|个人|家庭|本人|年均|月均).{0,4}收入|纯收入|存款|家庭财产|缴费明细"
        ),
    ),
    ("age", re.compile(r"^(?:周岁|年龄|岁数|实际年龄|年龄\(.*\))$")),
    ("phone", re.compile(r"电话|手机|联系方式|联系号码|移动号码|号码$")),
)
"""Kind of column by its heading, the first match counts."""

OFFICE_PHONE = re.compile(
    r"办公|监督|咨询|报名|受理|报修|服务|值班|热线|异议|抢修|应急|单位|村委|公开"
)
MONEY_HEADING = re.compile(r"[(（](?:元|万元|元/.*)[)）]$|金额|补贴$|补助$|标准$|合计$")
PERSON_HEADING = re.compile(
    r"姓名|户主|户名|名单|申请人|受益人|领取人|领款人|被保险?人|参保人|患者|儿童$|学生$|老人|对象(?:姓名)?$|人员$"
    r"|党员$|村民$|当事人|承包人|监护人|被救助人|享受人"
)
OFFICIAL_HEADING = re.compile(
    r"责任人|负责人|经手人|审批人|主持人|网格[长员]|联系人|管护人|培养联系|承办人|记录人|审核人|签字|法定代表"
)
GENERIC_HEADING = re.compile(
    r"^(?:|列\d*|第?\d+列?|[A-Z]{1,2}|备注\d*|说明|其他|其它|附注|COLUMN\d*|UNNAMED.*|字段\d*)$"
)
"""Headings that say nothing: their cells are judged by themselves."""

PROCESS_DATE = re.compile(r"日期|时间|年月|月份|期限|起止|截止|有效|年度")

SPECIFIC_DISEASE = re.compile(
    r"[一-鿿]?癌|肿瘤|白血病|尿毒症|透析|艾滋|HIV|AIDS|梅毒|淋病|性病|精神分裂|精神病|精神障碍|精神疾病|抑郁|躁狂"
    r"|癫痫|羊癫疯|[甲乙丙]肝|肝炎|肺结核|结核病|结核|糖尿病|高血压|心脏病|冠心病|心梗|脑梗|脑出血|脑溢血|脑瘫|脑瘤"
    r"|中风|偏瘫|瘫痪|帕金森|痴呆|阿尔茨海默|肾衰|肾病|肾炎|肝硬化|肝腹水|血友病|地中海贫血|再生障碍|红斑狼疮"
    r"|重症肌无力|麻风|尘肺|矽肺|渐冻|自闭症|唐氏|智障|智力低下|植物人|侏儒|股骨头坏死|强直性脊柱炎|类风湿"
    r"|器官移植|肾移植|化疗|放疗|截肢|流产|不孕|不育|吸毒|戒毒|新冠"
)
HEALTH_IN_CELL = re.compile(
    SPECIFIC_DISEASE.pattern
    + r"|(?:肢体|视力|听力|言语|智力|精神|多重)(?:残疾|[一二三四1-4]级)|残疾[一二三四1-4]级"
    r"|[一二三四1-4]级(?:伤残|残疾)|肢残|重残|聋哑"
    r"|失明|失聪|盲人|因病|因残|患病|重病|大病|慢性病|重疾|住院|手术|后遗症|精神异常|神志不清|失能|卧床"
)
HEALTH_GATHERING = re.compile(r"筛查|体检|义诊|随访|患者|病人")

MINOR_TOPIC = re.compile(
    r"孤儿|困境儿童|留守儿童|事实无人抚养|学生资助|助学|贫困(?:学)?生|困难学生|未成年人(?:名单|救助|保护对象)|奖学金|雨露计划"
    r"|教育(?:资助|补助)|入学资助|寄宿生|弃婴|流浪儿童|残疾儿童|义务教育.{0,4}补助"
)

SECRET_MARK = re.compile(
    r"(?:绝\s?密|机\s?密|秘\s?密)\s?[★☆*]|内部(?:资料|文件|材料).{0,6}(?:保密|外传|扩散)|仅供内部"
)
FOUND_CHILD = re.compile(
    r"(?:走失|寻找|寻亲|认领|捡拾|拾到|弃养).{0,12}(?:儿童|男童|女童|男婴|女婴|婴儿|小孩|孩子)"
    r"|(?:儿童|男童|女童|男婴|女婴|婴儿|小孩|孩子).{0,6}(?:走失|被遗弃|认领)"
)

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
    "夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟"
    "安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项"
    "曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边付肖闫蓝闻苟"
)
_PARTS_OF_NAMES = "".join(sorted(set(_SURNAMES)))
SURNAME = rf"(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|[{_PARTS_OF_NAMES}])"
NAME = rf"{SURNAME}[一-鿿]{{1,2}}"
NAME_CELL = re.compile(rf"{NAME}|[一-鿿]{{2,8}}[·•・．.‧][一-鿿·•・．.‧]{{2,14}}")


def heading(label: str) -> str:
    """A heading as the patterns above read it: NFKC, upper case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", label).upper().split())
