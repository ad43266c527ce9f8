/* Iterators over an Array, as over a list: each step looks at the length anew, and once at the end they stay there. */
#include "pyfreeze_array.h"

typedef struct Iterator {
    PyObject_HEAD
    PfArray *array; /* NULL at the end */
    Py_ssize_t index;
} Iterator;

static PyObject *new_iterator(PyTypeObject *type, PyObject *array, Py_ssize_t index)
{
    Iterator *iterator = PyObject_New(Iterator, type);
    if (iterator != NULL) {
        iterator->array = PF_ARRAY(Py_NewRef(array));
        iterator->index = index;
    }
    return (PyObject *)iterator;
}

PyObject *pf_array_iterate(PyObject *array) { return new_iterator(&pf_array_iterator_type, array, 0); }

PyObject *pf_array_reversed(PyObject *array, PyObject *unused)
{
    (void)unused;
    return new_iterator(&pf_array_reversed_type, array, PF_ARRAY(array)->length - 1);
}

static void iterator_dealloc(PyObject *iterator)
{
    Py_XDECREF(((Iterator *)iterator)->array);
    PyObject_Free(iterator);
}

static PyObject *next_forward(PyObject *object)
{
    Iterator *iterator = (Iterator *)object;
    PfArray *array = iterator->array;
    if (array == NULL)
        return NULL;
    if (iterator->index < array->length)
        return pf_element(array, iterator->index++);
    iterator->array = NULL;
    Py_DECREF(array);
    return NULL;
}

static PyObject *next_backward(PyObject *object)
{
    Iterator *iterator = (Iterator *)object;
    PfArray *array = iterator->array;
    if (array == NULL)
        return NULL;
    if (iterator->index >= 0 && iterator->index < array->length)
        return pf_element(array, iterator->index--);
    iterator->array = NULL;
    Py_DECREF(array);
    return NULL;
}

static int is_backward(const Iterator *iterator) { return Py_IS_TYPE((PyObject *)iterator, &pf_array_reversed_type); }

static PyObject *length_hint(PyObject *object, PyObject *unused)
{
    Iterator *iterator = (Iterator *)object;
    Py_ssize_t left = 0;
    (void)unused;
    if (iterator->array != NULL && is_backward(iterator))
        left = iterator->index < iterator->array->length ? iterator->index + 1 : 0;
    else if (iterator->array != NULL && iterator->index < iterator->array->length)
        left = iterator->array->length - iterator->index;
    return PyLong_FromSsize_t(left);
}

static PyObject *reduce(PyObject *object, PyObject *unused)
{
    Iterator *iterator = (Iterator *)object;
    (void)unused;
    const char *name = iterator->array != NULL && is_backward(iterator) ? "reversed" : "iter";
    PyObject *function = Py_XNewRef(PyDict_GetItemString(PyEval_GetBuiltins(), name));
    if (function == NULL)
        return PyErr_Format(PyExc_AttributeError, "%s", name);
    if (iterator->array == NULL)
        return Py_BuildValue("N(())", function);
    return Py_BuildValue("N(O)n", function, iterator->array, iterator->index);
}

static PyObject *set_state(PyObject *object, PyObject *state)
{
    Iterator *iterator = (Iterator *)object;
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    if (iterator->array != NULL) {
        Py_ssize_t lowest = is_backward(iterator) ? -1 : 0;
        Py_ssize_t highest = iterator->array->length - (is_backward(iterator) ? 1 : 0);
        iterator->index = index < lowest ? lowest : index > highest ? highest : index;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__length_hint__", length_hint, METH_NOARGS, NULL},
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {"__setstate__", set_state, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject pf_array_iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.ArrayIterator",
    .tp_basicsize = sizeof(Iterator),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = iterator_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = next_forward,
    .tp_methods = methods,
};

PyTypeObject pf_array_reversed_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.ArrayReverseIterator",
    .tp_basicsize = sizeof(Iterator),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = iterator_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = next_backward,
    .tp_methods = methods,
};
