"""The words people use for the same thing, and how a question is taken apart into them.

A group gathers words that mean the same when somebody looks for a service; its first word names it. Words that say
nothing about which service is meant are left out of a question.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

GROUPS: tuple[tuple[str, ...], ...] = (
    ("老人", "老年人", "老年", "高龄", "长者", "长辈", "老头", "老太", "爷爷", "奶奶", "外公", "外婆", "爸妈", "80岁", "八十岁", "90岁", "elderly", "old", "older", "senior", "parents"),
    ("儿童", "孩子", "小孩", "未成年人", "未成年", "娃", "宝宝", "少年", "child", "children", "kid", "minor"),
    ("孤儿", "没爹没妈", "父母双亡", "orphan"),
    ("无人抚养", "没人养", "没人管", "无人照顾", "父母失联", "父母服刑", "父母坐牢"),
    ("补贴", "津贴", "补助", "补助金", "津贴费", "生活费", "救助金", "补贴款", "钱", "金", "款", "待遇", "allowance", "subsidy", "benefit", "grant", "money"),
    ("困难", "贫困", "贫穷", "穷", "没钱", "经济困难", "生活困难", "困境", "低收入", "poor", "poverty", "hardship"),
    ("低保", "最低生活保障", "低保户", "低保金", "subsistence"),
    ("特困", "五保", "五保户", "三无"),
    ("失能", "不能自理", "生活不能自理", "瘫痪", "卧床", "半失能", "失智", "痴呆", "disabled"),
    ("护理", "照护", "照料", "照顾", "陪护", "care", "nursing"),
    ("养老", "养老服务", "居家养老"),
    ("养老院", "敬老院", "养老机构", "福利院", "老人院", "护理院", "托老所"),
    ("评估", "鉴定", "评级", "定级", "assessment"),
    ("预约", "预定", "约号", "取号", "挂号", "appointment", "booking", "book"),
    ("助餐", "送餐", "老年食堂", "吃饭", "配餐", "食堂", "做饭", "meals", "meal"),
    ("助浴", "洗澡", "bathing", "bath"),
    ("适老化", "扶手", "防滑", "无障碍", "居家改造", "改造"),
    ("残疾", "残疾人", "残障", "伤残", "聋", "哑", "盲", "disability"),
    ("患病", "生病", "大病", "重病", "疾病", "看病", "医疗", "医药费", "住院", "手术", "康复", "illness", "ill", "sick"),
    ("艾滋", "艾滋病", "hiv", "aids"),
    ("上学", "学费", "助学", "读书", "大学", "念书", "学生", "school", "study"),
    ("收养", "领养", "抱养", "过继", "adoption", "adopt"),
    ("留守", "外出打工", "外出务工", "打工"),
    ("结婚", "领证", "扯证", "登记结婚", "办喜事", "新人", "marriage", "marry", "wedding"),
    ("离婚", "分手", "散伙", "离异", "divorce"),
    ("结婚证", "婚姻登记证", "结婚证丢了", "离婚证", "补领", "补办", "丢失", "遗失", "丢了"),
    ("胁迫", "逼婚", "强迫", "撤销"),
    ("档案", "查档", "单身证明", "婚姻状况", "archive"),
    ("辅导", "咨询", "调解"),
    ("身后", "去世", "过世", "死亡", "死了", "丧事", "后事", "白事", "逝世", "亡故", "走了", "death", "dead", "died", "funeral"),
    ("火化", "火葬", "遗体", "接运", "殡仪馆", "殡仪", "殡葬", "cremation"),
    ("墓地", "公墓", "骨灰", "骨灰堂", "陵园", "坟", "安葬", "下葬", "墓", "cemetery", "grave", "ashes"),
    ("生态安葬", "树葬", "海葬", "花葬", "草坪葬"),
    ("减免", "免费", "惠民", "免除"),
    ("社区", "居委会", "村委会", "街道", "小区", "邻里", "邻居", "neighbourhood", "community"),
    ("意见", "建议", "议事", "投诉", "反映", "提意见"),
    ("志愿者", "义工", "志愿", "volunteer"),
    ("证明", "开证明", "盖章", "certificate"),
    ("备案", "登记", "注册", "报备", "register", "registration"),
    ("网格", "网格员", "随手拍", "报事", "报修"),
    ("社会组织", "社团", "协会", "民间组织"),
    ("急", "急难", "突发", "紧急", "应急", "火灾", "车祸", "意外", "临时", "emergency", "urgent"),
    ("流浪", "乞讨", "要饭", "流落", "无家可归", "救助站", "homeless"),
    ("核对", "家庭收入", "财产核查", "经济状况"),
    ("线索", "发现", "上报", "帮别人", "report"),
    ("生育", "生孩子", "怀孕", "出生", "birth"),
    ("退休", "养老金", "retirement", "retire"),
    ("迁移", "迁坟", "跨省", "搬迁", "搬家"),
)  # fmt: skip

SAYS_NOTHING = (
    "怎么申请", "怎么办理", "如何申请", "如何办理", "怎么领取", "怎么领", "怎么办", "怎么弄", "在哪里办", "在哪办", "哪里办", "在哪里", "去哪里", "去哪", "在哪",
    "需要什么材料", "需要什么", "要什么", "什么条件", "条件", "多少钱一个月", "一个月多少", "多少钱", "多少", "能不能", "可不可以", "可以吗", "可以", "有没有",
    "我想要", "我想", "我要", "我家", "我的", "家里", "帮我", "请问", "想问", "给", "申请", "办理", "领取", "怎么", "如何", "什么", "吗", "呢", "的", "了",
)  # fmt: skip

LATIN_SAYS_NOTHING = frozenset(
    [
        "a",
        "an",
        "the",
        "for",
        "of",
        "to",
        "in",
        "on",
        "my",
        "i",
        "me",
        "we",
        "how",
        "do",
        "does",
        "can",
        "apply",
        "application",
        "get",
        "is",
        "are",
        "what",
        "where",
        "want",
        "need",
        "with",
        "and",
        "or",
    ]
)

LONGEST_WORD = max(len(word) for group in GROUPS for word in group)

CONCEPTS: Mapping[str, str] = {word: group[0] for group in GROUPS for word in group}
"""The group of each word."""

_NOT_A_WORD = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_LATIN = re.compile(r"[0-9a-z]+")
_NOTHING = re.compile("|".join(sorted(map(re.escape, SAYS_NOTHING), key=len, reverse=True)))


def normalised(text: str) -> str:
    """Half-width, lower case, words apart by one blank, nothing but letters, digits and Chinese signs."""
    return _NOT_A_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def is_han(sign: str) -> bool:
    """Whether this is a Chinese sign."""
    return "\u3400" <= sign <= "\u9fff"


def without_chatter(text: str) -> str:
    """A normalised question without the words that say nothing; itself where nothing would be left."""
    left = _NOTHING.sub(" ", text)
    latin = " ".join(word for word in left.split() if word not in LATIN_SAYS_NOTHING)
    return latin or text


def tokens(text: str) -> list[str]:
    """A normalised text as words: groups where they are known, else pairs of signs, and Latin words."""
    found: list[str] = []
    for run in text.split():
        at, unknown = 0, ""
        while at < len(run):
            word = _longest(run, at)
            if word:
                found += [*_pairs(unknown), CONCEPTS[word]]
                unknown = ""
                at += len(word)
                continue
            latin = _LATIN.match(run, at)
            if latin:
                single = _singular(latin[0])
                found += [*_pairs(unknown), CONCEPTS.get(single, single)]
                unknown = ""
                at = latin.end()
                continue
            unknown += run[at]
            at += 1
        found += _pairs(unknown)
    return found


def _longest(run: str, at: int) -> str:
    """The longest known word that begins here; a Latin one must end where its letters end."""
    for end in range(min(len(run), at + LONGEST_WORD), at, -1):
        word = run[at:end]
        if word in CONCEPTS:
            latin = not is_han(word[-1])
            if not latin or end == len(run) or is_han(run[end]):
                return word
    return ""


def _pairs(signs: str) -> Iterable[str]:
    return [signs] if len(signs) == 1 else [signs[at : at + 2] for at in range(len(signs) - 1)]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
