/* What match statements ask of objects (PEP 634). */
#include "internals.h"

int32_t pf_match_type(PyObject *subject, int64_t flag) { return (Py_TYPE(subject)->tp_flags & (unsigned long)flag) != 0; }

static PyObject *none_unless_failed(PyObject *result)
{
    return result == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : result;
}

#if PY_VERSION_HEX >= 0x030D0000

PyObject *pf_match_keys(PyObject *subject, PyObject *keys)
{
    return _PyEval_MatchKeys(PyThreadState_Get(), subject, keys);
}

PyObject *pf_match_class(PyObject *subject, PyObject *type, int64_t positional, PyObject *names)
{
    return none_unless_failed(_PyEval_MatchClass(PyThreadState_Get(), subject, type, positional, names));
}

#else

/* 1 if `item` is new in `seen`; 0 if it was there; -1. */
static int add_new(PyObject *seen, PyObject *item)
{
    int known = PySet_Contains(seen, item);
    if (known != 0)
        return known < 0 ? -1 : 0;
    return PySet_Add(seen, item) < 0 ? -1 : 1;
}

/* The value for `key`, by get(key, default), which adds no key to a defaultdict; `absent` where there is none. */
static PyObject *get_value(PyObject *get, int is_method, PyObject *subject, PyObject *key, PyObject *absent)
{
    PyObject *arguments[] = {subject, key, absent};
    return is_method ? PyObject_Vectorcall(get, arguments, 3, NULL) : PyObject_Vectorcall(get, arguments + 1, 2, NULL);
}

/* Fills the tuple `values`; 1, or 0 if a key is absent, or -1. */
static int match_all_keys(PyObject *get, int is_method, PyObject *subject, PyObject *keys, PyObject *values)
{
    PyObject *seen = PySet_New(NULL), *absent = seen ? PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type) : NULL;
    int status = absent != NULL ? 1 : -1;
    for (Py_ssize_t index = 0; status > 0 && index < PyTuple_GET_SIZE(keys); index++) {
        PyObject *key = PyTuple_GET_ITEM(keys, index);
        int is_new = add_new(seen, key);
        if (is_new == 0)
            PyErr_Format(PyExc_ValueError, "mapping pattern checks duplicate key (%R)", key);
        PyObject *value = is_new > 0 ? get_value(get, is_method, subject, key, absent) : NULL;
        status = value == NULL ? -1 : value != absent;
        if (status > 0)
            PyTuple_SET_ITEM(values, index, value);
        else
            Py_XDECREF(value);
    }
    Py_XDECREF(absent);
    Py_XDECREF(seen);
    return status;
}

PyObject *pf_match_keys(PyObject *subject, PyObject *keys)
{
    static PyObject *name;
    if (PyTuple_GET_SIZE(keys) == 0)
        return PyTuple_New(0);
    PyObject *get = NULL;
    if (pf_interned(&name, "get") == NULL)
        return NULL;
    int is_method = _PyObject_GetMethod(subject, name, &get);
    if (get == NULL)
        return NULL;
    PyObject *values = PyTuple_New(PyTuple_GET_SIZE(keys));
    int status = values != NULL ? match_all_keys(get, is_method, subject, keys, values) : -1;
    Py_DECREF(get);
    if (status > 0)
        return values;
    Py_XDECREF(values);
    return status == 0 ? Py_NewRef(Py_None) : NULL;
}

#if PY_VERSION_HEX >= 0x030C0000
#define NOT_A_CLASS "called match pattern must be a class"
#else
#define NOT_A_CLASS "called match pattern must be a type"
#endif

/* Appends the attribute. 0, or -1: an exception, or none if there is no such attribute. */
static int add_attribute(PyObject *found, PyObject *subject, PyObject *type, PyObject *name, PyObject *seen)
{
    int is_new = add_new(seen, name);
    if (is_new == 0)
        PyErr_Format(PyExc_TypeError, "%s() got multiple sub-patterns for attribute %R", ((PyTypeObject *)type)->tp_name, name);
    if (is_new <= 0)
        return -1;
    PyObject *value = PyObject_GetAttr(subject, name);
    if (value == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Clear();
        return -1;
    }
    int status = PyList_Append(found, value);
    Py_DECREF(value);
    return status;
}

/* New reference to __match_args__, an empty tuple if there are none. */
static PyObject *match_arguments(PyObject *type, int *is_self)
{
    static PyObject *name;
    PyObject *names = NULL;
    *is_self = 0;
    if (pf_interned(&name, "__match_args__") == NULL || pf_find_attribute(type, name, &names) < 0)
        return NULL;
    if (names == NULL) {
        *is_self = PyType_HasFeature((PyTypeObject *)type, _Py_TPFLAGS_MATCH_SELF);
        return PyTuple_New(0);
    }
    if (!PyTuple_CheckExact(names)) {
        PyErr_Format(PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)", ((PyTypeObject *)type)->tp_name,
                     Py_TYPE(names)->tp_name);
        Py_CLEAR(names);
    }
    return names;
}

static int add_positional(PyObject *found, PyObject *subject, PyObject *type, Py_ssize_t count, PyObject *seen)
{
    int is_self, status = 0;
    PyObject *names = match_arguments(type, &is_self);
    if (names == NULL)
        return -1;
    Py_ssize_t allowed = is_self ? 1 : PyTuple_GET_SIZE(names);
    if (allowed < count) {
        PyErr_Format(PyExc_TypeError, "%s() accepts %zd positional sub-pattern%s (%zd given)",
                     ((PyTypeObject *)type)->tp_name, allowed, allowed == 1 ? "" : "s", count);
        status = -1;
    } else if (is_self) {
        status = PyList_Append(found, subject);
        count = 0;
    }
    for (Py_ssize_t index = 0; status == 0 && index < count; index++) {
        PyObject *name = PyTuple_GET_ITEM(names, index);
        if (PyUnicode_CheckExact(name)) {
            status = add_attribute(found, subject, type, name, seen);
        } else {
            PyErr_Format(PyExc_TypeError, "__match_args__ elements must be strings (got %s)", Py_TYPE(name)->tp_name);
            status = -1;
        }
    }
    Py_DECREF(names);
    return status;
}

static int add_all(PyObject *found, PyObject *subject, PyObject *type, Py_ssize_t positional, PyObject *names)
{
    PyObject *seen = PySet_New(NULL);
    if (seen == NULL)
        return -1;
    int status = positional > 0 ? add_positional(found, subject, type, positional, seen) : 0;
    for (Py_ssize_t index = 0; status == 0 && index < PyTuple_GET_SIZE(names); index++)
        status = add_attribute(found, subject, type, PyTuple_GET_ITEM(names, index), seen);
    Py_DECREF(seen);
    return status;
}

static PyObject *match_class(PyObject *subject, PyObject *type, Py_ssize_t positional, PyObject *names)
{
    if (!PyType_Check(type))
        return PyErr_Format(PyExc_TypeError, NOT_A_CLASS);
    if (PyObject_IsInstance(subject, type) <= 0)
        return NULL;
    PyObject *found = PyList_New(0), *result = NULL;
    if (found != NULL && add_all(found, subject, type, positional, names) == 0)
        result = PyList_AsTuple(found);
    Py_XDECREF(found);
    return result;
}

PyObject *pf_match_class(PyObject *subject, PyObject *type, int64_t positional, PyObject *names)
{
    return none_unless_failed(match_class(subject, type, positional, names));
}

#endif
