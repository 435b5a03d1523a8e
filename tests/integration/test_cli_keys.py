"""`almanac keys`: made, listed, revoked."""

import re
import sys

import pytest

from app.cli import DONE, USAGE, main
from app.domain.keys import digest_of
from app.keys_cli import QUOTA
from app.store.queries.keys import StoredKey, keys_in_force, list_keys
from tests.commands import Shell, opened


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which a row is a line."""
    monkeypatch.setenv("COLUMNS", "200")


def stored() -> tuple[list[StoredKey], set[bytes]]:
    almanac = opened()
    with almanac.sessions() as session:
        found = list_keys(session), set(keys_in_force(session))
    almanac.engine.dispose()
    return found


def test_a_key_is_printed_once_and_its_digest_stored(almanac: Shell) -> None:
    code, written = almanac("keys", "new", " A newsroom ", "--limit", "100/s burst 7")

    [secret] = re.findall(r"^alm_[\w-]{43}$", written, re.MULTILINE)
    [key], in_force = stored()
    assert code == DONE
    assert "key 1 for A newsroom; it is not shown again" in written
    assert in_force == {digest_of(secret.encode())}
    assert (key.name, key.start, key.quota) == ("A newsroom", secret[:8], "100/s burst 7")
    assert secret not in almanac("keys")[1]


def test_only_the_key_goes_to_standard_output(almanac: Shell) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["almanac", "keys", "new", "a"])
        with pytest.raises(SystemExit):
            main()

    assert re.fullmatch(r"alm_[\w-]{43}\n", almanac.capsys.readouterr().out)


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("words", [("keys",), ("keys", "list")])
def test_keys_are_listed_with_their_limits(almanac: Shell, words: tuple[str, ...]) -> None:
    almanac("keys", "new", "one [b]bold[/b]")
    almanac("keys", "new", "two", "--limit", "5/s")
    almanac("keys", "revoke", "1")

    code, written = almanac(*words)

    [one, two] = [line for line in written.splitlines() if "alm_" in line]
    assert code == DONE
    assert re.search(rf"1 +│ one \[b\]bold\[/b\] +│ alm_.{{4}} +│ {QUOTA} .*Z │ .*Z", one)
    assert re.search(r"2 +│ two +│ alm_.{4} +│ 5/s .*Z │ +│", two)


def test_a_key_revoked_is_in_force_no_more(almanac: Shell) -> None:
    almanac("keys", "new", "one")
    almanac("keys", "new", "two")

    code, written = almanac("keys", "revoke", "1")

    (one, two), in_force = stored()
    assert (code, written) == (DONE, "key 1 is revoked\n")
    assert one.revoked_at is not None
    assert two.revoked_at is None
    assert len(in_force) == 1


def test_a_key_stays_revoked_since_it_was(almanac: Shell) -> None:
    almanac("keys", "new", "one")
    almanac("keys", "revoke", "1")
    before = stored()

    assert almanac("keys", "revoke", "1")[0] == DONE
    assert stored() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("revoke", "7"), "there is no key '7'; there are: 1", id="unknown"),
        pytest.param(("revoke", "0"), "0 is not in the range", id="no-id"),
        pytest.param(("revoke", "9" * 20), "is not in the range", id="huge"),
        pytest.param(("new", "x", "--limit", "many"), "not 'many'", id="limit"),
        pytest.param(("new", "  "), "a key has a name", id="no-name"),
        pytest.param(("new", "a\x1b[31mb"), "of printable characters", id="escapes"),
        pytest.param(("new", "x", "--limit", "1/d burst 999"), "more than a year", id="slow"),
    ],
)
def test_words_that_make_no_sense_are_said_to(
    almanac: Shell, words: tuple[str, ...], said: str
) -> None:
    almanac("keys", "new", "one")

    code, written = almanac("keys", *words)

    assert code == USAGE
    assert said in " ".join(written.replace("│", " ").split())
    assert len(stored()[0]) == 1
