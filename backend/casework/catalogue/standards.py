"""The national standards: every declared item by its base code, checked for clashes once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.casework.definitions import ServiceItem, UnsoundDefinition
from backend.errors import NotFound, ProblemCode, Text

UNKNOWN_ITEM = Text("没有这个服务事项。", "There is no such service item.")


@dataclass(frozen=True, slots=True)
class Standards:
    """All items, by base code and in the order of declaration."""

    by_code: Mapping[str, ServiceItem]

    @classmethod
    def of(cls, items: Iterable[ServiceItem]) -> "Standards":
        """Gather ``items``. Raises ``UnsoundDefinition`` when two share a base code."""
        by_code: dict[str, ServiceItem] = {}
        for item in items:
            if item.base_code in by_code:
                raise UnsoundDefinition(f"base code {item.base_code} is used by two items")
            by_code[item.base_code] = item
        return cls(by_code)

    def get(self, code: str) -> ServiceItem:
        """The item of ``code``. Raises ``NotFound(UNKNOWN_ITEM)``."""
        item = self.by_code.get(code)
        if item is None:
            raise NotFound(UNKNOWN_ITEM, code=ProblemCode.UNKNOWN_ITEM)
        return item
