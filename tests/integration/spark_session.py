"""A small Spark for tests: two cores, little to start, and batches so short that blocks and components span them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from linkage.engines.spark.session import start


@contextmanager
def running(place: Path) -> Iterator[SparkSession]:
    """A session of the test's own, stopped at the end; without Java it fails. `place`: for what it spills."""
    settings = {
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "50",
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        "spark.local.dir": str(place),
        "spark.driver.memory": "1g",
        # Half of the Java of a short test is its optimising compiler, and its collector has threads of its own.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    session = start("local[2]", settings)
    yield session
    session.stop()
