/* Pickling: the elements as bytes, out of band where the protocol can (5), with what they look like, so that a changed
 * class or another machine is noticed. */
#include "pyfreeze_array.h"
#include <string.h>

static PyObject *description(const PfLayout *layout)
{
    return PyUnicode_FromFormat("%c%s", PY_LITTLE_ENDIAN ? '<' : '>', layout->format);
}

static PyObject *contents(PyObject *array, long protocol)
{
    if (protocol >= 5)
        return PyPickleBuffer_FromObject(array);
    Py_ssize_t size = PF_ARRAY(array)->length * PF_ARRAY(array)->layout->size;
    return PyBytes_FromStringAndSize(size == 0 ? "" : PF_ARRAY(array)->data, size);
}

PyObject *pf_array_reduce(PyObject *array, PyObject *protocol)
{
    long version = PyLong_AsLong(protocol);
    if (version == -1 && PyErr_Occurred())
        return NULL;
    PyObject *runtime = PyImport_ImportModule("pyfreeze._runtime");
    PyObject *restore = runtime == NULL ? NULL : PyObject_GetAttrString(runtime, "restore_array");
    Py_XDECREF(runtime);
    if (restore == NULL)
        return NULL;
    return Py_BuildValue("N(ONN)", restore, Py_TYPE(array), description(PF_ARRAY(array)->layout), contents(array, version));
}

static PyObject *restore(PyTypeObject *type, PyObject *text, const Py_buffer *view)
{
    const PfLayout *layout = ((PfArrayClass *)type)->layout;
    PyObject *expected = description(layout);
    int same = expected == NULL ? -1 : PyObject_RichCompareBool(text, expected, Py_EQ);
    Py_XDECREF(expected);
    if (same < 0)
        return NULL;
    if (!same || view->len % layout->size != 0)
        return PyErr_Format(PyExc_ValueError, "%s was pickled with other elements: %R", type->tp_name, text);
    PyObject *array = pf_array_new(layout, view->len / layout->size);
    if (array != NULL && view->len > 0)
        memcpy(PF_ARRAY(array)->data, view->buf, (size_t)view->len);
    return array;
}

/* restore_array(Array[T], description, bytes) */
PyObject *pf_array_restore(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer view;
    (void)module;
    if (count != 3 || !Py_IS_TYPE(arguments[0], &pf_array_meta_type) || arguments[0] == (PyObject *)&pf_array_type)
        return PyErr_Format(PyExc_TypeError, "restore_array(Array[T], description, bytes)");
    if (PyObject_GetBuffer(arguments[2], &view, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *array = restore((PyTypeObject *)arguments[0], arguments[1], &view);
    PyBuffer_Release(&view);
    return array;
}
