/* Loops over arrays of numbers; counterpart of arrays.py. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t i64;
#define LENGTH 20000
#define NOINLINE static __attribute__((noinline))

NOINLINE i64 *ramp(i64 n)
{
    i64 *made = malloc(n * sizeof *made);
    for (i64 i = 0; i < n; i++)
        made[i] = (i * 7919) & 1023;
    return made;
}

NOINLINE double *waves(i64 n)
{
    double *made = malloc(n * sizeof *made);
    for (i64 i = 0; i < n; i++)
        made[i] = ((i * 7919) & 1023) * 0.25;
    return made;
}

NOINLINE i64 sum(const i64 *a, i64 n)
{
    i64 s = 0;
    for (i64 i = 0; i < n; i++)
        s += a[i];
    return s;
}

NOINLINE i64 sum_enumerated(const i64 *a, i64 n)
{
    i64 s = 0;
    for (i64 i = 0; i < n; i++)
        s += i & a[i];
    return s;
}

NOINLINE i64 dot_int(const i64 *a, const i64 *b, i64 n)
{
    i64 s = 0;
    for (i64 i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

NOINLINE double float_sum(const double *a, i64 n)
{
    double s = 0;
    for (i64 i = 0; i < n; i++)
        s += a[i];
    return s;
}

NOINLINE double dot(const double *a, const double *b, i64 n)
{
    double s = 0;
    for (i64 i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

i64 int_sums(i64 n)
{
    i64 *a = ramp(LENGTH), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s ^= sum(a, LENGTH);
    }
    free(a);
    return s;
}

i64 int_index_sums(i64 n)
{
    return int_sums(n);
}

i64 int_enumerated(i64 n)
{
    i64 *a = ramp(LENGTH), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s ^= sum_enumerated(a, LENGTH);
    }
    free(a);
    return s;
}

i64 int_dots(i64 n)
{
    i64 *a = ramp(LENGTH), *b = ramp(LENGTH), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s ^= dot_int(a, b, LENGTH);
    }
    free(a);
    free(b);
    return s;
}

double float_sums(i64 n)
{
    double *a = waves(LENGTH), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s += float_sum(a, LENGTH);
    }
    free(a);
    return s;
}

double float_dots(i64 n)
{
    double *a = waves(LENGTH), *b = waves(LENGTH), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s += dot(a, b, LENGTH);
    }
    free(a);
    free(b);
    return s;
}

NOINLINE i64 accumulate(const i64 *a, i64 *sums, i64 n)
{
    i64 s = 0;
    for (i64 i = 0; i < n; i++) {
        s += a[i];
        sums[i] = s;
    }
    return s;
}

i64 prefix_sums(i64 n)
{
    i64 *a = ramp(LENGTH), *sums = calloc(LENGTH, sizeof *sums), s = 0;
    for (i64 k = 0; k < n; k++)
        s ^= accumulate(a, sums, LENGTH) + sums[k % LENGTH];
    free(a);
    free(sums);
    return s;
}

NOINLINE void scale_into(const double *a, double *b, double k, i64 n)
{
    for (i64 i = 0; i < n; i++)
        b[i] = b[i] * 0.5 + a[i] * k;
}

double axpy(i64 n)
{
    double *a = waves(LENGTH), *b = waves(LENGTH);
    for (i64 k = 0; k < n; k++)
        scale_into(a, b, 0.75, LENGTH);
    double s = float_sum(b, LENGTH);
    free(a);
    free(b);
    return s;
}

i64 sieve(i64 n)
{
    char *prime = malloc(n + 1);
    memset(prime, 1, n + 1);
    i64 count = 0;
    for (i64 i = 2; i <= n; i++)
        if (prime[i]) {
            count++;
            for (i64 j = i * i; j <= n; j += i)
                prime[j] = 0;
        }
    free(prime);
    return count;
}

NOINLINE void multiply(const double *a, const double *b, double *c, i64 n)
{
    for (i64 i = 0; i < n; i++)
        for (i64 j = 0; j < n; j++) {
            double s = 0;
            for (i64 k = 0; k < n; k++)
                s += a[i * n + k] * b[k * n + j];
            c[i * n + j] = s;
        }
}

double matrix_product(i64 n)
{
    double *a = waves(n * n), *b = waves(n * n), *c = waves(n * n);
    multiply(a, b, c, n);
    double s = float_sum(c, n * n);
    free(a);
    free(b);
    free(c);
    return s;
}

NOINLINE void multiply_rows(const double *a, const double *b, double *c, i64 n)
{
    for (i64 i = 0; i < n; i++)
        for (i64 k = 0; k < n; k++) {
            double x = a[i * n + k];
            for (i64 j = 0; j < n; j++)
                c[i * n + j] += x * b[k * n + j];
        }
}

double matrix_rows(i64 n)
{
    double *a = waves(n * n), *b = waves(n * n), *c = waves(n * n);
    multiply_rows(a, b, c, n);
    double s = float_sum(c, n * n);
    free(a);
    free(b);
    free(c);
    return s;
}

NOINLINE i64 weighted(const i64 *a, i64 n)
{
    i64 s = 0;
    for (i64 i = 0; i < n; i++)
        s += i * a[i];
    return s;
}

NOINLINE void bubble(i64 *a, i64 n)
{
    for (i64 i = 0; i < n; i++)
        for (i64 j = 0; j < n - 1 - i; j++)
            if (a[j] > a[j + 1]) {
                i64 t = a[j];
                a[j] = a[j + 1];
                a[j + 1] = t;
            }
}

i64 bubble_sort(i64 n)
{
    i64 *a = ramp(n);
    bubble(a, n);
    i64 s = weighted(a, n);
    free(a);
    return s;
}

NOINLINE void insert(i64 *a, i64 n)
{
    for (i64 i = 1; i < n; i++) {
        i64 x = a[i], j = i - 1;
        while (j >= 0 && a[j] > x) {
            a[j + 1] = a[j];
            j--;
        }
        a[j + 1] = x;
    }
}

i64 insertion_sort(i64 n)
{
    i64 *a = ramp(n);
    insert(a, n);
    i64 s = weighted(a, n);
    free(a);
    return s;
}

NOINLINE void count_values(const i64 *a, i64 *counts, i64 n)
{
    for (i64 i = 0; i < n; i++)
        counts[a[i]]++;
}

i64 histogram(i64 n)
{
    i64 *a = ramp(LENGTH), *counts = calloc(1024, sizeof *counts);
    for (i64 k = 0; k < n; k++)
        count_values(a, counts, LENGTH);
    i64 s = weighted(counts, 1024);
    free(a);
    free(counts);
    return s;
}

NOINLINE double gather(const i64 *a, const double *b, i64 n)
{
    double s = 0;
    for (i64 i = 0; i < n; i++)
        s += b[a[i]];
    return s;
}

double gathers(i64 n)
{
    i64 *a = ramp(LENGTH);
    double *b = waves(1024), s = 0;
    for (i64 k = 0; k < n; k++) {
        __asm__ volatile("" ::: "memory");
        s += gather(a, b, LENGTH);
    }
    free(a);
    free(b);
    return s;
}

i64 appends(i64 n)
{
    i64 *a = NULL, length = 0, capacity = 0;
    for (i64 i = 0; i < n; i++) {
        if (length == capacity) {
            capacity = capacity ? capacity + capacity / 2 : 8;
            a = realloc(a, capacity * sizeof *a);
        }
        a[length++] = i & 1023;
    }
    i64 s = sum(a, length);
    free(a);
    return s;
}
