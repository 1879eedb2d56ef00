"""Trusts that send images with dcmtk, as modalities and gateways do: real files, real associations."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.acceptance.service_process import Service
from tests.unit.dicom.dicom_builders import header

_STATUS = re.compile(r"Received Store Response \(?(?:Status: )?(.*)")


def program(name: str) -> str:
    """The path of a program of dcmtk; the test is skipped without it, which fails in CI.

    pynetdicom installs programs of the same names, which an activated environment would find first.
    """
    ours = Path(sys.executable).parent
    elsewhere = [folder for folder in os.get_exec_path() if Path(folder).absolute() != ours]
    found = shutil.which(name, path=os.pathsep.join(elsewhere))
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install dcmtk")
    return found


def write_image(folder: Path, serial: int, **overrides: Any) -> Path:
    """A synthetic image file; `serial` tells instances apart."""
    dataset = header(**overrides)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(serial), str(sorted(overrides))])
    dataset.Rows = dataset.Columns = 8
    dataset.add_new(0x7FE00010, "OW", bytes(128))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = folder / f"{serial}.dcm"
    dataset.save_as(file, enforce_file_format=True)
    return file


def storescu(service: Service, ae_title: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Send files in one association; 0 when every one was stored."""
    host, port = service.dicom
    command = [program("storescu"), "-v", "-aet", ae_title, "-aec", "MPI", host, str(port), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def echoscu(service: Service, ae_title: str) -> bool:
    """Whether a C-ECHO is answered."""
    host, port = service.dicom
    command = [program("echoscu"), "-aet", ae_title, "-aec", "MPI", host, str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).returncode == 0


def statuses(sent: subprocess.CompletedProcess[str]) -> list[str]:
    """What each C-STORE was answered, in dcmtk's words."""
    return [
        found[1].strip(" )") for line in (sent.stdout + sent.stderr).splitlines() if (found := _STATUS.search(line))
    ]
