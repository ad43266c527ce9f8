/* The table of Array's methods, and the small ones. */
#include "pyfreeze_array.h"

static PyObject *extend(PyObject *array, PyObject *iterable)
{
    if (pf_array_extend(PF_ARRAY(array), iterable) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *clear(PyObject *object, PyObject *unused)
{
    PfArray *array = PF_ARRAY(object);
    (void)unused;
    if (array->length > 0 || array->capacity > 0) {
        if (pf_array_may_resize(array) < 0)
            return NULL;
        pf_array_clear(array);
    }
    Py_RETURN_NONE;
}

static PyObject *reserve(PyObject *array, PyObject *argument)
{
    Py_ssize_t capacity = PyNumber_AsSsize_t(argument, PyExc_OverflowError);
    if (capacity == -1 && PyErr_Occurred())
        return NULL;
    if (capacity < 0)
        return PyErr_Format(PyExc_ValueError, "reserve() needs a number that is not negative");
    if (pf_array_reserve(array, capacity) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *size_of(PyObject *object, PyObject *unused)
{
    PfArray *array = PF_ARRAY(object);
    (void)unused;
    Py_ssize_t owned = array->source != NULL || array->capacity < 0 ? 0 : array->capacity * array->layout->size;
    Py_ssize_t shared = array->source != NULL ? (Py_ssize_t)sizeof(Py_buffer) : 0;
    return PyLong_FromSsize_t((Py_ssize_t)sizeof(PfArray) + owned + shared);
}

static PyObject *deep_copy(PyObject *array, PyObject *memo)
{
    (void)memo; /* the elements are values */
    return pf_array_copy(array, NULL);
}

#define FAST(function) (PyCFunction)(void (*)(void))function
#define LIST_LIKE(signature, text) signature "\n--\n\n" text

PyMethodDef pf_array_methods[] = {
    {"append", pf_array_append_method, METH_O, LIST_LIKE("append($self, object, /)", "Append a value to the end.")},
    {"extend", extend, METH_O, LIST_LIKE("extend($self, iterable, /)", "Append the values of an iterable.")},
    {"insert", FAST(pf_array_insert), METH_FASTCALL, LIST_LIKE("insert($self, index, object, /)", "Insert before an index.")},
    {"pop", FAST(pf_array_pop), METH_FASTCALL, LIST_LIKE("pop($self, index=-1, /)", "Remove and return a value.")},
    {"remove", pf_array_remove, METH_O, LIST_LIKE("remove($self, value, /)", "Remove the first occurrence.")},
    {"clear", clear, METH_NOARGS, LIST_LIKE("clear($self, /)", "Remove everything and give the memory back.")},
    {"reserve", reserve, METH_O,
     LIST_LIKE("reserve($self, count, /)", "Get memory for that many values, so that growing to it moves nothing.")},
    {"copy", pf_array_copy, METH_NOARGS, LIST_LIKE("copy($self, /)", "A copy.")},
    {"__copy__", pf_array_copy, METH_NOARGS, NULL},
    {"__deepcopy__", deep_copy, METH_O, NULL},
    {"index", FAST(pf_array_index), METH_FASTCALL,
     LIST_LIKE("index($self, value, start=0, stop=sys.maxsize, /)", "The first index of a value; ValueError if it is not there.")},
    {"count", pf_array_count, METH_O, LIST_LIKE("count($self, value, /)", "How often a value occurs.")},
    {"sort", FAST(pf_array_sort), METH_VARARGS | METH_KEYWORDS,
     LIST_LIKE("sort($self, /, *, key=None, reverse=False)", "Sort in place; equal values keep their order.")},
    {"reverse", pf_array_reverse, METH_NOARGS, LIST_LIKE("reverse($self, /)", "Reverse in place.")},
    {"__reversed__", pf_array_reversed, METH_NOARGS, NULL},
    {"__sizeof__", size_of, METH_NOARGS, NULL},
    {"__reduce_ex__", pf_array_reduce, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
