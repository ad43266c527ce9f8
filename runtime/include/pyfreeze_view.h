/* Views: the memory of a NumPy array or a memoryview while native code works with it.
 *
 * A view is an object so that native code counts it like any other; it never meets Python, which is given `object` instead.
 * Nothing of it changes while it lives. The offsets are in pyfreeze._runtime.layout(). All functions need the GIL. */
#ifndef PYFREEZE_VIEW_H
#define PYFREEZE_VIEW_H

#include "pyfreeze_layout.h"
#include <stdint.h>

#define PF_VIEW_DIMENSIONS 4

typedef struct PfView {
    PyObject_HEAD
    char *data;
    int64_t shape[PF_VIEW_DIMENSIONS], strides[PF_VIEW_DIMENSIONS]; /* strides in bytes, multiples of the element's size */
    int64_t size;      /* number of elements */
    int64_t readonly;
    PyObject *object;  /* owned */
    Py_buffer buffer;
} PfView;

extern PyTypeObject pf_view_type;

/* "<N2d>": a view of `object` if it is exactly a NumPy array ('N') or a memoryview ('M') of so many dimensions and such
 * elements, aligned and in native byte order. NULL without an exception if not. */
PyObject *pf_view_of(PyObject *object, const char *descriptor);

#endif
