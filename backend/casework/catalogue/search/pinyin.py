"""Chinese as letters: syllables of a text, its initials, and a loose spelling that forgives common confusions."""

import re

from pypinyin import lazy_pinyin

_CONFUSED = re.compile(r"(?<=[zcs])h|(?<=[aei]n)g")


def syllables(text: str) -> list[str]:
    """The pinyin of each Chinese sign without tones; letters and digits as they are, each run one syllable."""
    return [syllable for syllable in lazy_pinyin(text) if syllable.strip()]


def letters(text: str) -> str:
    """All syllables as one word: 低保 is ``dibao``."""
    return "".join(syllables(text))


def loose(spelling: str) -> str:
    """``zh ch sh`` like ``z c s``, ``ang eng ing`` like ``an en in``: what many speakers do not tell apart."""
    return _CONFUSED.sub("", spelling)
