/* Where framed functions keep ints and floats unboxed: telling the frame, and what is asked of objects with unboxed operands.
 * The questions run no other code; where they cannot be answered that way they say so. */
#include "fast_paths.h"

/* Of an int or a float that nobody sees, or nothing: what is in the variable meanwhile has no destructor. */
static void tell(PyObject **variable, PyObject *value)
{
    PyObject *old = *variable;
    if (value == NULL)
        PyErr_Clear(); /* no memory: the variable is left unset */
    *variable = value;
    Py_XDECREF(old);
}

/* An int or a float that only the variable holds gets the new value where it is. */
void pf_tell_i64(void *variable, int64_t value, int32_t is_set)
{
    PyObject *old = *(PyObject **)variable;
    if (!is_set || (old != NULL && Py_REFCNT(old) == 1 && is_compact(old) && set_compact(old, value)))
        return;
    tell(variable, new_int(value));
}

void pf_tell_f64(void *variable, double value, int32_t is_set)
{
    PyObject *old = *(PyObject **)variable;
    if (!is_set)
        return;
    if (old != NULL && Py_REFCNT(old) == 1 && PyFloat_CheckExact(old))
        ((PyFloatObject *)old)->ob_fval = value;
    else
        tell(variable, PyFloat_FromDouble(value));
}

/* The same where other code may run. */
void pf_store_i64(void *variable, int64_t value) { tell(variable, new_int(value)); }

void pf_store_f64(void *variable, double value) { tell(variable, PyFloat_FromDouble(value)); }

int64_t pf_length_of(PyObject *callable, PyObject *object)
{
    if (!pf_is_known_function(callable, KNOWN_LEN))
        return -1;
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyUnicode_Type)
        return is_ready(object) ? PyUnicode_GET_LENGTH(object) : -1;
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type || type == &PyByteArray_Type)
        return Py_SIZE(object);
    if (type == &PyDict_Type)
        return PyDict_GET_SIZE(object);
    return type == &PySet_Type ? PySet_GET_SIZE(object) : -1;
}

/* The code point of a string of one character, else -1. */
int64_t pf_ord_of(PyObject *callable, PyObject *text)
{
    if (!pf_is_known_function(callable, KNOWN_ORD) || !PyUnicode_CheckExact(text) || !is_ready(text) || PyUnicode_GET_LENGTH(text) != 1)
        return -1;
    return PyUnicode_READ_CHAR(text, 0);
}

/* The iterator of a range whose numbers are C longs, as CPython declares it. */
typedef struct {
    PyObject_HEAD
#if PY_VERSION_HEX < 0x030C0000
    long index;
#endif
    long start;
    long step;
    long length;
} RangeIterator;

/* The next number, the step, and how many are left; 0 if it is no such iterator. */
int32_t pf_range_state(PyObject *iterator, int64_t *state)
{
    if (!Py_IS_TYPE(iterator, &PyRangeIter_Type))
        return 0;
    RangeIterator *own = (RangeIterator *)iterator;
    state[0] = own->start;
    state[1] = own->step;
    state[2] = own->length;
#if PY_VERSION_HEX < 0x030C0000
    state[0] += own->index * own->step;
    state[2] -= own->index;
#endif
    return 1;
}

static PyObject *range_of_objects(int64_t next, int64_t step, int64_t left)
{
    PyObject *parts[4] = {PyLong_FromLongLong(next), PyLong_FromLongLong(step), PyLong_FromLongLong(left), NULL};
    PyObject *span = parts[1] && parts[2] ? PyNumber_Multiply(parts[1], parts[2]) : NULL;
    PyObject *stop = span != NULL && parts[0] ? PyNumber_Add(parts[0], span) : NULL;
    PyObject *range = stop ? PyObject_CallFunctionObjArgs((PyObject *)&PyRange_Type, parts[0], stop, parts[1], NULL) : NULL;
    PyObject *iterator = range != NULL ? PyObject_GetIter(range) : NULL;
    for (int part = 0; part < 3; part++)
        Py_XDECREF(parts[part]);
    Py_XDECREF(span);
    Py_XDECREF(stop);
    Py_XDECREF(range);
    return iterator;
}

/* One with these numbers left. */
static PyObject *make_range_iterator(int64_t next, int64_t step, int64_t left)
{
    if (next != (long)next || step != (long)step || left != (long)left)
        return range_of_objects(next, step, left);
    PyObject *iterator = range_of_objects(0, 1, 1);
    if (iterator != NULL && Py_IS_TYPE(iterator, &PyRangeIter_Type)) {
        RangeIterator *own = (RangeIterator *)iterator;
        own->start = (long)next;
        own->step = (long)step;
        own->length = (long)left;
    }
    return iterator;
}

/* Also on the way to a handler, with an exception set, which stays unless there is no memory. */
PyObject *pf_range_iterator(int64_t next, int64_t step, int64_t left)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *iterator = make_range_iterator(next, step, left);
    if (iterator != NULL) {
        PyErr_Restore(type, value, traceback);
        return iterator;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return NULL;
}

/* The item of a list, a tuple or a string. NULL without an exception: ask in the general way. */
PyObject *pf_item_at(PyObject *container, int64_t place)
{
    PyTypeObject *type = Py_TYPE(container);
    if (type == &PyUnicode_Type && is_ready(container)) {
        if ((place = place_of(place, PyUnicode_GET_LENGTH(container))) < 0)
            return NULL;
        Py_UCS4 character = PyUnicode_READ_CHAR(container, place);
        return character < 256 ? Py_NewRef(pf_cached_characters[character]) : NULL;
    }
    if (type != &PyList_Type && type != &PyTuple_Type)
        return NULL;
    if ((place = place_of(place, Py_SIZE(container))) < 0)
        return NULL;
    return Py_NewRef(type == &PyList_Type ? PyList_GET_ITEM(container, place) : PyTuple_GET_ITEM(container, place));
}

PyObject *pf_getitem_at(PyObject *container, int64_t place)
{
    PyObject *key = new_int(place);
    PyObject *item = key != NULL ? pf_getitem(container, key) : NULL;
    Py_XDECREF(key);
    return item;
}

int32_t pf_truth_at(PyObject *container, int64_t place, void *frame, int32_t further)
{
    PyObject *item = pf_getitem_at(container, place);
    if (item != NULL)
        pf_go_further(frame, further);
    int32_t truth = item != NULL ? pf_truth(item) : -1;
    Py_XDECREF(item);
    return truth;
}

int32_t pf_setitem_at(PyObject *container, int64_t place, PyObject *value)
{
    PyObject *key = new_int(place);
    int32_t status = key != NULL ? pf_setitem(container, key, value) : -1;
    Py_XDECREF(key);
    return status;
}

int32_t pf_setattr_f64(PyObject *object, PyObject *name, double value, PfAttributeCache *cache)
{
    PyObject *made = PyFloat_FromDouble(value);
    int32_t status = made != NULL ? pf_setattr(object, name, made, cache) : -1;
    Py_XDECREF(made);
    return status;
}
