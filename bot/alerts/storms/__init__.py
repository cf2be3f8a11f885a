"""Storms: alert groups that begin faster than their channel can show cards."""
