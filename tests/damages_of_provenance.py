"""Damages to who printed what and when, and the one fault by which each is found."""

import pytest

from tests.damages import ERRORS_SNAPSHOT, NEAR, sql

HUB_NAME = "(SELECT id FROM alias WHERE printed_name = 'acme/y')"
AT_NEAR = f"WHERE alias_id = {NEAR}"

OF_PROVENANCE = [
    pytest.param(
        sql("DELETE FROM version WHERE subject = 'names'"),
        "version",
        "names",
        "there are some, and no version",
        id="names-without-a-version",
    ),
    pytest.param(
        sql("UPDATE snapshot SET published_at = captured_at WHERE id = 5"),
        "published",
        ERRORS_SNAPSHOT,
        "is published at 2024-08-01 12:00:00+00:00, its revision at 2024-07-01 12:00:00+00:00",
        id="published-when-nothing-was",
    ),
    pytest.param(
        sql(
            "UPDATE snapshot SET published_at = (SELECT published_at FROM snapshot WHERE id = 5)"
            " WHERE id = 3"
        ),
        "published",
        "demo-text 2024-07-02 snapshot 3",
        "is published at 2024-07-01 12:00:00+00:00, its revision at 2024-07-02 12:00:00+00:00",
        id="published-before-its-revision",
    ),
    pytest.param(
        sql(
            "UPDATE snapshot SET cumulative = true,"
            " published_at = (SELECT published_at FROM snapshot WHERE id = 7) WHERE id = 5"
        ),
        "published",
        ERRORS_SNAPSHOT,
        "is published at 2024-07-02 12:00:00+00:00, its revision at 2024-07-01 12:00:00+00:00",
        id="of-a-cumulative-document-and-published-with-another",
    ),
    pytest.param(
        sql(
            "UPDATE alias SET since = (SELECT min(first_date) FROM listing)"
            " WHERE printed_name = 'c'"
        ),
        "name",
        "demo 'c'",
        "has a first date, and is not listed",
        id="name-with-a-date-that-nobody-gave-it",
    ),
    pytest.param(
        sql(
            "INSERT INTO alias_maker SELECT 999, kind, printed, last_date"
            f" FROM alias_maker {AT_NEAR}"
        ),
        "reference",
        "alias_maker.alias_id",
        "999 is nowhere (1 rows)",
        id="maker-of-no-name",
    ),
    pytest.param(
        sql(f"DELETE FROM alias_maker {AT_NEAR}"),
        "maker",
        "'near'",
        "a line in force prints its maker, and none is known",
        id="name-whose-maker-is-not-known",
    ),
    pytest.param(
        sql(f"DELETE FROM alias_maker WHERE alias_id = {HUB_NAME}"),
        "maker",
        "'acme/y'",
        "a line in force prints its maker, and none is known",
        id="name-whose-owner-is-not-known",
    ),
    pytest.param(
        sql(f"UPDATE alias_maker SET printed = 'Nobody' {AT_NEAR}"),
        "maker",
        "'near'",
        "its source never printed the name 'Nobody'",
        id="maker-that-was-never-printed",
    ),
    pytest.param(
        sql(f"UPDATE alias_maker SET last_date = last_date + 100 {AT_NEAR}"),
        "maker",
        "'near'",
        "'Acme' is of 2024-10-10, of which there is no edition",
        id="maker-of-no-edition",
    ),
    pytest.param(
        sql(f"UPDATE alias_maker SET last_date = last_date - 1 {AT_NEAR}"),
        "maker",
        "'near'",
        "a line of 2024-07-02 prints its maker, and the newest known is of 2024-07-01",
        id="maker-of-an-older-line",
    ),
]
