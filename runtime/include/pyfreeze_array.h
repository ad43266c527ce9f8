/* Array[T]: a growable vector of elements that lie one after another. The offsets are in pyfreeze._runtime.layout().
 *
 * Native code may read and write elements, and may append in place where `exports == 0 && length < capacity`; everything
 * else goes through these functions. A call of Python code may change any member. The byte of a bool is true if it is
 * not 0: memory that came from elsewhere may hold others than 1. All functions need the GIL. */
#ifndef PYFREEZE_ARRAY_H
#define PYFREEZE_ARRAY_H

#include "pyfreeze_layout.h"
#include <stdint.h>

typedef struct PfArray {
    PyObject_HEAD
    const PfLayout *layout; /* plain, of size > 0 */
    char *data;             /* aligned for the layout; NULL if capacity is 0 */
    Py_ssize_t length;
    Py_ssize_t capacity; /* PF_ARRAY_SORTING while `sort` runs Python code; `length` is then 0 */
    Py_ssize_t exports;  /* buffers that are out; while there are any, length and data stay as they are */
    Py_buffer *source;   /* whose memory `data` is (from_buffer); counted in `exports`. NULL: it is its own */
} PfArray;

/* More than there are addresses, so no length is greater: `LONGEST` in `pyfreeze/primitives/arrays.py`. */
#define PF_MOST_BYTES (PY_SSIZE_T_MAX / 8)

#define PF_ARRAY_SORTING ((Py_ssize_t)-1)

/* The type Array[T] of a layout. Borrowed; NULL with an exception. */
PyTypeObject *pf_array_type_of(const PfLayout *layout);

/* An array of that length, its elements not yet set. NULL with MemoryError. */
PyObject *pf_array_new(const PfLayout *layout, int64_t length);

/* An array of that many times the element at that address. NULL with MemoryError or ValueError. */
PyObject *pf_array_filled_with(const PfLayout *layout, int64_t length, const char *element);

/* Room for that many elements altogether; 0, or -1 with MemoryError, BufferError or ValueError (while sorting). */
int32_t pf_array_reserve(PyObject *array, int64_t capacity);

/* Room for one more element, amortised; as pf_array_reserve. */
int32_t pf_array_grow(PyObject *array);

/* Appends a copy of the bytes of one element, which may lie in the array itself; as pf_array_reserve. */
int32_t pf_array_append(PyObject *array, const char *element);

/* 1 if the object is exactly an Array of the layout with this signature (of a scalar; frozen classes: compare types). */
int32_t pf_array_has_signature(PyObject *object, const char *signature);

/* Between the array's own files. */

#define PF_ARRAY(object) ((PfArray *)(object))
#define PF_ELEMENT(array, index) ((array)->data + (index) * (array)->layout->size)

/* The metaclass's instances. Array itself is a plain static type: look at `layout` of Array[T] only. */
typedef struct PfArrayClass {
    PyHeapTypeObject type;
    const PfLayout *layout;
} PfArrayClass;

typedef union PfScratch {
    uint64_t word;
    double real;
    char bytes[8];
} PfScratch;

extern PyTypeObject pf_array_type, pf_array_meta_type, pf_array_iterator_type, pf_array_reversed_type;
extern PySequenceMethods pf_array_as_sequence;
extern PyMappingMethods pf_array_as_mapping;
extern PyBufferProcs pf_array_as_buffer;
extern PyMethodDef pf_array_methods[];

/* array.c: memory */
PfArray *pf_array_like(const PfArray *array, Py_ssize_t length);
int pf_array_may_resize(PfArray *array);
int pf_array_make_room(PfArray *array, Py_ssize_t extra);
void pf_array_clear(PfArray *array);
void pf_array_advise(const PfArray *array);
const char *pf_element_bytes(const PfLayout *layout, PyObject *object, PfScratch *scratch);
PyObject *pf_element(const PfArray *array, Py_ssize_t index);

/* array_type.c */
int pf_array_types_init(PyObject *module);
int pf_is_array(PyObject *object);

/* array_sequence.c, array_iteration.c */
int pf_array_extend(PfArray *array, PyObject *iterable);
PyObject *pf_array_iterate(PyObject *array);
PyObject *pf_array_reversed(PyObject *array, PyObject *unused);
int pf_is_same_array_type(PyObject *one, PyObject *other);
PyObject *pf_array_append_method(PyObject *array, PyObject *object);
PyObject *pf_array_insert(PyObject *array, PyObject *const *arguments, Py_ssize_t count);
PyObject *pf_array_pop(PyObject *array, PyObject *const *arguments, Py_ssize_t count);
PyObject *pf_array_remove(PyObject *array, PyObject *value);
PyObject *pf_array_copy(PyObject *array, PyObject *unused);

/* array_search.c */
int pf_array_contains(PyObject *array, PyObject *value);
Py_ssize_t pf_array_find(PfArray *array, PyObject *value, Py_ssize_t start, Py_ssize_t stop); /* -1 not there, -2 error */
PyObject *pf_array_index(PyObject *array, PyObject *const *arguments, Py_ssize_t count);
PyObject *pf_array_count(PyObject *array, PyObject *value);
PyObject *pf_array_compare(PyObject *array, PyObject *other, int operation);

/* array_buffer.c, buffer_format.c, array_pickle.c */
int pf_array_extend_from_buffer(PfArray *array, PyObject *exporter); /* 1 done, 0 not that kind, -1 error */
PyObject *pf_array_from_buffer(PyObject *type, PyObject *exporter);
int pf_format_fits(const char *format, Py_ssize_t item_size, const PfLayout *layout);
PyObject *pf_array_reduce(PyObject *array, PyObject *protocol);
PyObject *pf_array_restore(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* array_sort.c */
PyObject *pf_array_sort(PyObject *array, PyObject *arguments, PyObject *keywords);
PyObject *pf_array_reverse(PyObject *array, PyObject *unused);

#endif
