"""Chinese as letters: syllables of a text, its initials, and a loose spelling that forgives common confusions."""

import re

_CONFUSED = re.compile(r"(?<=[zcs])h|(?<=[aei]n)g")


def syllables(text: str) -> list[str]:
    """The pinyin of each Chinese sign without tones; letters and digits as they are, each run one syllable."""
    # Its table of phrases takes 50 MiB and a third of a second: not where a process starts, only where it searches.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return [syllable for syllable in lazy_pinyin(text) if syllable.strip()]


def letters(text: str) -> str:
    """All syllables as one word: 低保 is ``dibao``."""
    return "".join(syllables(text))


def loose(spelling: str) -> str:
    """``zh ch sh`` like ``z c s``, ``ang eng ing`` like ``an en in``: what many speakers do not tell apart."""
    return _CONFUSED.sub("", spelling)
