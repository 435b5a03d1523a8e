"""Metrics as Prometheus would read them."""

from prometheus_client.parser import text_string_to_metric_families

from tests.api import Api

Labels = frozenset[tuple[str, str]]
Samples = dict[tuple[str, Labels], float]


def read(text: str) -> Samples:
    """Every sample by its name and labels; none is told twice."""
    samples: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    return samples


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One of them, None if it is not there."""
    return samples.get((name, frozenset(labels.items())))


def names_of(text: str) -> set[str]:
    """The names of all families, with the suffixes that samples have."""
    return {name for name, _ in read(text)}


class Metered(Api):
    """A service that has counted nothing yet."""

    def __post_init__(self) -> None:
        """Begin to count."""
        super().__post_init__()
        self.tally.know(self.tally.operations[1:])

    def metrics(self) -> Samples:
        """What it tells."""
        answer = self.ask("/metrics")
        assert answer.status_code == 200
        return read(answer.text)
