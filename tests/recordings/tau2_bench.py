"""Submissions to tau2-bench, typed in from public figures."""

import json
from collections.abc import Mapping, Sequence

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "sierra-research/tau2-bench"
DOCUMENT = f"{REPOSITORY}:submissions"

Submission = dict[str, object]


def passes(*shares: float | None) -> dict[str, float | None]:
    """A domain's result: `pass_1` and so on."""
    return {f"pass_{k}": share for k, share in enumerate(shares, start=1)} | {"cost": None}


def submission(
    name: str,
    organization: str,
    results: Mapping[str, Mapping[str, object] | None],
    *,
    version: str | None = "1.0.1",
    **more: object,
) -> Submission:
    """A submission's file; `more` are further fields."""
    return {
        "model_name": name,
        "model_organization": organization,
        "submitting_organization": "Sierra",
        "submission_date": "2026-02-26",
        "contact_info": {"name": "Research Team"},
        "is_new": False,
        "results": dict(results),
        "methodology": {"evaluation_date": "2026-05-05", "tau2_bench_version": version},
        **more,
    }


QWEN = submission(
    "Qwen3-Max",
    "Qwen",
    {
        "retail": passes(72.2, 67.5, None, 57.0),
        "airline": passes(59.5, 55.0, None, 46.0),
        "telecom": passes(84.2, 77.6, None, 61.4),
    },
    version="0.1.3",
)
ORCHESTRA = submission(
    "ToolOrchestra",
    "Nvidia",
    {"retail": passes(84.2, None, None, None), "airline": passes(56, None, None, None)},
    version="0.1.3",
)
GPT_HIGH = submission(
    "GPT-5.2",
    "OpenAI",
    {
        "airline": passes(83.0, 78.33, 75.0, 72.0),
        "banking_knowledge": {**passes(32.22, 23.88, 20.62, 18.56), "retrieval_config": "alltools"},
    },
    submission_type="standard",
    reasoning_effort="high",
)
GPT_NONE = submission(
    "GPT-5.2",
    "OpenAI",
    {"airline": passes(52.5, 35.66666666666667, 27.0, 22.0)},
    submission_type="standard",
    reasoning_effort="none",
)
OPUS = submission(
    "Claude Opus 5",
    "Anthropic",
    {"airline": None, "banking_knowledge": passes(48.7, 39.2, 34.5, 32.0)},
    submission_type="standard",
    modality="text",
)
BUTTON = submission(
    "Distyl ButtonAgent",
    "Distyl AI",
    {"banking_knowledge": passes(31.19, 21.47, 16.19, 13.4)},
    version="0.2.1-dev",
    submission_type="custom",
)
LIVE = submission(
    "gpt-live-1",
    "OpenAI",
    {"airline": {"pass_1": 78.0}, "banking_knowledge": {"pass_1": 31.958762886597935}},
    submission_type="custom",
    modality="voice",
)

TEXT = {
    "gpt-5-2_sierra_2026-02-26": GPT_HIGH,
    "gpt-5-2-none_sierra_2026-02-26": GPT_NONE,
    "claude-opus-5_sierra_2026-08-04": OPUS,
    "distyl-buttonagent_distyl_2026-03-25": BUTTON,
}
VOICE = {"gpt-live-1_openai_2026-09-09": LIVE}
LEGACY = {"qwen3-max_qwen_2024_09_23": QWEN, "toolorchestra_nvidia_2025-12-02": ORCHESTRA}


def manifest(**lists: Sequence[str]) -> bytes:
    """A manifest with these lists of directories."""
    return json.dumps(lists | {"last_updated": "2026-08-04T00:00:00Z"}).encode()


def files(**lists: Mapping[str, Submission]) -> tuple[bytes, ...]:
    """A manifest with these submissions, and their files in its order."""
    named = {name: list(submissions) for name, submissions in lists.items()}
    listed = [
        json.dumps(one).encode() for submissions in lists.values() for one in submissions.values()
    ]
    return (manifest(**named), *listed)


def recording(**lists: Mapping[str, Submission]) -> Payload:
    """These submissions as they would have been fetched."""
    return payload(DOCUMENT, *files(**lists))


RECORDINGS = (
    recording(submissions=TEXT, voice_submissions=VOICE, legacy_submissions=LEGACY),
    recording(submissions=LEGACY),
)
