"""What is read with a handful of phrases is read as with all of pypinyin's."""

import os
import subprocess
import sys

import orjson

from backend.casework.catalogue.search.pinyin import syllables
from backend.casework.definitions import DOMAIN_NAMES, LIFE_EVENT_NAMES
from backend.domains import standards

WITH_ALL_PHRASES = """
import sys, orjson
from pypinyin import lazy_pinyin
sys.stdout.buffer.write(orjson.dumps([lazy_pinyin(text) for text in orjson.loads(sys.stdin.buffer.read())]))
"""


def test_everything_that_can_be_found_is_read_as_the_whole_dictionary_reads_it() -> None:
    items = standards().by_code.values()
    names = [*LIFE_EVENT_NAMES.values(), *DOMAIN_NAMES.values()]
    texts = sorted(
        {
            *(text for item in items for text in (item.name.zh, *item.synonyms)),
            *(name.zh for name in names),
            *["长期护理", "服务时长", "生活无着", "长寿金"],
        }
    )
    told = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", WITH_ALL_PHRASES],
        input=orjson.dumps(texts),
        env={name: held for name, held in os.environ.items() if name != "PYPINYIN_NO_PHRASES"},
        capture_output=True,
        check=True,
    ).stdout
    expected = [[one for one in spoken if one.strip()] for spoken in orjson.loads(told)]
    different = {
        text: (ours, theirs)
        for text, ours, theirs in zip(texts, map(syllables, texts), expected, strict=True)
        if ours != theirs
    }
    assert different == {}, "a phrase of PHRASES in search/pinyin.py is missing"
    assert len(texts) > 200
