"""A simulated region, part of the product: people, the trusts' records of them, messages, studies and the truth.

The default error rates stand in `quality`; they are assumptions and are documented as such. Everything is synthetic:
NHS numbers come from the 9xx test range only, telephone numbers cannot ring, mail addresses are of RFC 2606 domains.
"""

from mpi.simulate.imaging import SimStudy
from mpi.simulate.quality import RATES, Slip
from mpi.simulate.region import Region, SimMessage, simulate, snapshot
from mpi.simulate.writing import write

__all__ = ["RATES", "Region", "SimMessage", "SimStudy", "Slip", "simulate", "snapshot", "write"]
