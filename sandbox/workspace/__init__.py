"""A Slack workspace on loopback: the Web API, Socket Mode or HTTP delivery, and a page for people.

Its specification, with the source of each rule, is the project's page of Slack facts. It is strict
by default: what Slack would refuse is refused here.
"""
