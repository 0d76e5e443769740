"""What a user is told where something is wrong."""

import pytest

from attendna.errors import UserError


def sentence(call, *arguments, **keywords):
    """The one sentence in which a call ends."""
    with pytest.raises(UserError) as caught:
        call(*arguments, **keywords)
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "?"))
    return message
