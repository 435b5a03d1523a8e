"""What answers say of a line beside its figures, as JSON that is made once and kept."""

from datetime import date

from app.api.answers import encoded
from app.api.schemas.common import model_ref, organization_ref
from app.domain.leaderboard import EntryKind
from app.domain.standings import is_official
from app.store.blocks import Block
from app.store.queries.names import Names

MOST_LABELS = 50_000  # of about 300 bytes


class Labels:
    """The part of an entry that its model, its printed name and its profile make, at one version.

    It is made when it is first wanted. Several requests may ask at once.
    """

    def __init__(self, names: Names) -> None:
        """Nothing was wanted yet."""
        self._names = names
        self._made: dict[tuple[int, int], bytes] = {}

    def of(self, lines: Block, day: date) -> list[bytes]:
        """Of each line of an edition of a day: members of an object, without its braces."""
        made = self._made
        pairs = zip(lines.alias_id.tolist(), lines.profile_id.tolist(), strict=True)
        return [made.get(pair) or self._label(pair, day) for pair in pairs]

    def _label(self, pair: tuple[int, int], day: date) -> bytes:
        """Kept only where it is the same on all days, which it is unless its maker was renamed."""
        alias, profile = self._names.aliases[pair[0]], self._names.profiles[pair[1]]
        model = alias.model
        maker = model.organization
        openness = profile.open_weights if model.open_weights is None else model.open_weights
        label = encoded(
            {
                "model": model_ref(model),
                "organization": organization_ref(maker, day),
                "official": is_official(profile.official, maker),
                "licence": profile.licence,
                "licence_id": profile.licence_id,
                "open_weights": openness,
                "parameters_b": profile.parameters_b,
                "entry_kind": EntryKind(profile.kind),
                "printed_name": alias.printed_name,
            }
        )[1:-1]
        if maker is None or not maker.former_names:
            if len(self._made) >= MOST_LABELS:
                self._made.clear()
            self._made[pair] = label
        return label
