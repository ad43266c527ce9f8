/* The kernels of views.py. The length of both arrays is 1,000,000. */
#include <stdint.h>

enum { LENGTH = 1000000 };

double view_sums(double *a, double *b, int64_t n)
{
    double total = 0.0;
    for (int64_t k = 0; k < n; k++) {
        double s = 0.0;
        for (int64_t i = 0; i < LENGTH; i++)
            s += a[i];
        total += s;
        __asm__ volatile("" ::: "memory");
    }
    return total;
}

double view_dots(double *a, double *b, int64_t n)
{
    double total = 0.0;
    for (int64_t k = 0; k < n; k++) {
        double s = 0.0;
        for (int64_t i = 0; i < LENGTH; i++)
            s += a[i] * b[i];
        total += s;
        __asm__ volatile("" ::: "memory");
    }
    return total;
}

double view_axpy(double *a, double *b, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < LENGTH; i++)
            a[i] += 1e-9 * b[i];
    return a[1];
}

double view_stencil(double *a, double *b, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        for (int64_t i = 1; i < LENGTH - 1; i++)
            b[i] = 0.25 * a[i - 1] + 0.5 * a[i] + 0.25 * a[i + 1];
        b[0] = b[1];
    }
    return b[1];
}

double view_stencil_converted(double *a, double *b, int64_t n)
{
    return view_stencil(a, b, n);
}

double view_product(double *a, double *b, int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double s = 0.0;
            for (int64_t k = 0; k < n; k++)
                s += a[i * n + k] * b[k * n + j];
            total += s;
        }
    return total;
}
