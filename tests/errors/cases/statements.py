"""PF101: statements that are not compiled yet."""


def protected(n: int) -> int:
    try:  # error: [PF101]
        return 1 // n
    except ZeroDivisionError:
        return 0


def managed(n: int) -> int:
    with open("/dev/null"):  # error: [PF101] # error: [PF106]
        return n


def matched(n: int) -> int:
    match (n, n):
        case (0, *_rest):  # error: [PF101]
            return 1
        case _:
            return n


def imported(n: int) -> int:
    import math  # error: [PF101]

    return math.isqrt(n)


def counts_calls(n: int) -> int:
    global calls  # error: [PF101]
    calls += n
    return n


calls = 0


def over_text(n: int) -> int:
    for _ in "abc":  # error: [PF101]
        n += 1
    return n
