"""The curated table of organizations: nobody twice, and the facts that a reader would check."""

from collections import Counter

import pytest

from app.domain.countries import COUNTRIES
from app.domain.names import fold
from app.domain.organizations import OrganizationKind
from app.domain.slugs import slugify
from app.identity.curation import curation
from app.identity.organizations import Organization

TABLE = curation().organizations
BY_SLUG = {organization.slug: organization for organization in TABLE}
BY_SPELLING = {
    fold(spelling): organization
    for organization in TABLE
    for spelling in (
        organization.name,
        *organization.spellings,
        *(former.name for former in organization.former_names),
    )
}
BY_NAMESPACE = {
    fold(owner): organization
    for organization in TABLE
    for owner in (*organization.namespaces, *organization.former_namespaces)
}


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_no_slug_stands_twice() -> None:
    assert repeated([organization.slug for organization in TABLE]) == []


def test_no_spelling_means_two() -> None:
    spellings = [
        spelling
        for o in TABLE
        for spelling in {fold(s) for s in (o.name, *o.spellings, *(f.name for f in o.former_names))}
    ]

    assert repeated(spellings) == []


def test_no_spelling_is_said_twice_of_one() -> None:
    assert {o.slug: repeated([fold(s) for s in (o.name, *o.spellings)]) for o in TABLE} == {
        slug: [] for slug in BY_SLUG
    }


def test_no_owner_on_the_hub_means_two() -> None:
    owners = [fold(owner) for o in TABLE for owner in (*o.namespaces, *o.former_namespaces)]

    assert repeated(owners) == []


def test_a_renamed_owner_has_its_new_name_in_the_list() -> None:
    assert [
        (organization.slug, new)
        for organization in TABLE
        for new in organization.former_namespaces.values()
        if new not in organization.namespaces
    ] == []


def test_every_country_has_a_name() -> None:
    named = {country.code for country in curation().countries}

    assert {o.country for o in TABLE if o.country} == named
    assert named <= COUNTRIES


@pytest.mark.parametrize("organization", TABLE, ids=lambda organization: organization.slug)
def test_names_of_the_past_come_one_after_the_other(organization: Organization) -> None:
    ends = [former.until for former in organization.former_names]

    assert ends == sorted(set(ends))
    assert organization.name not in {former.name for former in organization.former_names}


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
        pytest.param("Huawei Noah & USTC", "huawei-noah-ustc", "CN", id="two-of-one-country"),
        pytest.param("xAI", "xai", "US", id="a-name-of-the-past"),
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
