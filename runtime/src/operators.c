/* Operators and comparisons of any objects, with short ways for ints of one digit, floats and strings: exact types only. */
#include "fast_paths.h"

PyObject *pf_cached_ints[CACHED_INTS];
PyObject *pf_cached_characters[256];

int pf_fast_paths_init(void)
{
    for (int place = 0; place < CACHED_INTS; place++)
        if ((pf_cached_ints[place] = PyLong_FromLong(LEAST_CACHED_INT + place)) == NULL)
            return -1;
    for (int character = 0; character < 256; character++)
        if ((pf_cached_characters[character] = PyUnicode_FromOrdinal(character)) == NULL)
            return -1;
    pf_builtins_called_init();
    pf_known_functions_init();
    return pf_instances_init();
}

/* Whether one is a float and the other a float or a small int, which is a double as well. */
static inline int are_doubles(PyObject *left, PyObject *right, double *x, double *y)
{
    if (PyFloat_CheckExact(left)) {
        *x = PyFloat_AS_DOUBLE(left);
        if (PyFloat_CheckExact(right))
            *y = PyFloat_AS_DOUBLE(right);
        else if (is_compact(right))
            *y = (double)compact_value(right);
        else
            return 0;
        return 1;
    }
    if (!PyFloat_CheckExact(right) || !is_compact(left))
        return 0;
    *x = (double)compact_value(left);
    *y = PyFloat_AS_DOUBLE(right);
    return 1;
}

static inline int are_compact(PyObject *left, PyObject *right) { return is_compact(left) && is_compact(right); }

/* `a OP b` and `a OP= b`. A case returns, or falls through to the general way. */
#define OPERATOR(name, general, CASES)                                                                                      \
    PyObject *pf_##name(PyObject *left, PyObject *right)                                                                     \
    {                                                                                                                        \
        CASES return PyNumber_##general(left, right);                                                                        \
    }                                                                                                                        \
    PyObject *pf_i##name(PyObject *left, PyObject *right)                                                                    \
    {                                                                                                                        \
        CASES return PyNumber_InPlace##general(left, right);                                                                 \
    }

#define INTS(expression)                                                                                                     \
    if (are_compact(left, right)) {                                                                                          \
        int64_t x = compact_value(left), y = compact_value(right);                                                           \
        (void)x;                                                                                                             \
        (void)y;                                                                                                             \
        expression;                                                                                                          \
    }

#define DOUBLES(expression)                                                                                                  \
    {                                                                                                                        \
        double x, y;                                                                                                         \
        if (are_doubles(left, right, &x, &y))                                                                                \
            expression;                                                                                                      \
    }

#define STRINGS                                                                                                              \
    if (PyUnicode_CheckExact(left) && PyUnicode_CheckExact(right))                                                           \
        return PyUnicode_Concat(left, right);

/* Of one digit, so that 32 bits are enough: dividing 64 takes many times as long on older processors. */
static inline PyObject *floor_divide(int64_t dividend, int64_t divisor)
{
    int32_t x = (int32_t)dividend, y = (int32_t)divisor;
    return new_int(x / y - ((x % y != 0) & ((x ^ y) < 0)));
}

static inline PyObject *remainder_of(int64_t dividend, int64_t divisor)
{
    int32_t x = (int32_t)dividend, y = (int32_t)divisor, left = x % y;
    return new_int(left != 0 && (left ^ y) < 0 ? left + y : left);
}

OPERATOR(add, Add, INTS(return new_int(x + y)) DOUBLES(return PyFloat_FromDouble(x + y)) STRINGS)
OPERATOR(sub, Subtract, INTS(return new_int(x - y)) DOUBLES(return PyFloat_FromDouble(x - y)))
OPERATOR(mul, Multiply, INTS(return new_int(x * y)) DOUBLES(return PyFloat_FromDouble(x * y)))
OPERATOR(truediv, TrueDivide,
         INTS(if (y != 0) return PyFloat_FromDouble((double)x / (double)y))
             DOUBLES(if (y != 0.0) return PyFloat_FromDouble(x / y)))
OPERATOR(floordiv, FloorDivide, INTS(if (y != 0) return floor_divide(x, y)))
OPERATOR(mod, Remainder, INTS(if (y != 0) return remainder_of(x, y)))
OPERATOR(and, And, INTS(return new_int(x & y)))
OPERATOR(or, Or, INTS(return new_int(x | y)))
OPERATOR(xor, Xor, INTS(return new_int(x ^ y)))
OPERATOR(lshift, Lshift, INTS(if (y >= 0 && y <= 32) return new_int(x * ((int64_t)1 << y))))
OPERATOR(rshift, Rshift, INTS(if (y >= 0) return new_int(y < 63 ? x >> y : x < 0 ? -1 : 0)))

PyObject *pf_neg(PyObject *operand)
{
    return is_compact(operand) ? new_int(-compact_value(operand)) : PyNumber_Negative(operand);
}

/* As the interpreter does it, so that a loop takes linear time: if the variable holds the only other reference, the string
 * grows where it is. If there is no memory, the variable is left unset, as there. */
static PyObject *append_text(PyObject **variable, PyObject *left, PyObject *right)
{
    if (*variable == left && left != right && Py_REFCNT(left) == 2) {
        *variable = NULL;
        Py_DECREF(left);
    }
    PyUnicode_Append(&left, right);
    return left;
}

/* Numbers that nobody else sees become the result where they are, as well. */
static inline PyObject *taken_from(PyObject **variable, PyObject *number)
{
    *variable = NULL;
    Py_DECREF(number);
    return number;
}

/* `x OP right`, of which `left` is taken; *variable is where the result goes next. */
#define INTO_LOCAL(name, general, operator, TEXT)                                                                            \
    PyObject *pf_##name##_into_local(void *frame, int32_t index, PyObject *left, PyObject *right)                            \
    {                                                                                                                        \
        PyObject **variable = &((_PyInterpreterFrame *)frame)->localsplus[index];                                            \
        TEXT if (*variable == left && left != right && Py_REFCNT(left) == 2)                                                 \
        {                                                                                                                    \
            if (are_compact(left, right)) {                                                                                  \
                if (set_compact(left, compact_value(left) operator compact_value(right)))                                    \
                    return taken_from(variable, left);                                                                       \
            } else if (PyFloat_CheckExact(left) && PyFloat_CheckExact(right)) {                                              \
                ((PyFloatObject *)left)->ob_fval = PyFloat_AS_DOUBLE(left) operator PyFloat_AS_DOUBLE(right);                \
                return taken_from(variable, left);                                                                           \
            }                                                                                                                \
        }                                                                                                                    \
        PyObject *result = general(left, right);                                                                             \
        Py_DECREF(left);                                                                                                     \
        return result;                                                                                                       \
    }

#define APPENDED                                                                                                             \
    if (PyUnicode_CheckExact(left) && PyUnicode_CheckExact(right))                                                           \
        return append_text(variable, left, right);

INTO_LOCAL(add, pf_add, +, APPENDED)
INTO_LOCAL(iadd, pf_iadd, +, APPENDED)
INTO_LOCAL(sub, pf_sub, -, )
INTO_LOCAL(isub, pf_isub, -, )
INTO_LOCAL(mul, pf_mul, *, )
INTO_LOCAL(imul, pf_imul, *, )

static inline int same_text(PyObject *left, PyObject *right)
{
    if (left == right)
        return 1;
    Py_ssize_t length = PyUnicode_GET_LENGTH(left);
    int kind = PyUnicode_KIND(left);
    if (length != PyUnicode_GET_LENGTH(right) || kind != (int)PyUnicode_KIND(right))
        return 0;
    const void *x = PyUnicode_DATA(left), *y = PyUnicode_DATA(right);
    return length == 0 || (*(const char *)x == *(const char *)y && memcmp(x, y, (size_t)length * (size_t)kind) == 0);
}

#define UNKNOWN (-2)

#define ORDERED(x, y)                                                                                                        \
    (operator== Py_LT ? (x) < (y)                                                                                            \
         : operator== Py_LE ? (x) <= (y)                                                                                     \
         : operator== Py_EQ ? (x) == (y)                                                                                     \
         : operator== Py_NE ? (x) != (y)                                                                                     \
         : operator== Py_GT ? (x) > (y)                                                                                      \
                            : (x) >= (y))

/* 0 or 1; UNKNOWN: the general way. */
static inline int compare(PyObject *left, PyObject *right, int operator)
{
    double x, y;
    if (are_compact(left, right))
        return ORDERED(compact_value(left), compact_value(right));
    if ((operator== Py_EQ || operator== Py_NE) && PyUnicode_CheckExact(left) && PyUnicode_CheckExact(right)
        && is_ready(left) && is_ready(right))
        return same_text(left, right) == (operator== Py_EQ);
    if (are_doubles(left, right, &x, &y))
        return ORDERED(x, y);
    return UNKNOWN;
}

int32_t pf_compare_known(PyObject *left, PyObject *right, int32_t operation) { return compare(left, right, operation); }

/* The truth of the general comparison. What is no bool is asked by the next instruction, `further` bytes on. */
static int32_t test_slowly(PyObject *left, PyObject *right, int operator, void *frame, int32_t further)
{
    PyObject *result = PyObject_RichCompare(left, right, operator);
    if (result == NULL)
        return -1;
    int truth = result == Py_True;
    if (!PyBool_Check(result)) {
        pf_go_further(frame, further);
        truth = PyObject_IsTrue(result);
    }
    Py_DECREF(result);
    return truth;
}

#define COMPARISON(name, operator)                                                                                           \
    PyObject *pf_##name(PyObject *left, PyObject *right)                                                                     \
    {                                                                                                                        \
        int known = compare(left, right, operator);                                                                          \
        return known != UNKNOWN ? Py_NewRef(known ? Py_True : Py_False) : PyObject_RichCompare(left, right, operator);       \
    }                                                                                                                        \
    int32_t pf_test_##name(PyObject *left, PyObject *right, void *frame, int32_t further)                                    \
    {                                                                                                                        \
        int known = compare(left, right, operator);                                                                          \
        return known != UNKNOWN ? known : test_slowly(left, right, operator, frame, further);                                \
    }

COMPARISON(lt, Py_LT)
COMPARISON(le, Py_LE)
COMPARISON(eq, Py_EQ)
COMPARISON(ne, Py_NE)
COMPARISON(gt, Py_GT)
COMPARISON(ge, Py_GE)

PyObject *pf_extreme(PyObject *const *objects, Py_ssize_t count, int operator)
{
    PyObject *found = objects[0];
    for (Py_ssize_t index = 1; index < count; index++) {
        int further = compare(objects[index], found, operator);
        if (further == UNKNOWN)
            further = PyObject_RichCompareBool(objects[index], found, operator);
        if (further < 0)
            return NULL;
        if (further)
            found = objects[index];
    }
    return Py_NewRef(found);
}

int32_t pf_truth(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (object == Py_True)
        return 1;
    if (object == Py_False || object == Py_None)
        return 0;
    if (type == &PyUnicode_Type && is_ready(object))
        return PyUnicode_GET_LENGTH(object) != 0;
    if (type == &PyList_Type || type == &PyTuple_Type)
        return Py_SIZE(object) != 0;
    if (type == &PyDict_Type)
        return PyDict_GET_SIZE(object) != 0;
    if (is_compact(object))
        return compact_value(object) != 0;
    return PyObject_IsTrue(object);
}

/* Among strings of no subclass, where asking runs no code, as far as they go: 0, 1, or UNKNOWN. */
static int find_text(PyObject **items, Py_ssize_t count, PyObject *wanted)
{
    for (Py_ssize_t place = 0; place < count; place++) {
        if (items[place] == wanted)
            return 1;
        if (!PyUnicode_CheckExact(items[place]) || !is_ready(items[place]))
            return UNKNOWN;
        if (same_text(items[place], wanted))
            return 1;
    }
    return 0;
}

int32_t pf_contains(PyObject *container, PyObject *item)
{
    PyTypeObject *type = Py_TYPE(container);
    if (type == &PyDict_Type)
        return PyDict_Contains(container, item);
    if ((type == &PyTuple_Type || type == &PyList_Type) && PyUnicode_CheckExact(item) && is_ready(item)) {
        PyObject **items
            = type == &PyTuple_Type ? ((PyTupleObject *)container)->ob_item : ((PyListObject *)container)->ob_item;
        int found = find_text(items, Py_SIZE(container), item);
        if (found != UNKNOWN)
            return found;
    }
    return PySequence_Contains(container, item);
}
