import pytest


@pytest.fixture(autouse=True)
def _no_local_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep results of an earlier run out: flytekit remembers those of cached tasks in the home folder."""
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", "0")
