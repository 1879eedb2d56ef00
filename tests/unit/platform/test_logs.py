"""No demographics reach a log, whoever writes the line (promise 8, SEC-8)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mpi.logs import ALLOWED, bind, configure_logs, keep_allowed

NAME = "EXAMPLE-SURNAME"
NUMBER = "9990000018"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("info", out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_the_bound_ids(stream: io.StringIO) -> None:
    with bind(request_id="r-1", message_id=17):
        structlog.get_logger().info("message accepted", feed="bolton", ack="AA", seconds=0.012)
    structlog.get_logger().info("later")
    first, second = lines(stream)
    assert first["event"] == "message accepted"
    assert (first["level"], first["feed"], first["request_id"], first["message_id"]) == ("info", "bolton", "r-1", 17)
    assert first["timestamp"].endswith("Z")
    assert "request_id" not in second


def test_a_key_that_is_not_allowed_is_dropped_and_counted(stream: io.StringIO) -> None:
    structlog.get_logger().warning(
        "refused", name=NAME, birth_date="1954-03-07", postcode="M13 9WL", fault="conflict"
    )
    (line,) = lines(stream)
    assert line["dropped"] == 3
    assert line["fault"] == "conflict"
    assert NAME not in stream.getvalue()
    assert "1954" not in stream.getvalue().replace(line["timestamp"], "")


@pytest.mark.parametrize("written", [NUMBER, "999 000 0018", "999-000-0018"])
def test_what_looks_like_an_nhs_number_is_masked_even_in_an_allowed_key(stream: io.StringIO, written: str) -> None:
    structlog.get_logger().info(f"about {written}", location=f"PID {written}")
    assert written not in stream.getvalue()
    assert lines(stream)[0]["location"] == "PID [number]"


def test_an_object_is_named_by_its_type_only(stream: io.StringIO) -> None:
    structlog.get_logger().info("odd", status={"name": NAME}, count=[1, NAME.encode()])
    assert NAME not in stream.getvalue()
    assert lines(stream)[0]["status"] == "dict"


def test_an_exception_is_told_by_type_and_place_without_its_message(stream: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError(f"duplicate key ({NAME})")

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("could not store")
        logging.getLogger("some.library").exception("could not %s", NAME)
    for line in lines(stream):
        assert line["error"] == "builtins.ValueError"
        assert any(frame.startswith("fail:") for frame in line["stack"])
    assert NAME not in stream.getvalue()


def test_another_librarys_arguments_do_not_pass(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("cannot parse %s", NAME, extra={"patient": NAME})
    (line,) = lines(stream)
    assert line["event"] == "cannot parse %s"
    assert line["logger"] == "some.library"
    assert NAME not in stream.getvalue()


def test_a_logger_that_names_no_patient_passes_whole(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("uvicorn", "uvicorn.error"):  # a server of another test may have given them handlers of its own
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "http://127.0.0.1:8080")
    assert lines(stream)[0]["event"].endswith("8080")


@pytest.mark.parametrize("name", ["uvicorn.access", "sqlalchemy.engine", "httpx"])
def test_loggers_that_repeat_urls_and_parameters_are_silent(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("GET /people?family=%s", NAME)
    assert stream.getvalue() == ""


def test_the_level_is_kept(stream: io.StringIO) -> None:
    structlog.get_logger().debug("not told")
    assert stream.getvalue() == ""


@given(st.dictionaries(st.text(min_size=1).filter(lambda k: not k.startswith("_")), st.text()))
def test_no_key_passes_that_is_not_on_the_list(event: dict[str, Any]) -> None:
    assert set(keep_allowed(None, "info", dict(event))) <= ALLOWED


def test_the_list_names_nothing_a_person_is_known_by() -> None:
    people = {"name", "family", "given", "surname", "birth_date", "dob", "postcode", "address", "phone", "nhs_number"}
    assert not ALLOWED & people


@pytest.mark.parametrize("logger", ["pydicom", "pynetdicom.assoc", "pynetdicom.dimse"])
def test_dicom_libraries_are_silent_because_they_write_names_into_their_templates(
    stream: io.StringIO, logger: str
) -> None:
    logging.getLogger(logger).error(f"Invalid value for Patient's Name: {NAME}")
    assert stream.getvalue() == ""
