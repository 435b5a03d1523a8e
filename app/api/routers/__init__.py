"""One router a noun, and the list of them."""

from app.api.routers import (
    health,
    index,
    leaderboards,
    models,
    movements,
    organizations,
    problems,
    sources,
    standings,
)

V1_ROUTERS = (
    leaderboards.router,
    standings.router,
    movements.router,
    models.router,
    organizations.router,
    sources.router,
    problems.router,
)
ROOT_ROUTERS = (index.router, health.router)
