"""AlpacaEval's tables as its page shows them, typed in from public figures."""

from collections.abc import Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "tatsu-lab/alpaca_eval"
V1, V2 = f"{REPOSITORY}:1", f"{REPOSITORY}:2"
PLACES = {
    V1: "docs/data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv",
    V2: "docs/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv",
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
)
