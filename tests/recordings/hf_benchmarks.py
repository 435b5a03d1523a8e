"""Benchmark leaderboards of the Hub, typed in from public figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tests.recordings import payload

SWE_BENCH = "SWE-bench/SWE-bench_Verified"
GPQA = "Idavidrein/gpqa"


def result(rank: int, model: str, value: float | None, **more: object) -> dict[str, Any]:
    """A result as the Hub prints it; `more` is added, or put in place of what it would say."""
    owner = model.partition("/")[0]
    return {
        "rank": rank,
        "modelId": model,
        "value": value,
        "verified": False,
        "filename": ".eval_results/results.yaml",
        "source": {"url": f"https://hub.example/{model}", "name": "Model card"},
        "author": {"type": "org", "name": owner, "avatarUrl": f"https://cdn.example/{owner}.png"},
        **more,
    }


def board(*results: Mapping[str, Any]) -> bytes:
    """A board in the Hub's format."""
    return orjson.dumps(results)


# Percents; one of them was run again by the Hub, one stands without the field that may lack.
SWE_BENCH_RESULTS: Sequence[dict[str, Any]] = (
    result(1, "Qwen/Qwen3.5-397B-A17B", 76.4, verified=True),
    result(2, "MiniMaxAI/MiniMax-M2.5", 75.8, pullRequest=12),
    result(3, "stepfun-ai/Step-3.5-Flash", 74.4, notes="With tools"),
)
# Fractions; a result that is none, and a model of the time before models had owners.
GPQA_RESULTS: Sequence[dict[str, Any]] = (
    result(1, "meta-llama/Meta-Llama-3.1-405B-Instruct", 0.507),
    result(2, "meta-llama/Meta-Llama-3.1-70B-Instruct", 0.417),
    result(3, "meta-llama/Meta-Llama-3.1-8B-Instruct", 0.304),
    result(4, "GPT2", 0),
    result(5, "openai-community/gpt2-xl", None),
)
RECORDINGS = (
    payload(SWE_BENCH, board(*SWE_BENCH_RESULTS)),
    payload(GPQA, board(*GPQA_RESULTS)),
)
