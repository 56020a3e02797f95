"""Fixtures and settings that every room of the suite shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

# machines are noisy, so no example has a deadline; a CI run is the same run every time
hypothesis_settings.register_profile("local", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the checkout; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the reference folder ../shared")
    return SHARED
