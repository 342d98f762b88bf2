"""Documents that are hard to parse, to measure or to validate, made up by chance."""

from random import Random

_ITEM = '{ serviceItem(code: "000511001000", division: "330521") { '


def _doubling(random: Random) -> str:
    levels = random.randint(5, 39)
    parts = [f"fragment F{n} on ServiceItem {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return f"{_ITEM} ...F0 }} }} {' '.join(parts)} fragment F{levels} on ServiceItem {{ code }}"


def _side_by_side(random: Random) -> str:
    count, each = random.randint(2, 39), random.randint(1, 25)
    spreads = " ".join(f"...F{n}" for n in range(count))
    parts = [f"fragment F{n} on ServiceItem {{ {'code name ' * each}}}" for n in range(count)]
    return f"{_ITEM} {spreads} }} }} {' '.join(parts)}"


def _all_to_all(random: Random) -> str:
    count, reach = random.randint(2, 39), random.randint(1, 12)
    parts = [
        f"fragment F{n} on ServiceItem {{ code {' '.join(f'...F{m}' for m in range(n + 1, min(count, n + reach)))} }}"
        for n in range(count)
    ]
    return f"{_ITEM} ...F0 }} }} {' '.join(parts)}"


def _circle(random: Random) -> str:
    count = random.randint(1, 39)
    parts = [
        f"fragment F{n} on ServiceItem {{ {'code ' * random.randint(1, 9)} ...F{(n + 1) % count} }}"
        for n in range(count)
    ]
    return f"{_ITEM} ...F0 }} }} {' '.join(parts)}"


def _merged(random: Random) -> str:
    times, each = random.randint(2, 60), random.randint(1, 30)
    inner = 'serviceItems(division: "330521") { edges { node { ' + "code name " * each + "} } } "
    return "{ " + inner * times + "}"


def _nested(random: Random) -> str:
    deep = random.randint(1, 900)
    left, right = random.choice((("a { ", "} "), ("... { ", "} "), ("... on Query { ", "} ")))
    return "{ " + left * deep + "__typename " + right * deep + "}"


def _literal(random: Random) -> str:
    deep = random.randint(1, 950)
    value = random.choice(
        (
            "[" * deep + "]" * deep,
            "{a: " * deep + "1" + "}" * deep,
            "[" + "1 " * deep + "]",
            "{" + " ".join(f"k{n}: 1" for n in range(deep // 2)) + "}",
            '"' + "\\u4e00" * (deep * 3) + '"',
            '"""' + "\n x" * (deep * 6) + '"""',
            "9" * (deep * 20),
            "1e" + "9" * (deep * 20),
            "$v",
        )
    )
    return f"{{ serviceItem(code: {value}, division: {value}) {{ code }} }}"


def _repeated(random: Random) -> str:
    count = random.randint(1, 900)
    part = random.choice(
        (
            "__typename ",
            "a: __typename ",
            "@skip(if: true) ",
            "serviceItem ",
            "... on Query { __typename } ",
            "...F ",
            "x: serviceItem(code: 1) { code } ",
        )
    )
    return "{ __typename " + part * count + "} fragment F on Query { __typename }"


def _many(random: Random) -> str:
    count = random.randint(1, 480)
    return random.choice(
        (
            " ".join(f"query Q{n} {{ __typename }}" for n in range(count)),
            "query Q { __typename } " * (count // 3),
            "query Q(" + " ".join(f"$v{n}: String" for n in range(count)) + ") { __typename }",
            "query Q(" + "$v: String " * count + ") { __typename }",
            "{ serviceItem(" + "code: 1 " * count + ") { code } }",
            "type A { a: Int } " * (count // 3),
            "{ " + " ".join(f"f{n}" for n in range(count)) + " }",
            "{ " + "\u4e00" * count + " }",
            "{ __schema { types { fields { args { type { ofType { ofType { name } } } } } } } }",
            "#" + "x" * count * 40,
            ",\ufeff" * count * 10,
            "{",
            "}",
            '"',
            "\0",
            "subscription { a b }",
            "@",
        )
    )


DOCUMENTS = (_doubling, _side_by_side, _all_to_all, _circle, _merged, _nested, _literal, _repeated, _many)
