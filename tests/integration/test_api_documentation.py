"""What tells of the API: pages for people, a list for language models, a catalogue for programs."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from app.api.routers.docs import ASSETS, EDITION
from tests.api import Api

PAGES = ["/docs", "/redoc"]
TELLING = [*PAGES, "/llms.txt", "/.well-known/api-catalog", f"/docs/{EDITION}/swagger-ui.css"]
LINK = re.compile(r"^- \[([^\]]+)\]\(([^)]+)\): (.+)$", re.MULTILINE)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


class Page(HTMLParser):
    """What a page loads, and the scripts that stand in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: list[str] = []
        self._inline = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [given[name] or "" for name in ("src", "href", "spec-url") if name in given]
        self._inline = tag == "script" and "src" not in given

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inline = False

    def handle_data(self, data: str) -> None:
        if self._inline:
            self.scripts.append(data)


def policy_of(header: str) -> dict[str, list[str]]:
    directives = (directive.split() for directive in header.split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_other_host(api: Api, path: str) -> None:
    answer = api.ask(path, headers={"Accept": "text/html"})
    page = Page(answer.text)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "//" not in re.sub(r"<!--.*?-->", "", answer.text, flags=re.DOTALL)
    loaded = [url for url in page.loads if url != "data:,"]
    assert loaded
    assert {api.ask(url).status_code for url in loaded} == {200}
    assert "/openapi.json" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_do_only_what_it_does(api: Api, path: str) -> None:
    answer = api.ask(path)
    policy = policy_of(answer.headers["content-security-policy"])
    digests = [sha256(script.encode()).digest() for script in Page(answer.text).scripts]

    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["script-src"] == [
        "'self'",
        *(f"'sha256-{b64encode(digest).decode()}'" for digest in digests),
    ]
    hosts = {source for sources in policy.values() for source in sources if source[0] != "'"}
    assert hosts <= {"data:", "blob:"}


def test_swagger_ui_tells_no_other_host_of_this_one(api: Api) -> None:
    assert '"validatorUrl": null' in api.ask("/docs").text


def test_pages_follow_a_proxy(api: Api) -> None:
    behind = TestClient(api.client.app, root_path="/almanac")

    for path in PAGES:
        page = Page(behind.get(f"/almanac{path}").text)
        assert all(url.startswith(("/almanac/", "data:")) for url in page.loads)
    document = behind.get("/almanac/openapi.json").json()
    assert document["servers"] == [{"url": "/almanac"}]
    assert api.ask("/openapi.json").json()["servers"] == [{"url": "/"}]
    assert "](/almanac/v1/leaderboards)" in behind.get("/almanac/llms.txt").text


@pytest.mark.parametrize("asset", ASSETS)
def test_an_asset_never_changes_under_its_path(api: Api, asset: str) -> None:
    answer = api.ask(f"/docs/{EDITION}/{asset}")
    head = api.ask(f"/docs/{EDITION}/{asset}", method="HEAD")

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == f"{ASSETS[asset]}; charset=utf-8"
    assert len(answer.content) > 100_000
    assert head.headers == answer.headers


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/docs/0.0/swagger-ui.css", id="another-edition"),
        pytest.param(f"/docs/{EDITION}/favicon.png", id="not-offered"),
        pytest.param(f"/docs/{EDITION}/..%2F__init__.py", id="outside"),
    ],
)
def test_there_is_no_other_asset(api: Api, path: str) -> None:
    assert api.ask(path).status_code == 404


@pytest.mark.parametrize("path", TELLING)
def test_what_the_caller_has_is_not_sent_again(api: Api, path: str) -> None:
    first = api.ask(path)
    again = api.ask(path, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


def test_who_asks_for_the_service_itself_is_led_to_where_to_start(api: Api) -> None:
    answer = api.ask("/")
    behind = TestClient(api.client.app, root_path="/almanac", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/v1")
    assert behind.get("/almanac/").headers["location"] == "/almanac/v1"
    assert api.get(answer.headers["location"])["data"]["name"] == "Almanac"


def test_language_models_are_told_title_summary_and_links(api: Api) -> None:
    answer = api.ask("/llms.txt")
    lines = answer.text.splitlines()

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert lines[0] == "# Almanac"
    assert lines[2].startswith("> ")
    headings = [line for line in lines if line.startswith("#")][1:]
    assert headings[:2] == ["## Documentation", "## Index"]
    assert headings[-1] == "## Optional"
    listed = lines[lines.index(headings[0]) :]
    assert all(not line or line.startswith("## ") or LINK.match(line) for line in listed)


def test_every_question_is_linked_once_and_can_be_asked(api: Api) -> None:
    links = [target for _, target, _ in LINK.findall(api.ask("/llms.txt").text)]
    document = api.ask("/openapi.json").json()
    asked = [
        path
        for path, operations in document["paths"].items()
        if "get" in operations and "{run}" not in path  # nobody knows which runs there are
    ]

    paths = [urlsplit(link).path for link in links]
    patterns = [re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) for path in asked]
    assert [[bool(re.fullmatch(p, path)) for path in paths].count(True) for p in patterns] == (
        [1] * len(asked)
    )
    assert not [path for path in paths if "/runs/" in path]
    for link in links:
        answer = api.ask(link)
        assert answer.status_code == 200 or "suggestions" in answer.json(), answer.text


def test_the_catalogue_leads_to_descriptions_status_and_licences(api: Api) -> None:
    answer = api.ask("/.well-known/api-catalog")
    [entry] = answer.json()["linkset"]

    assert answer.headers["content-type"] == (
        'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
    )
    assert api.ask(entry.pop("anchor")).status_code == 200
    assert entry.keys() == {"service-desc", "service-doc", "status", "license"}
    for link in (link for links in entry.values() for link in links):
        found = api.ask(link["href"])
        assert found.status_code == 200
        assert found.headers["content-type"].partition(";")[0] == link["type"]


def test_the_catalogue_says_by_head_what_it_is(api: Api) -> None:
    head = api.ask("/.well-known/api-catalog", method="HEAD")

    assert head.links["api-catalog"]["url"] == "/.well-known/api-catalog"


def test_what_tells_of_the_api_is_no_part_of_it(api: Api) -> None:
    paths = api.ask("/openapi.json").json()["paths"]

    assert paths.keys().isdisjoint({*TELLING, "/openapi.json"})
    assert not [path for path in paths if path.startswith("/docs")]
