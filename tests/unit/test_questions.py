"""Which questions are about a past that is closed."""

from datetime import date

import pytest

from app.api.analysis_questions import AgreementQuestion
from app.api.questions import (
    KnownAtQuestion,
    ListQuestion,
    MovementsQuestion,
    Question,
    StandingsQuestion,
)

TODAY = date(2024, 8, 1)
KNOWN = {"known_at": "2024-07-24"}
AGREED = {"leaderboards": "a,b", **KNOWN}


@pytest.mark.parametrize(
    ("shape", "asked", "closed"),
    [
        pytest.param(StandingsQuestion, {**KNOWN, "as_of": "2024-07-31"}, True, id="over"),
        pytest.param(StandingsQuestion, {**KNOWN, "as_of": "2024-08-01"}, False, id="until-today"),
        pytest.param(StandingsQuestion, KNOWN, False, id="as-of-now"),
        pytest.param(StandingsQuestion, {"as_of": "2024-07-01"}, False, id="as-known-now"),
        pytest.param(
            StandingsQuestion,
            {"known_at": "2024-07-25", "as_of": "2024-07-01"},
            False,
            id="known-lately",
        ),
        pytest.param(MovementsQuestion, {**KNOWN, "to": "2024-07-31"}, True, id="span"),
        pytest.param(MovementsQuestion, {**KNOWN, "from": "2024-07-01"}, False, id="span-to-now"),
        pytest.param(AgreementQuestion, {**AGREED, "as_of": "2024-07-31"}, True, id="at-a-date"),
        pytest.param(AgreementQuestion, {**AGREED, "to": "2024-07-31"}, True, id="over-time"),
        pytest.param(KnownAtQuestion, KNOWN, False, id="no-end-at-all"),
        pytest.param(ListQuestion, {}, False, id="no-past-at-all"),
    ],
)
def test_a_past_is_closed_when_nothing_published_from_now_on_counts(
    shape: type[Question],
    asked: dict[str, str],
    closed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert shape.model_validate(asked).is_closed(TODAY) is closed
