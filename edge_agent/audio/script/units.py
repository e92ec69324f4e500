"""Units of measure as they are written and as they are spoken."""

from __future__ import annotations

import re

_TABLE = """
    mm=毫米 MM=毫米 CM=厘米 cm=厘米 dm=分米 m=米 km=公里 KM=公里 Km=公里
    mm²=平方毫米 cm²=平方厘米 m²=平方米 m2=平方米 M²=平方米
    km²=平方公里 km2=平方公里 hm²=公顷 ha=公顷
    m³=立方米 m3=立方米 cm³=立方厘米 dm³=立方分米 km³=立方公里
    kg=公斤 KG=公斤 Kg=公斤 g=克 mg=毫克 μg=微克 t=吨
    L=升 l=升 ml=毫升 mL=毫升 ML=毫升 dl=分升
    ℃=摄氏度 °C=摄氏度 ℉=华氏度 °F=华氏度 °=度
    W=瓦 kW=千瓦 KW=千瓦 MW=兆瓦 kWh=千瓦时 kW·h=千瓦时
    V=伏 kV=千伏 KV=千伏 kVA=千伏安 mA=毫安 Ω=欧姆
    Hz=赫兹 kHz=千赫 MHz=兆赫 GHz=吉赫 dB=分贝 GB=吉字节 MB=兆字节 Mbps=兆 kbps=千比特每秒
    h=小时 min=分钟 s=秒 d=天 ms=毫秒
    mmHg=毫米汞柱 mmol=毫摩尔 μmol=微摩尔 IU=国际单位
    Pa=帕 hPa=百帕 kPa=千帕 MPa=兆帕
"""
_SPOKEN = dict(pair.split("=") for pair in _TABLE.split())
_COUNTING = """
    元 万元 亿元 角 分 块 人 人次 户 户次 年 季 季度 月 周 日 天 小时 分钟 秒
    亩 公顷 斤 公斤 千克 克 吨 袋 桶 箱 包 瓶 盒 株 棵 头 只 羽 匹 口 条 次 个
    份 套 台 辆 座 张 本 把 件 车 床 位 班 栋 间 处 眼 平方米 立方米 平方公里
    立方 平方 方 平米 米 公里 千米 厘米 毫米 里 工日 个工 工 度 千瓦时 升 毫升
    转 片 尾 穴 丛 池 孔 盏 根 名 学期 学年 课时 节 场 桌 批 票 单 趟 村 组 家 店
"""


def _either(words: list[str]) -> str:
    """A pattern for any of ``words``, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


UNIT = rf"(?:{_either(list(_SPOKEN))})(?![A-Za-z0-9²³])"
"""A unit in letters or signs."""
MEASURES = rf"(?:{_either([*_SPOKEN, *_COUNTING.split()])})(?![a-zA-Z²³])"
"""Any unit that may stand before or after a stroke: 元/亩, 次/年, m³/s."""
COUNTED = re.compile(
    r"[个人名位户家项件次天岁斤克吨亩元块万亿千百袋桶箱包瓶盒辆台座头只匹口条张份本把套批片处所]"
    r"|[间栋幢棵株盆篇遍趟轮种类秒倍成枚粒颗顶床扇车船部支根段笔票例眼孔伏瓦升角度委寸尺里丈方]"
    r"|[夜节盏对双副米公平立厘毫兆场季剂针省县镇村餐顿声]|起(?![始点])"
    r"|年(?![级度])|周|日[内后前]|毛钱?|小时|分钟|刻钟|摄氏|工日|层楼"
)
"""What follows a 2 that is spoken 两: it counts things. Not 号 月 组 楼 级, which name them."""


def unit_words(unit: str) -> str:
    """The unit in words; Chinese units stay as they are."""
    return _SPOKEN.get(unit, unit)
