from __future__ import annotations

import pytest

from bot.channels.web.problems import Problem
from bot.channels.web.wire import MAX_FILES, MAX_TIMEOUT_S, parse_ask, parse_flag, parse_run, parse_run_form
from runner.job import Limits


def refused(parse, data):
    with pytest.raises(Problem) as caught:
        parse(data)
    problem = caught.value
    assert problem.status == 422
    assert "\n" not in problem.what + problem.remedy
    return problem.what


def test_a_job_needs_nothing_but_its_source():
    job = parse_run({"source": "print(1)"})
    assert (job.source, job.backend, job.device, job.seed, job.stdin, job.files) == (
        "print(1)",
        "tensorflow",
        "auto",
        None,
        b"",
        {},
    )
    assert job.limits == Limits()


def test_every_field_of_a_job_is_taken_over():
    job = parse_run(
        {
            "source": "é",
            "backend": "jax",
            "device": "cpu",
            "timeout_s": 2.5,
            "seed": 7,
            "stdin": "ü",
            "files": {"data.csv": "ö"},
        }
    )
    assert job.backend == "jax"
    assert job.device == "cpu"
    assert job.limits.wall_s == 2.5
    assert job.seed == 7
    assert job.stdin == "ü".encode()
    assert job.files == {"data.csv": "ö".encode()}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, '"source"'),
        ({"source": None}, '"source"'),
        ({"source": 1}, '"source"'),
        ({"source": ["print(1)"]}, '"source"'),
        ({"source": "\ud800"}, '"source"'),
        ({"source": "", "backend": "theano"}, '"theano"'),
        ({"source": "", "backend": 1}, '"backend"'),
        ({"source": "", "device": "tpu"}, '"tpu"'),
        ({"source": "", "timeout_s": 0}, '"timeout_s"'),
        ({"source": "", "timeout_s": -1}, '"timeout_s"'),
        ({"source": "", "timeout_s": MAX_TIMEOUT_S + 0.001}, '"timeout_s"'),
        ({"source": "", "timeout_s": float("nan")}, '"timeout_s"'),
        ({"source": "", "timeout_s": True}, '"timeout_s"'),
        ({"source": "", "timeout_s": "5"}, '"timeout_s"'),
        ({"source": "", "seed": -1}, '"seed"'),
        ({"source": "", "seed": 2**32}, '"seed"'),
        ({"source": "", "seed": 1.0}, '"seed"'),
        ({"source": "", "seed": True}, '"seed"'),
        ({"source": "", "stdin": 1}, '"stdin"'),
        ({"source": "", "files": []}, '"files"'),
        ({"source": "", "files": {"../x": ""}}, '"../x"'),
        ({"source": "", "files": {"a/b": ""}}, '"a/b"'),
        ({"source": "", "files": {"..": ""}}, '".."'),
        ({"source": "", "files": {"": ""}}, '""'),
        ({"source": "", "files": {"a\n": ""}}, '"a\\n"'),
        ({"source": "", "files": {"\ud800": ""}}, '"\\ud800"'),
        ({"source": "", "files": {"x" * 256: ""}}, '"xxx'),
        ({"source": "", "files": {"x": 1}}, '"x"'),
        ({"source": "", "files": {str(i): "" for i in range(MAX_FILES + 1)}}, "11 files"),
        ({"source": "", "sauce": 1, "time": 2}, '"sauce", "time"'),
    ],
)
def test_a_job_that_is_not_allowed_is_refused_by_name(data, named):
    assert named in refused(parse_run, data)


def test_limits_are_allowed_at_their_value():
    job = parse_run(
        {
            "source": "",
            "timeout_s": MAX_TIMEOUT_S,
            "seed": 2**32 - 1,
            "files": {"x" * 255: "", **{str(i): "" for i in range(MAX_FILES - 1)}},
        }
    )
    assert job.limits.wall_s == MAX_TIMEOUT_S
    assert len(job.files) == MAX_FILES


def test_a_question_must_be_text():
    assert parse_ask({"question": "why?"}) == "why?"
    assert '"question"' in refused(parse_ask, {})
    assert '"question"' in refused(parse_ask, {"question": 5})
    assert '"text"' in refused(parse_ask, {"question": "x", "text": "y"})


def test_empty_fields_of_the_form_mean_the_default():
    job = parse_run_form({"source": "print(1)", "backend": "torch", "seed": " ", "stdin": "", "device": ""})
    assert (job.backend, job.device, job.seed, job.stdin) == ("torch", "auto", None, b"")


@pytest.mark.parametrize("seed", ["x", "-1", "1.5", "٣", "99999999999", "4294967296"])
def test_a_seed_in_the_form_that_is_no_number_is_refused(seed):
    assert '"seed"' in refused(parse_run_form, {"source": "", "seed": seed})


def test_flags():
    assert [parse_flag(value, "wait") for value in (None, "false", "0", "true", "1", "TRUE", "")] == [
        False,
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    with pytest.raises(Problem):
        parse_flag("maybe", "wait")
