"""Reads against other servers on the same rows: my applications, a page of the catalogue, and the same from memory."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from backend.places import DOCUMENTS
from benchmarks.figures import Figure, keep_plot
from benchmarks.lab.cluster import Lab, lab
from benchmarks.lab.contest import Side, bars, contest, ratio, told
from benchmarks.lab.filling import HOME
from benchmarks.lab.load import NoLoad, Shot, ask
from benchmarks.lab.peers import Peers
from benchmarks.lab.servers import Server
from resolvers.execution.documents import read_operations

MINE = Shot(
    "/graphql",
    {
        "query": """
query Mine($first: Int! = 20) {
  applications(first: $first) {
    edges { node { id caseNumber itemName organName state createdAt submittedAt dueDate { on } timeline(last: 5) { sequence kind at } } }
    pageInfo { hasNextPage endCursor }
  }
}
""",
        "variables": {"first": 20},
    },
)
"""A citizen's 20 cases with item and last events: what every peer can be asked, too."""
MINE_OF_POSTGRAPHILE = Shot(
    "/graphql",
    {
        "query": """
query Mine($first: Int! = 20) {
  allApplications(first: $first, orderBy: PRIMARY_KEY_DESC) {
    edges { node { id caseNumber itemName organName state createdAt submittedAt dueOn
      events(last: 5) { nodes { sequence kind at } } } }
    pageInfo { hasNextPage endCursor }
  }
}
""",
        "variables": {"first": 20},
    },
)
PAGE = Shot(
    "/graphql",
    {
        "query": """
query Page($division: String!) {
  serviceItems(division: $division, first: 20) {
    edges { node { code name promisedDays organ { name } materials { code name required } } }
    pageInfo { hasNextPage endCursor }
  }
}
""",
        "variables": {"division": HOME},
    },
)
"""20 of 200 items with their materials. Not a trusted document, so it is never kept."""
EMPTY = Shot("/empty", {})


def reads() -> Iterable[Figure]:
    """Medians of interleaved rounds; every server is asked once before and must tell the same."""
    with lab() as place, ExitStack() as stack:
        peers = Peers(place, stack)
        house, by_hand = peers.house("Jinmin"), peers.handwritten()
        loaders = peers.mercurius("mercurius, JIT, loaders", "loaders")
        mine, page, kept = (
            _mine(peers, house, by_hand, loaders),
            _page(place, house, loaders),
            _kept(place, house, by_hand),
        )
        groups = {"My applications": mine, "A page of the catalogue": page, "The same, from memory": kept}
        for title, sides in groups.items():
            contest(sides)
            print(told(title, sides), flush=True)
    keep_plot("reads", {title: bars(sides) for title, sides in groups.items()}, "/s")
    bar = {
        "mercurius, JIT, loaders": 1.0,
        "mercurius, JIT, lean": 0.75,
        "Starlette by hand": 0.65,
    }
    for side in mine[1:]:
        yield Figure(f"my applications against {side.name}", ratio(mine[0], side), "×", bar.get(side.name))
    for side in page[1:]:
        yield Figure(f"catalogue against {side.name}", ratio(page[0], side), "×", 0.75)
    yield Figure(
        "catalogue from memory against an empty Starlette handler", ratio(kept[0], kept[-1]), "×", 0.9
    )


def _mine(peers: Peers, house: Server, by_hand: Server, loaders: Server | None) -> Sequence[Side]:
    tokens = peers.place.tokens
    sides = [
        Side.of("Jinmin", [house], MINE, tokens),
        Side.of(
            "Jinmin, graphql-core", [peers.house("plain", JINMIN_COMPILED_OPERATIONS="false")], MINE, tokens
        ),
        Side.of("Starlette by hand", [by_hand], MINE, tokens),
    ]
    told = {
        "Jinmin": _cases(ask(house.port, MINE, tokens[0])),
        "by hand": _cases(ask(by_hand.port, MINE, tokens[0])),
    }
    lean = peers.mercurius("mercurius, JIT, lean", "lean")
    if loaders is not None and lean is not None:
        for server in (loaders, lean):
            sides.append(Side.of(server.name, [server], MINE, tokens))
            told[server.name] = _cases(ask(server.port, MINE, tokens[0]))
    generated = peers.postgraphile()
    if generated is not None:
        sides.append(Side.of(generated.name, [generated], MINE_OF_POSTGRAPHILE, tokens))
        told[generated.name] = _cases_of_postgraphile(ask(generated.port, MINE_OF_POSTGRAPHILE, tokens[0]))
    _must_be_equal(told, 20)
    return sides


def _page(place: Lab, house: Server, loaders: Server | None) -> Sequence[Side]:
    sides = [Side.of("Jinmin", [house], PAGE, place.tokens)]
    told = {"Jinmin": _items(ask(house.port, PAGE, place.tokens[0]))}
    if loaders is not None:
        sides.append(Side.of(loaders.name, [loaders], PAGE, place.tokens))
        told[loaders.name] = _items(ask(loaders.port, PAGE, place.tokens[0]))
    _must_be_equal(told, 20)
    return sides


def _kept(place: Lab, house: Server, by_hand: Server) -> Sequence[Side]:
    """A trusted document that is everybody's, as visitors ask for it and as somebody does who is signed in."""
    name = next(
        one for one, text in read_operations(DOCUMENTS).items() if text.startswith("query ServiceItems(")
    )
    shot = Shot("/graphql", {"documentId": name, "variables": {"division": HOME}})
    return [
        Side.of("Jinmin, for visitors", [house], shot, ()),
        Side.of("Jinmin, signed in", [house], shot, place.tokens),
        Side.of("an empty Starlette handler", [by_hand], EMPTY, ()),
    ]


def _must_be_equal(told: Mapping[str, Sequence[object]], count: int) -> None:
    first, *others = told.values()
    if len(first) != count or any(other != first for other in others):
        raise NoLoad(
            f"the servers do not tell the same: { {name: cases[:1] for name, cases in told.items()} }"
        )


def _cases(answer: Any) -> Sequence[object]:
    """What all tell: ids, cursors and moments differ in their spelling alone."""
    return [
        (
            *(node[name] for name in ("caseNumber", "itemName", "organName", "state")),
            node["dueDate"]["on"],
            [(event["sequence"], event["kind"]) for event in node["timeline"]],
        )
        for node in _nodes(answer, "applications")
    ]


def _cases_of_postgraphile(answer: Any) -> Sequence[object]:
    return [
        (
            *(node[name] for name in ("caseNumber", "itemName", "organName", "state")),
            node["dueOn"],
            [(event["sequence"], event["kind"]) for event in node["events"]["nodes"]],
        )
        for node in _nodes(answer, "allApplications")
    ]


def _items(answer: Any) -> Sequence[object]:
    return list(_nodes(answer, "serviceItems"))


def _nodes(answer: Any, field: str) -> Iterable[Any]:
    if "errors" in answer:
        raise NoLoad(str(answer["errors"])[:500])
    return (edge["node"] for edge in answer["data"][field]["edges"])
