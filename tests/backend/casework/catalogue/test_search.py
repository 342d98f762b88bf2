"""Questions as people ask them, and the item each must bring first."""

import pytest

from backend.casework.catalogue.search.index import Filters, MatchKind, SearchIndex
from backend.casework.catalogue.search.pinyin import letters, loose
from backend.casework.catalogue.search.words import normalised, tokens, without_chatter
from backend.casework.definitions import Audience, Domain, LifeEvent, ServiceItem
from backend.errors import Text
from tests.support.items import an_item


def found_item(
    code: str, name: Text, domain: Domain, events: tuple[LifeEvent, ...], *synonyms: str
) -> ServiceItem:
    return an_item(base_code=code, name=name, domain=domain, life_events=events, synonyms=synonyms)


ALLOWANCE = found_item(
    "000511001000",
    Text("高龄津贴发放", "Old-age allowance"),
    Domain.ELDERLY_CARE,
    (LifeEvent.RETIREMENT,),
    "老人补贴",
    "长寿金",
)
MEALS = found_item(
    "002011007000",
    Text("助餐、助浴、上门服务预约", "Meals, bathing and help at home"),
    Domain.ELDERLY_CARE,
    (LifeEvent.NEEDING_CARE,),
    "老年食堂",
)
MINIMUM = found_item(
    "000511301000",
    Text("最低生活保障", "Subsistence allowance"),
    Domain.SOCIAL_ASSISTANCE,
    (LifeEvent.HARDSHIP,),
    "低保",
    "低保金",
)
BORDERLINE = found_item(
    "000711302000",
    Text("最低生活保障边缘家庭认定", "Families just above the subsistence level"),
    Domain.SOCIAL_ASSISTANCE,
    (LifeEvent.HARDSHIP,),
    "低保边缘",
)
ABANDONED = found_item(
    "000511102000",
    Text("事实无人抚养儿童基本生活补贴", "Allowance for children nobody brings up"),
    Domain.CHILDREN,
    (LifeEvent.GROWING_UP,),
    "事实孤儿",
)
WEDDING = found_item(
    "000711401000",
    Text("结婚登记预约与预审", "Appointment for marriage"),
    Domain.MARRIAGE,
    (LifeEvent.MARRIAGE, LifeEvent.BIRTH),
)
CREMATION = found_item(
    "002011501000",
    Text("遗体接运与火化预约", "Transport and cremation"),
    Domain.FUNERAL,
    (LifeEvent.BEREAVEMENT,),
)
GROUPS = an_item(
    base_code="000711207000",
    name=Text("社区社会组织备案", "Filing of community groups"),
    domain=Domain.COMMUNITY,
    audience=(Audience.SOCIAL_ORGANISATION,),
)
ITEMS = (ALLOWANCE, MEALS, MINIMUM, BORDERLINE, ABANDONED, WEDDING, CREMATION, GROUPS)
INDEX = SearchIndex(ITEMS, {"000799999999": MINIMUM.base_code})


@pytest.mark.parametrize(
    ("question", "item", "kind"),
    [
        ("最低生活保障", MINIMUM, MatchKind.NAME),
        ("低保", MINIMUM, MatchKind.SYNONYM),
        (" 低 保 ", MINIMUM, MatchKind.SYNONYM),
        ("低保怎么申请？", MINIMUM, MatchKind.SYNONYM),
        ("diba", MINIMUM, MatchKind.PINYIN),
        ("dibao", MINIMUM, MatchKind.PINYIN),
        ("DI BAO", MINIMUM, MatchKind.PINYIN),
        ("db", MINIMUM, MatchKind.PINYIN),
        ("dbby", BORDERLINE, MatchKind.PINYIN),
        ("底保", MINIMUM, MatchKind.PINYIN),
        ("dibap", MINIMUM, MatchKind.SPELLING),
        ("zuidisenghuo", MINIMUM, MatchKind.SPELLING),
        ("低保边缘", BORDERLINE, MatchKind.SYNONYM),
        ("老人补贴", ALLOWANCE, MatchKind.SYNONYM),
        ("给爷爷的钱", ALLOWANCE, MatchKind.WORDS),
        ("gljt", ALLOWANCE, MatchKind.PINYIN),
        ("高玲津贴", ALLOWANCE, MatchKind.PINYIN),
        ("gaoingjintie", ALLOWANCE, MatchKind.SPELLING),
        ("old age alowance", ALLOWANCE, MatchKind.SPELLING),
        ("old-age allowance", ALLOWANCE, MatchKind.NAME),
        ("長壽金", ALLOWANCE, MatchKind.SPELLING),
        ("奶奶洗澡", MEALS, MatchKind.WORDS),
        ("助浴", MEALS, MatchKind.NAME),
        ("孩子没人养", ABANDONED, MatchKind.WORDS),
        ("退休", ALLOWANCE, MatchKind.TOPIC),
        ("结婚", WEDDING, MatchKind.NAME),
        ("生育", WEDDING, MatchKind.TOPIC),
        ("身后", CREMATION, MatchKind.TOPIC),
        ("我爸去世了怎么办", CREMATION, MatchKind.WORDS),
        ("殡葬", CREMATION, MatchKind.WORDS),
        ("000511301000", MINIMUM, MatchKind.CODE),
        ("000799999999", MINIMUM, MatchKind.CODE),
    ],
)
def test_a_question_brings_the_item_that_is_meant_first(
    question: str, item: ServiceItem, kind: MatchKind
) -> None:
    hits = INDEX.search(question, Filters())
    assert hits, question
    assert (hits[0].key, hits[0].kind) == (item.base_code, kind)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("question", ["量子计算", "qqqq", "zzzzzzz", "12345"])
def test_what_nobody_offers_is_not_found(question: str) -> None:
    assert INDEX.search(question, Filters()) == []


@pytest.mark.parametrize(
    ("filters", "items"),
    [
        (Filters(), ITEMS),
        (Filters(domain=Domain.ELDERLY_CARE), (ALLOWANCE, MEALS)),
        (Filters(life_event=LifeEvent.HARDSHIP), (MINIMUM, BORDERLINE)),
        (Filters(audience=Audience.SOCIAL_ORGANISATION), (GROUPS,)),
        (Filters(keys={MEALS.base_code, MINIMUM.base_code}), (MEALS, MINIMUM)),
        (Filters(domain=Domain.MARRIAGE, life_event=LifeEvent.HARDSHIP), ()),
    ],
)
def test_without_a_question_all_that_fit_are_listed(filters: Filters, items: tuple[ServiceItem, ...]) -> None:
    listed = INDEX.search("  ", filters)
    assert [hit.key for hit in listed] == [item.base_code for item in items]
    assert {hit.kind for hit in listed} <= {MatchKind.LISTED}


def test_filters_hold_for_questions_too() -> None:
    assert [hit.key for hit in INDEX.search("低保", Filters(keys={BORDERLINE.base_code}))] == [
        BORDERLINE.base_code
    ]
    assert INDEX.search("低保", Filters(domain=Domain.FUNERAL)) == []


@pytest.mark.parametrize(
    "question", ["%", "' OR 1=1", "\x00", "😀", "低" * 10_000, "a" * 10_000, "．", "\u202e"]
)
def test_no_question_is_too_strange(question: str) -> None:
    INDEX.search(question, Filters())


def test_a_question_is_taken_apart_into_words_people_mean() -> None:
    assert normalised("ＤＢ　低保！Ａ") == "db 低保 a"
    assert tokens("爷爷洗澡") == ["老人", "助浴"]
    assert tokens("低保db") == ["低保", "db"]
    assert tokens("careful care cares") == ["careful", "护理", "护理"]
    assert tokens("天地玄黄") == ["天地", "地玄", "玄黄"]
    assert without_chatter("低保怎么申请") == "低保"
    assert without_chatter("怎么申请") == "怎么申请"
    assert without_chatter("how do i apply for care") == "care"


def test_sounds_that_many_confuse_are_alike() -> None:
    assert letters("长寿金") == "changshoujin"
    assert loose("zhongshangchi") == "zongsanci"
