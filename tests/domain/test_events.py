"""ECS's events, shortened to what a person reads."""

import pytest

from bot.domain.events import spoken_event

GROUP = "(target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/prod-tg/123)"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "(service api) has started 2 tasks: (task 0a) (task 0b).",
            "has started 2 tasks",
        ),
        (f"(service api) registered 2 targets in {GROUP}", "registered 2 targets in prod-tg"),
        (
            "(service api) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
            "deployment failed: tasks failed to start",
        ),
        ("(service api) has reached a steady state.", "has reached a steady state"),
        (
            f"(service api) (port 8080) is unhealthy in {GROUP} due to (reason 503).",
            "(port 8080) is unhealthy in prod-tg due to (reason 503)",
        ),
        ("words of next year", "words of next year"),
    ],
)
def test_an_event_loses_its_service_its_ids_and_its_arns(message, said):
    assert spoken_event(message) == said
