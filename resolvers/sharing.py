"""共享查询 at the counter: other departments are asked with the citizen's consent, and the pre-check knows the answers."""

import strawberry

from backend.exchange import sharing
from backend.exchange.sharing import SharedFact as FactView
from backend.exchange.sharing import SharedFacts as FactsView
from backend.sharing_ports import Matter
from resolvers.access import CITIZEN, PARENT
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type
from resolvers.sessions import citizen_of

strawberry.enum(Matter, name="SharedMatter", description="Which department's data.")


def _label(root: strawberry.Parent[FactView], info: Info) -> str:
    return root.label.of(info.context.language)


def _value(root: strawberry.Parent[FactView], info: Info) -> str:
    return root.value.of(info.context.language)


@object_type(reads=FactView, description="A fact that a department holds about the citizen.")
class SharedFact:
    """A fact."""

    name: str = field(access=PARENT, description="Its name in the rules.")
    matter: Matter = field(access=PARENT, description="Who holds it.")
    label: str = field(access=PARENT, description="What it is.", resolver=_label)
    value: str = field(access=PARENT, description="What is held, in words.", resolver=_value)


@object_type(reads=FactsView, description="What other departments hold, as far as the item's rules want it.")
class SharedFacts:
    """Facts."""

    facts: list[SharedFact] = field(
        access=PARENT, description="What is known; the pre-check counts it for a day."
    )
    unanswered: list[Matter] = field(
        access=PARENT, description="Departments that did not answer: ask again later."
    )


@input_type(description="For which item departments are asked.")
class AskSharedDataInput(MutationInput):
    """Input of ``askSharedData``."""

    item_code: str = input_field(description="基本编码; it is the purpose, and nothing is used for another.")
    consent: bool = input_field(description="That the citizen agrees to it for this item, just now.")


@mutation(
    access=CITIZEN,
    description="Ask other departments, with consent, for what the item's rules want and they hold. Wants the citizen"
    " proven in this session.",
    returns=SharedFacts,
    weight=100,
)
async def ask_shared_data(info: Info, input: AskSharedDataInput) -> FactsView:  # noqa: A002 - GraphQL's name
    """Ask."""
    work = info.context.work
    return await sharing.ask_shared(
        citizen_of(info),
        work,
        item=work.standards.get(input.item_code),
        consented=input.consent,
        idempotency_key=input.idempotency_key,
    )


MUTATIONS = (ask_shared_data,)
