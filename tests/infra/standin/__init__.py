"""A stand-in of the AWS provider: Terraform itself plans and applies, and nobody is asked.

`python -m tests.infra.standin`, in the tools' environment, prints its port and serves Terraform's
plugin protocol there until its standard input is closed. Its schema is `aws_names.json`; what AWS
would make up (ids, ARNs, addresses) it makes up. It refuses nothing that the schema takes: whether
AWS would take a value, it does not know.
"""
