"""Open LLM Leaderboards, typed in from public figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.recordings import parquet, payload

V1 = "open-llm-leaderboard-old/contents"
V2 = "open-llm-leaderboard/contents"
TABLE = "data/train-00000-of-00001.parquet"

V2_COLUMNS = (
    *("Average ⬆️", "IFEval", "BBH", "MATH Lvl 5", "GPQA", "MUSR", "MMLU-PRO"),
    *("#Params (B)", "Hub License", "Maintainer's Highlight"),
)
# As the board stood on 2024-07-13, in its order.
V2_ROWS: dict[str, Sequence[object]] = {
    "Qwen/Qwen2-72B-Instruct": (
        *(42.49, 79.89, 57.48, 35.12, 16.33, 17.17, 48.92),
        *(72, "other", True),
    ),
    "meta-llama/Meta-Llama-3-70B-Instruct": (
        *(36.18, 80.99, 50.19, 23.34, 4.92, 10.92, 46.74),
        *(70, "llama3", True),
    ),
    "gpt2": (6.54, 18.08, 2.67, 0.23, 1.12, 15.35, 1.77, 0, "mit", True),
}
V1_COLUMNS = (
    *("Average ⬆️", "ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"),
    *("#Params (B)", "Hub License"),
)
V1_ROWS: dict[str, Sequence[object]] = {
    "meta-llama/Meta-Llama-3-70B-Instruct": (
        *(77.88, 71.42, 85.69, 80.06, 61.81, 82.87, 85.44),
        *(70, "llama3"),
    ),
    "Qwen/Qwen-72B": (73.6, 65.19, 85.94, 77.37, 60.19, 82.48, 70.43, 72, "other"),
    "llama-65b": (58.3, 57.8, 84.2, 48.8, 42.3, None, None, None, None),
}


def link(name: str) -> str:
    """A model's name as the Open LLM Leaderboard prints it."""
    return (
        f'<a target="_blank" href="https://huggingface.co/{name}" style="color: red;">{name}</a>  '
        f'<a target="_blank" href="https://huggingface.co/datasets/details">📑</a>'
    )


def open_llm_columns(
    columns: Sequence[str] = V2_COLUMNS,
    rows: Mapping[str, Sequence[object]] = V2_ROWS,
    replaced: Mapping[str, Sequence[object] | None] | None = None,
) -> dict[str, Sequence[Any]]:
    """The columns of an Open LLM table; those given replace or, being None, remove one."""
    table: dict[str, Sequence[Any]] = {
        "fullname": list(rows),
        "Model": [link(name) for name in rows],
        **{column: [row[n] for row in rows.values()] for n, column in enumerate(columns)},
    }
    changed = {**table, **(replaced or {})}
    return {name: values for name, values in changed.items() if values is not None}


RECORDINGS = (
    payload(f"{V1}:data", parquet(open_llm_columns(V1_COLUMNS, V1_ROWS))),
    payload(f"{V2}:data", parquet(open_llm_columns())),
)
