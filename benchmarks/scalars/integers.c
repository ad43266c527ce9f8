/* The same kernels as integers.py, written naturally in C. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int64_t gcds(int64_t n)
{
    int64_t total = 0;
    for (int64_t a = 1; a < n; a++)
        for (int64_t b = 1; b < n; b++)
            total += gcd(a, b);
    return total;
}

static int64_t newton_root(int64_t n)
{
    if (n < 2)
        return n;
    int64_t x = n, y = (x + 1) / 2;
    while (y < x) {
        x = y;
        y = (x + n / x) / 2;
    }
    return x;
}

int64_t roots(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += newton_root(i);
    return total;
}

static int64_t power_modulo(int64_t base, int64_t exponent, int64_t modulus)
{
    int64_t result = 1;
    base %= modulus;
    while (exponent > 0) {
        if (exponent & 1)
            result = result * base % modulus;
        base = base * base % modulus;
        exponent >>= 1;
    }
    return result;
}

int64_t powers(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 1; i < n; i++)
        total += power_modulo(i, 1000000005, 1000000007);
    return total;
}

static int64_t digit_sum(int64_t x)
{
    int64_t total = 0;
    while (x > 0) {
        total += x % 10;
        x /= 10;
    }
    return total;
}

int64_t digits(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += digit_sum(i);
    return total;
}

static bool is_perfect(int64_t n)
{
    if (n < 2)
        return false;
    int64_t total = 1;
    for (int64_t i = 2; i * i <= n; i++) {
        if (n % i == 0) {
            total += i;
            if (i * i != n)
                total += n / i;
        }
    }
    return total == n;
}

int64_t perfects(int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (is_perfect(i))
            count += i;
    return count;
}

int64_t triples(int64_t n)
{
    int64_t count = 0;
    for (int64_t a = 1; a < n; a++)
        for (int64_t b = a; b < n; b++)
            for (int64_t c = b; c < n; c++)
                if (a * a + b * b == c * c)
                    count++;
    return count;
}

int64_t lcg(int64_t n)
{
    int64_t x = 12345, total = 0;
    for (int64_t i = 0; i < n; i++) {
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF;
        total += x >> 16;
    }
    return total;
}

int64_t fnv(int64_t n)
{
    int64_t h = 2166136261;
    for (int64_t i = 0; i < n; i++)
        h = ((h ^ (i & 255)) * 16777619) & 0xFFFFFFFF;
    return h;
}

static int64_t bit_count(int64_t x)
{
    int64_t count = 0;
    while (x) {
        x &= x - 1;
        count++;
    }
    return count;
}

int64_t bits(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += bit_count(i);
    return total;
}

static int64_t ackermann(int64_t m, int64_t n)
{
    if (m == 0)
        return n + 1;
    if (n == 0)
        return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int64_t ack(int64_t n) { return ackermann(2, n); }

static int64_t tak(int64_t x, int64_t y, int64_t z)
{
    if (y >= x)
        return z;
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int64_t taks(int64_t n) { return tak(n, 12, 6); }

int64_t divisors(int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        int64_t total = 0;
        for (int64_t d = 1; d < i / 2 + 1; d++)
            if (i % d == 0)
                total += d;
        if (total > best)
            best = total;
    }
    return best;
}

static int64_t binomial(int64_t n, int64_t k)
{
    if (k > n - k)
        k = n - k;
    int64_t result = 1;
    for (int64_t i = 0; i < k; i++)
        result = result * (n - i) / (i + 1);
    return result;
}

int64_t binomials(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < 31; k++)
            total += binomial(30, k) & 1023;
        total ^= i;
    }
    return total;
}

int64_t fibonacci_modulo(int64_t n)
{
    int64_t a = 0, b = 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t c = (a + b) % 1000000007;
        a = b;
        b = c;
    }
    return a;
}

typedef struct {
    int64_t g, x, y;
} Bezout;

static Bezout extended_gcd(int64_t a, int64_t b)
{
    int64_t x0 = 1, x1 = 0, y0 = 0, y1 = 1;
    while (b != 0) {
        int64_t q = a / b, t;
        t = a - q * b, a = b, b = t;
        t = x0 - q * x1, x0 = x1, x1 = t;
        t = y0 - q * y1, y0 = y1, y1 = t;
    }
    return (Bezout){a, x0, y0};
}

int64_t bezout(int64_t n)
{
    int64_t total = 0;
    for (int64_t a = 1; a < n; a++) {
        Bezout found = extended_gcd(a, 1000003);
        total += found.g + found.x - found.y;
    }
    return total;
}

static int64_t reverse_digits(int64_t x)
{
    int64_t result = 0;
    while (x > 0) {
        result = result * 10 + x % 10;
        x /= 10;
    }
    return result;
}

int64_t palindromes(int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (reverse_digits(i) == i)
            count++;
    return count;
}

static bool is_happy(int64_t n)
{
    while (n != 1 && n != 4) {
        int64_t total = 0;
        while (n > 0) {
            int64_t d = n % 10;
            total += d * d;
            n /= 10;
        }
        n = total;
    }
    return n == 1;
}

int64_t happy(int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 1; i < n; i++)
        if (is_happy(i))
            count++;
    return count;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

static int64_t mix(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return clamp(a * 3 + b, -1000, 1000) + clamp(c - d * 2, -500, 500);
}

int64_t mixes(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += mix(i % 700, i, i % 13, i % 1001);
    return total;
}

static bool is_odd(int64_t n);
static bool is_even(int64_t n) { return n == 0 ? true : is_odd(n - 1); }
static bool is_odd(int64_t n) { return n == 0 ? false : is_even(n - 1); }

int64_t parity(int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (is_even(i % 200))
            count++;
    return count;
}

static int64_t hanoi(int64_t n, int64_t a, int64_t b, int64_t c)
{
    if (n == 0)
        return 0;
    return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a);
}

int64_t towers(int64_t n) { return hanoi(n, 1, 2, 3); }

static int64_t paths(int64_t rows, int64_t columns)
{
    if (rows == 0 || columns == 0)
        return 1;
    return paths(rows - 1, columns) + paths(rows, columns - 1);
}

int64_t grid(int64_t n) { return paths(n, n); }

int64_t josephus(int64_t n)
{
    int64_t total = 0;
    for (int64_t k = 1; k < n; k++) {
        int64_t position = 0;
        for (int64_t size = 2; size < 1000; size++)
            position = (position + k) % size;
        total += position;
    }
    return total;
}

static int64_t reverse_bits(int64_t x)
{
    int64_t result = 0;
    for (int i = 0; i < 32; i++) {
        result = (result << 1) | (x & 1);
        x >>= 1;
    }
    return result;
}

int64_t bit_reversals(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total ^= reverse_bits(i);
    return total;
}

int64_t collatz_longest(int64_t n)
{
    int64_t best = 0, answer = 0;
    for (int64_t i = 1; i < n; i++) {
        int64_t x = i, length = 1;
        while (x > 1) {
            x = (x & 1) == 0 ? x >> 1 : 3 * x + 1;
            length++;
        }
        if (length > best) {
            best = length;
            answer = i;
        }
    }
    return answer;
}

int64_t armstrong(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t x = i, cubes = 0;
        while (x) {
            int64_t d = x % 10;
            cubes += d * d * d;
            x /= 10;
        }
        if (cubes == i)
            total += i;
    }
    return total;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

int64_t extremes(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += larger(i % 17, 5) - smaller(i % 11, 7) + llabs(i % 5 - 2);
    return total;
}

int64_t triangle32(int64_t size)
{
    int32_t n = size, count = 0;
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++)
            if ((a * b + a) % 7 == 3)
                count++;
    return count;
}

int64_t hash32(int64_t n)
{
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < n; i++) {
        h = (h ^ (i & 0xFF)) * 16777619u;
        h ^= h >> 15;
    }
    return h;
}

uint64_t random64(int64_t n)
{
    uint64_t state = 1, total = 0;
    for (int64_t i = 0; i < n; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        uint64_t x = ((state >> 18) ^ state) >> 27;
        total ^= x & 0xFFFFFFFF;
    }
    return total;
}

int64_t dice(int64_t n)
{
    int64_t seed = 42, sixes = 0;
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        if (seed % 6 + 1 == 6)
            sixes++;
    }
    return sixes;
}

int64_t polynomial(int64_t n)
{
    int64_t total = 0;
    for (int64_t x = 0; x < n; x++)
        total = (total + ((3 * x + 2) * x + 7) * x + 1) % 1000003;
    return total;
}

static bool odd_prime(int64_t n)
{
    if (n < 2)
        return false;
    if (n % 2 == 0)
        return n == 2;
    for (int64_t d = 3; d * d <= n; d += 2)
        if (n % d == 0)
            return false;
    return true;
}

int64_t goldbach(int64_t n)
{
    int64_t found = 0;
    for (int64_t number = 4; number < n; number += 2)
        for (int64_t p = 2; p <= number / 2; p++)
            if (odd_prime(p) && odd_prime(number - p)) {
                found++;
                break;
            }
    return found;
}

static int64_t change(int64_t amount, int64_t coin)
{
    if (amount == 0)
        return 1;
    if (amount < 0 || coin == 0)
        return 0;
    int64_t smaller = coin == 50 ? 25 : coin == 25 ? 10 : coin == 10 ? 5 : coin == 5 ? 1 : 0;
    return change(amount, smaller) + change(amount - coin, coin);
}

int64_t coins(int64_t n) { return change(n, 50); }

int64_t totients(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 1; i < n; i++) {
        int64_t result = i, m = i;
        for (int64_t p = 2; p * p <= m; p++) {
            if (m % p == 0) {
                while (m % p == 0)
                    m /= p;
                result -= result / p;
            }
        }
        if (m > 1)
            result -= result / m;
        total += result;
    }
    return total;
}
