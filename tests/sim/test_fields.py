"""Field sections by themselves: what each kind of message says, and what makes it malformed."""

import pytest

from h2proof.sim.fields import (
    Malformed,
    RequestHead,
    ResponseHead,
    check_promised,
    check_request,
    check_response,
    check_trailers,
    join_cookies,
    name_fault,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.wire import REQUEST, RESPONSE


def test_the_heads_hold_what_the_sections_say() -> None:
    length = (b"content-length", b"12")

    assert check_request((*REQUEST, length)) == RequestHead(
        b"GET", b"http", b"h2proof.test", b"/", None, 12
    )
    assert ResponseHead(200, 12) == check_response((*RESPONSE, length))
    assert check_trailers(((b"checked", b"yes"),)) is None


def test_cookie_lines_are_joined_in_the_place_of_the_first() -> None:
    crumbs: Fields = ((b"a", b"1"), (b"cookie", b"x=1"), (b"b", b"2"), (b"cookie", b"y=2"))

    assert ((b"a", b"1"), (b"cookie", b"x=1; y=2"), (b"b", b"2")) == join_cookies(crumbs)
    assert crumbs[:3] == join_cookies(crumbs[:3])


@pytest.mark.parametrize(
    ("name", "requirement"),
    [
        (b"Upper", "RFC9113-8.2-01"),
        (b"a b", "RFC9113-8.2.1-03"),
        (b"", "RFC9113-8.2.1-03"),
        (b"caf\xc3\xa9", "RFC9113-8.2.1-03"),
        (b"upgrade", "RFC9113-8.2.2-01"),
    ],
)
def test_a_name_is_refused_by_the_clause_that_forbids_it(name: bytes, requirement: str) -> None:
    fault = name_fault(name)

    assert fault is not None
    assert requirement == fault.requirement


def test_what_a_peer_wrote_is_shown_short_and_printable() -> None:
    fault = check_request((*REQUEST, (b"x\xff" * 400, b"")))

    assert isinstance(fault, Malformed)
    assert fault.reason.isprintable()
    assert len(fault.reason) < 400


@pytest.mark.parametrize(
    ("scheme", "path", "legal"),
    [
        (b"http", b"/a", True),
        (b"http", b"a", False),
        (b"https", b"", False),
        (b"urn", b"anything", True),
        (b"", b"/", False),
    ],
)
def test_a_path_has_a_form_where_the_scheme_has_one(
    scheme: bytes, path: bytes, legal: bool
) -> None:
    head = check_request(((b":method", b"GET"), (b":scheme", scheme), (b":path", path)))

    assert legal is isinstance(head, RequestHead)


@pytest.mark.parametrize(
    ("host", "authority", "same"),
    [
        (b"a.test", b"a.test", True),
        (b"A.TEST", b"a.test:80", True),
        (b"a.test:80", b"a.test", True),
        (b"a.test:443", b"a.test", False),
        (b"b.test", b"a.test", False),
        (b"", b"a.test", False),
    ],
)
def test_host_names_what_authority_names(host: bytes, authority: bytes, same: bool) -> None:
    fields: Fields = (
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":authority", authority),
        (b":path", b"/"),
        (b"host", host),
    )

    assert same is isinstance(check_request(fields), RequestHead)


@pytest.mark.parametrize("status", [b"99", b"1000", b"0200", b"2x0", b"", b"101"])
def test_a_status_has_three_digits_and_is_not_101(status: bytes) -> None:
    assert isinstance(check_response(((b":status", status),)), Malformed)


def test_a_method_that_is_no_token_is_malformed() -> None:
    for method in (b"", b"GE T", b"GET\x80"):
        fields: Fields = ((b":method", method), *REQUEST[1:])
        assert isinstance(check_request(fields), Malformed)


def test_userinfo_has_no_place_in_an_authority() -> None:
    fields: Fields = (*REQUEST[:2], (b":authority", b"me@a.test"), (b":path", b"/"))

    assert isinstance(check_request(fields), Malformed)


def test_only_safe_requests_without_content_are_promised() -> None:
    assert isinstance(check_promised(REQUEST), RequestHead)
    for method in (b"POST", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT"):
        assert isinstance(check_promised(((b":method", method), *REQUEST[1:])), Malformed)
