"""Grafana: dashboards, pictures of panels, annotations."""
