"""Field sections, Link values and chunkings: what they are, and what they shrink to."""

import pytest
from hypothesis import find, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.properties import strategies
from h2proof.properties.strategies import Chunking, LinkValue
from h2proof.properties.strategies.fields import MALFORMED, REQUEST
from h2proof.sim.fields import (
    Malformed,
    check_promised,
    check_request,
    check_response,
    check_trailers,
)
from h2proof.sim.hpack import FieldDecoder, Fields
from h2proof.sim.links import parse_rfc8288

few = hypothesis_settings(max_examples=25)


@given(st.data())
@few
def test_a_section_is_well_formed_for_its_kind_of_message(data: st.DataObject) -> None:
    assert not isinstance(
        check_request(data.draw(strategies.field_sections(message="request"))), Malformed
    )
    assert not isinstance(
        check_promised(data.draw(strategies.field_sections(message="promise"))), Malformed
    )
    assert not isinstance(
        check_response(data.draw(strategies.field_sections(message="response"))), Malformed
    )
    assert check_trailers(data.draw(strategies.field_sections(message="trailers"))) is None


@pytest.mark.parametrize("section", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_section_is_malformed(section: Fields) -> None:
    assert isinstance(check_request(section), Malformed)


def test_a_section_shrinks_to_the_plainest_request() -> None:
    assert REQUEST == find(strategies.field_sections(), lambda _: True)


@given(strategies.field_blocks())
@few
def test_a_block_decodes(block: bytes) -> None:
    assert isinstance(FieldDecoder().decode(block), tuple)


@given(strategies.link_values())
@few
def test_a_link_value_names_its_targets(value: LinkValue) -> None:
    parsed = parse_rfc8288(value.text.encode("latin-1"))

    assert value.targets == tuple(link.target.decode() for link in parsed.links)


def test_link_values_shrink_to_nothing_and_then_to_one_link() -> None:
    assert LinkValue("", ()) == find(strategies.link_values(), lambda _: True)
    assert (
        "</a>;rel=preload" == find(strategies.link_values(), lambda value: bool(value.targets)).text
    )
    assert "" == find(strategies.near_link_values(), lambda _: True)


@given(st.binary(max_size=80), strategies.chunkings())
@few
def test_the_chunks_of_a_chunking_are_all_the_octets(octets: bytes, chunking: Chunking) -> None:
    chunks = list(strategies.cut(octets, chunking))

    assert octets == b"".join(chunks)
    assert all(chunks)


def test_a_chunking_shrinks_to_the_whole() -> None:
    assert () == find(strategies.chunkings(), lambda _: True)
