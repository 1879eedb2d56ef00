"""`linkage evaluate`: judge a result by a reviewed sample or by the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.commands.speaking import ResultDirectory, say, spoken
from linkage.tables.errors import InputError

if TYPE_CHECKING:
    from linkage.judging.sample import SampleReport
    from linkage.judging.truth import TruthReport

Filled = Annotated[Path | None, typer.Option("--sample", help="A sheet of `sample`, filled in under 'same'.")]
Second = Annotated[Path | None, typer.Option(help="The same sheet as a second reviewer filled it.")]
Truth = Annotated[Path | None, typer.Option(help="CSV or Parquet with the columns id and person.")]
GroupFile = Annotated[Path | None, typer.Option("--groups", help="CSV or Parquet with ids and groups of records.")]
By = Annotated[list[str] | None, typer.Option(help="Columns of --groups: sex,age_band,ethnic_category,name_origin")]


def evaluate(
    result: ResultDirectory,
    sample: Filled = None,
    truth: Truth = None,
    second: Second = None,
    groups: GroupFile = None,
    by: By = None,
    precision: Annotated[float, typer.Option(help="Find the threshold that reaches it.")] = 0.999,
    as_json: Annotated[Path | None, typer.Option("--json", help="A new JSON file with all numbers.")] = None,
    html: Annotated[Path | None, typer.Option(help="A new HTML page with charts and tables.")] = None,
    png: Annotated[Path | None, typer.Option(help="A new PNG picture of the reliability curve.")] = None,
) -> None:
    """Estimate precision and recall from a reviewed sample, or measure them on the truth; also whether probabilities
    mean what they say, which threshold to choose, and with --groups for whom the linkage errs.
    """
    with spoken():
        from linkage.judging.telling import document, sample_lines, truth_lines  # noqa: PLC0415
        from linkage.judging.truth import TruthReport  # noqa: PLC0415
        from linkage.writing import check_new, write_new  # noqa: PLC0415

        if sample is not None and truth is not None:
            raise InputError("give either --sample or --truth: one result is judged by one of them at a time")
        if second is not None and sample is None:
            raise InputError("--second goes with --sample: it is another reviewer's copy of the same sheet")
        if (groups is None) != (not by):
            raise InputError("--groups and --by go together: a file of groups and its columns")
        for file in filter(None, (as_json, html, png)):
            check_new(file)
        report = _judge(result, sample, second, truth, groups, by or [], precision)
        for line in truth_lines(report) if isinstance(report, TruthReport) else sample_lines(report):
            say(line)
        if as_json is not None:
            write_new(as_json, json.dumps(document(report), indent=1))
        if html is not None:
            from linkage.charts.judgement_page import judgement_page  # noqa: PLC0415

            write_new(html, judgement_page(report, result.resolve().name))
        if png is not None:
            from linkage.charts.reliability_picture import reliability_picture  # noqa: PLC0415

            write_new(png, reliability_picture(report.links))


def _judge(
    path: Path,
    sample: Path | None,
    second: Path | None,
    truth: Path | None,
    groups: Path | None,
    by: list[str],
    precision: float,
) -> SampleReport | TruthReport:
    from linkage.clerical.sheet import read_sheet  # noqa: PLC0415  the compiled kernel takes a moment to load
    from linkage.judging.groups import read_groups, split_names  # noqa: PLC0415
    from linkage.judging.sample import judge_by_sample  # noqa: PLC0415
    from linkage.judging.truth import judge_by_truth, read_truth  # noqa: PLC0415
    from linkage.result import load_result  # noqa: PLC0415

    result = load_result(path)
    told = None if groups is None else read_groups(groups, split_names(by), result)
    if told is not None:
        say(f"{groups}: {told.silent:,} records have no row and {told.strangers:,} rows no record", err=True)
    if truth is not None:
        return judge_by_truth(result, read_truth(truth, result), told, precision)
    if sample is None:
        raise InputError("give either --sample with a filled sheet, or --truth with who is who")
    other = None if second is None else read_sheet(second, result)
    return judge_by_sample(result, read_sheet(sample, result), other, told, precision)
