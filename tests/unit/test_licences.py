"""What printed licences say about weights."""

import pytest

from app.identity.licences import open_weights


@pytest.mark.parametrize(
    ("licence", "on_hub", "expected"),
    [
        pytest.param("Apache 2.0", False, True, id="open-licence"),
        pytest.param("Llama 3 Community", False, True, id="restricted-but-published"),
        pytest.param("CC-BY-NC-4.0", False, True, id="not-for-trade-but-published"),
        pytest.param("Proprietary", False, False, id="proprietary"),
        pytest.param(" PROPRIETARY ", False, False, id="spelling-does-not-matter"),
        pytest.param("Propretary", False, False, id="a-typing-error-of-lmarena"),
        pytest.param("Proprietary - research only", False, False, id="with-an-addition"),
        pytest.param("", False, None, id="nothing-printed"),
        pytest.param(None, False, None, id="nothing-known"),
        pytest.param("-", False, None, id="a-dash"),
        pytest.param("N/A", False, None, id="not-available"),
        pytest.param("other", False, None, id="other"),
        pytest.param("other", True, True, id="on-the-hub-the-weights-are-there"),
        pytest.param(None, True, True, id="on-the-hub-without-licence"),
    ],
)
def test_whether_weights_can_be_had(
    licence: str | None,
    on_hub: bool,  # noqa: FBT001
    expected: bool | None,  # noqa: FBT001
) -> None:
    assert open_weights(licence, on_hub=on_hub) is expected
