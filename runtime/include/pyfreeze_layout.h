/* How values of scalar types and of frozen classes lie in memory: as C structs with natural alignment.
 *
 * Made once for each type and never freed while the type lives. All functions need the GIL. */
#ifndef PYFREEZE_LAYOUT_H
#define PYFREEZE_LAYOUT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

struct PfField;

typedef struct PfLayout {
    char code;         /* of a scalar as in `struct`: b h i q B H I Q f d ?; 'O' an object; '{' a frozen class */
    char plain;        /* no object anywhere in it: may be copied with memcpy, lies in arrays */
    Py_ssize_t size, alignment;
    Py_ssize_t field_count; /* of a frozen class … */
    struct PfField *fields; /* … in the order of its definition */
    PyTypeObject *type;     /* borrowed: the frozen class; NULL for scalars */
    const char *name;       /* for messages and `repr`: "float64", "Vec3" */
    const char *format;     /* PEP 3118, e.g. "d" or "T{d:x:d:y:}", with explicit padding */
    const char *signature;  /* by which compiled code knows the layout: "d", "{x:d,y:d}" */
} PfLayout;

typedef struct PfField {
    PyObject *name; /* interned */
    Py_ssize_t offset;
    const PfLayout *layout;
} PfField;

/* An instance of a frozen class: the struct follows the head. */
#define PF_VALUE_DATA(object) ((char *)(object) + sizeof(PyObject))

/* The layout that a type object stands for: pyfreeze.int64 and its like, bool, or a frozen class. Borrowed; NULL with a
 * TypeError that says what may be used. */
const PfLayout *pf_layout_of(PyObject *type);

/* Of a scalar's code, or of 'O'; NULL if there is none. */
const PfLayout *pf_scalar_layout(char code);

/* A new reference to the Python object of the value at `address`; NULL with an exception if out of memory. */
PyObject *pf_load(const PfLayout *layout, const char *address);

/* Stores `object`, coerced as the contract says: 0, or -1 with TypeError or OverflowError and `address` unchanged. An 'O'
 * there is overwritten without being released. */
int pf_store(const PfLayout *layout, char *address, PyObject *object);

/* Field-wise and reflexive: a NaN equals a NaN, -0.0 equals 0.0. 1, 0, or -1 with an exception (object fields only). */
int pf_equal(const PfLayout *layout, const char *one, const char *other);

/* Agrees with pf_equal; -1 with an exception (object fields only). */
Py_hash_t pf_hash(const PfLayout *layout, const char *address);

/* Whether `==` of this frozen class is pf_equal, and not a method of its own. */
int pf_has_field_equality(const PfLayout *layout);

/* Of a frozen class; NULL without an exception if `type` is none. Borrowed. Used by pf_layout_of. */
const PfLayout *pf_frozen_layout(PyTypeObject *type);

/* pf_equal and pf_hash of a frozen class. */
int pf_equal_fields(const PfLayout *layout, const char *one, const char *other);
Py_hash_t pf_hash_fields(const PfLayout *layout, const char *address);

/* A new, empty instance of the frozen class of `layout`, whose struct the caller fills before anyone sees it. */
PyObject *pf_new_value(const PfLayout *layout);

/* Whether it has no other comparisons, hash, truth and length than when @frozen made it, but for replaced ones of its own. */
int pf_methods_are_as_made(PyTypeObject *type);

/* Whether the class is made as @frozen made it: nobody has put another __init__ or __new__ there. */
int pf_constructor_is_pristine(PyTypeObject *type);

#endif
