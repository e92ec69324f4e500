"""Pinyin: the county's readings first, surnames before a title, rare characters found."""

from __future__ import annotations

import pytest

from edge_agent.audio.script import Script, spoken_words
from edge_agent.audio.voices.phonemes import letter_phonemes, syllable_phonemes
from edge_agent.audio.voices.phrasing import phrased
from edge_agent.audio.voices.pronunciation import (
    inline_readings,
    pinyin_text,
    pronounce,
    unknown_characters,
)


def syllables(text: str, **lexicon: str) -> str:
    words = pronounce(spoken_words(text, lexicon))
    return " ".join(each for word in words for each in word.syllables)


@pytest.mark.parametrize(
    ("pinyin", "phonemes"),
    [
        ("ma1", "ma→"),
        ("zhang4", "ꭧa↘ŋ"),
        ("shi2", "ʂɨ↗"),
        ("nü3", "ny↓"),
        ("lv4", "ly↘"),
        ("xue2", "ɕɥe↗"),
        ("qu4", "ʨʰy↘"),
        ("yuan2", "ɥɛ↗n"),
        ("you3", "jou↓"),
        ("yi1", "i→"),
        ("wu3", "u↓"),
        ("wei4", "wei↘"),
        ("wen2", "wə↗n"),
        ("weng1", "wə→ŋ"),
        ("er4", "ɚ↘"),
        ("de5", "tɤ"),
        ("xiong2", "ɕjʊ↗ŋ"),
        ("liu4", "ljou↘"),
        ("gui4", "kwei↘"),
        ("bogus9", ""),
    ],
)
def test_syllables_have_the_phonemes_the_model_was_trained_on(pinyin: str, phonemes: str) -> None:
    assert syllable_phonemes(pinyin) == phonemes


def test_every_latin_letter_can_be_spelled() -> None:
    assert len({letter_phonemes(letter) for letter in "abcdefghijklmnopqrstuvwxyz"}) == 26


def test_polyphones_follow_their_word() -> None:
    assert syllables("银行行长，重庆重要，音乐快乐") == (
        "yin2 hang2 hang2 zhang3 chong2 qing4 zhong4 yao4 yin1 yue4 kuai4 le4"
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("解书记讲话", "xie4"),
        ("单主任讲话", "shan4"),
        ("任组长讲话", "ren2"),
        ("仇会计讲话", "qiu2"),
        ("查医生讲话", "zha1"),
        ("区站长讲话", "ou1"),
        ("解决问题", "jie3"),
        ("单位通知", "dan1"),
        ("任务通知", "ren4"),
        ("查看公示", "cha2"),
    ],
)
def test_a_surname_before_a_title_sounds_as_a_surname(text: str, first: str) -> None:
    assert syllables(text).split()[0] == first


def test_the_county_s_reading_wins_wherever_the_word_stands() -> None:
    assert syllables("去解州镇办事", 解州="xiè zhōu") == "qu4 xie4 zhou1 zhen4 ban4 shi4"
    assert syllables("朝阳村", 朝阳="zhao1 yang2") == "zhao1 yang2 cun1"
    assert syllables("女儿村", 女儿="nǚ ér") == "nü3 er2 cun1"


def test_a_malformed_reading_is_ignored() -> None:
    assert syllables("解州", 解州="xiè") == syllables("解州")
    assert syllables("解州", 解州="$(reboot) x") == syllables("解州")


def test_the_reviewer_reads_tone_marks() -> None:
    assert pinyin_text(spoken_words("明天停水，请储水。")) == "míngtiān tíngshuǐ， qǐng chǔshuǐ。"


def test_names_outside_the_common_block_are_pronounced() -> None:
    assert syllables("䶮㛃𠅤") == "yan3 jie2 xi2"
    assert unknown_characters(spoken_words("䶮㛃𠅤好")) == ()


def test_characters_that_nobody_can_pronounce_are_found() -> None:
    assert unknown_characters(Script("好\U00030000村")) == ("\U00030000",)


def test_engines_that_take_pinyin_get_it_in_the_place_of_the_word() -> None:
    script = spoken_words("去解州镇，查医生在", {"解州": "xiè zhōu"})
    assert inline_readings(script) == "去 xie4 zhou1 镇， zha1 医生在"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("电话13812345678", "电话幺三八，幺二三四，五六七八"),
        ("电话0872-0000123", "电话零八七二，零零零零，幺二三"),
        ("电话010-61234567", "电话零幺零，六幺二三，四五六七"),
        ("账号6228480402564890018", "账号六二二八，四八零四，零二五六，四八九零，零一八"),
        ("热线12345", "热线幺二三四五"),
        ("2024年7月6日", "二零二四年七月六日"),
    ],
)
def test_long_numbers_are_spoken_in_groups(text: str, spoken: str) -> None:
    assert phrased(spoken_words(text)).words == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("退耕还林", "tui4 geng1 huan2 lin2"),
        ("秸秆还田", "jie1 gan3 huan2 tian2"),
        ("按时还款", "an4 shi2 huan2 kuan3"),
        ("还有", "hai2 you3"),
        ("必须得去", "bi4 xu1 dei3 qu4"),
        ("林长制", "lin2 zhang3 zhi4"),
        ("中签", "zhong4 qian1"),
        ("猪圈", "zhu1 juan4"),
        ("种养殖大户", "zhong4 yang3 zhi2 da4 hu4"),
        ("疫苗接种", "yi4 miao2 jie1 zhong4"),
        ("嫁接种苗", "jia4 jie1 zhong3 miao2"),
        ("以公示为准", "yi3 gong1 shi4 wei2 zhun3"),
        ("为准备过冬", "wei4 zhun3 bei4 guo4 dong1"),
        ("切勿提前播种", "qie4 wu4 ti2 qian2 bo1 zhong3"),
        ("重阳节", "chong2 yang2 jie2"),
        ("请向仇会计登记", "qing3 xiang4 qiu2 kuai4 ji4 deng1 ji4"),
        ("他和单主任", "ta1 he2 shan4 zhu3 ren4"),
        ("名单主任已看", "ming2 dan1 zhu3 ren4 yi3 kan4"),
        ("简单主任务", "jian3 dan1 zhu3 ren4 wu4"),
    ],
)
def test_words_of_the_field_are_read_as_villagers_read_them(text: str, spoken: str) -> None:
    assert syllables(text) == spoken


@pytest.mark.parametrize(
    ("text", "sign", "spoken"),
    [
        ("路面硬化，长3.6公里，宽4米", "长", "chang2"),
        ("水渠全长2公里", "长", "chang2"),
        ("请组长三人到场", "长", "zhang3"),
        ("苗子长得好", "长", "zhang3"),
        ("补贴标准为每亩120元", "为", "wei2"),
        ("尾号为6789", "为", "wei2"),
        ("登记日为11月20日", "为", "wei2"),
        ("为两位老人送饭", "为", "wei4"),
        ("支部为村民办实事", "为", "wei4"),
        ("每行20棵", "行", "hang2"),
        ("三行树", "行", "hang2"),
        ("三行人走过", "行", "xing2"),
        ("得去村部登记", "得", "dei3"),
        ("得票最多的当选", "得", "de2"),
        ("得病的人", "得", "de2"),
        ("庄稼种得好", "得", "de5"),
        ("庄稼种得好", "种", "zhong4"),
        ("取得好成绩", "得", "de2"),
        ("请数一数", "数", "shu3"),
        ("清点人数完毕", "数", "shu4"),
        ("到卫生室量血压", "量", "liang2"),
        ("数量不够", "量", "liang4"),
        ("请看好自己的孩子", "看", "kan1"),
        ("看好这个项目", "看", "kan4"),
        ("大风刮倒了树", "倒", "dao3"),
        ("电线杆倒了", "倒", "dao3"),
        ("请不要倒垃圾", "倒", "dao4"),
        ("种粮的农户", "种", "zhong4"),
        ("品种粮食", "种", "zhong3"),
    ],
)
def test_what_stands_around_a_character_tells_its_reading(
    text: str, sign: str, spoken: str
) -> None:
    words = pronounce(spoken_words(text))
    read = [
        syllable
        for word in words
        if sign in word.text
        for character, syllable in zip(word.text, word.syllables, strict=True)
        if character == sign
    ]
    assert read[0] == spoken


def test_a_county_s_word_goes_before_what_stands_around_it() -> None:
    assert syllables("得胜村", 得胜="dé shèng") == "de2 sheng4 cun1"
