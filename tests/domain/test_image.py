"""Image references, taken apart as Docker does."""

import pytest

from bot.domain.image import ImageReference, ecr_registry, read_image

ECR = "222222222222.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (f"{ECR}/api:v1", ImageReference(ECR, "api", "v1")),
        (f"{ECR}/team/api@sha256:1", ImageReference(ECR, "team/api", None, "sha256:1")),
        (f"{ECR}/api:v1@sha256:1", ImageReference(ECR, "api", "v1", "sha256:1")),
        ("nginx", ImageReference("", "nginx")),
        ("library/nginx:1.27", ImageReference("", "library/nginx", "1.27")),
        ("localhost:5000/api:v1", ImageReference("localhost:5000", "api", "v1")),
        ("localhost/api", ImageReference("localhost", "api")),
    ],
)
def test_a_reference_is_taken_apart(text, reference):
    assert read_image(text) == reference


@pytest.mark.parametrize(
    ("registry", "account"),
    [
        (ECR, "222222222222"),
        ("222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn", "222222222222"),
        ("ghcr.io", None),
        ("", None),
        (f"{ECR}.evil.example", None),
    ],
)
def test_the_account_of_an_ecr_is_in_its_name(registry, account):
    assert ImageReference(registry, "api").ecr_account == account


def test_a_digest_takes_the_place_of_the_tag():
    assert read_image(f"{ECR}/api:v1").at("sha256:2") == f"{ECR}/api@sha256:2"
    assert read_image("nginx:1").at("sha256:2") == "nginx@sha256:2"


def test_an_ecr_is_named_by_account_and_region():
    assert ecr_registry("222222222222", "us-east-1") == ECR
    assert ecr_registry("222222222222", "cn-north-1").endswith(".amazonaws.com.cn")
