/* Frozen values as structs by value, and arrays of them; counterpart of frozen.py. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef struct { double x, y, z; } Vec;

static inline Vec add(Vec a, Vec b) { return (Vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static inline Vec sub(Vec a, Vec b) { return (Vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline Vec mul(Vec a, double k) { return (Vec){a.x * k, a.y * k, a.z * k}; }
static inline double dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline double norm(Vec a) { return sqrt(dot(a, a)); }
static inline Vec unit(Vec a) { return mul(a, 1.0 / norm(a)); }

typedef struct { Vec place, speed; double mass; } Body;

static void advance(Body *system, i64 n, double dt)
{
    for (i64 i = 0; i < n; i++) {
        Body one = system[i];
        for (i64 j = i + 1; j < n; j++) {
            Body other = system[j];
            Vec apart = sub(one.place, other.place);
            double square = dot(apart, apart);
            double magnitude = dt / (square * sqrt(square));
            one = (Body){one.place, sub(one.speed, mul(apart, other.mass * magnitude)), one.mass};
            system[j] = (Body){other.place, add(other.speed, mul(apart, one.mass * magnitude)), other.mass};
        }
        system[i] = one;
    }
    for (i64 i = 0; i < n; i++) {
        Body body = system[i];
        system[i] = (Body){add(body.place, mul(body.speed, dt)), body.speed, body.mass};
    }
}

static double energy(const Body *system, i64 n)
{
    double total = 0;
    for (i64 i = 0; i < n; i++) {
        Body body = system[i];
        total += 0.5 * body.mass * dot(body.speed, body.speed);
        for (i64 j = i + 1; j < n; j++) {
            Body other = system[j];
            total -= body.mass * other.mass / norm(sub(body.place, other.place));
        }
    }
    return total;
}

double n_body(i64 n)
{
    Body system[] = {
        {{0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, 39.47},
        {{4.84, -1.16, -0.10}, {0.606, 2.811, -0.02}, 0.037},
        {{8.34, 4.12, -0.4}, {-1.01, 1.82, 0.008}, 0.011},
        {{12.89, -15.11, -0.22}, {1.08, 0.868, -0.010}, 0.0017},
        {{15.37, -25.9, 0.179}, {0.979, 0.594, -0.034}, 0.002},
    };
    volatile i64 size = 5;
    for (i64 i = 0; i < n; i++)
        advance(system, size, 0.01);
    return energy(system, size);
}

typedef struct { Vec centre; double radius, shade; } Sphere;

static double distance(Vec origin, Vec direction, Sphere sphere)
{
    Vec to = sub(sphere.centre, origin);
    double along = dot(to, direction);
    double inside = along * along - dot(to, to) + sphere.radius * sphere.radius;
    if (inside < 0.0)
        return -1.0;
    double root = sqrt(inside);
    if (along - root > 0.001)
        return along - root;
    return along + root > 0.001 ? along + root : -1.0;
}

static i64 nearest(Vec origin, Vec direction, const Sphere *spheres, i64 n)
{
    i64 found = -1;
    double best = 1e30;
    for (i64 i = 0; i < n; i++) {
        double reach = distance(origin, direction, spheres[i]);
        if (reach > 0.0 && reach < best) {
            best = reach;
            found = i;
        }
    }
    return found;
}

double ray_tracer(i64 n)
{
    volatile i64 size = 8;
    i64 count = size;
    Sphere *spheres = malloc(count * sizeof *spheres);
    for (i64 i = 0; i < count; i++)
        spheres[i] = (Sphere){{i * 0.8 - 3.0, (i % 3) * 0.7 - 0.7, 6.0 + (i % 4)}, 0.6, 0.3 + i * 0.05};
    Vec light = unit((Vec){-1.0, 2.0, -1.5}), origin = {0, 0, 0};
    double total = 0;
    for (i64 row = 0; row < n; row++)
        for (i64 column = 0; column < n; column++) {
            Vec direction = unit((Vec){(column - n / 2.0) / n * 1.2, (row - n / 2.0) / n * 1.2, 1.0});
            i64 hit = nearest(origin, direction, spheres, count);
            if (hit >= 0) {
                Sphere sphere = spheres[hit];
                Vec point = add(origin, mul(direction, distance(origin, direction, sphere)));
                Vec normal = unit(sub(point, sphere.centre));
                double bright = dot(normal, light);
                if (bright > 0.0 && nearest(point, light, spheres, count) < 0)
                    total += bright * sphere.shade;
                else
                    total += 0.05;
            }
        }
    free(spheres);
    return total;
}

typedef struct { double re, im; } Complex;

static inline Complex c_add(Complex a, Complex b) { return (Complex){a.re + b.re, a.im + b.im}; }
static inline Complex c_sub(Complex a, Complex b) { return (Complex){a.re - b.re, a.im - b.im}; }
static inline Complex c_mul(Complex a, Complex b)
{
    return (Complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static inline double c_square(Complex a) { return a.re * a.re + a.im * a.im; }
static inline Complex c_div(Complex a, Complex b)
{
    double square = c_square(b);
    return (Complex){(a.re * b.re + a.im * b.im) / square, (a.im * b.re - a.re * b.im) / square};
}

static i64 escape(Complex c, i64 limit)
{
    Complex z = {0, 0};
    for (i64 step = 0; step < limit; step++) {
        if (c_square(z) > 4.0)
            return step;
        z = c_add(c_mul(z, z), c);
    }
    return limit;
}

i64 mandelbrot(i64 n)
{
    i64 total = 0;
    for (i64 row = 0; row < n; row++)
        for (i64 column = 0; column < n; column++)
            total += escape((Complex){(double)column / n * 3.0 - 2.0, (double)row / n * 2.4 - 1.2}, 100);
    return total;
}

static i64 newton_steps(Complex z)
{
    Complex one = {1, 0}, three = {3, 0};
    for (i64 step = 0; step < 50; step++) {
        Complex square = c_mul(z, z);
        Complex value = c_sub(c_mul(square, z), one);
        if (c_square(value) < 1e-20)
            return step;
        if (c_square(square) == 0.0)
            return 50;
        z = c_sub(z, c_div(value, c_mul(three, square)));
    }
    return 50;
}

i64 newton(i64 n)
{
    i64 total = 0;
    for (i64 row = 0; row < n; row++)
        for (i64 column = 0; column < n; column++)
            total += newton_steps((Complex){(double)column / n * 4.0 - 2.0, (double)row / n * 4.0 - 2.0});
    return total;
}

typedef struct { double w; Vec v; } Quaternion;

static inline Quaternion q_mul(Quaternion p, Quaternion q)
{
    Vec a = p.v, b = q.v;
    return (Quaternion){p.w * q.w - dot(a, b),
                        {p.w * b.x + a.x * q.w + a.y * b.z - a.z * b.y, p.w * b.y - a.x * b.z + a.y * q.w + a.z * b.x,
                         p.w * b.z + a.x * b.y - a.y * b.x + a.z * q.w}};
}
static inline Quaternion scaled(Quaternion q, double k) { return (Quaternion){q.w * k, mul(q.v, k)}; }
static inline Quaternion q_add(Quaternion p, Quaternion q) { return (Quaternion){p.w + q.w, add(p.v, q.v)}; }
static inline Quaternion q_unit(Quaternion q) { return scaled(q, 1.0 / sqrt(q.w * q.w + dot(q.v, q.v))); }

double rotation(i64 n)
{
    Quaternion attitude = {1, {0, 0, 0}};
    Vec spin = {0.01, 3.0, 0.02};
    double dt = 0.001;
    for (i64 i = 0; i < n; i++) {
        Vec torque = {(2.0 - 3.0) * spin.y * spin.z / 1.0, (3.0 - 1.0) * spin.z * spin.x / 2.0,
                      (1.0 - 2.0) * spin.x * spin.y / 3.0};
        spin = add(spin, mul(torque, dt));
        attitude = q_unit(q_add(attitude, scaled(q_mul(attitude, (Quaternion){0, spin}), 0.5 * dt)));
    }
    return attitude.w + attitude.v.x + attitude.v.y + attitude.v.z + spin.x;
}

typedef struct { double x, y, z, mass; } Particle;

static __attribute__((noinline)) void drift(Particle *cloud, i64 n, double k)
{
    for (i64 i = 0; i < n; i++) {
        Particle p = cloud[i];
        cloud[i] = (Particle){p.x + (0.5 - p.x) * k, p.y + (0.5 - p.y) * k, p.z + (0.5 - p.z) * k, p.mass * 0.999};
    }
}

double updates(i64 n)
{
    i64 count = 5000;
    Particle *cloud = malloc(count * sizeof *cloud);
    for (i64 i = 0; i < count; i++)
        cloud[i] = (Particle){(i & 255) / 256.0, (i & 127) / 128.0, (i & 63) / 64.0, 1.0 + i % 10};
    for (i64 i = 0; i < n; i++)
        drift(cloud, count, 0.01);
    double total = 0;
    for (i64 i = 0; i < count; i++)
        total += cloud[i].x + 2.0 * cloud[i].y + 3.0 * cloud[i].z + cloud[i].mass;
    free(cloud);
    return total;
}

double struct_appends(i64 n)
{
    Particle *cloud = NULL;
    i64 length = 0, capacity = 0;
    for (i64 i = 0; i < n; i++) {
        if (length == capacity) {
            capacity = capacity ? capacity + capacity / 2 : 8;
            cloud = realloc(cloud, capacity * sizeof *cloud);
        }
        cloud[length++] = (Particle){i * 0.5, 1.0, 2.0, 3.0};
    }
    double total = 0;
    for (i64 i = 0; i < length; i++)
        total += cloud[i].x;
    free(cloud);
    return total;
}
