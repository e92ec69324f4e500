"""Words of village notices whose characters have several readings, where dictionaries go wrong.

退耕还林 is huán lín, not hái lín. The longest word wins, so a longer one that only contains a
shorter one by chance (为准备, 嫁接种苗) stands here too. Names of places are the county's own
lexicon's business; here are only those that are no other word anywhere.
"""

from __future__ import annotations

_TABLE = """
    还林=huan2 lin2; 还草=huan2 cao3; 还田=huan2 tian2; 还湖=huan2 hu2; 还款=huan2 kuan3
    还钱=huan2 qian2; 还贷=huan2 dai4; 还清=huan2 qing1; 还债=huan2 zhai4; 还本=huan2 ben3
    必须得=bi4 xu1 dei3; 还得=hai2 dei3; 就得=jiu4 dei3; 也得=ye3 dei3; 非得=fei1 dei3
    还得到=hai2 de2 dao4; 就得到=jiu4 de2 dao4; 也得到=ye3 de2 dao4
    散发=san4 fa1; 应付款=ying1 fu4 kuan3; 应付账款=ying1 fu4 zhang4 kuan3
    调休=tiao2 xiu1; 中签=zhong4 qian1; 间伐=jian4 fa2; 晒干=shai4 gan1; 提防=di1 fang5
    种粮大户=zhong4 liang2 da4 hu4; 种粮补贴=zhong4 liang2 bu3 tie1
    种粮农民=zhong4 liang2 nong2 min2; 种粮户=zhong4 liang2 hu4
    种养大户=zhong4 yang3 da4 hu4; 种养殖=zhong4 yang3 zhi2; 种养业=zhong4 yang3 ye4
    种养结合=zhong4 yang3 jie2 he2; 接种=jie1 zhong4; 嫁接种=jia4 jie1 zhong3
    接种子=jie1 zhong3 zi5
    县支行=xian4 zhi1 hang2; 市支行=shi4 zhi1 hang2; 支行行长=zhi1 hang2 hang2 zhang3
    猪圈=zhu1 juan4; 羊圈=yang2 juan4; 牛圈=niu2 juan4; 圈舍=juan4 she4; 圈养=juan4 yang3
    称职=chen4 zhi4; 当日=dang4 ri4; 身份=shen1 fen5; 地方=di4 fang5; 三校=san1 jiao4
    闷死=men1 si3; 暴晒=bao4 shai4; 标识=biao1 zhi4; 为准=wei2 zhun3
    为准备=wei4 zhun3 bei4; 定为=ding4 wei2; 一定为=yi1 ding4 wei4; 钻井=zuan4 jing3
    打钻=da3 zuan4; 卡住=qia3 zhu4; 大夫=dai4 fu5; 第一行=di4 yi1 hang2; 夹克=jia1 ke4
    解州=xie4 zhou1; 了解州=liao3 jie3 zhou1; 长垣=chang2 yuan2; 会稽=kuai4 ji1
    洪洞=hong2 tong2; 百色=bo2 se4
"""


def _read(table: str) -> dict[str, str]:
    pairs = (pair.split("=") for line in table.split("\n") for pair in line.split(";"))
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1}


POLYPHONES = _read(_TABLE)
"""Word to syllables; a county's lexicon goes before it."""
