"""Every reason of a function is reported, not only the first; what follows from another is not."""

import os


def several(n: int, names: list[str], extra) -> str:  # error: [PF103]
    print(n)  # error: [PF106]
    total = 0
    for name in names:  # error: [PF101]
        total += len(name)
        if name.startswith("x"):  # error: [PF106]
            break
        os.environ[name] = "seen"  # error: [PF101] # error: [PF102]
    try:  # error: [PF101]
        process = os.getpid() + n  # error: [PF106]
        total += process
    except OSError as error:
        print(error)  # error: [PF106]
    else:
        total += 1
    with open(names[0]) as file:  # error: [PF101] # error: [PF106] # error: [PF112]
        again = file.name + name  # error: [PF102]
    match (n, n):
        case (1, *_rest):  # error: [PF101]
            kept = [1, 2]  # error: [PF102]
        case (other, 2):
            total += abs(other)
    while again and kept:
        total -= len(os.listdir(again))  # error: [PF106]
    return "x"


def variables(n: int) -> int:
    count = 1
    count = 0.5  # error: [PF105] # error: [PF401]
    shown = {n: ord("x")}  # error: [PF102] # error: [PF106]
    if n > max(shown, default=0):  # error: [PF106]
        count = 2
        return count + shown[n]
    for index in range(n):
        print(index)  # error: [PF106]
    return count


class Counter:
    def step(self, by: int) -> int:  # error: [PF104]
        self.value = by  # error: [PF101]
        return by + self.value + abs(self.other(sorted([by])))  # error: [PF102] # error: [PF106]

    def other(self, values: list[int]) -> int:  # error: [PF104]
        return 1


def numbers(n: int, *more: int):  # error: [PF108] # error: [PF109]
    for index in range(n):
        yield index + len(more)  # error: [PF102]
