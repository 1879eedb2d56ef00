"""The script that Orthanc's "PythonScript" names: joins this archive to the master patient index."""

from mpi_orthanc.plugin import begin

begin()
