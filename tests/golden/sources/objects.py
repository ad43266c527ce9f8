def first_at_least(items, least, low=0):
    high = len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


def weights(items):
    total = 0.0
    for i in range(len(items)):
        total += items[i] * 0.5
    return total
