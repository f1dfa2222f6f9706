import re

from commerce.kernel.tokens import new_token


def test_tokens_are_long_and_fit_into_addresses() -> None:
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[\w-]{32}", token) for token in tokens)
