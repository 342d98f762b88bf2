"""Chinese as letters: syllables of a text, its initials, and a loose spelling that forgives common confusions."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache

_CONFUSED = re.compile(r"(?<=[zcs])h|(?<=[aei]n)g")

PHRASES: Mapping[str, str] = {
    "时长": "shí cháng",
    "无着": "wú zhuó",
    "长寿": "cháng shòu",
    "长期": "cháng qī",
    "长护": "cháng hù",
}
"""Words of our items in which a sign is read otherwise than alone. pypinyin knows 47,000 such phrases, which take
50 MiB in every process; a test holds every text that can be found against them."""


@cache
def _spelt() -> Callable[[str], list[str]]:
    os.environ["PYPINYIN_NO_PHRASES"] = "true"  # read when it is imported
    from pypinyin import lazy_pinyin, load_phrases_dict  # noqa: PLC0415

    load_phrases_dict(
        {phrase: [[syllable] for syllable in spoken.split()] for phrase, spoken in PHRASES.items()}
    )
    return lazy_pinyin


def syllables(text: str) -> list[str]:
    """The pinyin of each Chinese sign without tones; letters and digits as they are, each run one syllable."""
    return [syllable for syllable in _spelt()(text) if syllable.strip()]


def letters(text: str) -> str:
    """All syllables as one word: 低保 is ``dibao``."""
    return "".join(syllables(text))


def loose(spelling: str) -> str:
    """``zh ch sh`` like ``z c s``, ``ang eng ing`` like ``an en in``: what many speakers do not tell apart."""
    return _CONFUSED.sub("", spelling)
