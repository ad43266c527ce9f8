/* Views of NumPy arrays and memoryviews. Descriptors: pyfreeze/ir/types.py; reads and writes: pyfreeze/codegen/view_access.py. */
#include "pyfreeze_array.h"
#include "pyfreeze_view.h"
#include <string.h>

static void view_dealloc(PyObject *object)
{
    PfView *view = (PfView *)object;
    PyBuffer_Release(&view->buffer);
    Py_DECREF(view->object);
    PyObject_Free(object);
}

PyTypeObject pf_view_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.View",
    .tp_basicsize = sizeof(PfView),
    .tp_dealloc = view_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

/* Whether the type is numpy.ndarray itself. Who has such an array has imported NumPy: nothing is imported here. */
static int is_ndarray_type(PyTypeObject *type)
{
    if (strcmp(type->tp_name, "numpy.ndarray") != 0)
        return 0;
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    PyObject *numpy = modules && PyDict_CheckExact(modules) ? PyDict_GetItemString(modules, "numpy") : NULL;
    PyObject *found = numpy && PyModule_Check(numpy) ? PyDict_GetItemString(PyModule_GetDict(numpy), "ndarray") : NULL;
    return found == (PyObject *)type;
}

static int fits(const Py_buffer *buffer, int dimensions, const PfLayout *layout)
{
    if (buffer->ndim != dimensions || buffer->shape == NULL || buffer->strides == NULL || buffer->suboffsets != NULL)
        return 0;
    if (!pf_format_fits(buffer->format ? buffer->format : "B", buffer->itemsize, layout))
        return 0;
    if (buffer->len != 0 && (uintptr_t)buffer->buf % (uintptr_t)layout->size != 0)
        return 0;
    for (int axis = 0; axis < dimensions; axis++)
        if (buffer->strides[axis] % layout->size != 0)
            return 0;
    return 1;
}

PyObject *pf_view_of(PyObject *object, const char *descriptor)
{
    int is_wanted = descriptor[1] == 'N' ? is_ndarray_type(Py_TYPE(object)) : PyMemoryView_Check(object);
    const PfLayout *layout = pf_scalar_layout(descriptor[3]);
    PfView *view = is_wanted && layout != NULL ? PyObject_New(PfView, &pf_view_type) : NULL;
    if (view == NULL) {
        PyErr_Clear();
        return NULL;
    }
    memset((char *)view + sizeof(PyObject), 0, sizeof(PfView) - sizeof(PyObject));
    view->object = Py_NewRef(object);
    if (PyObject_GetBuffer(object, &view->buffer, PyBUF_STRIDED_RO | PyBUF_FORMAT) < 0)
        PyErr_Clear(); /* leaves `buffer.obj` NULL; the twin says what is wrong */
    if (view->buffer.obj == NULL || !fits(&view->buffer, descriptor[2] - '0', layout)) {
        Py_DECREF(view);
        return NULL;
    }
    view->data = view->buffer.buf;
    view->readonly = view->buffer.readonly;
    view->size = 1;
    for (int axis = 0; axis < view->buffer.ndim; axis++) {
        view->shape[axis] = view->buffer.shape[axis];
        view->strides[axis] = view->buffer.strides[axis];
        view->size *= view->shape[axis];
    }
    return (PyObject *)view;
}
