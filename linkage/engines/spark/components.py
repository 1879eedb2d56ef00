"""Connected components on a cluster, by large-star and small-star in turns.

Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii: Connected Components in MapReduce and Beyond, 2014. Edges are
only ever moved towards smaller rows, never multiplied, until every component is a star around its smallest row; that
takes a number of rounds that grows as the logarithm of the longest chain. Nothing comes to the driver but how many
rows are not settled yet.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from linkage.engines.spark.session import cut


def components(edges: DataFrame) -> DataFrame:
    """(row bigint, component bigint) of all rows of the edges (a bigint, b bigint); named by its smallest row.

    A row without an edge is in no component, and one with an edge to itself has none.
    """
    ends = f.greatest("a", "b").alias("row"), f.least("a", "b").alias("parent")
    stars = cut(edges.where("a != b").select(*ends).distinct())
    while unsettled(stars):
        stars = cut(small_star(large_star(stars)))
    centres = stars.select(f.col("parent").alias("row"), f.col("parent").alias("component")).distinct()
    return stars.withColumnRenamed("parent", "component").unionByName(centres)


def unsettled(stars: DataFrame) -> int:
    """How many rows have two smaller ones, or a smaller and a larger; without such, all edges are stars."""
    smaller, larger = (
        f.count_if(f.expr("other < row")).alias("smaller"),
        f.count_if(f.expr("other > row")).alias("larger"),
    )
    counted = _both_ways(stars).groupBy("row").agg(smaller, larger)
    return counted.where("smaller > 1 or (smaller = 1 and larger > 0)").count()


def large_star(stars: DataFrame) -> DataFrame:
    """Every row's larger neighbours hang on the smallest row that it knows, itself included."""
    least = f.least("row", f.min("other").over(Window.partitionBy("row")))
    hung = _both_ways(stars).select("row", "other", least.alias("parent")).where("other > row")
    return hung.select(f.col("other").alias("row"), "parent")


def small_star(stars: DataFrame) -> DataFrame:
    """Every row and its smaller neighbours hang on the smallest of those."""
    least = stars.select("row", "parent", f.min("parent").over(Window.partitionBy("row")).alias("least"))
    hung = least.select(f.explode(f.array("row", "parent")).alias("row"), f.col("least").alias("parent"))
    return hung.where("row != parent").distinct()


def _both_ways(stars: DataFrame) -> DataFrame:
    """(row, other) of every edge, once from each end."""
    there = stars.select("row", f.col("parent").alias("other"))
    return there.unionAll(stars.select(f.col("parent").alias("row"), f.col("row").alias("other")))
