"""The summary report of a pilot region, for officers of operations, as a PDF."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound, NotSignedIn
from backend.kit import clock
from backend.operations.queries import pilot
from backend.operations.region_report import render_region_report
from backend.statistics.catalogue import BY_CODE
from backend.statistics.periods import month_of
from backend.statistics.reports.queries import CellView
from backend.statistics.values import bounds, computed, domains_of
from backend.viewer import Officer, OfficerRole, Viewer

Authenticated = Callable[[Request], Awaitable[Viewer]]


def pilot_routes(work: Casework, authenticated: Authenticated) -> list[Route]:
    """``GET /operations/pilots/{division}.pdf``."""

    async def download(request: Request) -> Response:
        try:
            viewer = await authenticated(request)
            if not isinstance(viewer, Officer) or OfficerRole.OPERATIONS not in viewer.roles:
                return Response(status_code=404)
            pdf = await region_report(viewer, work, request.path_params["division"])
        except NotSignedIn:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        except NotFound:
            return Response(status_code=404)
        return Response(
            pdf,
            media_type="application/pdf",
            headers={
                "Content-Disposition": "attachment; filename=pilot.pdf",
                "Cache-Control": "private, no-store",
            },
        )

    return [Route("/operations/pilots/{division}.pdf", download)]


async def region_report(viewer: Officer, work: Casework, division: str) -> bytes:
    """The PDF of one pilot region. Raises ``NotFound`` for one that the viewer does not see."""
    found = await pilot(viewer, work, division)
    month = month_of(clock.today())
    domains = domains_of(work.standards)
    cells = await computed(fetch, *bounds(division), month, domains)
    lines = [CellView(one, cells[code], None) for code, one in BY_CODE.items() if code in cells]
    return await asyncio.to_thread(render_region_report, found, lines, month.chinese)
