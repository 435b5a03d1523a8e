"""One router a noun, and the list of them."""

from app.api.routers import (
    countries,
    groups,
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
    groups.router,
    models.router,
    organizations.router,
    countries.router,
    sources.router,
    problems.router,
)
ROOT_ROUTERS = (index.router, health.router)
