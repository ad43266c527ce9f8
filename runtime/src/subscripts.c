/* Subscripts and slices of any objects, with short ways for the built-in containers: exact types only. */
#include "fast_paths.h"

static PyObject *character_at(PyObject *text, Py_ssize_t place)
{
    Py_UCS4 character = PyUnicode_READ_CHAR(text, place);
    return character < 256 ? Py_NewRef(pf_cached_characters[character]) : PyUnicode_FromOrdinal((int)character);
}

PyObject *pf_getitem(PyObject *container, PyObject *key)
{
    PyTypeObject *type = Py_TYPE(container);
    Py_ssize_t place;
    if (type == &PyList_Type) {
        if ((place = item_place(key, PyList_GET_SIZE(container))) >= 0)
            return Py_NewRef(PyList_GET_ITEM(container, place));
    } else if (type == &PyTuple_Type) {
        if ((place = item_place(key, PyTuple_GET_SIZE(container))) >= 0)
            return Py_NewRef(PyTuple_GET_ITEM(container, place));
    } else if (type == &PyDict_Type) {
        return PyDict_Type.tp_as_mapping->mp_subscript(container, key);
    } else if (type == &PyUnicode_Type) {
        if ((place = item_place(key, PyUnicode_GET_LENGTH(container))) >= 0)
            return character_at(container, place);
    } else if (type == &PyBytes_Type) {
        if ((place = item_place(key, PyBytes_GET_SIZE(container))) >= 0)
            return new_int((unsigned char)PyBytes_AS_STRING(container)[place]);
    } else if (type == &PyByteArray_Type) {
        if ((place = item_place(key, PyByteArray_GET_SIZE(container))) >= 0)
            return new_int((unsigned char)PyByteArray_AS_STRING(container)[place]);
    }
    return PyObject_GetItem(container, key);
}

int32_t pf_setitem(PyObject *container, PyObject *key, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(container);
    Py_ssize_t place;
    if (type == &PyList_Type) {
        if ((place = item_place(key, PyList_GET_SIZE(container))) >= 0) {
            PyObject *old = PyList_GET_ITEM(container, place);
            PyList_SET_ITEM(container, place, Py_NewRef(value));
            Py_DECREF(old);
            return 0;
        }
    } else if (type == &PyDict_Type) {
        return PyDict_SetItem(container, key, value);
    } else if (type == &PyByteArray_Type && is_compact(value)) {
        uint64_t byte = (uint64_t)compact_value(value);
        if (byte < 256 && (place = item_place(key, PyByteArray_GET_SIZE(container))) >= 0) {
            PyByteArray_AS_STRING(container)[place] = (char)byte;
            return 0;
        }
    }
    return PyObject_SetItem(container, key, value);
}

/* A bound of a slice: a place from 0 to `length`, -1 if it is neither None nor a small int. */
static inline Py_ssize_t bound(PyObject *given, Py_ssize_t length, Py_ssize_t otherwise)
{
    if (given == Py_None)
        return otherwise;
    if (!is_compact(given))
        return -1;
    int64_t place = compact_value(given);
    place += place < 0 ? length : 0;
    return place < 0 ? 0 : place > length ? length : (Py_ssize_t)place;
}

static PyObject *slice_slowly(PyObject *container, PyObject *start, PyObject *stop)
{
    PyObject *slice = PySlice_New(start, stop, NULL);
    PyObject *result = slice != NULL ? PyObject_GetItem(container, slice) : NULL;
    Py_XDECREF(slice);
    return result;
}

static int has_plain_slices(PyObject *container, PyTypeObject *type)
{
    return (type == &PyUnicode_Type && is_ready(container)) || type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type;
}

PyObject *pf_getslice(PyObject *container, PyObject *start, PyObject *stop)
{
    PyTypeObject *type = Py_TYPE(container);
    if (!has_plain_slices(container, type))
        return slice_slowly(container, start, stop);
    Py_ssize_t length = type == &PyUnicode_Type ? PyUnicode_GET_LENGTH(container) : Py_SIZE(container);
    Py_ssize_t first = bound(start, length, 0), end = bound(stop, length, length);
    if (first < 0 || end < 0)
        return slice_slowly(container, start, stop);
    end = end < first ? first : end;
    if (type == &PyUnicode_Type)
        return PyUnicode_Substring(container, first, end);
    if (type == &PyList_Type)
        return PyList_GetSlice(container, first, end);
    if (type == &PyTuple_Type)
        return PyTuple_GetSlice(container, first, end);
    if (first == 0 && end == length)
        return Py_NewRef(container);
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(container) + first, end - first);
}
