"""`h2proof check` from outside: output, exit codes, options, and one sentence for bad input."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.oracle.importers import wire
from tests.oracle.importers.wire import CLIENT, SERVER, Talk, frame, pcap, small_talk

from h2proof.properties.command import main

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
PUSH = str(CAPTURES / "pyh2-nghttpd-push-cancel.pcapng")

BROKEN = """\
# broken
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
C  HEADERS 1 END_STREAM  GET /
S  PUSH_PROMISE 1 -> 2  GET /style.css
"""


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A trace in which a server pushes although push is off."""
    path = tmp_path / "broken.txt"
    path.write_text(BROKEN)
    return str(path)


@pytest.fixture
def violating(tmp_path: Path) -> str:
    """A capture in which the server sends WINDOW_UPDATE with an increment of 0 on a stream."""
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, frame(4, 0, 0) + frame(8, 0, 1, bytes(4))).say(CLIENT, frame(4, 1, 0))
    path = tmp_path / "violating.pcap"
    path.write_bytes(pcap(talk.close().packets()))
    return str(path)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "--format", "json", *arguments])
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, data


def test_the_json_has_the_shape_that_was_promised(
    violating: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = report(capsys, violating)
    [file] = data["files"]
    [connection] = file["connections"]
    finding = connection["findings"][0]

    assert 1 == code
    assert 1 == data["version"]
    assert (violating, None) == (file["file"], file["error"])
    assert {
        "client": "10.0.0.1:40000",
        "server": "10.0.0.2:8080",
        "transport": "h2c",
        "complete": True,
        "frames": 5,
        "streams": 1,
        "pushes": {"promised": 0, "completed": 0},
        "resets": 0,
        "goaways": 0,
    }.items() <= connection.items()
    assert {
        "verdict": "violation",
        "actor": "server",
        "level": "MUST",
        "packet": 5,
        "frame_index": 3,
        "stream": 1,
    }.items() <= finding.items()
    assert {"rule", "requirements", "scope", "expected", "message", "because", "fingerprint"} <= (
        finding.keys()
    )
    assert all(isinstance(fact, str) for fact in finding["because"])


def test_a_compliant_capture_is_silent_and_zero(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", PUSH])
    seen = capsys.readouterr()

    assert (0, "") == (code, seen.err)
    assert "pushes promised" in seen.out


def test_a_violation_is_one_and_names_packet_rule_and_requirement(
    violating: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", violating])
    seen = capsys.readouterr()

    assert (1, "") == (code, seen.err)
    assert "packet 5, stream 1, server:" in seen.out
    assert "RFC9113-" in seen.out


def test_the_notation_has_lines_for_packets(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = report(capsys, broken)
    [connection] = data["files"][0]["connections"]

    assert (1, "broken") == (code, connection["title"])
    assert [5] == [finding["packet"] for finding in connection["findings"]]


@pytest.mark.parametrize("name", ["garbage", "truncated", "empty", "folder", "missing", "cut.gz"])
def test_what_cannot_be_read_is_one_sentence_and_two(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    capture = pcap(small_talk().packets())
    contents = {
        "garbage": b"\x00\x01garbage\xff" * 99,
        "truncated": capture[:-5],
        "empty": b"",
        "cut.gz": gzip.compress(capture)[:-9],
    }
    if name in contents:
        path.write_bytes(contents[name])
    elif name == "folder":
        path.mkdir()
    code, data = report(capsys, str(path))
    text = main(["check", str(path)])
    seen = capsys.readouterr()

    assert (2, 2) == (code, text)
    assert data["files"][0]["error"].startswith(str(path))
    assert 1 == seen.err.count("\n")
    assert "Traceback" not in seen.err


def test_a_damaged_file_gives_what_can_be_read_and_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(small_talk().packets())[:-5])
    code, data = report(capsys, str(path), PUSH)

    assert 2 == code
    assert [7] == [one["frames"] for one in data["files"][0]["connections"]]
    assert data["files"][0]["error"]
    assert data["files"][1]["error"] is None


def test_unknown_rules_formats_and_options_are_one_sentence_and_two(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (
        ["check", PUSH, "--select", "nonsense"],
        ["check", PUSH, "--format", "nonsense"],
        ["check", PUSH, "--nonsense"],
        ["check", PUSH, "--port", "99999"],
        ["check", PUSH, "--keylog", "/does/not/exist"],
        ["check", PUSH, "--baseline", "/does/not/exist"],
        ["check", PUSH, "-o", "/does/not/exist"],
        ["check"],
        ["nonsense"],
    ):
        assert (2, arguments) == (main(arguments), arguments)
        seen = capsys.readouterr()
        assert 1 == seen.err.count("\n"), seen.err


def test_rules_can_be_selected_and_ignored(
    violating: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, data = report(capsys, violating)
    rule = data["files"][0]["connections"][0]["findings"][0]["rule"]

    assert 0 == report(capsys, violating, "--ignore", rule)[0]
    assert 1 == report(capsys, violating, "--select", rule)[0]
    assert 0 == report(capsys, violating, "--select", "leak")[0]


def test_a_baseline_leaves_out_what_is_known_and_tells_what_is_fixed(
    violating: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = str(tmp_path / "known.json")
    assert 1 == main(["check", violating, "--format", "json", "-o", known])
    assert 0 == main(["check", violating, "--baseline", known])
    assert "" == capsys.readouterr().err
    assert 0 == main(["check", PUSH, "--baseline", known])
    assert "fixed, remove from the baseline" in capsys.readouterr().err


def test_connection_stream_and_port_narrow_the_view(
    violating: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == report(capsys, violating, "--stream", "1")[0]
    assert 0 == report(capsys, violating, "--stream", "7")[0]
    _, data = report(capsys, violating, "--port", "1")
    assert [] == data["files"][0]["connections"]
    _, data = report(capsys, violating, "--connection", "0")
    assert 1 == len(data["files"][0]["connections"])


def test_several_files_in_processes_give_the_same_report(
    violating: str, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [violating, broken, PUSH, "/does/not/exist"]

    assert report(capsys, *files) == report(capsys, *files, "-j", "2")


def test_a_locked_connection_is_unknown_and_alone_it_is_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (CAPTURES / "curl-nghttpd-tls12-get.pcapng").read_bytes()
    start = source.index(b"CLIENT_RANDOM")
    locked = tmp_path / "locked.pcapng"
    locked.write_bytes(source[:start] + b"#" + source[start + 1 :])
    code, data = report(capsys, str(locked))
    [connection] = data["files"][0]["connections"]

    assert 2 == code
    assert ["undecryptable"] == [each["rule"] for each in connection["findings"]]
    assert "--keylog" in data["files"][0]["error"]
    assert "h2proof[pcap]" in data["files"][0]["error"]


def test_tls_that_was_joined_late_is_two_unless_something_else_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = Talk(ports=(5, 443)).open().say(CLIENT, b"\x17\x03\x03\x00\x10" + bytes(16)).close()
    path = tmp_path / "late.pcap"
    path.write_bytes(pcap(late.packets()))

    assert 2 == report(capsys, str(path))[0]
    path.write_bytes(pcap(late.packets() + small_talk().packets()))
    assert 0 == report(capsys, str(path))[0]


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_a_small_check_loads_nothing_heavy(hash_seed: str) -> None:
    """Neither Hypothesis nor rich nor TLS nor the Connection, in a process of its own."""
    code = (
        "import sys\n"
        "from h2proof.properties.command import main\n"
        f"code = main(['check', {PUSH!r}])\n"
        "heavy = {'hypothesis', 'rich', 'cryptography', 'ssl', 'asyncio', 'xml', 'pytest',"
        " 'h2proof.sim.connection', 'h2proof.oracle.importers.capture.tls'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or code)\n"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONHASHSEED": hash_seed},
    )

    assert (0, "") == (seen.returncode, seen.stderr)


def test_standard_input_is_read(violating: str) -> None:
    command = [sys.executable, "-m", "h2proof", "check", "-", "--format", "json"]
    seen = subprocess.run(
        command, input=Path(violating).read_bytes(), capture_output=True, check=False
    )
    data = json.loads(seen.stdout)

    assert (1, b"") == (seen.returncode, seen.stderr)
    assert "-" == data["files"][0]["file"]
