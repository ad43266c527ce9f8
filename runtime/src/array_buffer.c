/* Array and the buffer protocol, both ways. While buffers are out, an array keeps its length and data. */
#include "pyfreeze_array.h"
#include <string.h>

static char nothing[16]; /* where an empty buffer points; aligned for anything by its use only */

/* Shape and stride of one buffer. Its own: the array's length is 0 for the time of a sort. */
static Py_ssize_t *new_dimensions(const PfArray *array)
{
    Py_ssize_t *dimensions = PyMem_Malloc(2 * sizeof *dimensions);
    if (dimensions == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    dimensions[0] = array->length;
    dimensions[1] = array->layout->size;
    return dimensions;
}

static int get_buffer(PyObject *object, Py_buffer *view, int flags)
{
    PfArray *array = PF_ARRAY(object);
    const PfLayout *layout = array->layout;
    view->obj = NULL;
    if (array->capacity == PF_ARRAY_SORTING) {
        PyErr_SetString(PyExc_BufferError, "Array is being sorted");
        return -1;
    }
    Py_ssize_t *dimensions = new_dimensions(array);
    if (dimensions == NULL)
        return -1;
    *view = (Py_buffer){
        .obj = Py_NewRef(object),
        .buf = array->length > 0 ? array->data : nothing,
        .len = array->length * layout->size,
        .itemsize = layout->size,
        .ndim = 1,
        .format = flags & PyBUF_FORMAT ? (char *)layout->format : NULL,
        .shape = (flags & PyBUF_ND) == PyBUF_ND ? dimensions : NULL,
        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? dimensions + 1 : NULL,
        .internal = dimensions,
    };
    array->exports++;
    return 0;
}

static void release_buffer(PyObject *object, Py_buffer *view)
{
    PyMem_Free(view->internal);
    PF_ARRAY(object)->exports--;
}

PyBufferProcs pf_array_as_buffer = {get_buffer, release_buffer};

static const char *format_of(const Py_buffer *view) { return view->format == NULL ? "B" : view->format; }

/* from_buffer */

static PyObject *refuse(const Py_buffer *view, const PfLayout *layout)
{
    Py_ssize_t stride = view->ndim == 1 && view->strides != NULL ? view->strides[0] : view->itemsize;
    if (view->readonly)
        return PyErr_Format(PyExc_BufferError, "from_buffer() needs memory that can be written to; Array[%s](...) copies",
                            layout->name);
    if (view->ndim != 1)
        return PyErr_Format(PyExc_TypeError, "from_buffer() needs a buffer of one dimension, not %d", view->ndim);
    if (!pf_format_fits(format_of(view), view->itemsize, layout))
        return PyErr_Format(PyExc_TypeError, "from_buffer(): the format is '%s', and Array[%s] needs '%s'", format_of(view),
                            layout->name, layout->format);
    if (view->suboffsets != NULL || (stride != view->itemsize && view->len > view->itemsize))
        return PyErr_Format(PyExc_BufferError, "from_buffer() needs values that lie one after another; Array[%s](...) copies",
                            layout->name);
    if ((uintptr_t)view->buf % (uintptr_t)layout->alignment != 0)
        return PyErr_Format(PyExc_BufferError, "from_buffer() needs aligned memory; Array[%s](...) copies", layout->name);
    return Py_None;
}

PyObject *pf_array_from_buffer(PyObject *type, PyObject *exporter)
{
    const PfLayout *layout = ((PfArrayClass *)type)->layout;
    Py_buffer *view = PyMem_Malloc(sizeof *view);
    if (view == NULL)
        return PyErr_NoMemory();
    if (PyObject_GetBuffer(exporter, view, PyBUF_RECORDS_RO) < 0) {
        PyMem_Free(view);
        return NULL;
    }
    PyObject *array = refuse(view, layout) == NULL ? NULL : pf_array_new(layout, 0);
    if (array == NULL) {
        PyBuffer_Release(view);
        PyMem_Free(view);
        return NULL;
    }
    PF_ARRAY(array)->source = view;
    PF_ARRAY(array)->data = view->buf;
    PF_ARRAY(array)->length = PF_ARRAY(array)->capacity = view->len / view->itemsize;
    PF_ARRAY(array)->exports = 1; /* for ever: native code asks nothing else before it appends */
    return array;
}

/* extend */

static int copy_elements(PfArray *array, const Py_buffer *view)
{
    Py_ssize_t count = view->shape != NULL ? view->shape[0] : view->len / view->itemsize;
    Py_ssize_t stride = view->strides != NULL ? view->strides[0] : view->itemsize;
    if (pf_array_make_room(array, count) < 0)
        return -1;
    const char *from = view->buf;
    for (Py_ssize_t index = 0; index < count; index++, from += stride)
        memcpy(PF_ELEMENT(array, array->length + index), from, (size_t)view->itemsize);
    array->length += count;
    return 1;
}

/* Takes the elements of a buffer of the right format as they are. */
int pf_array_extend_from_buffer(PfArray *array, PyObject *exporter)
{
    Py_buffer view;
    int status = 0;
    if (PyObject_GetBuffer(exporter, &view, PyBUF_RECORDS_RO) < 0) {
        PyErr_Clear();
        return 0;
    }
    if (view.ndim == 1 && view.suboffsets == NULL && pf_format_fits(format_of(&view), view.itemsize, array->layout))
        status = copy_elements(array, &view);
    PyBuffer_Release(&view);
    return status;
}
