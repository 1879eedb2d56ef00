"""A Spark session, for those who do not have one already."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession

from linkage.errors import LinkageError, ModelError
from linkage.tables.errors import InputError

OLDEST_JAVA = 17
_INSTALL = f"install Java {OLDEST_JAVA} or later (Debian: openjdk-{OLDEST_JAVA}-jre-headless) or set JAVA_HOME"
_LOOPBACK = "127.0.0.1"
_HERE = {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK}
# What goes wrong is raised here too, in a sentence.
_QUIET = {"spark.ui.enabled": "false", "spark.log.level": "FATAL", "spark.ui.showConsoleProgress": "false"}
_ERRORS = {kind.__name__: kind for kind in (LinkageError, ModelError, InputError)}
_SENTENCE = re.compile(rf"^linkage\.(?:\w+\.)*({'|'.join(_ERRORS)}): (.+)$", re.MULTILINE)


def start(master: str = "local[*]", settings: Mapping[str, str] | None = None) -> SparkSession:
    """A session on this machine, all on loopback, or at a cluster's master. `settings`: of Spark, by name.

    Raises `LinkageError` where there is no Java to run it.
    """
    check_java()
    local = master.startswith("local")
    if local:
        # The executors' Python must be this one, not the first in the path.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", _LOOPBACK)
    here = {**_HERE, "spark.sql.shuffle.partitions": str(4 * len(os.sched_getaffinity(0)))} if local else {}
    builder = SparkSession.builder.master(master).appName("linkage")
    for name, value in {**_QUIET, **here, **(settings or {})}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def check_java() -> None:
    """Raise `LinkageError` unless there is a Java that Spark 4 runs on."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    if java is None:
        raise LinkageError(f"Spark needs Java, and there is none: {_INSTALL}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise LinkageError(f"Spark needs a newer Java than {java}: {_INSTALL}")


def cut(frame: DataFrame) -> DataFrame:
    """The frame's rows as they are now, without what they were made from: a plan must not grow with each round.

    They lie on the executors' disks, or in the session's checkpoint directory if it has one, which outlives
    executors.
    """
    lasting = frame.sparkSession.sparkContext.getCheckpointDir() is not None
    return frame.checkpoint() if lasting else frame.localCheckpoint()


@contextmanager
def spoken() -> Iterator[None]:
    """Raise what the library raised on an executor, without the tracebacks of both machines."""
    try:
        yield
    except PythonException as error:
        sentence = _SENTENCE.search(str(error))
        if sentence is None:
            raise
        raise _ERRORS[sentence[1]](sentence[2]) from None
