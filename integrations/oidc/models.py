"""What an identity token of a GitHub Actions job says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of a token that was proved. Source:
    https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims"""

    subject: str
    repository: str
    """`owner/name`."""
    ref: str
    """The ref that triggered the run; of a pull request `refs/pull/<number>/merge`."""
    event: str
    """What triggered the run, as `push` or `pull_request_target`."""
    run_id: str
