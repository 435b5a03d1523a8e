"""AlpacaEval's tables, of its page and of its evaluation, typed in from public figures."""

from collections.abc import Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "tatsu-lab/alpaca_eval"
V1, V2 = f"{REPOSITORY}:1", f"{REPOSITORY}:2"
PRECOMPUTED_V1, PRECOMPUTED_V2 = f"{V1}/precomputed", f"{V2}/precomputed"
_FILE_1 = "data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv"
_FILE_2 = "data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
PLACES = {
    V1: f"docs/{_FILE_1}",
    V2: f"docs/{_FILE_2}",
    PRECOMPUTED_V1: f"src/alpaca_eval/leaderboards/{_FILE_1}",
    PRECOMPUTED_V2: f"src/alpaca_eval/leaderboards/{_FILE_2}",
}
Row = Sequence[object]

# Version 1 on its first day: name, win rate, link, filter.
V1_COLUMNS = ("name", "win_rate", "link", "filter")
V1_ROWS: Sequence[Row] = (
    ("GPT-4", 95.27950310559004, "", "minimal"),
    ("Claude", 88.38509316770187, "", "minimal"),
    ("Falcon 7B Instruct", 23.60248447204969, "", "verified"),
)
# Version 2 at its end: name, both win rates, length of answers, link, samples, filter.
V2_COLUMNS = (
    *("name", "length_controlled_winrate", "win_rate"),
    *("avg_length", "link", "samples", "filter"),
)
V2_ROWS: Sequence[Row] = (
    ("NullModel (adversarial)", 86.45780691307947, 76.91979180386511, 872, "", "", "community"),
    ("GPT-4 Omni (05/13)", 57.45682883335095, 51.32757578249279, 1873, "", "", "minimal"),
    ("Claude 3 Opus (02/29)", 40.5095080124761, 29.10526953334248, 1388, "", "", "minimal"),
    ("GPT 3.5 Turbo (06/13)", 22.720189163383225, 14.13239070746584, 1328, "", "", "verified"),
    ("GPT 3.5 Turbo (06/13)", 22.35251298054288, 14.09579857390062, 1331, "", "", "community"),
    ("GPT-4 (Adversarial)", 12.188764057640531, 3.7383373713788814, 68, "", "", "community"),
)
# What the evaluation of version 1 wrote, on 2023-08-11: the first row lacks a cell.
PRECOMPUTED_V1_COLUMNS = (
    *("", "win_rate", "standard_error", "n_wins", "n_wins_base", "n_draws", "n_total"),
    *("mode", "avg_length"),
)
PRECOMPUTED_V1_ROWS: Sequence[Row] = (
    ("humpback-llama2-70b", 87.89209535759097, 1.1545476754393662, "community", 1, 797, 700, 96),
    ("text_davinci_003", 50.0, 0.0, 0, 0, 805, 805, "minimal", 307),
    (
        "falcon-7b-instruct",
        23.60248447204969,
        1.4898235369056625,
        187,
        612,
        6,
        805,
        "verified",
        478,
    ),
)
# And that of version 2, at its end and (the second row) on 2024-05-25.
PRECOMPUTED_V2_COLUMNS = (
    *("", "win_rate", "standard_error", "n_wins", "n_wins_base", "n_draws", "n_total"),
    *("discrete_win_rate", "mode", "avg_length", "length_controlled_winrate", "lc_standard_error"),
)
PRECOMPUTED_V2_ROWS: Sequence[Row] = (
    (
        *("NullModel", 76.91979180386511, 0.9090102449662572, 676, 129, 0, 805),
        *(83.97515527950311, "community", 872, 86.45780691307947, 0.14180005113427935),
    ),
    (
        *("aligner-2b_gpt-4-turbo-2024-04-09", 46.77089325668323, 1.3378060774476594),
        *(371, 417, 17, 805, 40.18633540372671, "community", 1370, 58.33130206276722),
    ),
    (
        *("gpt4_1106_preview_verbose", 64.30360147101865, 1.3348590089025316, 525, 268, 12, 805),
        *(65.96273291925466, "dev", 2402, 51.57500797967598, ""),
    ),
    (
        *("gpt4_1106_preview", 50.0, 0.0, 0, 0, 805, 805),
        *(50.0, "minimal", 2049, 50.0, ""),
    ),
    (
        *("gpt4_gamed", 3.7383373713788814, 0.6278799633668313, 32, 771, 2, 805),
        *(4.099378881987578, "community", 68, 12.188764057640531, ""),
    ),
)


def csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """A table with a header, as AlpacaEval writes it."""
    return "".join(",".join(map(str, row)) + "\n" for row in (columns, *rows)).encode()


def recording(document: str, file: bytes) -> Payload:
    """A table as it would have been fetched from where it lies now."""
    sent = payload(document, file)
    return replace(
        sent, revision=replace(sent.revision, paths=(f"{REPOSITORY}/{PLACES[document]}",))
    )


RECORDINGS = (
    recording(V1, csv(V1_COLUMNS, V1_ROWS)),
    recording(V2, csv(V2_COLUMNS, V2_ROWS)),
    recording(PRECOMPUTED_V1, csv(PRECOMPUTED_V1_COLUMNS, PRECOMPUTED_V1_ROWS)),
    recording(PRECOMPUTED_V2, csv(PRECOMPUTED_V2_COLUMNS, PRECOMPUTED_V2_ROWS)),
)
