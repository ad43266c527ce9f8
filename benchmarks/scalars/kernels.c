/* The same kernels as kernels.py, written naturally in C. */
#include <stdbool.h>
#include <stdint.h>

static int64_t escape(double cr, double ci, int64_t limit)
{
    double zr = 0.0, zi = 0.0;
    for (int64_t k = 0; k < limit; k++) {
        double r2 = zr * zr, i2 = zi * zi;
        if (r2 + i2 > 4.0)
            return k;
        zi = 2.0 * zr * zi + ci;
        zr = r2 - i2 + cr;
    }
    return limit;
}

int64_t mandelbrot(int64_t n)
{
    int64_t total = 0;
    for (int64_t row = 0; row < n; row++) {
        double ci = 2.0 * row / n - 1.0;
        for (int64_t col = 0; col < n; col++) {
            double cr = 3.0 * col / n - 2.0;
            total += escape(cr, ci, 200) * (col + 1);
        }
    }
    return total;
}

int64_t collatz(int64_t n)
{
    int64_t best = 0;
    for (int64_t start = 1; start < n; start++) {
        int64_t steps = 0, x = start;
        while (x != 1) {
            if (x % 2 == 0)
                x = x / 2;
            else
                x = 3 * x + 1;
            steps++;
        }
        if (steps > best)
            best = steps;
    }
    return best;
}

int64_t euler(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        if (i % 3 == 0 || i % 5 == 0)
            total += i;
    return total;
}

int64_t squares(int64_t n)
{
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += i * i % 7;
    return total;
}

static bool is_prime(int64_t n)
{
    if (n < 2)
        return false;
    for (int64_t divisor = 2; divisor * divisor <= n; divisor++)
        if (n % divisor == 0)
            return false;
    return true;
}

int64_t primes(int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (is_prime(i))
            count++;
    return count;
}

int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int64_t fib_plain(int64_t n) { return n < 2 ? n : fib_plain(n - 1) + fib_plain(n - 2); }

uint64_t xorshift(int64_t n)
{
    uint64_t x = 88172645463325252ULL, h = 14695981039346656037ULL;
    for (int64_t i = 0; i < n; i++) {
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        uint64_t r = x * 2685821657736338717ULL;
        h = (h ^ (r >> 40)) * 1099511628211ULL;
        h = (h << 13) | (h >> 51);
    }
    return h >> 1;
}

static double curve(double x) { return x * x * x - 2.0 * x + 1.0 / (1.0 + x * x); }

double integrate(int64_t n)
{
    double step = 10.0 / n, total = 0.0;
    for (int64_t i = 0; i < n; i++)
        total += curve(i * step) * step;
    return total;
}
