"""PF401: what mypy objects to. It does not stop the build."""


def wrong(n: int) -> int:
    text: str = n  # error: [PF401]
    return len(text)  # error: [PF112]


def right(n: int) -> int:
    return n


right("1")  # error: [PF401]
