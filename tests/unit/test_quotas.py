"""Quotas and keys: what they are written like."""

import re

import pytest

from app.domain.keys import PREFIX, SHOWN, digest_of, new_secret
from app.domain.quotas import Quota, quota_of


@pytest.mark.parametrize(
    ("text", "quota", "window"),
    [
        pytest.param("600/m burst 100", Quota(600, 60, 100), 10, id="burst"),
        pytest.param("2/h", Quota(2, 3600, 2), 3600, id="hours"),
        pytest.param("7/s burst 10", Quota(7, 1, 10), 2, id="window-rounded-up"),
        pytest.param("1/d", Quota(1, 86400, 1), 86400, id="days"),
    ],
)
def test_a_quota_is_a_rate_and_a_burst(text: str, quota: Quota, window: int) -> None:
    assert quota_of(text) == quota
    assert quota.window == window


@pytest.mark.parametrize("text", ["", "0/m", "5", "5/w", "5/m burst 0", "5/m\n", " 5/m", "5/m x"])
def test_anything_else_is_no_quota(text: str) -> None:
    with pytest.raises(ValueError, match="600/m burst 100"):
        quota_of(text)


def test_a_bucket_is_full_again_within_a_year() -> None:
    assert quota_of("1/d burst 366").burst == 366
    with pytest.raises(ValueError, match="more than a year"):
        quota_of("1/d burst 367")


def test_a_key_is_256_random_bits_behind_a_prefix() -> None:
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert all(re.fullmatch(r"alm_[\w-]{43}", secret) for secret in made)
    assert len(PREFIX) + 4 == SHOWN


def test_of_a_key_its_sha_256_is_kept() -> None:
    # the digest of "abc" in FIPS 180-2, appendix B.1
    assert digest_of(b"abc").hex() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
