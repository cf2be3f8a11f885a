import hashlib
import json
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from integrations.aws.blobs import LARGEST_BYTES
from integrations.aws.ecr import EcrClient, NotScanned
from integrations.aws.images import INDEX_TYPES, MANIFEST_TYPES, Platform
from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from tests.integrations.aws.answers import NOON
from tests.integrations.vendor import BAD_GATEWAY, Says

DIGEST = "sha256:" + "ab" * 32
CONFIG = json.dumps({"os": "linux", "architecture": "arm64", "variant": "v8"}).encode()
CONFIG_DIGEST = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"


@pytest.fixture
def stub(session):
    with Stubber(session.client("ecr")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def ecr(session):
    return EcrClient(session)


async def test_a_tag_is_resolved_to_its_digest(ecr, stub):
    stub.add_response(
        "describe_images",
        {
            "imageDetails": [
                {
                    "repositoryName": "credlink-api",
                    "imageDigest": DIGEST,
                    "imageTags": ["v1.2.0", "latest"],
                    "imagePushedAt": NOON,
                    "imageSizeInBytes": 61_000_000,
                }
            ]
        },
        {"repositoryName": "credlink-api", "imageIds": [{"imageTag": "v1.2.0"}]},
    )
    image = await ecr.describe_image("credlink-api", tag="v1.2.0")
    assert (image.digest, image.tags, image.size_bytes) == (DIGEST, ("v1.2.0", "latest"), 61e6)
    assert image.pushed_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_a_digest_of_another_account_lost_its_tag(ecr, stub):
    stub.add_response(
        "describe_images",
        {"imageDetails": [{"repositoryName": "credlink-api", "imageDigest": DIGEST}]},
        {
            "repositoryName": "credlink-api",
            "imageIds": [{"imageDigest": DIGEST}],
            "registryId": "222222222222",
        },
    )
    image = await ecr.describe_image("credlink-api", digest=DIGEST, registry_id="222222222222")
    assert image.tags == ()


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
async def test_what_is_not_there_is_not_found(ecr, stub, code):
    stub.add_client_error("describe_images", code, "does not exist within the repository", 400)
    with pytest.raises(NotFound, match="does not exist"):
        await ecr.describe_image("credlink-api", tag="v9")


async def test_an_empty_answer_is_not_found(ecr, stub):
    stub.add_response("describe_images", {"imageDetails": []})
    with pytest.raises(NotFound, match="there is no credlink-api:v9"):
        await ecr.describe_image("credlink-api", tag="v9")


async def test_an_image_is_asked_for_in_exactly_one_way(ecr):
    with pytest.raises(ValueError, match="by its tag or by its digest"):
        await ecr.describe_image("credlink-api")
    with pytest.raises(ValueError, match="by its tag or by its digest"):
        await ecr.describe_image("credlink-api", tag="v1", digest=DIGEST)


async def found(ecr, stub, status, **findings):
    stub.add_response(
        "describe_image_scan_findings",
        {
            "repositoryName": "credlink-api",
            "imageId": {"imageDigest": DIGEST},
            "imageScanStatus": {"status": status, "description": "in ECR's words"},
            **({"imageScanFindings": findings} if findings else {}),
        },
        {"repositoryName": "credlink-api", "imageId": {"imageDigest": DIGEST}},
    )
    return await ecr.describe_image_scan_findings("credlink-api", DIGEST)


async def test_a_basic_scan_is_counted_by_severity(ecr, stub):
    scan = await found(
        ecr,
        stub,
        "COMPLETE",
        imageScanCompletedAt=NOON,
        findingSeverityCounts={"CRITICAL": 1, "HIGH": 12, "UNDEFINED": 3},
        findings=[{"name": "CVE-2026-1", "severity": "CRITICAL"}],
    )
    assert scan.counts == {"CRITICAL": 1, "HIGH": 12, "UNDEFINED": 3}
    assert scan.completed_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert (scan.status, scan.description, scan.is_known) == ("COMPLETE", "in ECR's words", True)


async def test_an_enhanced_scan_is_counted_the_same_way_and_is_never_over(ecr, stub):
    scan = await found(
        ecr,
        stub,
        "ACTIVE",
        findingSeverityCounts={"HIGH": 2, "UNTRIAGED": 1},
        enhancedFindings=[{"severity": "HIGH", "title": "CVE-2026-1 - openssl"}],
    )
    assert (scan.counts, scan.completed_at) == ({"HIGH": 2, "UNTRIAGED": 1}, None)
    assert scan.is_known


async def test_a_clean_image_has_no_counts_and_that_is_known(ecr, stub):
    scan = await found(ecr, stub, "COMPLETE", imageScanCompletedAt=NOON)
    assert (scan.counts, scan.is_known) == ({}, True)


@pytest.mark.parametrize(
    "status",
    [
        "IN_PROGRESS",
        "PENDING",
        "FAILED",
        "UNSUPPORTED_IMAGE",
        "FINDINGS_UNAVAILABLE",
        "SCAN_ELIGIBILITY_EXPIRED",
        "LIMIT_EXCEEDED",
        "IMAGE_ARCHIVED",
        "IMAGE_SIZE_EXCEEDED",
        "SOMETHING_NEW",
    ],
)
async def test_a_scan_that_is_not_done_is_not_taken_for_a_clean_one(ecr, stub, status):
    scan = await found(ecr, stub, status)
    assert (scan.status, scan.counts, scan.is_known) == (status, {}, False)


async def test_an_image_never_scanned_is_told_apart_from_one_that_is_not_there(ecr, stub):
    operation = "describe_image_scan_findings"
    stub.add_client_error(operation, "ScanNotFoundException", "Image scan does not exist", 400)
    with pytest.raises(NotScanned, match="Image scan does not exist"):
        await ecr.describe_image_scan_findings("credlink-api", DIGEST)
    for code in ("ImageNotFoundException", "RepositoryNotFoundException"):
        stub.add_client_error(operation, code, "does not exist", 400)
        with pytest.raises(NotFound) as caught:
            await ecr.describe_image_scan_findings("credlink-api", DIGEST)
        assert type(caught.value) is NotFound


@pytest.mark.parametrize(
    ("code", "status", "means"),
    [
        ("InvalidParameterException", 400, Rejected),
        ("ValidationException", 400, Rejected),
        ("AccessDeniedException", 400, Forbidden),
        ("ServerException", 500, Unavailable),
    ],
)
async def test_every_other_error_of_a_scan_has_its_place(ecr, stub, code, status, means):
    stub.add_client_error("describe_image_scan_findings", code, "in ECR's words", status)
    with pytest.raises(means):
        await ecr.describe_image_scan_findings("credlink-api", DIGEST, registry_id="222222222222")


def manifests(stub, *, failure=None, **manifest):
    image = {"repositoryName": "credlink-api", "imageManifest": json.dumps(manifest)}
    failed = {"imageId": {"imageDigest": DIGEST}, "failureCode": failure}
    stub.add_response(
        "batch_get_image",
        {"images": [image] if manifest else [], "failures": [failed] if failure else []},
        {
            "repositoryName": "credlink-api",
            "imageIds": [{"imageDigest": DIGEST}],
            "acceptedMediaTypes": [*INDEX_TYPES, *MANIFEST_TYPES],
        },
    )


def a_single_image(stub, *, url=None, size=7023):
    """Expect the question about a single image and, with `url`, the one where its config is."""
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": CONFIG_DIGEST}
    manifests(stub, schemaVersion=2, config=config | {"size": size}, layers=[])
    if url is not None:
        stub.add_response(
            "get_download_url_for_layer",
            {"downloadUrl": url, "layerDigest": CONFIG_DIGEST},
            {"repositoryName": "credlink-api", "layerDigest": CONFIG_DIGEST},
        )


async def platforms(ecr):
    return await ecr.describe_image_platforms("credlink-api", DIGEST)


async def test_an_index_lists_what_it_runs_on_in_one_call(ecr, stub):
    entry = {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}}
    manifests(stub, mediaType=INDEX_TYPES[0], manifests=[entry])
    assert await platforms(ecr) == (Platform("linux", "amd64"),)


async def test_a_single_image_is_looked_up_in_its_config(ecr, stub, vendor):
    a_single_image(stub, url=f"{vendor.url}/blob?X-Amz-Signature=secret")
    vendor.says(Says(body=CONFIG))
    assert await platforms(ecr) == (Platform("linux", "arm64", "v8"),)
    (received,) = vendor.received
    assert (received.method, received.path.partition("?")[0]) == ("GET", "/blob")
    assert "Authorization" not in received.headers


@pytest.mark.parametrize(
    "says",
    [
        BAD_GATEWAY,
        Says(status=403, body=b"<Error><Code>AccessDenied</Code></Error>"),
        Says(status=404, body=CONFIG),
        Says(cut=True),
        Says(body=CONFIG[:-1]),
        Says(body=b"x" * (LARGEST_BYTES + 5)),
        Says(status=307, headers={"Location": "/elsewhere"}),
    ],
)
async def test_a_config_that_cannot_be_had_leaves_the_platform_unknown(ecr, stub, vendor, says):
    a_single_image(stub, url=f"{vendor.url}/blob?X-Amz-Signature=secret")
    vendor.says(says)
    assert await platforms(ecr) == ()
    assert len(vendor.received) == 1


async def test_a_config_that_never_comes_is_not_waited_for_long(ecr, stub, vendor, monkeypatch):
    monkeypatch.setattr("integrations.aws.blobs.TIMEOUT_S", 0.1)
    a_single_image(stub, url=f"{vendor.url}/blob?X-Amz-Signature=secret")
    vendor.says(Says(never=True))
    assert await platforms(ecr) == ()


async def test_nobody_listening_where_the_config_is_leaves_it_unknown(ecr, stub):
    a_single_image(stub, url="http://127.0.0.1:9")
    assert await platforms(ecr) == ()


@pytest.mark.parametrize("address", ["", "file:///etc/hostname", "no address"])
async def test_only_a_web_address_is_followed(ecr, stub, address):
    a_single_image(stub)
    digest = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
    stub.add_response("get_download_url_for_layer", {"downloadUrl": address, "layerDigest": digest})
    assert await platforms(ecr) == ()


async def test_a_config_too_large_to_be_one_is_not_asked_for(ecr, stub):
    a_single_image(stub, size=LARGEST_BYTES + 1)
    assert await platforms(ecr) == ()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("LayersNotFoundException", 400),
        ("LayerInaccessibleException", 400),
        ("UnableToGetUpstreamLayerException", 400),
        ("ThrottlingException", 400),
        ("ServerException", 500),
    ],
)
async def test_a_config_ecr_does_not_hand_out_leaves_the_platform_unknown(ecr, stub, code, status):
    a_single_image(stub)
    stub.add_client_error("get_download_url_for_layer", code, "in ECR's words", status)
    assert await platforms(ecr) == ()


async def test_a_missing_permission_is_said_and_not_hidden(ecr, stub):
    a_single_image(stub)
    stub.add_client_error("get_download_url_for_layer", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks ecr:GetDownloadUrlForLayer"):
        await platforms(ecr)


@pytest.mark.parametrize("failure", ["ImageInaccessible", "KmsError", "UpstreamUnavailable"])
async def test_a_manifest_ecr_cannot_show_leaves_the_platform_unknown(ecr, stub, failure):
    manifests(stub, failure=failure)
    assert await platforms(ecr) == ()


async def test_an_image_that_is_not_there_has_no_platform_to_ask_for(ecr, stub):
    manifests(stub, failure="ImageNotFound")
    with pytest.raises(NotFound, match="there is no credlink-api@sha256:"):
        await platforms(ecr)
    stub.add_client_error("batch_get_image", "RepositoryNotFoundException", "none", 400)
    with pytest.raises(NotFound):
        await platforms(ecr)
