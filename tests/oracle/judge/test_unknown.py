"""What a capture does not show is said, with a reason and a count, and never held against anybody."""

from textwrap import dedent

from h2proof.oracle import Unknown, Verdict, judge
from h2proof.sim.notation import parse_one


def verdict(text: str) -> Verdict:
    return judge(parse_one(dedent(text)))


def reasons(found: Verdict) -> list[tuple[str, str, int]]:
    return [(each.reason, each.actor, each.count) for each in found.unknowns]


LATE = """
C  CUT late
S  CUT late
"""


def test_a_late_start_leaves_form_to_be_judged() -> None:
    found = verdict(LATE + 'S  DATA 7 "x"\nC  WINDOW_UPDATE 7 +0\nS  PING aa stream=3\n')

    assert ["credits_nothing_on_stream", "ping_on_a_stream"] == [
        each.rule for each in found.violations
    ]
    assert [("late start", "client", 1), ("late start", "server", 2)] == reasons(found)
    assert 3 == found.frames_unknown == found.frames_judged


def test_frames_on_streams_that_were_open_before_are_not_blamed() -> None:
    found = verdict(LATE + 'S  DATA 7 "x"\nC  DATA 9 "y"\nS  PUSH_PROMISE 9 -> 4  GET /s\n')

    assert () == found.violations
    assert "unknown" == found.outcome


def test_the_last_stream_of_goaway_never_rises_whatever_came_before() -> None:
    found = verdict(LATE + "S  GOAWAY last=3\nS  GOAWAY last=5\n")

    assert ["last_stream_increases"] == [each.rule for each in found.violations]


def test_lost_octets_excuse_who_may_have_had_them() -> None:
    found = verdict(
        """
        C  HEADERS 1 END_STREAM  GET /
        C  CUT lost octets=50
        S  HEADERS 3 END_STREAM  200
        """
    )

    assert () == found.violations
    assert ("octets lost", "server", 1) in reasons(found)


def test_lost_octets_do_not_excuse_ones_own_doing() -> None:
    found = verdict(
        """
        C  HEADERS 1 END_STREAM  GET /
        S  HEADERS 1 END_STREAM  200
        C  CUT lost octets=50
        S  DATA 1 "x"
        """
    )

    assert ["sends_after_end"] == [each.rule for each in found.violations]


def test_behind_a_gap_of_its_own_only_the_form_is_judged() -> None:
    found = verdict(
        """
        C  HEADERS 1  POST /
        C  CUT lost
        C  DATA 9 "x"
        C  PING flags=0x0 octets=00
        """
    )

    assert ["ping_has_wrong_length"] == [each.rule for each in found.violations]


def test_nothing_is_missing_at_the_end_of_a_capture_that_just_stops() -> None:
    found = verdict("C  SETTINGS\nC  PING aa\nC  DATA 1\n")

    assert ["uses_own_idle_stream"] == [each.rule for each in found.violations]


def test_a_reaction_is_missing_only_behind_evidence_and_an_end() -> None:
    start = "C  PING aa stream=1\nC  PING bb\n"
    answer, end = "S  PING ACK bb\n", "C  CUT fin\n"
    missing = "connection_error_is_missing"

    assert missing not in rules(verdict(start + end))
    assert missing not in rules(verdict(start + answer))
    assert missing in rules(verdict(start + answer + end))
    assert missing not in rules(verdict(start + answer + "S  GOAWAY PROTOCOL_ERROR\n" + end))
    assert missing not in rules(verdict(start + answer + "S  CUT fin\n" + end))


def rules(found: Verdict) -> list[str]:
    return [each.rule for each in found.findings]


def test_one_connection_that_should_have_ended_is_one_finding() -> None:
    found = verdict(
        "C  PING aa stream=1\nC  PING bb stream=1\nC  PING cc\nS  PING ACK cc\nC  CUT fin\n"
    )

    missing = [each for each in found.findings if each.actor == "server"]

    assert ["connection_error_is_missing"] == [each.rule for each in missing]
    assert 1 == len(missing[0].consequences)


def test_what_follows_on_a_stream_hangs_below_its_first_finding() -> None:
    found = verdict('C  DATA 1 "x"\nC  DATA 1 "y"\nC  DATA 3 "z"\n')

    assert [(0, 1), (2, 0)] == [(each.event, len(each.consequences)) for each in found.violations]


def test_a_cause_is_told_once() -> None:
    found = verdict(LATE + "\n".join(["C  PING aa", "S  PING ACK aa"] * 5) + "\n")

    assert 2 == len(found.unknowns)
    assert all(isinstance(each, Unknown) and 5 == each.count for each in found.unknowns)


def test_what_disturbs_nothing_hides_nothing() -> None:
    found = verdict("C  HEADERS 1 END_STREAM reserved  GET /\nC  DATA 1 len=1\n")

    assert ["reserved_bit_is_set", "sends_after_end"] == [each.rule for each in found.violations]
