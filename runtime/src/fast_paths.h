/* What the short ways of operations on objects ask: exact types, and ints of at most one digit. */
#ifndef PYFREEZE_FAST_PATHS_H
#define PYFREEZE_FAST_PATHS_H

#include "internals.h"

#define LEAST_CACHED_INT (-5)
#define CACHED_INTS 262

/* Whether it is an int, of no subclass, and small. */
static inline int is_compact(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyLong_CheckExact(object) && PyUnstable_Long_IsCompact((PyLongObject *)object);
#else
    return PyLong_CheckExact(object) && (size_t)(Py_SIZE(object) + 1) < 3;
#endif
}

static inline int64_t compact_value(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyUnstable_Long_CompactValue((PyLongObject *)object);
#else
    return (int64_t)Py_SIZE(object) * (int64_t)((PyLongObject *)object)->ob_digit[0];
#endif
}

/* On 3.11 a string may still have no characters in its final form. */
static inline int is_ready(PyObject *text)
{
#if PY_VERSION_HEX >= 0x030C0000
    (void)text;
    return 1;
#else
    return PyUnicode_IS_READY(text);
#endif
}

/* The interpreter's own small ints and one-character strings, in order. */
extern PyObject *pf_cached_ints[CACHED_INTS];
extern PyObject *pf_cached_characters[256];

/* New reference, or NULL with an exception. */
static inline PyObject *new_int(int64_t value)
{
    uint64_t place = (uint64_t)value - (uint64_t)LEAST_CACHED_INT;
    return place < CACHED_INTS ? Py_NewRef(pf_cached_ints[place]) : PyLong_FromLongLong(value);
}

/* New reference to the bool for 0 and 1; NULL for -1, which comes with an exception. */
static inline PyObject *pf_bool(int truth) { return truth < 0 ? NULL : Py_NewRef(truth ? Py_True : Py_False); }

/* The first of `objects` than which no other is greater (Py_GT) or less (Py_LT). New reference, or NULL with an exception. */
PyObject *pf_extreme(PyObject *const *objects, Py_ssize_t count, int operator);

/* The place of an item in something of `length` items, or -1: the general way. */
static inline Py_ssize_t item_place(PyObject *key, Py_ssize_t length)
{
    if (!is_compact(key))
        return -1;
    int64_t place = compact_value(key);
    place += place < 0 ? length : 0;
    return place >= 0 && place < length ? (Py_ssize_t)place : -1;
}

/* Answers the call of a builtin function or method in a short way: 1 and *result, which is NULL with an exception; 0: the
 * general way is to be taken. */
int pf_call_builtin(PyObject *callable, PyObject *const *arguments, Py_ssize_t count, PyObject **result);

/* Calls a Python class in a short way: 1 and *result, which is NULL with an exception; 0: the general way is to be taken. The
 * place before the arguments must be free. */
int pf_call_class(PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PyObject *names, PyObject **result);

void pf_builtins_called_init(void);
int pf_instances_init(void);

#endif
