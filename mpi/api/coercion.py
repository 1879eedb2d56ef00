"""The coercion of an image as data: any archive that can set elements can apply it (IHE-61, IHE-68)."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mpi.domain.coercion import JsonElements, coercion_for
from mpi.domain.network import Network
from mpi.domain.views import Resolution


class ElementJson(TypedDict):
    """An element in the DICOM JSON model (PS3.18 annex F); without Value it is there and empty."""

    vr: Annotated[str, Field(examples=["LO"])]
    Value: NotRequired[list[Any]]


Elements = dict[str, ElementJson]


class CoercionJson(TypedDict):
    """What an archive writes into the images of this patient id, in every state alike.

    An image whose Patient ID and issuer are already those of `attributes` is left as it is. Else, in this order:
    append `original_attributes`, completed as said there; append `other_patient_id`; set `attributes`. Other Patient
    IDs (0010,1000) is not to be written.
    """

    attributes: Annotated[
        Elements,
        Field(
            description="To set: the golden id as Patient ID, and the index as its issuer.",
            examples=[{"00100020": {"vr": "LO", "Value": ["5f0c6b1e-7a55-4f0e-9d0a-3d6c1f6f0a11"]}}],
        ),
    ]
    other_patient_id: Annotated[
        Elements,
        Field(
            description="Item to append to Other Patient IDs Sequence (0010,1002): the id asked about, with its "
            "issuer. Not when it is there already, nor when the index issued the Patient ID that is replaced."
        ),
    ]
    original_attributes: Annotated[
        Elements,
        Field(
            description="Item to append to Original Attributes Sequence (0400,0561). Add to it the time of the "
            "change (0400,0562) and Modified Attributes Sequence (0400,0550) of one item: the elements of `replaced` "
            "as they stand in the image, without a value where they are absent."
        ),
    ]
    replaced: Annotated[list[str], Field(examples=[["00100020", "00100021", "00100024"]])]


def coercion_json(resolution: Resolution, network: Network) -> CoercionJson | None:
    """The coercion as JSON; null when the network file names no issuer of golden ids."""
    found = coercion_for(resolution, network)
    if found is None:
        return None
    return {
        "attributes": _elements(found.attributes),
        "other_patient_id": _elements(found.other_patient_id),
        "original_attributes": _elements(found.original_attributes),
        "replaced": list(found.replaced),
    }


def _elements(elements: JsonElements) -> Elements:
    return {
        tag: {"vr": element["vr"], "Value": element["Value"]} if "Value" in element else {"vr": element["vr"]}
        for tag, element in elements.items()
    }
