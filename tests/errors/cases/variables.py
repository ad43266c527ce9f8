"""PF105 and PF114: values that may be of several types."""


def mixed(n: int, large: bool) -> float:
    half = n / 2 if large else n  # error: [PF105]
    return half + 0.5


def falls_off(n: int) -> int:  # error: [PF105]  # error: [PF401]
    if n:
        return 1


def takes_a_float(x: float) -> float:
    return x + 1.0


def gives_an_int(n: int) -> float:
    return takes_a_float(n)  # error: [PF114]
