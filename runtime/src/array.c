/* The memory of an Array, and its elements as bytes. */
#include "pyfreeze_array.h"
#include <stdint.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* While buffers are out or a sort runs, an array keeps its length. */
int pf_array_may_resize(PfArray *array)
{
    if (array->source != NULL)
        PyErr_SetString(PyExc_BufferError, "Array that shares another object's memory: it cannot be resized");
    else if (array->exports > 0)
        PyErr_SetString(PyExc_BufferError, "Existing exports of data: Array cannot be resized");
    else if (array->capacity == PF_ARRAY_SORTING)
        PyErr_SetString(PyExc_ValueError, "Array modified during sort");
    else
        return 0;
    return -1;
}

#ifdef MADV_HUGEPAGE
enum { LARGE = 1 << 22, PAGE = 4096 };
#endif

/* Of large arrays each page that is touched first costs as much as computing with its elements: ask for larger ones, as
   NumPy does, where the array fills them. */
void pf_array_advise(const PfArray *array)
{
#ifdef MADV_HUGEPAGE
    size_t bytes = (size_t)(array->capacity * array->layout->size);
    if (bytes >= LARGE) {
        uintptr_t start = (uintptr_t)array->data, first = (start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
        madvise((void *)first, (start + bytes - first) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE); /* may be refused */
    }
#else
    (void)array;
#endif
}

static int set_capacity(PfArray *array, Py_ssize_t capacity)
{
    Py_ssize_t size = array->layout->size;
    char *data = capacity > PF_MOST_BYTES / size ? NULL : PyMem_Realloc(array->data, (size_t)(capacity * size));
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    array->data = data;
    array->capacity = capacity;
    return 0;
}

/* For `extra` more elements, growing as lists do: by an eighth. Also checks that the array may grow. */
int pf_array_make_room(PfArray *array, Py_ssize_t extra)
{
    if (extra == 0)
        return 0;
    if (pf_array_may_resize(array) < 0)
        return -1;
    if (extra <= array->capacity - array->length)
        return 0;
    if (extra > PY_SSIZE_T_MAX - array->length) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t needed = array->length + extra, slack = (needed >> 3) + 6;
    int exact = array->length == 0 || slack > PY_SSIZE_T_MAX - needed;
    return set_capacity(array, exact && extra > 1 ? needed : (needed + slack) & ~(Py_ssize_t)3);
}

void pf_array_clear(PfArray *array)
{
    PyMem_Free(array->data);
    array->data = NULL;
    array->length = array->capacity = 0;
}

static PfArray *new_of_type(PyTypeObject *type, Py_ssize_t length)
{
    PfArray *array = (PfArray *)type->tp_alloc(type, 0); /* all zero */
    if (array == NULL)
        return NULL;
    array->layout = ((PfArrayClass *)type)->layout;
    if (length > 0 && set_capacity(array, length) < 0) {
        Py_DECREF(array);
        return NULL;
    }
    array->length = length;
    pf_array_advise(array);
    return array;
}

PfArray *pf_array_like(const PfArray *array, Py_ssize_t length) { return new_of_type(Py_TYPE(array), length); }

PyObject *pf_array_new(const PfLayout *layout, int64_t length)
{
    PyTypeObject *type = pf_array_type_of(layout);
    return type == NULL ? NULL : (PyObject *)new_of_type(type, (Py_ssize_t)length);
}

int32_t pf_array_reserve(PyObject *object, int64_t capacity)
{
    PfArray *array = PF_ARRAY(object);
    if (capacity <= array->capacity)
        return 0;
    if (pf_array_may_resize(array) < 0)
        return -1;
    return set_capacity(array, (Py_ssize_t)capacity);
}

int32_t pf_array_grow(PyObject *object) { return pf_array_make_room(PF_ARRAY(object), 1); }

int32_t pf_array_append(PyObject *object, const char *element)
{
    PfArray *array = PF_ARRAY(object);
    Py_ssize_t size = array->layout->size;
    char *old = array->data;
    size_t offset = (size_t)((uintptr_t)element - (uintptr_t)old);
    int inside = offset < (size_t)(array->length * size);
    if (pf_array_make_room(array, 1) < 0)
        return -1;
    memcpy(PF_ELEMENT(array, array->length), inside ? array->data + offset : element, (size_t)size);
    array->length++;
    return 0;
}

int32_t pf_array_has_signature(PyObject *object, const char *signature)
{
    return pf_is_array(object) && strcmp(PF_ARRAY(object)->layout->signature, signature) == 0;
}

/* The bytes of `object` as an element, in `scratch` or in the object itself; NULL with an exception. Converting may run
 * Python code, so look at the array afterwards only. */
const char *pf_element_bytes(const PfLayout *layout, PyObject *object, PfScratch *scratch)
{
    if (layout->code == '{' && Py_TYPE(object) == layout->type)
        return PF_VALUE_DATA(object);
    if (layout->code == 'd' && PyFloat_CheckExact(object)) {
        scratch->real = PyFloat_AS_DOUBLE(object);
        return scratch->bytes;
    }
    return pf_store(layout, scratch->bytes, object) < 0 ? NULL : scratch->bytes;
}

PyObject *pf_element(const PfArray *array, Py_ssize_t index)
{
    const char *address = PF_ELEMENT(array, index);
    if (array->layout->code == 'd') { /* as fast as a list, or nearly */
        double value;
        memcpy(&value, address, sizeof value);
        return PyFloat_FromDouble(value);
    }
    return pf_load(array->layout, address);
}
