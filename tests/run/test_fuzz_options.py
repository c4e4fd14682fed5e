"""Options of every kind of text: taken as they say, or refused in one sentence with a non-zero exit code."""

import math
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.claim import SCALES
from harness.errors import BadInput
from harness.execution import cluster
from harness.execution.machine import check_device_name, resolve_device
from harness.run.session import Session, parse_budget, parse_cluster, parse_device, parse_seed
from tests.run.test_session import options

ODD = [
    "", " ", "0", "-1", "1e3", "٣", "1_0", "9" * 30, "nan", "inf", "30m", "1.5h", "0s", "2h ", "90", "smoke", "cuda:0",
       "cuda:0,1", "cuda:٣", "auto", "../x", "/", ".", "a\0b", "x" * 300, "\ud800", "90d", "\n"]  # fmt: skip
TEXT = st.sampled_from(ODD) | st.text(max_size=12)
OPTIONS = ("scale", "device", "seed", "budget", "store", "data", "report", "workers", "cluster")
reuses_folders = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def one_sentence(refused):
    said = str(refused)
    assert said.isprintable()
    assert said.endswith("."), said
    assert len(said) < 400


def plain(value):
    return value.isascii() and value.isdigit()


@given(TEXT)
@example("9" * 30)
@example("٣")
@example("1\n")
def test_a_seed_is_a_whole_number(text):
    try:
        assert str(parse_seed(text)) == text.lstrip("0") or int(text) == 0
        assert plain(text)
    except BadInput as refused:
        assert not plain(text) or len(text) > 18, refused  # noqa: PT017


@given(TEXT | st.from_regex(r"[0-9]{1,400}(\.[0-9]{1,5})?[smh]", fullmatch=True))
@example("9" * 400 + "h")
@example("0.00s")
@example("1s\n")
def test_a_budget_is_a_positive_time(text):
    try:
        seconds = parse_budget(text)
    except BadInput:
        return
    assert 0 < seconds < math.inf
    assert text[-1] in "smh"
    assert text.isascii()


@given(TEXT)
@example("cuda:0\n")
@example("cuda:٣")
def test_a_device_has_a_name_of_its_own(text):
    try:
        check_device_name(text)
    except BadInput:
        return
    assert text in ("auto", "cpu", "cuda") or text.startswith("cuda:")
    assert text.isascii()
    assert text.isprintable()


@given(st.text("0123456789", max_size=300) | st.sampled_from(["9" * 5000, "0,1", "00"]))
@example("9" * 5000)
def test_any_number_of_a_gpu_is_looked_for_or_refused(digits):
    with pytest.raises(BadInput) as refused:
        resolve_device(parse_device(f"cuda:{digits}9999"))
    one_sentence(refused.value)


HOSTS = st.sampled_from(["127.0.0.1", "[::1]", "[....]", "node-1.x", "x" * 300, "a b", "ø", "", "a@b", "%00", "a\0b"])
PORTS = st.integers(-1, 2**17).map(str) | st.sampled_from(["0", "65536", "٣", "", "8786/x", "8786\n", "9" * 5000])


def an_address(parts):
    return f"{parts[0]}://{parts[1]}:{parts[2]}"


@given(
    TEXT | st.tuples(st.sampled_from(["tcp", "tls", "udp", ""]), HOSTS, PORTS).map(an_address) | st.none(),
    TEXT | st.integers(-2, 10**5).map(str) | st.none(),
    st.sampled_from(["auto", "cpu", "cuda", "cuda:0", "cuda:0,1"]),
)
@example("tcp://h:99999", None, "auto")
@example("tcp://h:0", None, "auto")
@example("tcp://h:8786\n", None, "auto")
@example("tcp://a\0b:8786", None, "auto")
@example(None, "9999", "auto")
@example(None, "2\n", "auto")
@example("tcp://h:1", "2", "cpu")
def test_workers_are_started_or_found_as_asked_or_refused(address, count, device):
    try:
        started = parse_cluster(address, count, device)
    except BadInput as refused:
        one_sentence(refused)
        return
    assert address is None or count is None
    assert started == (0 if count is None else int(count))
    # No more than the machine can start, and a port that there is.
    assert started <= 8 * len(os.sched_getaffinity(0))
    if address is not None:
        assert address.isascii()
        assert address.isprintable()
        assert 0 < int(address.rpartition(":")[2]) < 65536
        assert device in ("auto", "cpu", "cuda")


@contextmanager
def listening(said):
    """A port where something listens that answers so, or with None says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []

        def serve():
            with suppress(OSError):
                while True:
                    taken.append(server.accept()[0])
                    if said is not None:
                        taken[-1].sendall(said)
                        taken[-1].close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        for each in taken:
            each.close()


@pytest.mark.parametrize("said", [None, b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"\0" * 64])
def test_whoever_listens_there_a_run_does_not_hang(monkeypatch, said):
    """Silent ones are given up after the seconds that are stated; Dask by itself waits for ever."""
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    with listening(said) as place:
        began = time.monotonic()
        with pytest.raises(BadInput) as refused:
            cluster.Cluster(f"tcp://{place}", "cpu", Path())
        assert time.monotonic() - began < 10
        one_sentence(refused.value)
        assert f"tcp://{place}" in str(refused.value)


def test_without_certificates_no_cluster_is_asked_over_tls():
    with pytest.raises(BadInput, match=r"To reach tls://127.0.0.1:1, name its certificates") as refused:
        cluster.greet("tls://127.0.0.1:1")
    one_sentence(refused.value)


@pytest.mark.parametrize("several", [(), ("-n", "2")])
@pytest.mark.parametrize("expression", ["(", "a and", "not", "a b", ")"])
def test_an_expression_that_is_none_is_refused_once(project, several, expression):
    """Each process of a run would otherwise end by itself."""
    project.given("figures", 0.9)
    project.run("-k", expression, *several).one_sentence("Wrong expression passed to '-k'")


@reuses_folders
@example("data", "a\0b")
@example("report", "a\0b")
@example("store", "a\0b")
@given(st.sampled_from(OPTIONS), TEXT)
def test_a_run_is_asked_for_as_it_says_or_refused_in_a_sentence(tmp_path, monkeypatch, option, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    try:
        session = Session.from_options(options(**{option: text}), tmp_path)
    except BadInput as refused:
        one_sentence(refused)
        return
    assert session.scale in SCALES
    # A folder such as / is refused once it is looked at, before anything is drawn: see `test_bad_input.py`.
    assert session.report.name != "results.json"
    assert list(tmp_path.iterdir()) == []
    assert Path(os.environ.get("HARNESS_DATA", "/")).is_dir()


COMMANDS = [
    ("store", "info", "--store"), ("store", "verify", "--store"), ("store", "prune", "--older-than"), ("show",),
    ("summary",), ("gate",), ("report",), ("history", "add"), ("report", "none.json", "--history"),
    ("report", "none.json", "--against"), ("report", "none.json", "--out"),
]  # fmt: skip


@reuses_folders
@example(("show",), "a\0b")
@example(("store", "info", "--store"), "a\0b")
@example(("store", "prune", "--older-than"), "9" * 400 + "d")
@given(st.sampled_from(COMMANDS), TEXT.filter(lambda text: not text.startswith("-")))
def test_no_command_stumbles_over_an_argument(tmp_path, monkeypatch, capsys, command, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_STORE", raising=False)
    try:
        code = main([*command, text])
    except SystemExit as left:
        code = left.code
    error = capsys.readouterr().err
    assert code in (0, 2)
    assert "Traceback" not in error
    assert code == 0 or error.strip()


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_names_that_no_file_has_are_said_to_be_none(capsys, name):
    with pytest.raises(SystemExit) as left:
        main(["gate", name])
    assert left.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert ("cannot be written in UTF-8" if name == "\ud800" else "No file can be called") in said


PLAN = ("--scale", "--device", "--budget", "--seed", "-k", "--json")


@pytest.fixture
def no_plan(monkeypatch):
    """A plan that takes no time: what is asked for is read and checked, and found to be nothing."""
    monkeypatch.setattr("harness.run.plan.requests.record", lambda *_: [])


def planned(capsys, *arguments):
    """The exit code of a plan that was made, or refused in its last line."""
    try:
        code = main(["plan", *arguments])
    except SystemExit as left:
        code = left.code
    error = capsys.readouterr().err
    assert code in (0, 2)
    assert "Traceback" not in error
    assert bool(error.strip()) == (code == 2)
    return code


@settings(reuses_folders, max_examples=60)
@example("--device", "cuda:" + "9" * 5000)
@example("--json", "/")
@example("--json", "a\0b")
@example("-k", "\ud800")
@given(st.sampled_from(PLAN), TEXT.filter(lambda text: not text.startswith("-")))
def test_a_plan_is_made_as_asked_or_refused(monkeypatch, tmp_path, capsys, no_plan, option, text):
    if option != "-k":
        monkeypatch.chdir(tmp_path)
        (tmp_path / "claims").mkdir(exist_ok=True)
    monkeypatch.setattr("harness.run.plan.requests.claims", lambda: [])
    code = planned(capsys, option, text)
    if code == 0 and option == "--scale":
        assert text in SCALES
