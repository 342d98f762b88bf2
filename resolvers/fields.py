"""Typed decorators for everything in the schema; each one wants an access and a description.

How an area module looks::

    from backend.casework.applications import actions, queries
    from backend.casework.applications.queries import ApplicationView
    from resolvers.access import CITIZEN, OFFICER, PARENT
    from resolvers.context import Info
    from resolvers.fields import Parent, computed, field, input_field, input_type, mutation, object_type, query
    from resolvers.pagination import After, Connection, First, Node, keyset_page, read_cursor, read_global_id

    @object_type(reads=ApplicationView, description="A case (办件).")
    class Application(Node):                       # Node brings `id`, made from the view's own `id`
        case_number: str = field(access=PARENT, description="申办流水号, 43 characters.")
        note: str | None = field(access=OFFICER, description="Officers' note.")   # checked when read

        @computed(access=PARENT, description="Name of the item, in the viewer's language.")
        def item_name(root: Parent[ApplicationView], info: Info) -> str:
            return root.item_name.of(info.context.language)

    @query(access=CITIZEN | OFFICER, description="One case.", returns=Application | None)
    async def application(
        info: Info, id: Annotated[strawberry.ID, argument(description="Global id of the case.")]
    ) -> ApplicationView | None:
        return await queries.application(info.context.viewer, read_global_id(id, "Application"))

    @query(access=CITIZEN, description="The viewer's cases, latest first.", returns=Connection[Application])
    async def my_applications(info: Info, first: First = 20, after: After = None) -> Connection[ApplicationView]:
        rows = await queries.my_applications(info.context.viewer, limit=first + 1, after=read_cursor(after, UUID))
        return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))

    @input_type(description="What is handed in.")
    class SubmitApplicationInput:
        draft_id: strawberry.ID = input_field(description="Global id of the draft.")
        idempotency_key: IdempotencyKey = input_field(description=IDEMPOTENCY_KEY)

    @mutation(access=CITIZEN, description="Hand in a draft.", returns=Application)
    async def submit_application(info: Info, input: SubmitApplicationInput) -> ApplicationView:
        return await actions.submit(info.context.viewer, …)      # publishes SubmitApplicationResult

    QUERIES = (application, my_applications)
    MUTATIONS = (submit_application,)

``returns`` names the GraphQL type where it differs from the Python type: a type declared with
``object_type(reads=View)`` reads the attributes of ``View`` directly, so nothing is copied. All names
in the annotations of a decorated function must exist when it is decorated, and a module that uses
these decorators cannot have ``from __future__ import annotations``: they are read at run time.
"""
