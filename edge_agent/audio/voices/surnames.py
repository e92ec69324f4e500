"""Surnames that sound otherwise than the same character in a word: 解书记 is xiè, not jiě."""

from __future__ import annotations

SURNAMES = {
    "任": "ren2",
    "单": "shan4",
    "解": "xie4",
    "仇": "qiu2",
    "查": "zha1",
    "区": "ou1",
    "华": "hua4",
    "盖": "ge3",
    "曾": "zeng1",
    "朴": "piao2",
    "乐": "yue4",
    "翟": "zhai2",
    "覃": "qin2",
    "缪": "miao4",
    "燕": "yan1",
    "应": "ying1",
    "宁": "ning4",
    "员": "yun4",
    "牟": "mu4",
    "折": "she2",
    "种": "chong2",
    "秘": "bi4",
    "薄": "bo2",
    "葛": "ge3",
    "纪": "ji3",
    "过": "guo1",
    "黑": "he4",
    "洗": "xian3",
    "冼": "xian3",
    "隗": "wei3",
    "召": "shao4",
    "逄": "pang2",
    "宓": "mi4",
    "谌": "chen2",
    "郇": "xun2",
    "尹": "yin3",
    "尉迟": "yu4 chi2",
    "万俟": "mo4 qi2",
    "长孙": "zhang3 sun1",
    "澹台": "tan2 tai2",
}
"""Surname to syllables. A family that says it otherwise stands in the county's lexicon."""

TITLES = (
    "(?:书记|主任|村长|镇长|乡长|县长|站长|所长|队长|组长|会计|出纳|文书|医生|大夫|老师|校长|支书|委员"
    "|同志|先生|女士|师傅|大爷|大娘|大妈|大叔|大哥|大姐|阿姨|奶奶|爷爷|叔叔|婶|某|家|科长|局长|经理)"
)
"""What follows a surname when a person is spoken of."""
