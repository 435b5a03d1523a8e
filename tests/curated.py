"""Curated facts for tests: two makers, and models as the curated table lists them."""

from app.domain.organizations import OrganizationKind
from app.identity.curation import Curation
from app.identity.models import CuratedModel, PrintedName
from app.identity.organizations import Organization
from app.ingest.resolution import Resolution, resolve_again
from app.store.engine import SessionFactory
from tests.factories import NOW

ACME = Organization(slug="acme", name="Acme", kind=OrganizationKind.COMPANY, country="US")
CROWD = Organization(slug="crowd", name="Crowd", kind=OrganizationKind.COMMUNITY)
PLAIN = Curation(organizations=(ACME, CROWD))
NOTHING = Resolution(names_moved=0, editions_changed=0, changed=False)


def listed(
    name: str, *names: str | PrintedName, organization: str | None = "acme", base: str | None = None
) -> CuratedModel:
    """A model as the curated table lists it."""
    return CuratedModel.model_validate(
        {
            "name": name,
            "names": names,
            "organization": organization,
            "base": base,
            "evidence": "written down for a test",
        }
    )


def with_models(*models: CuratedModel) -> Curation:
    """Facts about two makers and these models."""
    return Curation(organizations=(ACME, CROWD), models=models)


def decide(sessions: SessionFactory, facts: Curation) -> Resolution:
    """Decide anew whom every stored name means, by these facts."""
    return resolve_again(sessions, now=NOW, curated=facts)
