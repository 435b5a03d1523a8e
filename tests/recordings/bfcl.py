"""The Berkeley Function-Calling Leaderboard's tables, typed in from public figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "ShishirPatil/gorilla"
DOCUMENT = f"{REPOSITORY}:leaderboard"

Row = Mapping[str, str]

# As the board stood on 2024-03-21, and its rows on 2024-08-19.
V1: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "84.28%",
        "Model": "GPT-4-1106-Preview (FC)",
        "Organization": "OpenAI",
        "License": "Proprietary",
        "AST Summary": "86.06%",
        "Exec Summary": "65.53%",
        "Relevance Detection": "88.75%",
    },
    {
        "Rank": "8",
        "Overall Acc": "79.07%",
        "Model": "Functionary-Small (FC)",
        "Organization": "MeetKai",
        "License": "N/A",
        "AST Summary": "82.31%",
        "Exec Summary": "64.40%",
        "Relevance Detection": "78.33%",
    },
)
V2_COMBINED: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "85.65%",
        "Model": "GPT-4-1106-Preview (Prompt)",
        "Organization": "OpenAI",
        "License": "Proprietary",
        "AST Summary": "83.54%",
        "Exec Summary": "90.95%",
        "Irrelevance Detection": "61.04%",
        "Relevance Detection": "97.56%",
        "Latency 95th Percentile (s)": "3.67",
    },
    {
        "Rank": "71",
        "Overall Acc": "10.00%",
        "Model": "Hermes-2-Theta-Llama-3-70B (FC)",
        "Organization": "NousResearch",
        "License": "apache-2.0",
        "AST Summary": "0.00%",
        "Exec Summary": "0.00%",
        "Irrelevance Detection": "100.00%",
        "Relevance Detection": "0.00%",
        "Latency 95th Percentile (s)": "N/A",
    },
)
V2_LIVE: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "73.61%",
        "Model": "Claude-3.5-Sonnet-20240620 (Prompt)",
        "Organization": "Anthropic",
        "License": "Proprietary",
        "AST Summary": "73.86%",
        "Python Multiple AST": "74.64%",
        "Irrelevance Detection": "73.37%",
        "Relevance Detection": "70.73%",
    },
)
V2_NON_LIVE: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "87.91%",
        "Model": "GPT-4-1106-Preview (Prompt)",
        "Organization": "OpenAI",
        "License": "Proprietary",
        "AST Summary": "89.25%",
        "Exec Summary": "90.95%",
        "Java Simple AST": "68.00%",
        "Python Multiple AST": "",
        "Irrelevance Detection": "70.42%",
    },
)

# As the board stood on 2024-10-21.
V3: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "62.19%",
        "Model": "GPT-4o-2024-08-06 (FC)",
        "Cost ($ Per 1k Function Calls)": "4.75",
        "Latency Mean (s)": "1.05",
        "Non-Live AST Acc": "85.90%",
        "Non-Live Exec Acc": "85.64%",
        "Live Acc": "75.43%",
        "Multi Turn Acc": "25.00%",
        "Multi Turn Composite": "N/A",
        "Relevance Detection": "63.41%",
        "Irrelevance Detection": "82.93%",
        "Organization": "OpenAI",
        "License": "Proprietary",
    },
    {
        "Rank": "60",
        "Overall Acc": "16.57%",
        "Model": "Llama-3.2-1B-Instruct (FC)",
        "Cost ($ Per 1k Function Calls)": "N/A",
        "Latency Mean (s)": "N/A",
        "Non-Live AST Acc": "0.00%",
        "Non-Live Exec Acc": "0.00%",
        "Live Acc": "38.78%",
        "Multi Turn Acc": "0.00%",
        "Multi Turn Composite": "N/A",
        "Relevance Detection": "0.00%",
        "Irrelevance Detection": "99.05%",
        "Organization": "Meta",
        "License": "Meta Llama 3 Community",
    },
)
# Version 4 of late 2025; what is not known here is left as not available.
V4: Sequence[Row] = (
    {
        "Rank": "1",
        "Overall Acc": "77.47%",
        "Model": "Claude-Opus-4-5-20251101 (FC)",
        "Total Cost ($)": "86.55",
        "Latency Mean (s)": "4.38",
        "Non-Live AST Acc": "88.58%",
        "Live Acc": "N/A",
        "Multi Turn Acc": "N/A",
        "Web Search Acc": "N/A",
        "Memory Acc": "N/A",
        "Format Sensitivity Max Delta": "N/A",
        "Organization": "Anthropic",
        "License": "Proprietary",
    },
    {
        "Rank": "",
        "Overall Acc": "N/A",
        "Model": "Claude-Sonnet-4-20250514 (FC)",
        "Total Cost ($)": "N/A",
        "Latency Mean (s)": "N/A",
        "Non-Live AST Acc": "N/A",
        "Live Acc": "N/A",
        "Multi Turn Acc": "N/A",
        "Web Search Acc": "84.00%",
        "Memory Acc": "59.35%",
        "Format Sensitivity Max Delta": "N/A",
        "Organization": "Anthropic",
        "License": "Proprietary",
    },
)


def table(rows: Sequence[Row]) -> bytes:
    """Rows with the same columns as a CSV file."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(f"{','.join(line)}\r\n" for line in lines).encode()


def recording(paths: Sequence[str], *tables: Sequence[Row]) -> Payload:
    """Tables as they would have been fetched from these paths."""
    fetched = payload(DOCUMENT, *map(table, tables))
    places = tuple(f"{REPOSITORY}/{path}" for path in paths)
    return replace(fetched, revision=replace(fetched.revision, paths=places))


V2_PATHS = ("data_combined.csv", "data_live.csv", "data_non_live.csv")
RECORDINGS = (
    recording(("data_overall.csv",), V4),
    recording(("data_overall.csv",), V3),
    recording(V2_PATHS, V2_COMBINED, V2_LIVE, V2_NON_LIVE),
    recording(("data.csv",), V1),
)
