"""How the bodies of answers are packed, and unpacked with bounds."""

import zlib
from collections.abc import Callable
from typing import Protocol


class Decoder(Protocol):
    """Unpacks a body that arrives in pieces; zlib.error where it is damaged or cut off."""

    def feed(self, chunk: bytes, room: int) -> bytes:
        """The next of the body, at most `room` bytes of it."""
        ...

    def finish(self) -> None:
        """The body has ended."""
        ...


class _Identity:
    """A body as it is; the protocol itself notices when it is cut off."""

    def feed(self, chunk: bytes, room: int) -> bytes:
        return chunk[:room]

    def finish(self) -> None:
        pass


class _Gunzip:
    """A gzip body, which the HTTP library would accept cut off without a word."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def feed(self, chunk: bytes, room: int) -> bytes:
        return self._inner.decompress(chunk, room)

    def finish(self) -> None:
        if not self._inner.eof:
            raise zlib.error("gzip stream cut off")
        if self._inner.unused_data:
            raise zlib.error("bytes after the end of the gzip stream")


DECODERS: dict[str, Callable[[], Decoder]] = {
    "identity": _Identity,
    "gzip": _Gunzip,
    "x-gzip": _Gunzip,
}
