"""What the service tells Prometheus. Not described: the text has a form of its own."""

from fastapi import APIRouter, Request, Response

from app.api.caching import NEVER
from app.api.edge import METRICS
from app.api.metering import Meters

router = APIRouter(include_in_schema=False)


@router.get(METRICS)
async def get_metrics(request: Request) -> Response:
    """All metrics, in the text format or as OpenMetrics, whatever state the database is in."""
    meters: Meters = request.app.state.meters
    accept = ",".join(request.headers.getlist("accept"))
    body, media_type = await meters.told(request.app.state.services, accept)
    headers = {"Cache-Control": NEVER, "Vary": "Accept", "Content-Type": media_type}
    return Response(body, headers=headers)
