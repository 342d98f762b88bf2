"""A catalogue as large as one likes: the declared items, and variants of them under other codes and names."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend.casework.definitions import ServiceItem
from backend.errors import Text

_KINDS = (
    "青年",
    "妇女",
    "军属",
    "农村",
    "城镇",
    "新市民",
    "大学生",
    "务工人员",
    "独居",
    "高校",
    "企业",
    "园区",
)


def many(items: Sequence[ServiceItem], count: int) -> Iterator[ServiceItem]:
    """The declared ``items`` first, ``count`` in all."""
    yield from items
    for number in range(count - len(items)):
        item, kind = items[number % len(items)], _KINDS[number // len(items) % len(_KINDS)]
        yield replace(
            item,
            base_code=f"0009{number:08d}",
            name=Text(f"{kind}{item.name.zh}", f"{item.name.en}, kind {number}"),
            synonyms=tuple(f"{kind}{synonym}" for synonym in item.synonyms),
            alternatives=(),
        )
