/* sort and reverse. Scalars without a key are sorted where they lie, by merging; no Python code runs. Everything else is
 * sorted by list.sort, as objects; meanwhile the array is empty and refuses to grow. */
#include "pyfreeze_array.h"
#include <string.h>

enum { SHORT = 16 }; /* runs sorted by insertion */

/* Stable. `spare` has room for half of the elements. Only `<` is asked, so that NaNs do no harm. */
#define DEFINE_SORT(name, type) \
    static void insertion_sort_##name(type *values, Py_ssize_t count) \
    { \
        for (Py_ssize_t index = 1; index < count; index++) { \
            type value = values[index]; \
            Py_ssize_t place = index; \
            for (; place > 0 && value < values[place - 1]; place--) \
                values[place] = values[place - 1]; \
            values[place] = value; \
        } \
    } \
    static void merge_##name(type *values, Py_ssize_t middle, Py_ssize_t count, type *spare) \
    { \
        Py_ssize_t left = 0, right = middle, place = 0; \
        memcpy(spare, values, (size_t)middle * sizeof *values); \
        while (left < middle && right < count) { \
            int take_right = values[right] < spare[left]; \
            values[place++] = take_right ? values[right] : spare[left]; \
            right += take_right; \
            left += !take_right; \
        } \
        memcpy(values + place, spare + left, (size_t)(middle - left) * sizeof *values); \
    } \
    static void sort_##name(type *values, Py_ssize_t count, type *spare) \
    { \
        if (count <= SHORT) { \
            insertion_sort_##name(values, count); \
            return; \
        } \
        Py_ssize_t middle = count / 2; \
        sort_##name(values, middle, spare); \
        sort_##name(values + middle, count - middle, spare); \
        if (values[middle] < values[middle - 1]) \
            merge_##name(values, middle, count, spare); \
    }

DEFINE_SORT(float64, double)
DEFINE_SORT(float32, float)
DEFINE_SORT(int64, int64_t)
DEFINE_SORT(int32, int32_t)
DEFINE_SORT(int16, int16_t)
DEFINE_SORT(int8, int8_t)
DEFINE_SORT(uint64, uint64_t)
DEFINE_SORT(uint32, uint32_t)
DEFINE_SORT(uint16, uint16_t)
DEFINE_SORT(uint8, uint8_t)

#define SORT(code, name, type) \
    case code: \
        sort_##name((type *)(void *)array->data, array->length, spare); \
        break;

static int sort_scalars(PfArray *array)
{
    void *spare = PyMem_Malloc((size_t)(array->length / 2 * array->layout->size));
    if (spare == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    switch (array->layout->code) {
    SORT('d', float64, double)
    SORT('f', float32, float)
    SORT('q', int64, int64_t)
    SORT('i', int32, int32_t)
    SORT('h', int16, int16_t)
    SORT('b', int8, int8_t)
    SORT('Q', uint64, uint64_t)
    SORT('I', uint32, uint32_t)
    SORT('H', uint16, uint16_t)
    default: /* bools too */
    SORT('B', uint8, uint8_t)
    }
    PyMem_Free(spare);
    return 0;
}

static void swap_bytes(char *one, char *other, size_t size)
{
    char chunk[64];
    for (size_t part; size > 0; size -= part, one += part, other += part) {
        part = size < sizeof chunk ? size : sizeof chunk;
        memcpy(chunk, one, part);
        memcpy(one, other, part);
        memcpy(other, chunk, part);
    }
}

static void reverse(PfArray *array)
{
    Py_ssize_t size = array->layout->size, count = array->length;
    for (Py_ssize_t index = 0; index < count / 2; index++)
        swap_bytes(array->data + index * size, array->data + (count - 1 - index) * size, (size_t)size);
}

PyObject *pf_array_reverse(PyObject *array, PyObject *unused)
{
    (void)unused;
    reverse(PF_ARRAY(array));
    Py_RETURN_NONE;
}

static int sort_list(PyObject *list, PyObject *key, int is_reversed)
{
    PyObject *sort = PyObject_GetAttrString(list, "sort"), *result = NULL;
    PyObject *keywords = sort == NULL ? NULL : Py_BuildValue("{sOsi}", "key", key, "reverse", is_reversed);
    if (keywords != NULL) {
        PyObject *none = PyTuple_New(0);
        result = none == NULL ? NULL : PyObject_Call(sort, none, keywords);
        Py_XDECREF(none);
    }
    Py_XDECREF(keywords);
    Py_XDECREF(sort);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Back to bytes. The objects are the array's own, so that converting them runs no code. */
static int store_list(PfArray *array, PyObject *list)
{
    if (PyList_GET_SIZE(list) != array->length) {
        PyErr_SetString(PyExc_ValueError, "Array modified during sort");
        return -1;
    }
    for (Py_ssize_t index = 0; index < array->length; index++)
        if (pf_store(array->layout, PF_ELEMENT(array, index), PyList_GET_ITEM(list, index)) < 0)
            return -1;
    return 0;
}

static int sort_objects(PfArray *array, PyObject *key, int is_reversed)
{
    PyObject *list = PySequence_List((PyObject *)array);
    if (list == NULL)
        return -1;
    PfArray kept = *array;
    array->data = NULL;
    array->length = 0;
    array->capacity = PF_ARRAY_SORTING;
    int status = sort_list(list, key, is_reversed);
    array->data = kept.data;
    array->length = kept.length;
    array->capacity = kept.capacity;
    if (status == 0)
        status = store_list(array, list);
    Py_DECREF(list);
    return status;
}

PyObject *pf_array_sort(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"key", "reverse", NULL};
    PfArray *array = PF_ARRAY(object);
    PyObject *key = Py_None;
    int is_reversed = 0, status = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$Op:sort", names, &key, &is_reversed))
        return NULL;
    if (key != Py_None || array->layout->code == '{') {
        status = sort_objects(array, key, is_reversed);
    } else if (array->length > 1) {
        if (is_reversed) /* twice, so that equal values keep their order */
            reverse(array);
        status = sort_scalars(array);
        if (is_reversed)
            reverse(array);
    }
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}
