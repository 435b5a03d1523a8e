"""The curated facts: what they may not say, and how they are looked up."""

from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.domain.organizations import OrganizationKind
from app.errors import CuratedFactsError
from app.identity.curation import Curation, curation, read_curation
from app.identity.licences import Licence
from app.identity.model_names import name_key
from app.identity.models import CuratedModel
from app.identity.organizations import Country, Organization
from app.sources.registry import build
from tests.upstreams import ENDPOINTS

HUB = {"former_namespaces": {"hub": "Acme"}}
ACME = Organization(slug="acme", name="Acme", kind=OrganizationKind.COMPANY)


def model(name: str, *names: object, organization: str | None = "acme") -> CuratedModel:
    return CuratedModel.model_validate(
        {"name": name, "names": names, "organization": organization, "evidence": "a test"}
    )


def other(**facts: object) -> Organization:
    return Organization.model_validate({"slug": "other", "name": "Other", "kind": "lab", **facts})


def made_from(name: str, base: str) -> CuratedModel:
    return model(name, name).model_copy(update={"base": base})


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param(
            lambda: Curation(models=(model("a", "a"),)), "by 'acme', who is not listed", id="maker"
        ),
        pytest.param(
            lambda: Curation(
                organizations=(ACME,), models=(model("a", "x", "y"), model("b", "Y "))
            ),
            "'Y ' means two models",
            id="name",
        ),
        pytest.param(
            lambda: Curation(organizations=(ACME, ACME)),
            "organization 'acme' is listed twice",
            id="organization",
        ),
        pytest.param(
            lambda: Curation(
                licences=(
                    Licence(id="one", name="One", spellings=("Same",)),
                    Licence(id="two", name="Two", spellings=("SAME",)),
                )
            ),
            "licence 'same' is listed twice",
            id="licence",
        ),
        pytest.param(
            lambda: Curation(organizations=(ACME, other(spellings=("ACME",)))),
            "organization's name 'acme' is listed twice",
            id="spelling",
        ),
        pytest.param(
            lambda: Curation(
                organizations=(other(namespaces=("Hub",)), ACME.model_copy(update=HUB))
            ),
            "namespace 'hub' is listed twice",
            id="namespace",
        ),
        pytest.param(
            lambda: Curation(organizations=(ACME.model_copy(update={"country": "XX"}),)),
            "there is no country 'XX'",
            id="country",
        ),
        pytest.param(
            lambda: Curation(countries=(Country(code="YY", name="Nowhere"),)),
            "there is no country 'YY'",
            id="name-of-a-country",
        ),
        pytest.param(
            lambda: Curation(organizations=(ACME,), models=(model("a b", "x"), model("A-B", "y"))),
            "model 'acme/a-b' is listed twice",
            id="model",
        ),
        pytest.param(
            lambda: Curation(organizations=(ACME,), models=(made_from("a", "acme--a"),)),
            "'acme--a' is made from itself",
            id="base",
        ),
        pytest.param(
            lambda: Curation(
                organizations=(ACME,),
                models=(made_from("a", "acme--b"), made_from("b", "acme--a")),
            ),
            "'acme--a' is made from itself",
            id="bases",
        ),
    ],
)
def test_facts_that_contradict_each_other_are_refused(facts: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        facts()  # type: ignore[operator]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"slug": "A", "name": "A", "kind": "lab"}, id="capitals"),
        pytest.param({"slug": "a", "name": "A", "kind": "club"}, id="kind"),
        pytest.param({"slug": "a", "name": "A", "kind": "lab", "country": "USA"}, id="country"),
        pytest.param({"slug": "a", "name": "A", "kind": "lab", "homepage": "a.org"}, id="homepage"),
        pytest.param({"slug": "a", "name": "A", "kind": "lab", "owner": "a"}, id="unknown-key"),
    ],
)
def test_a_row_with_a_typing_error_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Organization.model_validate(row)


def test_a_name_of_one_source_goes_before_one_of_all() -> None:
    everywhere = model("everywhere", "x")
    there = model("there", {"name": "x", "source": "demo", "since": date(2024, 7, 1)})
    facts = Curation(organizations=(ACME,), models=(everywhere, there))

    found = facts.model_of("demo", name_key("X"))

    assert found is not None
    assert (found[0], found[1].since) == (there, date(2024, 7, 1))
    elsewhere = facts.model_of("other", name_key("x"))
    assert elsewhere is not None
    assert elsewhere[0] is everywhere
    assert facts.model_of("demo", name_key("y")) is None


def test_other_facts_have_another_digest() -> None:
    one = Curation(organizations=(ACME,))

    assert one.digest == Curation(organizations=(ACME,)).digest
    assert one.digest != Curation().digest
    assert one.digest != Curation(organizations=(ACME,), models=(model("a", "a"),)).digest
    assert 0 <= one.digest < 2**63


def test_the_facts_of_the_program_have_their_evidence() -> None:
    facts = curation()

    assert len(facts.models) > 100
    assert [m.name for m in facts.models if len(m.evidence) < 20] == []
    assert [m.organization for m in facts.makers if len(m.evidence) < 20] == []
    assert facts.present_owner("thudm") == "zai-org"
    assert facts.present_owner("Qwen") == "Qwen"


@pytest.mark.parametrize(
    "printed",
    [
        *("Open-Mistral-Nemo-2407 (FC)", "Open-Mistral-Nemo-2407 (Prompt)"),
        *("Open-Mixtral-8x22b (FC Any)", "Open-Mixtral-8x7b (Prompt)"),
        *("mistral-large-2407 (FC Auto)", "mistral-large-2411 (FC)", "Mistral-small-2503 (FC)"),
    ],
)
def test_open_weights_are_open_though_bfcl_calls_them_proprietary(printed: str) -> None:
    found = curation().model_of("bfcl", name_key(printed))

    assert found is not None
    assert (found[0].organization, found[0].name) == ("mistral", printed.split(" (", maxsplit=1)[0])
    assert found[0].open_weights is True


def test_a_base_is_a_model_that_could_be() -> None:
    organizations = {organization.slug for organization in curation().organizations}

    assert {
        one.base
        for one in curation().models
        if one.base is not None and one.base.split("--")[0] not in organizations
    } == set()


def test_a_name_of_one_source_is_of_a_source_that_there_is() -> None:
    named = {printed.source for one in curation().models for printed in one.names}

    assert named - {None} <= set(build(ENDPOINTS))


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        pytest.param("models.toml", b"", "models.toml: model: Field required", id="an-empty-file"),
        pytest.param(
            "models.toml",
            b'[[model]]\nname = "A"\nnames = ["a"]\n',
            "models.toml: model no. 1 evidence: Field required",
            id="something-left-out",
        ),
        pytest.param(
            "licences.toml",
            b'[[licence]]\nid = "x"\nname = "X"\nopen_weights = 1\n',
            "licences.toml: licence no. 1 open_weights: Input should be a valid boolean",
            id="a-value-of-another-kind",
        ),
        pytest.param("organizations.toml", b"slug = ", "organizations.toml: Invalid", id="no-toml"),
        pytest.param("organizations.toml", b"\xff", "organizations.toml: 'utf-8'", id="no-text"),
        pytest.param("licences.toml", None, "licences.toml: .*No such file", id="no-file"),
        pytest.param(
            "models.toml",
            b'[[model]]\nname = "A"\norganization = "acne"\nnames = ["a"]\nevidence = "x"\n',
            "contradict themselves: 'A' is by 'acne', who is not listed",
            id="a-contradiction",
        ),
        pytest.param(
            "makers.toml",
            b'[[maker]]\norganization = "acne"\nnames = ["a"]\nevidence = "x"\n',
            "contradict themselves: 'a' is by 'acne', not listed",
            id="a-maker-who-is-not-listed",
        ),
        pytest.param(
            "makers.toml",
            b'[[maker]]\norganization = "meta"\nnames = ["a b", "A-B"]\nevidence = "x"\n',
            "contradict themselves: name with a maker 'a-b' is listed twice",
            id="a-name-with-two-makers",
        ),
    ],
)
def test_a_broken_file_is_named(
    tmp_path: Path, file: str, content: bytes | None, reason: str
) -> None:
    for name in ("organizations.toml", "models.toml", "licences.toml", "makers.toml"):
        shipped = files("app.identity").joinpath(name).read_bytes()
        (tmp_path / name).write_bytes(shipped)
    read_curation(tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)

    with pytest.raises(CuratedFactsError, match=reason):
        read_curation(tmp_path)
