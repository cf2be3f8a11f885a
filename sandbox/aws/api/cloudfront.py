"""The operations of CloudFront that are not left to moto: those on invalidations."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sandbox.aws.errors import Refused
from sandbox.aws.invalidations import Invalidation, Invalidations
from sandbox.aws.model import Json

LISTED_AT_ONCE = 100


def create_invalidation(invalidations: Invalidations, request: Json) -> Json:
    batch = request["InvalidationBatch"]
    paths = batch["Paths"].get("Items") or []
    if int(batch["Paths"]["Quantity"]) != len(paths):
        raise Refused("InconsistentQuantities", "The value of Quantity and the size don't match.")
    distribution = request["DistributionId"]
    made = invalidations.create(distribution, batch["CallerReference"], paths)
    address = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{distribution}"
    return {"Location": f"{address}/invalidation/{made.id}", "Invalidation": _shown(made)}


def get_invalidation(invalidations: Invalidations, request: Json) -> Json:
    for each in invalidations.of(request["DistributionId"]):
        if each.id == request["Id"]:
            return {"Invalidation": _shown(each)}
    raise Refused("NoSuchInvalidation", "The specified invalidation does not exist.", status=404)


def list_invalidations(invalidations: Invalidations, request: Json) -> Json:
    """One page; the marker is the number of those before it."""
    marker, most = request.get("Marker") or "", int(request.get("MaxItems") or LISTED_AT_ONCE)
    everything = invalidations.of(request["DistributionId"])
    end = int(marker or 0) + most
    page = everything[int(marker or 0) : end]
    listed = {
        "Marker": marker,
        "MaxItems": most,
        "IsTruncated": end < len(everything),
        "Quantity": len(page),
        "Items": [
            {"Id": each.id, "CreateTime": _moment(each), "Status": each.status} for each in page
        ],
    }
    if end < len(everything):
        listed["NextMarker"] = str(end)
    return {"InvalidationList": listed}


OPERATIONS: Mapping[str, Callable[[Invalidations, Json], Json]] = {
    "CreateInvalidation": create_invalidation,
    "GetInvalidation": get_invalidation,
    "ListInvalidations": list_invalidations,
}


def _shown(invalidation: Invalidation) -> Json:
    return {
        "Id": invalidation.id,
        "Status": invalidation.status,
        "CreateTime": _moment(invalidation),
        "InvalidationBatch": {
            "Paths": {"Quantity": len(invalidation.paths), "Items": list(invalidation.paths)},
            "CallerReference": invalidation.reference,
        },
    }


def _moment(invalidation: Invalidation) -> datetime:
    return datetime.fromtimestamp(invalidation.created_at, UTC)
