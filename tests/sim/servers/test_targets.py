"""What Go's Push does with a target, a method and fields: push-handlers.md §2.4, row by row."""

import pytest

from h2proof.sim.handlers.protocol import Context, PushError, Request
from h2proof.sim.servers.go.push import checked_promise
from h2proof.sim.servers.go.stream import Stream
from h2proof.sim.servers.go.target import resolve_target

NEITHER = "target must be an absolute URL or an absolute path: "


def refusal(target: str) -> str:
    with pytest.raises(PushError) as caught:
        resolve_target(target, "https", "localhost")
    return str(caught.value)


@pytest.mark.parametrize(
    ("target", "quoted"),
    [
        ("", '""'),
        ("a", '"a"'),
        ("./a", '"./a"'),
        ("?q", '"?q"'),
        ("#f", '"#f"'),
        ("*", '"*"'),
        ("\\\\evil\\x", '"\\\\\\\\evil\\\\x"'),
        (" /a", '" /a"'),
        ("style.css", '"style.css"'),
    ],
)
def test_row_1_neither_url_nor_path(target: str, quoted: str) -> None:
    assert NEITHER + quoted == refusal(target)


@pytest.mark.parametrize(
    ("target", "authority", "path"),
    [
        *((path, "localhost", path) for path in ("/", "/a", "/x:y", "/a;b", "/a/../b", "/a%20b")),
        ("/a%2fb", "localhost", "/a%2fb"),
        ("/a b", "localhost", "/a%20b"),
        ("/é", "localhost", "/%C3%A9"),
        ("/\udcff", "localhost", "/%FF"),
        ('/"<>', "localhost", "/%22%3C%3E"),
        ("/\\x", "localhost", "/%5Cx"),
        ("/a?b c", "localhost", "/a?b c"),
        ("/a?", "localhost", "/a?"),
        ("/a#f", "localhost", "/a"),
        ("//", "localhost", "/"),
        ("//h", "localhost", "/"),
        ("//h/x", "localhost", "/x"),
        ("///x", "localhost", "///x"),
        ("https://h/x", "h", "/x"),
        ("https://h:99/x", "h:99", "/x"),
        ("https://[::1]/x", "[::1]", "/x"),
        ("HTTPS://H/x", "H", "/x"),
        ("https://u:p@h/x", "h", "/x"),
        ("https://h", "h", "/"),
        ("https://h?q", "h", "/?q"),
    ],
)
def test_rows_2_to_12_and_15_to_18_accepted(target: str, authority: str, path: str) -> None:
    resolved = resolve_target(target, "https", "localhost")

    assert (authority, path) == (resolved.authority, resolved.path)


@pytest.mark.parametrize("target", ["https:", "https:/x", "https:///x", "https:/\\evil"])
def test_row_without_host(target: str) -> None:
    assert "URL must have a host" == refusal(target)


@pytest.mark.parametrize(
    ("target", "scheme"),
    [
        ("http://h/x", "http"),
        ("ftp://h/x", "ftp"),
        ("javascript:1", "javascript"),
        ("mailto:x@y", "mailto"),
    ],
)
def test_row_of_another_scheme(target: str, scheme: str) -> None:
    expected = f'cannot push URL with scheme "{scheme}" from request with scheme "https"'

    assert expected == refusal(target)


@pytest.mark.parametrize(
    ("target", "escape"), [("/%zz", "%zz"), ("/%", "%"), ("https://h%41/x", "%41")]
)
def test_row_of_broken_escapes(target: str, escape: str) -> None:
    assert f'parse "{target}": invalid URL escape "{escape}"' == refusal(target)


@pytest.mark.parametrize(("target", "shown"), [("/a\x00", "/a\\x00"), ("/\x7f", "/\\x7f")])
def test_row_of_control_octets(target: str, shown: str) -> None:
    expected = f'parse "{shown}": net/url: invalid control character in URL'

    assert expected == refusal(target)


# -- the second table: methods and fields --


def promise(method: str = "GET", header: dict[str, list[str]] | None = None) -> dict[bytes, bytes]:
    stream = Stream(1, Context())
    return dict(checked_promise(stream, Request("GET", "/"), "/a", method, header or {}))


def why_not(method: str = "GET", header: dict[str, list[str]] | None = None) -> str:
    with pytest.raises(PushError) as caught:
        promise(method, header)
    return str(caught.value)


@pytest.mark.parametrize(("method", "sent"), [("", b"GET"), ("GET", b"GET"), ("HEAD", b"HEAD")])
def test_row_of_methods_that_are_accepted(method: str, sent: bytes) -> None:
    assert sent == promise(method)[b":method"]


@pytest.mark.parametrize("method", ["get", "POST", "OPTIONS"])
def test_row_of_other_methods(method: str) -> None:
    assert f'method "{method}" must be GET or HEAD' == why_not(method)


def test_row_of_pseudo_fields() -> None:
    expected = 'promised request headers cannot include pseudo header ":path"'

    assert expected == why_not(header={":path": ["/"]})


@pytest.mark.parametrize(
    "name", ["Host", "host", "Content-Length", "content-encoding", "Trailer", "TE", "Expect"]
)
def test_row_of_forbidden_fields_in_any_case(name: str) -> None:
    assert f'promised request headers cannot include "{name}"' == why_not(header={name: ["x"]})


@pytest.mark.parametrize(
    "name", ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"]
)
def test_row_of_connection_fields_in_canonical_case(name: str) -> None:
    assert f'request header "{name}" is not valid in HTTP/2' == why_not(header={name: ["x"]})


def test_row_of_connection_fields_in_lower_case_is_gos_bug() -> None:
    assert b"x" == promise(header={"connection": ["x"]})[b"connection"]


@pytest.mark.parametrize("field", [("bad name", "x"), ("name", "a\nb"), ("", "x")])
def test_row_of_illegal_fields_which_are_left_out(field: tuple[str, str]) -> None:
    name, value = field

    assert 4 == len(promise(header={name: [value]}))


def test_g1_comes_before_every_other_check() -> None:
    pushed = Stream(2, Context(), 1)

    with pytest.raises(PushError, match="recursive push not allowed"):
        checked_promise(pushed, Request("GET", "/"), "nonsense", "get", {":x": ["y"]})
