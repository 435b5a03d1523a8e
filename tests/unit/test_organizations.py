"""The curated table of organizations: nobody twice, and the facts that a reader would check."""

from collections import Counter

import pytest

from app.domain.names import fold
from app.domain.slugs import slugify
from app.identity.organizations import Organization, OrganizationKind, curated_organizations

TABLE = curated_organizations()
BY_SLUG = {organization.slug: organization for organization in TABLE}
BY_SPELLING = {
    fold(spelling): organization
    for organization in TABLE
    for spelling in (organization.name, *organization.spellings)
}
BY_NAMESPACE = {
    fold(namespace): organization for organization in TABLE for namespace in organization.namespaces
}


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_no_slug_stands_twice() -> None:
    assert repeated([organization.slug for organization in TABLE]) == []


def test_no_spelling_means_two() -> None:
    spellings = [fold(s) for o in TABLE for s in {fold(o.name), *map(fold, o.spellings)}]

    assert repeated(spellings) == []


def test_no_spelling_is_said_twice_of_one() -> None:
    assert {o.slug: repeated([fold(s) for s in (o.name, *o.spellings)]) for o in TABLE} == {
        slug: [] for slug in BY_SLUG
    }


def test_no_owner_on_the_hub_means_two() -> None:
    assert repeated([fold(namespace) for o in TABLE for namespace in o.namespaces]) == []


@pytest.mark.parametrize("organization", TABLE, ids=lambda organization: organization.slug)
def test_an_organization_can_stand_in_a_url(organization: Organization) -> None:
    assert organization.slug == slugify(organization.slug)
    assert "--" not in organization.slug
    assert organization.name == organization.name.strip()


def test_the_table_is_of_some_size() -> None:
    assert len(TABLE) > 100
    assert sum(organization.country is not None for organization in TABLE) > 100


@pytest.mark.parametrize(
    ("printed", "slug", "country"),
    [
        pytest.param("OpenAI", "openai", "US", id="openai"),
        pytest.param("Aliaba", "alibaba", "CN", id="a-typing-error-of-lmarena"),
        pytest.param("Tongyi Qianwen", "alibaba", "CN", id="qwen"),
        pytest.param("meta ai", "meta", "US", id="meta"),
        pytest.param("Google  DeepMind", "google", "US", id="google"),
        pytest.param("Z.ai", "zhipu", "CN", id="zhipu"),
        pytest.param("Kimi", "moonshot", "CN", id="moonshot"),
        pytest.param("spacexai", "xai", "US", id="xai"),
        pytest.param("零一万物", "01.ai", "CN", id="01-ai"),
        pytest.param("TII", "tii", "AE", id="tii"),
        pytest.param("Stability AI", "stability-ai", "GB", id="stability"),
        pytest.param("MISTRAL", "mistral", "FR", id="mistral"),
        pytest.param("Upstage AI", "upstage", "KR", id="upstage"),
        pytest.param("RWKV Foundation", "rwkv", None, id="a-project-without-a-country"),
    ],
)
def test_who_is_meant_by_a_printed_maker(printed: str, slug: str, country: str | None) -> None:
    organization = BY_SPELLING[fold(printed)]

    assert (organization.slug, organization.country) == (slug, country)


@pytest.mark.parametrize(
    ("owner", "slug", "kind"),
    [
        pytest.param("Qwen", "alibaba", OrganizationKind.COMPANY, id="qwen"),
        pytest.param("meta-llama", "meta", OrganizationKind.COMPANY, id="llama"),
        pytest.param("tiiuae", "tii", OrganizationKind.LAB, id="falcon"),
        pytest.param("THUDM", "zhipu", OrganizationKind.COMPANY, id="glm"),
        pytest.param("tatsu-lab", "stanford-university", OrganizationKind.UNIVERSITY, id="alpaca"),
        pytest.param("WizardLMTeam", "microsoft", OrganizationKind.COMPANY, id="wizard"),
        pytest.param("Open-Orca", "open-orca", OrganizationKind.COMMUNITY, id="a-community"),
        pytest.param(
            "cognitivecomputations",
            "cognitive-computations",
            OrganizationKind.COMMUNITY,
            id="another-community",
        ),
    ],
)
def test_who_is_meant_by_an_owner_on_the_hub(owner: str, slug: str, kind: OrganizationKind) -> None:
    organization = BY_NAMESPACE[fold(owner)]

    assert (organization.slug, organization.kind) == (slug, kind)
