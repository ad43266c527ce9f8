/* The same kernels as floats.py, written naturally in C. */
#include <math.h>
#include <stdint.h>

static double slope(double t, double y) { return y * (1.0 - y) - 0.1 * t; }

double rk4(int64_t n)
{
    double y = 0.5, t = 0.0, h = 1.0 / n;
    for (int64_t i = 0; i < n; i++) {
        double k1 = slope(t, y);
        double k2 = slope(t + h / 2.0, y + h * k1 / 2.0);
        double k3 = slope(t + h / 2.0, y + h * k2 / 2.0);
        double k4 = slope(t + h, y + h * k3);
        y += h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0;
        t += h;
    }
    return y;
}

double orbit(int64_t n)
{
    double x = 1.0, y = 0.0, vx = 0.0, vy = 1.0, dt = 0.001;
    for (int64_t i = 0; i < n; i++) {
        double r2 = x * x + y * y, r3 = r2 * sqrt(r2);
        vx -= dt * x / r3;
        vy -= dt * y / r3;
        x += dt * vx;
        y += dt * vy;
    }
    return x * x + y * y;
}

double pendulum(int64_t n)
{
    double angle = 1.0, speed = 0.0, dt = 0.0001;
    for (int64_t i = 0; i < n; i++) {
        speed -= 9.81 * sin(angle) * dt;
        angle += speed * dt;
    }
    return angle;
}

double simpson(int64_t n)
{
    double h = 2.0 / n, total = exp(0.0) + exp(-4.0);
    for (int64_t i = 1; i < n; i++) {
        double x = i * h;
        total += (i % 2 == 1 ? 4.0 : 2.0) * exp(-x * x);
    }
    return total * h / 3.0;
}

double monte_carlo(int64_t n)
{
    int64_t seed = 12345, inside = 0;
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF;
        double x = seed / 2147483648.0;
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF;
        double y = seed / 2147483648.0;
        if (x * x + y * y <= 1.0)
            inside++;
    }
    return 4.0 * inside / n;
}

double logistic(int64_t n)
{
    double x = 0.3, total = 0.0;
    for (int64_t i = 0; i < n; i++) {
        x = 3.9 * x * (1.0 - x);
        total += x;
    }
    return total / n;
}

double leibniz(int64_t n)
{
    double total = 0.0, sign = 1.0;
    for (int64_t k = 0; k < n; k++) {
        total += sign / (2 * k + 1);
        sign = -sign;
    }
    return 4.0 * total;
}

double horner(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double x = (double)i / n;
        total += ((((2.0 * x - 3.0) * x + 1.5) * x - 0.25) * x + 4.0) * x - 1.0;
    }
    return total;
}

static double root(double a)
{
    double x = a;
    for (int i = 0; i < 20; i++)
        x = 0.5 * (x + a / x);
    return x;
}

double babylonian(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 1; i < n; i++)
        total += root(i * 1.0);
    return total;
}

double bands(int64_t n)
{
    double low = 0.0, high = 0.0, x = 0.5;
    for (int64_t i = 0; i < n; i++) {
        x = x * 1.000001 + 0.1;
        if (x > 10.0)
            x -= 10.0;
        if (x < 3.0)
            low += x;
        else if (x > 7.0)
            high += x * 0.5;
        else
            low -= 0.001;
    }
    return low + high;
}

typedef struct {
    double x, y, z;
} Point;

static Point lorenz_step(double x, double y, double z, double dt)
{
    return (Point){x + 10.0 * (y - x) * dt, y + (x * (28.0 - z) - y) * dt, z + (x * y - 8.0 / 3.0 * z) * dt};
}

double lorenz(int64_t n)
{
    Point p = {1.0, 1.0, 1.0};
    for (int64_t i = 0; i < n; i++)
        p = lorenz_step(p.x, p.y, p.z, 0.001);
    return p.x + p.y + p.z;
}

double harmonic(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 1; i < n + 1; i++)
        total += 1.0 / i;
    return total;
}

int64_t julia(int64_t n)
{
    int64_t total = 0;
    for (int64_t row = 0; row < n; row++)
        for (int64_t column = 0; column < n; column++) {
            double x = -1.5 + 3.0 * column / n, y = -1.5 + 3.0 * row / n;
            int64_t k = 0;
            while (k < 100 && x * x + y * y < 4.0) {
                double t = x * x - y * y - 0.8;
                y = 2.0 * x * y + 0.156;
                x = t;
                k++;
            }
            total += k;
        }
    return total;
}

static double quarter(double x) { return sqrt(1.0 - x * x); }

double trapezoid(int64_t n)
{
    double h = 1.0 / n, total = (quarter(0.0) + quarter(1.0)) / 2.0;
    for (int64_t i = 1; i < n; i++)
        total += quarter(i * h);
    return total * h * 4.0;
}

static double surface(double x, double y) { return x * x * y + x / (1.0 + y * y); }

double double_integral(int64_t n)
{
    double h = 1.0 / n, total = 0.0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            total += surface((i + 0.5) * h, (j + 0.5) * h);
    return total * h * h;
}

double spring(int64_t n)
{
    double t = 0.0, dt = 0.001, end = n * 0.001, position = 1.0, velocity = 0.0, highest = 0.0;
    while (t < end) {
        double acceleration = -4.0 * position - 0.1 * velocity;
        velocity += acceleration * dt;
        position += velocity * dt;
        if (fabs(position) > highest)
            highest = fabs(position);
        t += dt;
    }
    return position + highest;
}

static double bisect(double target)
{
    double low = 0.0, high = 2.0;
    while (high - low > 1e-12) {
        double middle = (low + high) / 2.0;
        if (middle * middle * middle + middle < target)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double bisections(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++)
        total += bisect(5.0 * i / n);
    return total;
}

static double kepler(double mean, double eccentricity)
{
    double anomaly = mean;
    for (int i = 0; i < 5; i++)
        anomaly -= (anomaly - eccentricity * sin(anomaly) - mean) / (1.0 - eccentricity * cos(anomaly));
    return anomaly;
}

double kepler_sum(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++)
        total += kepler(6.0 * i / n, 0.3);
    return total;
}

double smooth(int64_t n)
{
    double average = 0.0, worst = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double value = (i % 100) * 0.01;
        average = 0.9 * average + 0.1 * value;
        double error = fabs(value - average);
        worst = error > worst ? error : worst;
    }
    return average + worst;
}

double compound(int64_t n)
{
    double total = 0.0;
    for (int64_t years = 0; years < n; years++) {
        double balance = 1000.0;
        int64_t year = 0;
        while (balance < 2000.0) {
            balance *= 1.0 + (years % 10 + 1) / 100.0;
            year++;
        }
        total += year;
    }
    return total;
}

static double distance(double x1, double y1, double x2, double y2)
{
    return sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2));
}

double tour(int64_t n)
{
    double total = 0.0, x = 0.0, y = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double nx = (i * 7919 % 1000) / 10.0, ny = (i * 104729 % 1000) / 10.0;
        total += distance(x, y, nx, ny);
        x = nx;
        y = ny;
    }
    return total;
}

static double taylor_sine(double x)
{
    double term = x, total = x;
    for (int64_t k = 1; fabs(term) > 1e-15; k++) {
        term *= -x * x / ((2 * k) * (2 * k + 1));
        total += term;
    }
    return total;
}

double sines(int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i++)
        total += taylor_sine(i % 10 * 0.3);
    return total;
}

double two_bodies(int64_t n)
{
    double ax = 0.0, ay = 0.0, bx = 1.0, by = 0.0, avx = 0.0, avy = -0.05, bvx = 0.0, bvy = 0.95, dt = 0.001;
    for (int64_t i = 0; i < n; i++) {
        double dx = bx - ax, dy = by - ay, d2 = dx * dx + dy * dy + 0.0001, f = dt / (d2 * sqrt(d2));
        avx += dx * f * 0.05;
        avy += dy * f * 0.05;
        bvx -= dx * f;
        bvy -= dy * f;
        ax += avx * dt;
        ay += avy * dt;
        bx += bvx * dt;
        by += bvy * dt;
    }
    return ax + ay + bx + by;
}
