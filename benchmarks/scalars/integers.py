"""More integer kernels, as written in `integers.c`."""

from pyfreeze import int32, int64, uint32, uint64


def gcd(a: int64, b: int64) -> int64:
    while b:
        a, b = b, a % b
    return a


def gcds(n: int64) -> int64:
    total: int64 = 0
    for a in range(1, n):
        for b in range(1, n):
            total += gcd(a, b)
    return total


def newton_root(n: int64) -> int64:
    if n < 2:
        return n
    x = n
    y = (x + 1) // 2
    while y < x:
        x = y
        y = (x + n // x) // 2
    return x


def roots(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += newton_root(i)
    return total


def power_modulo(base: int64, exponent: int64, modulus: int64) -> int64:
    result: int64 = 1
    base %= modulus
    while exponent > 0:
        if exponent & 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent >>= 1
    return result


def powers(n: int64) -> int64:
    total: int64 = 0
    for i in range(1, n):
        total += power_modulo(i, 1_000_000_005, 1_000_000_007)
    return total


def digit_sum(x: int64) -> int64:
    total: int64 = 0
    while x > 0:
        total += x % 10
        x //= 10
    return total


def digits(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += digit_sum(i)
    return total


def is_perfect(n: int64) -> bool:
    if n < 2:
        return False
    total: int64 = 1
    i: int64 = 2
    while i * i <= n:
        if n % i == 0:
            total += i
            if i * i != n:
                total += n // i
        i += 1
    return total == n


def perfects(n: int64) -> int64:
    count: int64 = 0
    for i in range(n):
        if is_perfect(i):
            count += i
    return count


def triples(n: int64) -> int64:
    count: int64 = 0
    for a in range(1, n):
        for b in range(a, n):
            for c in range(b, n):
                if a * a + b * b == c * c:
                    count += 1
    return count


def lcg(n: int64) -> int64:
    x: int64 = 12345
    total: int64 = 0
    for _ in range(n):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        total += x >> 16
    return total


def fnv(n: int64) -> int64:
    h: int64 = 2166136261
    for i in range(n):
        h = ((h ^ (i & 255)) * 16777619) & 0xFFFFFFFF
    return h


def bit_count(x: int64) -> int64:
    count: int64 = 0
    while x:
        x &= x - 1
        count += 1
    return count


def bits(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += bit_count(i)
    return total


def ackermann(m: int64, n: int64) -> int64:
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def ack(n: int64) -> int64:
    return ackermann(2, n)


def tak(x: int64, y: int64, z: int64) -> int64:
    if y >= x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def taks(n: int64) -> int64:
    return tak(n, 12, 6)


def divisors(n: int64) -> int64:
    best: int64 = 0
    for i in range(1, n):
        total: int64 = 0
        for d in range(1, i // 2 + 1):
            if i % d == 0:
                total += d
        if total > best:
            best = total
    return best


def binomial(n: int64, k: int64) -> int64:
    if k > n - k:
        k = n - k
    result: int64 = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result


def binomials(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        for k in range(31):
            total += binomial(30, k) & 1023
        total ^= i
    return total


def fibonacci_modulo(n: int64) -> int64:
    a: int64 = 0
    b: int64 = 1
    for _ in range(n):
        a, b = b, (a + b) % 1_000_000_007
    return a


def extended_gcd(a: int64, b: int64) -> tuple[int64, int64, int64]:
    x0: int64 = 1
    x1: int64 = 0
    y0: int64 = 0
    y1: int64 = 1
    while b != 0:
        q = a // b
        a, b = b, a - q * b
        x0, x1 = x1, x0 - q * x1
        y0, y1 = y1, y0 - q * y1
    return a, x0, y0


def bezout(n: int64) -> int64:
    total: int64 = 0
    for a in range(1, n):
        g, x, y = extended_gcd(a, 1_000_003)
        total += g + x - y
    return total


def reverse_digits(x: int64) -> int64:
    result: int64 = 0
    while x > 0:
        result = result * 10 + x % 10
        x //= 10
    return result


def palindromes(n: int64) -> int64:
    count: int64 = 0
    for i in range(n):
        if reverse_digits(i) == i:
            count += 1
    return count


def is_happy(n: int64) -> bool:
    while n != 1 and n != 4:
        total: int64 = 0
        while n > 0:
            d = n % 10
            total += d * d
            n //= 10
        n = total
    return n == 1


def happy(n: int64) -> int64:
    count: int64 = 0
    for i in range(1, n):
        if is_happy(i):
            count += 1
    return count


def clamp(x: int64, low: int64, high: int64) -> int64:
    if x < low:
        return low
    if x > high:
        return high
    return x


def mix(a: int64, b: int64, c: int64, d: int64) -> int64:
    return clamp(a * 3 + b, -1000, 1000) + clamp(c - d * 2, -500, 500)


def mixes(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += mix(i % 700, i, i % 13, i % 1001)
    return total


def is_even(n: int64) -> bool:
    return True if n == 0 else is_odd(n - 1)


def is_odd(n: int64) -> bool:
    return False if n == 0 else is_even(n - 1)


def parity(n: int64) -> int64:
    count: int64 = 0
    for i in range(n):
        if is_even(i % 200):
            count += 1
    return count


def hanoi(n: int64, a: int64, b: int64, c: int64) -> int64:
    if n == 0:
        return 0
    return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)


def towers(n: int64) -> int64:
    return hanoi(n, 1, 2, 3)


def paths(rows: int64, columns: int64) -> int64:
    if rows == 0 or columns == 0:
        return 1
    return paths(rows - 1, columns) + paths(rows, columns - 1)


def grid(n: int64) -> int64:
    return paths(n, n)


def josephus(n: int64) -> int64:
    total: int64 = 0
    for k in range(1, n):
        position: int64 = 0
        for size in range(2, 1000):
            position = (position + k) % size
        total += position
    return total


def reverse_bits(x: int64) -> int64:
    result: int64 = 0
    for _ in range(32):
        result = (result << 1) | (x & 1)
        x >>= 1
    return result


def bit_reversals(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total ^= reverse_bits(i)
    return total


def collatz_longest(n: int64) -> int64:
    best: int64 = 0
    answer: int64 = 0
    for i in range(1, n):
        x = i
        length: int64 = 1
        while x > 1:
            x = x >> 1 if x & 1 == 0 else 3 * x + 1
            length += 1
        if length > best:
            best = length
            answer = i
    return answer


def armstrong(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        x = i
        cubes: int64 = 0
        while x:
            d = x % 10
            cubes += d * d * d
            x //= 10
        if cubes == i:
            total += i
    return total


def extremes(n: int64) -> int64:
    total: int64 = 0
    for i in range(n):
        total += max(i % 17, 5) - min(i % 11, 7) + abs(i % 5 - 2)
    return total


def triangle32(n: int32) -> int32:
    count: int32 = 0
    for a in range(n):
        for b in range(n):
            if (a * b + a) % 7 == 3:
                count += 1
    return count


def hash32(n: int64) -> int64:
    h: uint32 = 2166136261
    i: uint32 = 0
    while i < n:
        h = ((h ^ (i & 0xFF)) * 16777619) & 0xFFFFFFFF
        h ^= h >> 15
        i += 1
    return h


def random64(n: int64) -> uint64:
    state: uint64 = 1
    total: uint64 = 0
    for _ in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        x = ((state >> 18) ^ state) >> 27
        total ^= x & 0xFFFFFFFF
    return total


def dice(n: int64) -> int64:
    seed: int64 = 42
    sixes: int64 = 0
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) % 2147483648
        if seed % 6 + 1 == 6:
            sixes += 1
    return sixes


def polynomial(n: int64) -> int64:
    total: int64 = 0
    for x in range(n):
        total = (total + ((3 * x + 2) * x + 7) * x + 1) % 1_000_003
    return total


def goldbach(n: int64) -> int64:
    found: int64 = 0
    number: int64 = 4
    while number < n:
        p: int64 = 2
        while p <= number // 2:
            if odd_prime(p) and odd_prime(number - p):
                found += 1
                break
            p += 1
        number += 2
    return found


def odd_prime(n: int64) -> bool:
    if n < 2:
        return False
    if n % 2 == 0:
        return n == 2
    d: int64 = 3
    while d * d <= n:
        if n % d == 0:
            return False
        d += 2
    return True


def change(amount: int64, coin: int64) -> int64:
    if amount == 0:
        return 1
    if amount < 0 or coin == 0:
        return 0
    smaller: int64 = 25 if coin == 50 else 10 if coin == 25 else 5 if coin == 10 else 1 if coin == 5 else 0
    return change(amount, smaller) + change(amount - coin, coin)


def coins(n: int64) -> int64:
    return change(n, 50)


def totients(n: int64) -> int64:
    total: int64 = 0
    for i in range(1, n):
        result = i
        m = i
        p: int64 = 2
        while p * p <= m:
            if m % p == 0:
                while m % p == 0:
                    m //= p
                result -= result // p
            p += 1
        if m > 1:
            result -= result // m
        total += result
    return total
