import json

import pytest

from integrations.aws.images import ConfigBlob, Platform, platform_of, platforms_of

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
ATTESTATION = {"os": "unknown", "architecture": "unknown"}


def an_index(*platforms):
    entries = [{"digest": f"sha256:{n}", "platform": p} for n, p in enumerate(platforms)]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})


def a_manifest(**config):
    return json.dumps({"config": {"mediaType": OCI_CONFIG, "digest": "sha256:c", **config}})


def test_an_index_lists_its_platforms_once_each_and_no_attestations():
    index = an_index(
        {"os": "linux", "architecture": "amd64"},
        {"os": "linux", "architecture": "arm64", "variant": "v8"},
        {"os": "linux", "architecture": "amd64"},
        ATTESTATION,
        {"os": "windows"},
        None,
    )
    assert platforms_of(index) == (
        Platform("linux", "amd64"),
        Platform("linux", "arm64", "v8"),
    )


@pytest.mark.parametrize(
    "config_type", [OCI_CONFIG, "application/vnd.docker.container.image.v1+json"]
)
def test_a_single_image_says_where_its_platform_is_written(config_type):
    manifest = a_manifest(mediaType=config_type, size=7023)
    assert platforms_of(manifest) == ConfigBlob("sha256:c", 7023)


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "not JSON",
        "[" * 100_000,
        "[]",
        "{}",
        '{"manifests": {}}',
        '{"manifests": [1, {"platform": "linux"}]}',
        '{"config": "sha256:c"}',
        a_manifest(mediaType="application/vnd.cncf.helm.config.v1+json"),
        a_manifest(digest=None),
        a_manifest(size="large"),
    ],
)
def test_what_is_no_image_has_no_platform(manifest):
    assert platforms_of(manifest) == ()


def test_the_platform_stands_in_the_config():
    config = {"os": "linux", "architecture": "arm", "variant": "v7", "rootfs": {}}
    assert platform_of(json.dumps(config).encode()) == (Platform("linux", "arm", "v7"),)


@pytest.mark.parametrize("config", [b"", b"\xff", b"{}", b'{"os": "linux"}', b'{"os": 1}'])
def test_a_config_without_a_platform_has_none(config):
    assert platform_of(config) == ()
