"""Which messages are spared, and which are not."""

import pytest

from kpis.services import wake
from kpis.services.wake import in_place_of_message


@pytest.fixture
def messenger(monkeypatch: pytest.MonkeyPatch) -> wake._Messenger:
    """One that keeps what waits, as if its thread were asleep."""
    own = wake._Messenger()
    own.is_running = True
    monkeypatch.setattr(wake, "_messenger", lambda: own)
    return own


def test_what_is_done_in_place_of_a_message_spares_it(messenger: wake._Messenger) -> None:
    messenger.add(1)
    messenger.add(2)
    with in_place_of_message(1):
        assert list(messenger.waiting) == [2]
        messenger.add(1)  # stored by another thread after this one began to read
    assert sorted(messenger.waiting) == [1, 2]


def test_what_fails_is_asked_for_after_all(messenger: wake._Messenger) -> None:
    messenger.add(1)
    for organization_id in (1, 2):
        with pytest.raises(OSError, match="away"), in_place_of_message(organization_id):
            raise OSError("The database is away.")
    assert list(messenger.waiting) == [1]
