"""OpenID Connect: identity tokens of pipelines."""
