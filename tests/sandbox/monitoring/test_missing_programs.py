"""Where Prometheus is not installed, the sandbox says so and how to get it."""

import pytest

from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring, NotStarted


async def test_what_is_missing_is_told_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monitoring = Monitoring(
        folder=tmp_path / "monitoring",
        api_url="http://127.0.0.1:9",
        pagerduty_url="http://127.0.0.1:9",
        webhook_url="http://127.0.0.1:9",
    )
    assert not Monitoring.available()
    with pytest.raises(NotStarted, match="apt-get install prometheus prometheus-alertmanager"):
        await monitoring.start()
    assert "brew install" in HOW_TO_GET_THEM
    assert not (tmp_path / "monitoring").exists()
