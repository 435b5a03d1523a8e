"""What goes wrong between an upstream's machine and ours."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

import httpx2 as httpx
import trustme

from tests.faults.catalogue import Fault, Harm, body, wire
from tests.faults.laboratory import CAP, FILE, HEAD, LINK, SHORT, TREE, TRIES, Laboratory, arena
from tests.upstreams import Script, bomb, drips, head, is_silent, plain, resets, says

PACKED = gzip.compress(bytes(range(256)) * 40)
GZIP = ("Content-Encoding: gzip", "Connection: close")
DAY = "Wed, 01 Jul 2026"


def leads_to(location: str) -> httpx.Response:
    """A redirect."""
    return plain(302, b"", Location=location)


def elsewhere(endpoint: Callable[[Laboratory], str], *, short: bool = False) -> Harm:
    """The Hub is at another address, which is asked over the real network."""

    def harm(lab: Laboratory) -> None:
        lab.publish(arena())
        lab.endpoint, lab.direct = endpoint(lab), True
        if short:
            lab.limits = SHORT

    return harm


def nobody(lab: Laboratory) -> str:
    """A port that is taken, at which nobody listens."""
    taken = lab.ended.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    return f"http://127.0.0.1:{taken.getsockname()[1]}"


def nobody_answers(lab: Laboratory) -> str:
    """A listener whose queue is full: further callers are not even refused."""
    full = lab.ended.enter_context(socket.socket())
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(2):
        waiting = lab.ended.enter_context(socket.socket())
        waiting.settimeout(0)
        with suppress(BlockingIOError):
            waiting.connect(full.getsockname())
    return f"http://127.0.0.1:{full.getsockname()[1]}"


def nowhere(_lab: Laboratory) -> str:
    """A name that no resolver can have: it is longer than names can be."""
    return f"https://{'.'.join(['x' * 60] * 5)}"


def plain_where_tls_should_be(lab: Laboratory) -> str:
    """A server that does not know what it is greeted with."""
    server = _listening(lab, says(head("Content-Length: 0")))
    return f"https://127.0.0.1:{server}"


def vouched_for_by_nobody(lab: Laboratory) -> str:
    """A server that shows a certificate of an authority nobody has heard of."""
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(settings)

    def greet(caller: socket.socket) -> None:
        with suppress(ssl.SSLError), settings.wrap_socket(caller, server_side=True):
            pass

    return f"https://127.0.0.1:{_listening(lab, greet)}"


def silent_at_the_greeting(lab: Laboratory) -> str:
    """A server that takes the call and never greets."""
    return f"https://127.0.0.1:{_listening(lab, lambda caller: caller.settimeout(3))}"


def _listening(lab: Laboratory, greet: Script) -> int:
    """A server of the fault's own; gives the port."""
    server = lab.ended.enter_context(socket.create_server(("127.0.0.1", 0)))

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = server.accept()
                with suppress(OSError), caller:
                    greet(caller)
                    while caller.recv(4096):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    lab.ended.callback(thread.join, 5)
    lab.ended.callback(server.shutdown, socket.SHUT_RDWR)
    return int(server.getsockname()[1])


def _limited(name: str, says: str, waits: tuple[float, float], tries: int, **headers: str) -> Fault:
    answer = plain(429, b"slow down", **headers)
    return wire(f"429-{name}", HEAD, answer, says, tries=tries, waits=waits)


STATUSES = [
    *(wire(f"{code}", HEAD, plain(code), f"answered {code}", waits=(1, 2)) for code in (500, 502)),
    *(wire(f"{code}", TREE, plain(code), f"answered {code}", waits=(1, 2)) for code in (503, 408)),
    wire("504", FILE, plain(504), "answered 504", waits=(1, 2)),
    wire("425", LINK, plain(425), "answered 425", waits=(1, 2)),
    wire("401", HEAD, plain(401), "it is private", tries=1),
    wire("403", LINK, plain(403), "accepted its terms", tries=1),
    wire("404-dataset", HEAD, plain(404), "there is no such thing", tries=1),
    wire("404-file-listed", LINK, plain(404, X_Error_Code="EntryNotFound"), "Entry", tries=1),
    wire("410", FILE, plain(410), "answered 410", tries=1),
    wire("451", HEAD, plain(451), "answered 451", tries=1),
    wire("501", HEAD, plain(501), "answered 501", tries=1),
    wire("204-no-content", HEAD, plain(204, b""), "answered 204", tries=1),
    wire("206-a-part", FILE, plain(206), "answered 206", tries=1),
    wire("304-not-asked-for", TREE, plain(304, b""), "answered 304", tries=1),
    wire("status-999", HEAD, says(head(status="999 Odd")), "answered 999|RemoteProt", tries=1),
]
LIMITED = [
    _limited("retry-after-seconds", "answered 429", (7, 7), TRIES, Retry_After="7"),
    _limited(
        *("retry-after-date", "answered 429", (60, 60), TRIES),
        Retry_After=f"{DAY} 00:01:00 GMT",
        Date=f"{DAY} 00:00:00 GMT",
    ),
    _limited(
        *("retry-after-by-a-clock-a-century-off", "answered 429", (60, 60), TRIES),
        Retry_After="Mon, 01 Jan 1923 00:01:00 GMT",
        Date="Mon, 01 Jan 1923 00:00:00 GMT",
    ),
    _limited(
        *("retry-after-in-the-past", "answered 429", (1, 2), TRIES),
        Retry_After=f"{DAY} 00:00:00 GMT",
        Date=f"{DAY} 00:01:00 GMT",
    ),
    _limited("retry-after-negative", "answered 429", (1, 2), TRIES, Retry_After="-30"),
    _limited("retry-after-garbage", "answered 429", (1, 2), TRIES, Retry_After="soon"),
    _limited("retry-after-fraction", "answered 429", (1, 2), TRIES, Retry_After="1.5"),
    _limited("retry-after-a-week", "wait 604800 s", (0, 0), 1, Retry_After="604800"),
    _limited("retry-after-absurd", "wait 31536000 s", (0, 0), 1, Retry_After="9" * 400),
    _limited("quota-spent", "answered 429", (56, 56), TRIES, RateLimit='"api";r=0;t=55'),
    _limited("quota-spent-for-days", "asks to wait", (0, 0), 1, RateLimit='"api";r=0;t=999999'),
]
CONNECTIONS = [
    Fault(name="nobody-listens", harm=elsewhere(nobody), says="ConnectError", tries=TRIES),
    Fault(
        name="connect-timeout",
        harm=elsewhere(nobody_answers, short=True),
        says="ConnectTimeout|within 0.25 s",
        tries=TRIES,
    ),
    Fault(name="no-such-name", harm=elsewhere(nowhere), says="ConnectError", tries=TRIES),
    Fault(
        name="tls-is-no-tls",
        harm=elsewhere(plain_where_tls_should_be),
        says="ConnectError",
        tries=TRIES,
    ),
    Fault(
        name="tls-certificate-of-nobody",
        harm=elsewhere(vouched_for_by_nobody),
        says="(?i)certificate",
        tries=TRIES,
    ),
    Fault(
        name="tls-silence",
        harm=elsewhere(silent_at_the_greeting, short=True),
        says="ConnectTimeout|within 0.25 s",
        tries=TRIES,
    ),
    wire("silence", HEAD, is_silent, "ReadTimeout", short=True),
    wire("reset", FILE, resets, "ReadError"),
    wire("nothing", TREE, says(), "disconnected"),
    wire("no-http", HEAD, says(b"\x00\x01\x02 nonsense\r\n\r\n"), "RemoteProtocol"),
    wire("another-protocol", HEAD, says(b"SSH-2.0-OpenSSH_9.2\r\n"), "RemoteProtocol"),
    wire("drip-of-a-body", FILE, drips(head("Content-Length: 9999"), b"."), "0.25 s", short=True),
    wire(
        *("drip-of-chunks", FILE, drips(head("Transfer-Encoding: chunked"), b"1\r\n.\r\n")),
        *("within 0.25 s",),
        short=True,
    ),
    wire("slow-headers", HEAD, drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "0.25 s", short=True),
    wire(
        *("always-about-to-answer", HEAD, drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        *("within 0.25 s",),
        short=True,
    ),
    wire(
        *("drip-of-a-refusal", HEAD, drips(head("Content-Length: 9999", status="503 No"), b".")),
        *("within 0.25 s",),
        short=True,
    ),
]
BODIES = [
    wire("shorter-than-announced", FILE, says(head("Content-Length: 99"), b"PAR1"), "RemoteProt"),
    wire("half-a-chunk", FILE, says(head("Transfer-Encoding: chunked"), b"8\r\nPA"), "RemoteProt"),
    wire(
        *("chunks-without-end", FILE, says(head("Transfer-Encoding: chunked"), b"2\r\nPA\r\n")),
        "RemoteProtocol",
    ),
    wire("bad-chunk", FILE, says(head("Transfer-Encoding: chunked"), b"zz\r\nPA"), "RemoteProt"),
    wire("length-no-number", HEAD, says(head("Content-Length: many"), b"{}"), "RemoteProtocol"),
    wire(
        "two-lengths", HEAD, says(head("Content-Length: 2", "Content-Length: 3"), b"{}"), "Remote"
    ),
    wire("half-a-gzip", HEAD, says(head(*GZIP), PACKED[:-20]), "gzip stream cut off"),
    wire("gzip-and-more", HEAD, says(head(*GZIP), PACKED, b"more"), "bytes after the end"),
    wire("gzip-of-another-sum", HEAD, says(head(*GZIP), PACKED[:-8], bytes(8)), "is damaged"),
    wire("no-gzip-at-all", HEAD, says(head(*GZIP), b'{"sha": "x"}'), "is damaged"),
    wire("a-coding-not-asked-for", HEAD, body(b"x", "Content-Encoding: br"), "'br'", tries=1),
    wire("bomb", FILE, says(head(*GZIP), bomb(16 * 2**20)), f"more than {CAP}", tries=1),
    wire(
        *("bomb-in-a-bomb", FILE),
        says(head("Content-Encoding: gzip, gzip"), gzip.compress(bomb(16 * 2**20))),
        *("'gzip, gzip', not asked for",),
        tries=1,
    ),
    wire("too-large-announced", FILE, says(head(f"Content-Length: {CAP + 1}")), "ounces", tries=1),
    wire(
        *("too-large-absurd", FILE, says(head("Content-Length: 99999999999999999999"))),
        *("announces",),
        tries=1,
    ),
    wire(
        *("ten-times-the-size", FILE, says(head("Connection: close"), bytes(10 * CAP))),
        *(f"more than {CAP}",),
        tries=1,
    ),
    wire("huge-header", HEAD, says(head(f"X-Much: {'y' * 300_000}")), "RemoteProtocol"),
    wire(
        "ten-thousand-headers",
        HEAD,
        says(head(*[f"X-Many: {'y' * 60}"] * 10_000)),
        "RemoteProtocol",
    ),
    wire("header-with-nul", HEAD, says(head("X-Bad: \0"), b"{}"), "RemoteProtocol"),
]
REDIRECTS = [
    wire(
        *("redirect-loop", LINK, leads_to("/datasets/a/b/resolve/main/x"), "redirects more than 5"),
        tries=6,
    ),
    *(
        wire(f"redirect-to-{name}", LINK, leads_to(address), says, tries=1)
        for name, address, says in (
            ("loopback", "http://127.0.0.1:80/x", "http://127.0.0.1 is not an"),
            ("loopback-by-name", "https://localhost/x", "https://localhost is not an"),
            ("loopback-as-ipv6", "http://[::1]/x", r"\[::1\] is not an"),
            ("loopback-mapped", "https://[::ffff:127.0.0.1]/x", "is not an address"),
            ("loopback-as-a-number", "https://2130706433/x", "is not an address"),
            ("metadata", "http://169.254.169.254/latest/meta-data/", "169.254.169.254 is not"),
            ("a-private-net", "https://10.0.0.1/", "10.0.0.1 is not"),
            ("file", "file:///etc/passwd", "is not an address of this source"),
            ("data", "data:text/plain,x", "is not an address of this source"),
            ("another-host", "https://evil.example/x", "evil.example is not"),
            ("a-host-that-ends-alike", "https://evilhf.co/x", "evilhf.co is not"),
            ("plain-http", "http://cdn-lfs.hf.co/x", "http://cdn-lfs.hf.co is not"),
            ("a-stranger-behind-our-name", "https://hub.example@evil.example/", "is not an"),
            ("our-host-with-a-password", "https://a:b@hub.example/x", "is not an address"),
            ("nowhere", "", "redirects to nowhere"),
            ("no-address", "https://[zz]/", "no valid address"),
            ("a-port-out-of-bounds", "https://hub.example:99999/", "has no port 99999"),
        )
    ),
]
WIRE = [*STATUSES, *LIMITED, *CONNECTIONS, *BODIES, *REDIRECTS]
