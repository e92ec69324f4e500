"""Words of village notices whose characters have several readings, where dictionaries go wrong.

Two tables: whole words, and characters whose reading is told by what stands around them.

退耕还林 is huán lín, not hái lín. The longest word wins, so a longer one that only contains a
shorter one by chance (为准备, 嫁接种苗) stands here too. Names of places are the county's own
lexicon's business; here are only those that are no other word anywhere.
"""

from __future__ import annotations

import re

_TABLE = """
    还林=huan2 lin2; 还草=huan2 cao3; 还田=huan2 tian2; 还湖=huan2 hu2; 还款=huan2 kuan3
    还钱=huan2 qian2; 还贷=huan2 dai4; 还清=huan2 qing1; 还债=huan2 zhai4; 还本=huan2 ben3
    必须得=bi4 xu1 dei3; 还得=hai2 dei3; 就得=jiu4 dei3; 也得=ye3 dei3; 非得=fei1 dei3
    还得到=hai2 de2 dao4; 就得到=jiu4 de2 dao4; 也得到=ye3 de2 dao4
    散发=san4 fa1; 应付款=ying1 fu4 kuan3; 应付账款=ying1 fu4 zhang4 kuan3
    调休=tiao2 xiu1; 中签=zhong4 qian1; 间伐=jian4 fa2; 晒干=shai4 gan1; 提防=di1 fang5
    种粮大户=zhong4 liang2 da4 hu4; 种粮补贴=zhong4 liang2 bu3 tie1
    种粮农民=zhong4 liang2 nong2 min2; 种粮户=zhong4 liang2 hu4; 种粮=zhong4 liang2
    良种粮=liang2 zhong3 liang2; 品种粮=pin3 zhong3 liang2; 播种粮=bo1 zhong3 liang2
    种养大户=zhong4 yang3 da4 hu4; 种养殖=zhong4 yang3 zhi2; 种养业=zhong4 yang3 ye4
    种养结合=zhong4 yang3 jie2 he2; 接种=jie1 zhong4; 嫁接种=jia4 jie1 zhong3
    接种子=jie1 zhong3 zi5
    县支行=xian4 zhi1 hang2; 市支行=shi4 zhi1 hang2; 支行行长=zhi1 hang2 hang2 zhang3
    猪圈=zhu1 juan4; 羊圈=yang2 juan4; 牛圈=niu2 juan4; 圈舍=juan4 she4; 圈养=juan4 yang3
    称职=chen4 zhi4; 当日=dang4 ri4; 身份=shen1 fen5; 地方=di4 fang5; 三校=san1 jiao4
    闷死=men1 si3; 暴晒=bao4 shai4; 标识=biao1 zhi4; 为准=wei2 zhun3
    为准备=wei4 zhun3 bei4; 定为=ding4 wei2; 一定为=yi1 ding4 wei4; 钻井=zuan1 jing3
    打钻=da3 zuan4; 卡住=qia3 zhu4; 大夫=dai4 fu5; 第一行=di4 yi1 hang2; 夹克=jia1 ke4
    解州=xie4 zhou1; 了解州=liao3 jie3 zhou1; 长垣=chang2 yuan2; 会稽=kuai4 ji1
    洪洞=hong2 tong2; 百色=bo2 se4; 都匀=du1 yun2; 朝鲜=chao2 xian3; 一担=yi1 dan4
"""


def _read(table: str) -> dict[str, str]:
    pairs = (pair.split("=") for line in table.split("\n") for pair in line.split(";"))
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1}


POLYPHONES = _read(_TABLE)
"""Word to syllables; a county's lexicon goes before it."""

_COUNT = "[零一二两三四五六七八九十百千几]"
_HAN = "\u4e00-\u9fff"
_ALONE = f"(?:(?<![{_HAN}])|(?<=[请先再来去要并]))"
"""A verb begins here: the clause does, or one of these stands before it."""
_MEASURED = """
    标准 价格 单价 总价 金额 总额 限额 费用 运费 水费 电费 租金 押金 时间 日期 期限 工期 数量 总量
    产量 流量 面积 地点 范围 对象 内容 名称 总数 人数 户数 票数 次数 年龄 温度 湿度 长度 宽度 高度
    深度 厚度 比例 比率 税率 利率 等级 级别 收入 支出 结余 余额 尾号 账号 编号 电话 号码 密码 规格
    重量 总重
"""
"""What is stated by 为; two characters each, as a look behind needs."""
_IS = "|".join(_MEASURED.split())
_GOT = "到知分票了奖益以名力不罪出失体当悉病主救手意逞便"
_DOING = "跑走来说写做干办种长吃睡站穿住打唱跳学教管修建搞弄变刮冻热冷累忙过"
_HOW = "很太好快慢高低多少大小远近长短轻早晚不像更最真挺满"
_WATCHED = "(?:孩子|小孩|娃|老人|家门|家畜|牲畜|牲口|狗|羊|牛|鸡|猪|门|摊)"
_RULES = (
    (f"(?:(?<![{_HAN}])|(?<=[全总周段沟渠管墙路河坝桥]))长(?={_COUNT}|约|达|近)", "chang2"),
    ("长(?=得[好高快大壮])", "zhang3"),
    (f"(?<={_IS})为|(?<=日)为(?={_COUNT})", "wei2"),
    ("(?<=[二两三四五六七八九十每几])行(?![人动走程驶李政为车])", "hang2"),
    (f"(?:(?<![{_HAN}])|(?<=[你我他她们都总又才]))得(?![{_GOT}])", "dei3"),
    (f"(?<=[{_DOING}])得(?=[{_HOW}])", "de5"),
    ("种(?=得[好多少不很])", "zhong4"),
    (f"{_ALONE}数(?=一数|钱|数|完|清|过|票|人)|(?<=数一)数", "shu3"),
    (f"{_ALONE}量(?=地|面积|好|完|过|长|宽|高)|(?<=量一)量", "liang2"),
    ("(?<![数质重产流含])量(?=血[压糖]|体温|身高|尺寸|一量)", "liang2"),
    (f"看(?=(?:好|住|管好|紧)(?:[自你我][己家]的?|家里的?)?{_WATCHED})", "kan1"),
    ("(?<=[树杆墙房棚塔牌吹刮摔推压跌绊晕])倒(?![车卖计数影流映退贴])|倒(?=[下地塌伏])", "dao3"),
)  # fmt: skip
CONTEXTS = tuple((re.compile(pattern), syllable) for pattern, syllable in _RULES)
"""Where one character stands so, and its syllable. Whole words go before these."""
