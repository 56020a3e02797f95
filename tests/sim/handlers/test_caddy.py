"""Caddy's push handler, fact by fact: part 1 and the variants of part 3 of push-handlers.md."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from h2proof.sim.handlers import HANDLERS, PR7778, STAGES
from h2proof.sim.handlers.caddy import C2, A, B, Variant, caddy_server, push_handler
from h2proof.sim.handlers.caddy.promised_header import initialize_push_headers
from h2proof.sim.handlers.caddy.server import replacer_of
from h2proof.sim.handlers.caddy.variables import VARIABLES, get_variable, set_variable
from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.layers.buffering import buffering
from h2proof.sim.handlers.options import HeaderChanges
from h2proof.sim.handlers.page import page
from h2proof.sim.handlers.protocol import Context, chain

SMALL: Mapping[str, Any] = {"body_octets": 10, "resource_octets": 20}
EVERY = tuple(STAGES)


def promised_fields(played: Any) -> list[dict[bytes, bytes]]:
    notices = [each for each in played.notices if type(each).__name__ == "PromiseReceived"]
    return [dict(notice.fields) for notice in notices]


def test_every_stage_says_what_it_rests_on() -> None:
    assert {"run"} == {HANDLERS[name].rests_on for name in HANDLERS if name == "caddy"}
    assert {"reconstructed"} == {HANDLERS[name].rests_on for name in PR7778}
    assert all("was not available" in HANDLERS[name].source for name in PR7778)


@pytest.mark.parametrize("name", EVERY)
def test_c1_a_writer_that_cannot_push_gets_no_wrapper(bench: Any, name: str) -> None:
    played = bench(name + "-encoded", options=SMALL)
    played.get("/", ("accept-encoding", "gzip, br"))

    assert [] == played.promises()
    kinds = {event.resource.kind for event in played.trace if event.kind == "acquired"}
    assert "wrapper" not in kinds


def test_c41_encode_lets_a_request_push_that_wants_no_coding(bench: Any) -> None:
    played = bench("caddy-encoded", options={"resources": "/r", "links": "", **SMALL})
    played.get("/", ("accept-encoding", "br"))

    assert ["/r"] == played.promises()


@pytest.mark.parametrize("name", EVERY)
def test_c2_a_client_switches_pushing_off_by_the_guard(bench: Any, name: str) -> None:
    played = bench(name, options=SMALL)
    played.get("/", ("caddy-push", ""))

    assert [] == played.promises()
    kinds = {event.resource.kind for event in played.trace if event.kind == "acquired"}
    assert "wrapper" not in kinds


def test_c5_every_placeholder_is_replaced_and_an_unknown_one_becomes_a_dot() -> None:
    replace = replacer_of({"path": "/a", "empty": ""})

    assert "/x/a/./. {open" == replace("/x{path}/{empty}/{unknown} {open")


def test_c8_both_phases_try_once_when_the_client_refuses(bench: Any) -> None:
    tried: list[str] = []

    async def counting(w: Any, r: Any, following: Any) -> None:
        await following(_Counting(w, tried), r)

    options = {"resources": "/r1 /r2", "links": "</l1>, </l2>\n</l3>, </l4>", **SMALL}
    played = _layered(bench, A, counting, options=options, settings={2: 0})
    played.get()

    assert ["/r1", "/l1"] == tried


class _Counting:
    def __init__(self, inner: Any, tried: list[str]) -> None:
        self._inner, self._tried = inner, tried

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def push(self, target: str, method: str = "GET", header: Any = None) -> None:
        self._tried.append(target)
        await self._inner.push(target, method, header)


def _layered(
    bench: Any, variant: Variant, outer: Any, *, options: Any, settings: Any = None
) -> Any:
    """A bench with a layer of the test's own outside the push handler."""
    from h2proof.sim.handlers.page import page

    made: list[Any] = []

    async def handler(w: Any, r: Any) -> None:
        if not made:
            stage = played.stage
            layers = (outer, push_handler(stage, variant))
            made.append(caddy_server(stage, chain(page(stage), *layers)))
        await made[0](w, r)

    played = bench(handler, options=options, settings=settings)
    return played


def test_c9_only_the_safe_fields_are_copied() -> None:
    request = Header({"Accept": ["a"], "Cookie": ["c"], "User-Agent": ["u"], "Host": ["h"]})

    header = initialize_push_headers(request, HeaderChanges())

    assert {"Caddy-Push": ["1"], "Accept": ["a"], "User-Agent": ["u"]} == header


def test_c11_operations_run_in_their_fixed_order() -> None:
    changes = HeaderChanges(
        add=(("Accept", "added"),),
        set=(("X-Set", "s"),),
        delete=("x-gone*", "*"),
        replace=(("Accept", "added", "replaced"),),
    )

    header = initialize_push_headers(Header({"Accept": ["a"]}), changes)

    assert {} == header, (
        "the * of delete comes first, and as a pattern once more behind add and set"
    )


def test_c12_replacing_changes_the_request_itself() -> None:
    request = Header({"User-Agent": ["curl/8"]})

    initialize_push_headers(request, HeaderChanges(replace=(("User-Agent", "curl", "fetch"),)))

    assert ["fetch/8"] == request["User-Agent"]


def test_c13_two_adds_to_three_values_write_the_same_spare_slot() -> None:
    request = Header()
    for value in "abc":
        request.add("Accept", value)

    outer = initialize_push_headers(request, HeaderChanges(add=(("Accept", "X1"),)))
    initialize_push_headers(request, HeaderChanges(add=(("Accept", "X2"),)))

    assert ["a", "b", "c", "X2"] == outer["Accept"]
    assert ["a", "b", "c"] == request["Accept"]


def test_c13_two_adds_to_two_values_are_apart() -> None:
    request = Header({"Accept": ["a"]})
    request.add("Accept", "b")

    outer = initialize_push_headers(request, HeaderChanges(add=(("Accept", "X1"),)))
    initialize_push_headers(request, HeaderChanges(add=(("Accept", "X2"),)))

    assert ["a", "b", "X1"] == outer["Accept"]


def test_c15_without_the_guard_promised_requests_push_in_vain(bench: Any) -> None:
    options = {"resources": "/r", "links": "", "header_delete": "Caddy-Push", **SMALL}
    played = bench("caddy", options=options)
    played.get()

    assert ["/r"] == played.promises()
    acquired = [each for each in played.trace if each.kind == "acquired"]
    assert [1, 2] == sorted(each.stream for each in acquired if each.resource.kind == "wrapper")


@pytest.mark.parametrize("status", [301, 404, 500])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_c19_status_and_method_do_not_matter(bench: Any, status: int, method: str) -> None:
    options = {"resources": "", "links": "</l>", "status": status, **SMALL}
    played = bench("caddy", options=options)
    played.get(method=method)

    assert ["/l"] == played.promises()


def test_c25_one_unpushable_link_poisons_the_rest(bench: Any) -> None:
    played = bench("caddy", options={"resources": "", "links": "<style.css>, </x>\n</y>"})
    played.get()

    assert [] == played.promises()


def test_c26_a_scheme_in_capitals_is_promised_for_another_host(bench: Any) -> None:
    options = {"resources": "", "links": "<HTTPS://other.example/x>", **SMALL}
    played = bench("caddy", options=options)
    played.get()

    assert [b"other.example"] == [each[b":authority"] for each in promised_fields(played)]


def test_c28_setting_nil_deletes_what_is_there_and_stores_what_is_not() -> None:
    context = Context(None, **{VARIABLES: {"there": 1}})

    set_variable(context, "there", None)
    set_variable(context, "absent", None)
    set_variable(Context(), "no map", 1)

    assert {"absent": None} == context.value(VARIABLES)
    assert get_variable(Context(), "no map") is None


def test_c30_an_early_hint_with_links_uses_up_the_token(bench: Any) -> None:
    options = {"resources": "", "early_links": "</a103>", "links": "</b200>", **SMALL}
    played = bench("caddy", options=options)
    played.get()

    assert ["/a103"] == played.promises()


@pytest.mark.parametrize("links", ["</a>;nopush", "<//remote/x>", "malformed", "<relative>"])
def test_c31_the_token_is_used_up_before_any_push_is_tried(bench: Any, links: str) -> None:
    options = {"resources": "", "early_links": links, "links": "</b200>", **SMALL}
    played = bench("caddy", options=options)
    played.get()

    assert [] == played.promises()


@pytest.mark.parametrize("name", EVERY)
def test_c32_two_push_handlers_promise_resources_twice_and_links_once(
    bench: Any, name: str
) -> None:
    options = {"resources": "/r", "links": "</l>", **SMALL}
    played = bench(name + "-twice", options=options)
    played.get()

    assert ["/r", "/r", "/l"] == played.promises()


def test_c33_an_error_route_pushes_its_resources_and_no_links(bench: Any) -> None:
    options = {"resources": "/r", "early_links": "</l>", "links": "</l2>", "how": "gives_up"}
    played = bench("caddy-errors", options=options)
    played.get()

    assert ["/r", "/r"] == played.promises()


def test_c36_an_error_is_answered_past_the_wrapper(bench: Any) -> None:
    options = {"resources": "", "links": "</l>", "how": "gives_up"}
    played = bench("caddy", options=options)
    played.get()

    assert ["HEADERS 1 END_STREAM  404"] == played.frames


def test_c37_a_reset_while_a_proxy_copies_unwinds_by_panic(bench: Any) -> None:
    options = {"resources": "", "links": "", "body_octets": 200_000}
    played = bench("caddy-proxied", options=options, settings={4: 10_000})
    stream = played.get()
    played.do("reset", stream)

    notes = [event.text for event in played.trace if event.kind == "note"]
    assert ["handler panicked: net/http: abort Handler"] == notes


def test_c38_links_of_a_forwarded_103_are_pushed_from_the_transports_task(bench: Any) -> None:
    options = {"resources": "", "early_links": "</early>", "links": "</late>", **SMALL}
    played = bench("caddy-proxied", options=options)
    played.get()

    assert ["/early"] == played.promises()
    assert ["PUSH_PROMISE 1 -> 2  GET /early", "HEADERS 1  103"] == played.of_stream(1)[:2]


def test_c42_a_deferred_link_comes_too_late(bench: Any) -> None:
    options = {"resources": "", "links": "", "deferred_links": "</deferred>", **SMALL}
    played = bench("caddy-deferred", options=options)
    played.get()

    assert [] == played.promises()


@pytest.mark.parametrize(
    ("name", "promised"),
    [("caddy", ["/l"]), ("caddy-b", ["/l", "/l"]), ("caddy-c1", ["/l"]), ("caddy-c2", ["/l"])],
)
def test_h7_clearing_the_token_below_a_buffer_pushes_links_twice(
    bench: Any, name: str, promised: list[str]
) -> None:
    options = {"resources": "", "links": "</l>", **SMALL}
    played = bench(name + "-buffered", options=options)
    played.get()

    assert promised == played.promises()


def test_h8_b_stores_a_nil_where_nothing_was_pushed(bench: Any) -> None:
    seen: list[Any] = []

    async def outer(w: Any, r: Any, following: Any) -> None:
        await following(w, r)
        seen.append(dict(r.context.value(VARIABLES)))

    _layered(bench, A, outer, options={"resources": "", "links": ""}).get()
    _layered(bench, B, outer, options={"resources": "", "links": ""}).get()

    assert [{}, {"http.handlers.push.pushed_link": None}] == seen


@pytest.mark.parametrize(("variant", "agent"), [(A, b"mine"), (C2, b"changed below")])
def test_h11_a_lazy_header_sees_what_handlers_below_have_changed(
    bench: Any, variant: Variant, agent: bytes
) -> None:
    made: list[Any] = []

    async def responder(w: Any, r: Any) -> None:
        if r.path == "/":
            r.header["User-Agent"] = ["changed below"]
            w.header["Link"] = ["</l>"]
        await w.write_header(200)

    async def handler(w: Any, r: Any) -> None:
        if not made:
            layer = push_handler(played.stage, variant)
            made.append(caddy_server(played.stage, chain(responder, layer)))
        await made[0](w, r)

    played = bench(handler, options={"resources": "", "links": ""})
    played.get("/", ("user-agent", "mine"))

    assert [agent] == [each[b"user-agent"] for each in promised_fields(played)]


@pytest.mark.parametrize("name", ["caddy-c1", "caddy-c2", "caddy-d-strict", "caddy-d-loose"])
def test_h13_a_pooled_wrapper_promises_with_the_fields_of_its_own_request(
    bench: Any, name: str
) -> None:
    played = bench(name, options={"resources": "/r", "links": "</l>", **SMALL})
    played.get("/", ("user-agent", "first"))
    played.get("/", ("user-agent", "second"))

    agents = [each[b"user-agent"] for each in promised_fields(played)]
    assert [b"first", b"first", b"second", b"second"] == agents


@pytest.mark.parametrize(
    ("values", "overwritten"), [(1, False), (2, False), (3, True), (4, False), (5, True)]
)
def test_c13_an_added_value_is_overwritten_where_the_request_has_spare_room(
    values: int, overwritten: bool
) -> None:
    request = Header()
    for number in range(values):
        request.add("Accept", str(number))
    outer = initialize_push_headers(request, HeaderChanges(add=(("Accept", "outer"),)))
    initialize_push_headers(request, HeaderChanges(add=(("Accept", "inner"),)))

    assert ("inner" if overwritten else "outer") == outer["Accept"][-1]
    assert [str(number) for number in range(values)] == request["Accept"]


@pytest.mark.parametrize(("values", "promised"), [(2, b"outer"), (3, b"inner")])
def test_c13_shows_on_the_wire_where_the_outer_handler_pushes_links_again(
    bench: Any, values: int, promised: bytes
) -> None:
    """With B a buffering layer between two push handlers has the links promised by both (H7)."""
    built: list[Any] = []

    async def handler(w: Any, r: Any) -> None:
        await built[0](w, r)

    options = {"resources": "", "links": "</l>", "header_add": "Accept: outer", **SMALL}
    played = bench(handler, options=options)
    within = replace(played.stage, options={**options, "header_add": "Accept: inner"})
    outer, inner = push_handler(played.stage, B), push_handler(within, B)
    layers = (outer, buffering(played.stage), inner)
    built.append(caddy_server(played.stage, chain(page(played.stage), *layers)))
    played.get("/", *(("accept", str(number)) for number in range(values)))

    promises = [each for each in played.notices if type(each).__name__ == "PromiseReceived"]
    last = [[value for name, value in each.fields if name == b"accept"][-1] for each in promises]
    assert [b"inner", promised] == last
