"""Bulk linkage on Apache Spark: the same kernel and the same partition over the executors of a cluster.

Needs the extra `spark` (PySpark 4), and Java 17 where the session starts.

    from linkage.engines.spark.engine import SparkEngine
    from linkage.engines.spark.session import start
"""

from linkage.errors import LinkageError

try:
    import pyspark
except ModuleNotFoundError:
    raise LinkageError("the Spark engine needs PySpark 4: pip install 'mpi[spark]'") from None

if int(pyspark.__version__.split(".", 1)[0]) < 4:
    raise LinkageError(f"the Spark engine needs PySpark 4 and found {pyspark.__version__}: pip install 'mpi[spark]'")
