"""GitHub Actions, as far as its jobs prove who they are."""

from sandbox.actions.issuer import Issuer

__all__ = ["Issuer"]
