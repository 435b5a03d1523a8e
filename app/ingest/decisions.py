"""What a name should mean, from what was printed beside it and the curated facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.names import fold
from app.identity.curation import Curation
from app.identity.model_names import identity_key, without_mode
from app.ingest.groups import Group
from app.ingest.makers import Makers
from app.ingest.models import Models, Wanted
from app.store.writes.identities import ModelRecord


@dataclass(slots=True)
class Decisions:
    """The rules, for one writer; they look at what is decided already.

    `held` are the names that mean each model now, by its number.
    """

    curation: Curation
    makers: Makers
    models: Models
    held: dict[int, list[Group]] = field(default_factory=dict)

    def wanted(self, group: Group) -> Wanted:
        """The model that a group should mean."""
        listed = self.curation.model_of(group.source, group.key)
        maker = self.maker(group)
        if listed is None:
            name = without_mode(group.name)
            slug = self.makers.slug(maker)
            owner = self._owner_that_tells(group, slug, name)
            return Wanted(
                identity=identity_key(slug, name, owner=owner),
                organization=slug,
                organization_id=maker,
                name=name,
                slug_name=name if owner is None else f"{owner}/{name}",
                reviewed=False,
                base=None,
                open_weights=None,
            )
        model, _ = listed
        if model.organization is not None:
            maker = self.makers.curated(model.organization)
        slug = self.makers.slug(maker)
        return Wanted(
            identity=identity_key(slug, model.name),
            organization=slug,
            organization_id=maker,
            name=model.name,
            slug_name=model.name,
            reviewed=True,
            base=model.base,
            open_weights=model.open_weights,
        )

    def maker(self, group: Group) -> int | None:
        """Who made it, as the newest edition says; of several the same one in whichever order.

        Where nobody is printed, as the curated table says.
        """
        maker: int | None = None
        for record in group.newest_makers:
            printed = group.names[0].printed_name
            found = self.makers.find(record.kind, record.printed, printed)
            if found is not None and (maker is None or self.makers.goes_before(found, maker)):
                maker = found
        if maker is None:
            slug = self.curation.maker_of(group.key)
            maker = None if slug is None else self.makers.curated(slug)
        return maker

    def _owner_that_tells(self, group: Group, organization: str | None, name: str) -> str | None:
        """The Hub owner, where it must tell a model from another of the same name and maker."""
        if group.owner is None or organization is None:
            return None
        plain = self.models.find(identity_key(organization, name))
        if plain is None or not self.is_taken(group, plain):
            return None
        return self.curation.present_owner(group.owner)

    def is_taken(self, group: Group, model: ModelRecord) -> bool:
        """Whether a model is that of another Hub id of the same source, listed or longer known.

        An owner that was renamed counts by its present name.
        """
        own = self._hub_id(group)
        return own is not None and any(
            other.source_id == group.source_id
            and self._hub_id(other) not in {None, own}
            and (self.is_listed(other) or min(other.ids) < min(group.ids))
            for other in self.held.get(model.id, ())
        )

    def is_listed(self, group: Group) -> bool:
        """Whether the curated table says what it means."""
        return self.curation.model_of(group.source, group.key) is not None

    def _hub_id(self, group: Group) -> str | None:
        if group.owner is None:
            return None
        return fold(f"{self.curation.present_owner(group.owner)}/{group.name}")

    def is_driven_out(self, group: Group) -> bool:
        """Whether another Hub id of its source has taken its place: two of them are two models."""
        return not self.is_listed(group) and self.is_taken(group, group.model)

    def lead(self, groups: Sequence[Group]) -> Group:
        """Of a model's names those that are known best: they say what it is called."""
        return min(
            groups,
            key=lambda group: (not self.is_listed(group), group.owner is None, group.name),
        )
