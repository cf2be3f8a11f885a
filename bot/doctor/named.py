"""What a place is called in a finding, and where it stands in the catalogue."""

from bot.domain.place import Place


def called(place: Place) -> str:
    return f"{place.service} in {place.environment}"


def where(place: Place) -> str:
    return f"services.{place.service}.environments.{place.environment}"
