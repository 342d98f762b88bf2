"""The index of the items, built once per process and version; a question is answered from memory.

An item is known by its phrases: its name, the parts of it, what people call it, its English name, its life
events and domain. A question is tried, in this order of trust, as a phrase, as a part of one, as pinyin or
initials, as plain words, and as something misspelt. The best way counts, and agreement of two ways a little more.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from backend.casework.catalogue.search.pinyin import letters, loose, syllables
from backend.casework.catalogue.search.words import is_han, normalised, tokens, without_chatter
from backend.casework.definitions import (
    DOMAIN_NAMES,
    LIFE_EVENT_NAMES,
    Audience,
    Domain,
    LifeEvent,
    ServiceItem,
)

LONGEST_QUESTION = 60
MOST_PER_WAY = 400
"""How many phrases one way of looking is followed to; a question that fits more says next to nothing."""

LEAST_LIKENESS = 0.42
"""What share of its sounds something misspelt must have in common with a phrase (Dice's coefficient)."""

_PARTS = re.compile(r"[（）()、，,/·]|与|和")
_LAST = "\U0010ffff"


class MatchKind(StrEnum):
    """In which way a question met an item."""

    CODE = "CODE"
    NAME = "NAME"
    SYNONYM = "SYNONYM"
    PINYIN = "PINYIN"
    WORDS = "WORDS"
    TOPIC = "TOPIC"
    """A life event or a domain."""
    SPELLING = "SPELLING"
    """Nearly so: something is misspelt."""
    LISTED = "LISTED"
    """Nothing was asked: all items that fit the filters."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that may be meant."""

    key: str
    """The item's key in the standards."""
    score: int
    """0 to 120, higher is better; only the order means something."""
    kind: MatchKind
    matched: str
    """The phrase that was met, for people."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the items must be besides meant; None asks for nothing."""

    domain: Domain | None = None
    life_event: LifeEvent | None = None
    audience: Audience | None = None
    keys: Collection[str] | None = None
    """Only these items: those a division offers."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    item: int
    text: str
    kind: MatchKind
    weight: float
    spoken: str
    """Its pinyin, or its Latin letters, without blanks."""


@dataclass(slots=True)
class _Beginnings:
    """Every place in every phrase at which something begins, sorted, so that a prefix is a range."""

    texts: list[str] = field(default_factory=list)
    places: list[tuple[int, bool]] = field(default_factory=list)
    """Phrase, and whether this is its very beginning."""

    def built(self, entries: Iterable[tuple[str, int, bool]]) -> "_Beginnings":
        """With these entries."""
        for text, phrase, whole in sorted(entries):
            self.texts.append(text)
            self.places.append((phrase, whole))
        return self

    def starting_with(self, prefix: str) -> Iterator[tuple[str, int, bool]]:
        """What begins with ``prefix``: the text from there to the phrase's end, the phrase, and whether whole."""
        at = bisect_left(self.texts, prefix)
        end = bisect_left(self.texts, prefix + _LAST)
        for place in range(at, min(end, at + MOST_PER_WAY)):
            phrase, whole = self.places[place]
            yield self.texts[place], phrase, whole


class SearchIndex:
    """What can be found. ``of`` builds it; ``search`` asks it."""

    def __init__(self, items: Sequence[ServiceItem], codes: Mapping[str, str]) -> None:
        """``codes``: the item's key by every base code it has ever had, beside the key itself."""
        self._items = items
        self._codes = {**codes, **{item.base_code: item.base_code for item in items}}
        self._phrases = [phrase for number, item in enumerate(items) for phrase in _phrases(number, item)]
        numbered = list(enumerate(self._phrases))
        self._han = _Beginnings().built(
            (phrase.text[at:], number, at == 0)
            for number, phrase in numbered
            for at in range(len(phrase.text))
            if is_han(phrase.text[at])
        )
        self._spoken = _Beginnings().built(
            entry for number, phrase in numbered for entry in _spoken_beginnings(number, phrase.text)
        )
        self._initials = _Beginnings().built(
            (initials[at:], number, at == 0)
            for number, phrase in numbered
            if (initials := _initials(phrase.text))
            for at in range(len(initials))
        )
        self._grams: dict[str, list[int]] = defaultdict(list)
        self._gram_counts: list[int] = []
        for number, phrase in numbered:
            grams = _grams(phrase.spoken)
            self._gram_counts.append(len(grams))
            for gram in grams:
                self._grams[gram].append(number)
        self._words, self._name_words = _word_index(items)

    def search(self, question: str, filters: Filters) -> Sequence[Hit]:
        """Items that may be meant and fit, best first; all that fit, in their own order, for an empty question."""
        asked = normalised(question[:LONGEST_QUESTION])
        if not asked:
            return [
                Hit(item.base_code, 0, MatchKind.LISTED, item.name.zh)
                for item in self._items
                if _fits(item, filters)
            ]
        best = self._best(asked)
        hits = [
            Hit(item.base_code, round(score), kind, matched)
            for number, (score, kind, matched) in best.items()
            if _fits(item := self._items[number], filters)
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))

    def _best(self, asked: str) -> Mapping[int, tuple[float, MatchKind, str]]:
        best: dict[int, tuple[float, MatchKind, str]] = {}
        words = self._by_words(asked)

        def found(item: int, score: float, kind: MatchKind, matched: str) -> None:
            if score > best.get(item, (0.0,))[0]:
                best[item] = (score, kind, matched)

        key = self._codes.get(asked)
        if key is not None:
            number = next(n for n, item in enumerate(self._items) if item.base_code == key)
            return {number: (120.0, MatchKind.CODE, asked)}
        for attempt, trust in _attempts(asked):
            for phrase, score, kind in self._as_phrase(attempt):
                found(phrase.item, score * trust * phrase.weight, kind or phrase.kind, phrase.text)
        for item, score in words.items():
            found(item, score, MatchKind.WORDS, self._items[item].name.zh)
        if max((entry[0] for entry in best.values()), default=0.0) < 70:
            for phrase, score in self._misspelt(without_chatter(asked)):
                found(phrase.item, score * phrase.weight, MatchKind.SPELLING, phrase.text)
        # Where the words agree with another way of looking, that way is the likelier one.
        return {
            item: (
                score + 0.12 * words.get(item, 0.0) if kind is not MatchKind.WORDS else score,
                kind,
                matched,
            )
            for item, (score, kind, matched) in best.items()
        }

    def _as_phrase(self, asked: str) -> Iterator[tuple[_Phrase, float, MatchKind | None]]:
        """Phrases that are, begin with or hold the question, in signs or in letters."""
        if any(is_han(sign) for sign in asked):
            together = asked.replace(" ", "")
            for rest, number, whole in self._han.starting_with(together):
                yield self._phrases[number], _closeness(together, rest, whole=whole, top=100), None
            yield from self._by_sound(letters(together), top=76)
            return
        together = asked.replace(" ", "")
        yield from self._by_sound(together, top=86)
        if 2 <= len(together) <= 8 and " " not in asked:
            for rest, number, whole in self._initials.starting_with(together):
                score = _closeness(together, rest, whole=whole, top=84) - (0 if whole else 8)
                yield self._phrases[number], score, MatchKind.PINYIN

    def _by_sound(self, spelling: str, top: float) -> Iterator[tuple[_Phrase, float, MatchKind | None]]:
        if len(spelling) < 2:
            return
        for rest, number, whole in self._spoken.starting_with(spelling):
            phrase = self._phrases[number]
            kind = MatchKind.PINYIN if is_han(phrase.text[0]) else None
            yield phrase, _closeness(spelling, rest, whole=whole, top=top), kind

    def _by_words(self, asked: str) -> Mapping[int, float]:
        """How much of the question's words each item covers, rare words first; up to 78."""
        wanted = list(dict.fromkeys(tokens(without_chatter(asked))))
        known = {word: self._words[word] for word in wanted if word in self._words}
        if not known:
            return {}
        rarity = {word: math.log(1 + len(self._items) / len(held)) for word, held in known.items()}
        whole = sum(rarity.values()) + 1.2 * (len(wanted) - len(known))
        covered: dict[int, float] = defaultdict(float)
        in_name: dict[int, int] = defaultdict(int)
        for word, held in known.items():
            for item, weight in held.items():
                covered[item] += rarity[word] * weight
                in_name[item] += weight == 1.0
        scores = {}
        for item, share in covered.items():
            own = self._name_words[item]
            scores[item] = 70 * share / whole + 8 * min(1.0, in_name[item] / own if own else 0.0)
        return {item: score for item, score in scores.items() if score >= 24}

    def _misspelt(self, asked: str) -> Iterator[tuple[_Phrase, float]]:
        """Phrases that share most of their sounds, three letters at a time, with the question's."""
        together = asked.replace(" ", "")
        grams = _grams(letters(together))
        shared = Counter(chain.from_iterable(self._grams.get(gram, ()) for gram in grams))
        fewest = math.ceil(len(grams) * LEAST_LIKENESS / 2)  # with fewer, no phrase is like enough
        for number, count in shared.items():
            if count >= fewest:
                likeness = 2 * count / (len(grams) + self._gram_counts[number])
                if likeness >= LEAST_LIKENESS:
                    yield self._phrases[number], 20 + 55 * likeness


def _attempts(asked: str) -> Iterator[tuple[str, float]]:
    """The question as it is, and without chatter."""
    yield asked, 1.0
    shorter = without_chatter(asked)
    if shorter != asked:
        yield shorter, 0.97


def _closeness(asked: str, rest: str, *, whole: bool, top: float) -> float:
    """``top`` for the whole phrase; less the more of the phrase lies before or after what was asked."""
    beyond = len(rest) - len(asked)
    return top - (0 if whole else 14) - min(14.0, 2.0 * beyond)


def _phrases(number: int, item: ServiceItem) -> Iterator[_Phrase]:
    name = normalised(item.name.zh)
    yield _phrase(number, name, MatchKind.NAME, 1.0)
    for part in {normalised(part) for part in _PARTS.split(item.name.zh)} - {name, ""}:
        if len(part) > 1:
            yield _phrase(number, part, MatchKind.NAME, 0.97)
    yield _phrase(number, normalised(item.name.en), MatchKind.NAME, 0.97)
    for synonym in item.synonyms:
        yield _phrase(number, normalised(synonym), MatchKind.SYNONYM, 0.99)
    topics = [*(LIFE_EVENT_NAMES[event] for event in item.life_events), DOMAIN_NAMES[item.domain]]
    for topic in topics:
        yield _phrase(number, normalised(topic.zh), MatchKind.TOPIC, 0.62)
        yield _phrase(number, normalised(topic.en), MatchKind.TOPIC, 0.6)


def _phrase(number: int, text: str, kind: MatchKind, weight: float) -> _Phrase:
    return _Phrase(number, text, kind, weight, loose(letters(text.replace(" ", ""))))


def _spoken_beginnings(number: int, text: str) -> Iterator[tuple[str, int, bool]]:
    """The letters of a phrase from each syllable or word on."""
    parts = syllables(text) if any(map(is_han, text)) else text.split()
    parts = [part for chunk in parts for part in chunk.split()]
    for at in range(len(parts)):
        yield "".join(parts[at:]), number, at == 0


def _initials(text: str) -> str:
    """Gljt for 高龄津贴; nothing for what is not Chinese."""
    return "".join(s[0] for s in syllables(text)) if any(map(is_han, text)) else ""


def _grams(spelling: str) -> frozenset[str]:
    framed = f"^{loose(spelling)}$"
    return frozenset(framed[at : at + 3] for at in range(len(framed) - 2))


def _word_index(items: Sequence[ServiceItem]) -> tuple[Mapping[str, Mapping[int, float]], Sequence[int]]:
    """Which items speak of which words: 1 in name and synonyms, less in topics and guide; and words per name."""
    index: dict[str, dict[int, float]] = defaultdict(dict)
    sizes: list[int] = []
    for number, item in enumerate(items):
        names = " ".join([item.name.zh, item.name.en, *item.synonyms])
        topics = " ".join(
            f"{topic.zh} {topic.en}"
            for topic in [*(LIFE_EVENT_NAMES[event] for event in item.life_events), DOMAIN_NAMES[item.domain]]
        )
        guide = f"{item.guide.who.zh} {item.guide.plain.zh} {item.guide.who.en} {item.guide.plain.en}"
        for text, weight in ((guide, 0.45), (topics, 0.6), (names, 1.0)):
            for word in tokens(normalised(text)):
                index[word][number] = max(weight, index[word].get(number, 0.0))
        sizes.append(len(set(tokens(normalised(item.name.zh)))))
    return index, sizes


def _fits(item: ServiceItem, filters: Filters) -> bool:
    return (
        (filters.domain is None or item.domain is filters.domain)
        and (filters.life_event is None or filters.life_event in item.life_events)
        and (filters.audience is None or filters.audience in item.audience)
        and (filters.keys is None or item.base_code in filters.keys)
    )
