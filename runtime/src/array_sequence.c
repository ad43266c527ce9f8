/* Array as a sequence: indexing, slices, +, * and extend. Whatever may run Python code (an index, the conversion of an
 * element, an iterator) comes before the array's length and data are looked at. */
#include "pyfreeze_abi.h"
#include "pyfreeze_array.h"
#include <string.h>

static Py_ssize_t array_length(PyObject *array) { return PF_ARRAY(array)->length; }

int pf_is_same_array_type(PyObject *one, PyObject *other) { return pf_is_array(one) && Py_IS_TYPE(other, Py_TYPE(one)); }

static PyObject *array_item(PyObject *object, Py_ssize_t index)
{
    PfArray *array = PF_ARRAY(object);
    if ((size_t)index >= (size_t)array->length) {
        PyErr_SetString(PyExc_IndexError, "Array index out of range");
        return NULL;
    }
    return pf_element(array, index);
}

static void raise_index_type(PyObject *key)
{
    PyErr_Format(PyExc_TypeError, "Array indices must be integers or slices, not %.200s", Py_TYPE(key)->tp_name);
}

/* Copies of every `step`th element. */
static PyObject *copy_range(PfArray *array, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count)
{
    PfArray *copy = pf_array_like(array, count);
    size_t size = (size_t)array->layout->size;
    if (copy == NULL || count == 0)
        return (PyObject *)copy;
    if (step == 1)
        memcpy(copy->data, PF_ELEMENT(array, start), size * (size_t)count);
    else
        for (Py_ssize_t index = 0; index < count; index++)
            memcpy(PF_ELEMENT(copy, index), PF_ELEMENT(array, start + index * step), size);
    return (PyObject *)copy;
}

static PyObject *array_subscript(PyObject *object, PyObject *key)
{
    int64_t usual; /* an int within the array's length */
    if (PyLong_CheckExact(key) && pf_unbox_i64(key, &usual) == 0 && (uint64_t)usual < (uint64_t)PF_ARRAY(object)->length)
        return pf_element(PF_ARRAY(object), (Py_ssize_t)usual);
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred())
            return NULL;
        return array_item(object, index < 0 ? index + PF_ARRAY(object)->length : index);
    }
    if (!PySlice_Check(key)) {
        raise_index_type(key);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0)
        return NULL;
    Py_ssize_t count = PySlice_AdjustIndices(PF_ARRAY(object)->length, &start, &stop, step);
    return copy_range(PF_ARRAY(object), start, step, count);
}

/* Replaces `removed` elements from `start` on by `added` others: the bytes of `elements` (not the array's own). */
static int splice(PfArray *array, Py_ssize_t start, Py_ssize_t removed, const char *elements, Py_ssize_t added)
{
    size_t size = (size_t)array->layout->size;
    Py_ssize_t tail = array->length - start - removed;
    if (added != removed && pf_array_may_resize(array) < 0)
        return -1;
    if (added > removed && pf_array_make_room(array, added - removed) < 0)
        return -1;
    if (array->length == 0 && added == 0)
        return 0;
    if (tail > 0 && added != removed)
        memmove(PF_ELEMENT(array, start + added), PF_ELEMENT(array, start + removed), size * (size_t)tail);
    if (added > 0)
        memmove(PF_ELEMENT(array, start), elements, size * (size_t)added); /* another array may share the memory */
    array->length += added - removed;
    return 0;
}

static int delete_slice(PfArray *array, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count)
{
    size_t size = (size_t)array->layout->size;
    if (count == 0)
        return 0;
    if (step < 0) {
        start += step * (count - 1);
        step = -step;
    }
    if (step == 1)
        return splice(array, start, count, NULL, 0);
    if (pf_array_may_resize(array) < 0)
        return -1;
    for (Py_ssize_t index = 0; index < count; index++) { /* each stretch of kept elements moves to the left */
        Py_ssize_t from = start + index * step + 1;
        Py_ssize_t kept = index + 1 < count ? step - 1 : array->length - from;
        memmove(PF_ELEMENT(array, from - 1 - index), PF_ELEMENT(array, from), size * (size_t)kept);
    }
    array->length -= count;
    return 0;
}

/* An array of the same type with the elements of `iterable`, which may be changed freely. New reference. */
static PfArray *converted(PfArray *array, PyObject *iterable, int may_share)
{
    if (may_share && iterable != (PyObject *)array && pf_is_same_array_type((PyObject *)array, iterable))
        return PF_ARRAY(Py_NewRef(iterable));
    PfArray *copy = pf_array_like(array, 0);
    if (copy != NULL && pf_array_extend(copy, iterable) < 0)
        Py_CLEAR(copy);
    return copy;
}

static int assign_slice(PfArray *array, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step, PfArray *values)
{
    Py_ssize_t count = PySlice_AdjustIndices(array->length, &start, &stop, step);
    if (step == 1)
        return splice(array, start, count, values->data, values->length);
    if (values->length != count) {
        PyErr_Format(PyExc_ValueError, "attempt to assign sequence of size %zd to extended slice of size %zd", values->length,
                     count);
        return -1;
    }
    for (Py_ssize_t index = 0; index < count; index++)
        memmove(PF_ELEMENT(array, start + index * step), PF_ELEMENT(values, index), (size_t)array->layout->size);
    return 0;
}

static int set_slice(PfArray *array, PyObject *key, PyObject *value)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0)
        return -1;
    if (value == NULL) {
        Py_ssize_t count = PySlice_AdjustIndices(array->length, &start, &stop, step);
        return delete_slice(array, start, step, count);
    }
    PfArray *values = converted(array, value, 1);
    int status = values == NULL ? -1 : assign_slice(array, start, stop, step, values);
    Py_XDECREF(values);
    return status;
}

static int set_item(PfArray *array, Py_ssize_t index, int from_end, PyObject *value)
{
    PfScratch scratch;
    const char *element = value == NULL ? NULL : pf_element_bytes(array->layout, value, &scratch);
    if (value != NULL && element == NULL)
        return -1;
    if (from_end)
        index += array->length;
    if ((size_t)index >= (size_t)array->length) {
        PyErr_SetString(PyExc_IndexError, "Array assignment index out of range");
        return -1;
    }
    if (value == NULL)
        return splice(array, index, 1, NULL, 0);
    memcpy(PF_ELEMENT(array, index), element, (size_t)array->layout->size);
    return 0;
}

static int array_set_item(PyObject *array, Py_ssize_t index, PyObject *value)
{
    return set_item(PF_ARRAY(array), index, 0, value);
}

static int array_set_subscript(PyObject *object, PyObject *key, PyObject *value)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred())
            return -1;
        return set_item(PF_ARRAY(object), index, index < 0, value);
    }
    if (PySlice_Check(key))
        return set_slice(PF_ARRAY(object), key, value);
    raise_index_type(key);
    return -1;
}

/* extend */

static int append_object(PfArray *array, PyObject *object)
{
    PfScratch scratch;
    const char *element = pf_element_bytes(array->layout, object, &scratch);
    return element == NULL ? -1 : pf_array_append((PyObject *)array, element);
}

static int extend_from_array(PfArray *array, PfArray *other)
{
    Py_ssize_t count = other->length;
    if (pf_array_make_room(array, count) < 0)
        return -1;
    if (count > 0)
        memcpy(PF_ELEMENT(array, array->length), other->data, (size_t)(count * array->layout->size));
    array->length += count;
    return 0;
}

static int extend_from_items(PfArray *array, PyObject *sequence) /* a list or a tuple */
{
    int status = 0;
    for (Py_ssize_t index = 0; status == 0 && index < PySequence_Fast_GET_SIZE(sequence); index++) {
        if (index == 0 && pf_array_make_room(array, PySequence_Fast_GET_SIZE(sequence)) < 0)
            return -1;
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, index));
        status = append_object(array, item);
        Py_DECREF(item);
    }
    return status;
}

static int extend_from_iterator(PfArray *array, PyObject *iterable)
{
    PyObject *iterator = PyObject_GetIter(iterable), *item;
    if (iterator == NULL)
        return -1;
    Py_ssize_t hint = PyObject_LengthHint(iterable, 0);
    int status = hint < 0 ? -1 : 0;
    if (hint > 0 && pf_array_make_room(array, hint) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_MemoryError))
            status = -1;
        else
            PyErr_Clear(); /* a hint may be wrong */
    }
    while (status == 0 && (item = PyIter_Next(iterator)) != NULL) {
        status = append_object(array, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* As list.extend: what was appended before an error stays. */
int pf_array_extend(PfArray *array, PyObject *iterable)
{
    if (pf_is_same_array_type((PyObject *)array, iterable))
        return extend_from_array(array, PF_ARRAY(iterable));
    if (PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable))
        return extend_from_items(array, iterable);
    int status = PyObject_CheckBuffer(iterable) ? pf_array_extend_from_buffer(array, iterable) : 0;
    if (status != 0)
        return status < 0 ? -1 : 0;
    return extend_from_iterator(array, iterable);
}

/* + and * */

static PyObject *array_concatenate(PyObject *object, PyObject *other)
{
    PfArray *array = PF_ARRAY(object);
    if (!pf_is_same_array_type(object, other))
        return PyErr_Format(PyExc_TypeError, "can only concatenate %s (not \"%.200s\") to %s", Py_TYPE(object)->tp_name,
                            Py_TYPE(other)->tp_name, Py_TYPE(object)->tp_name);
    Py_ssize_t first = array->length, second = PF_ARRAY(other)->length;
    PfArray *sum = first > PY_SSIZE_T_MAX - second ? (PfArray *)PyErr_NoMemory() : pf_array_like(array, first + second);
    if (sum != NULL && first > 0)
        memcpy(sum->data, array->data, (size_t)(first * array->layout->size));
    if (sum != NULL && second > 0)
        memcpy(PF_ELEMENT(sum, first), PF_ARRAY(other)->data, (size_t)(second * array->layout->size));
    return (PyObject *)sum;
}

static PyObject *array_inplace_concatenate(PyObject *array, PyObject *other)
{
    return pf_array_extend(PF_ARRAY(array), other) < 0 ? NULL : Py_NewRef(array);
}

/* The first `size` bytes over and over, up to `total`. */
static void repeat_bytes(char *data, size_t size, size_t total)
{
    for (size_t done = size; done < total; done *= 2)
        memcpy(data + done, data, done <= total - done ? done : total - done);
}

static PyObject *array_repeat(PyObject *object, Py_ssize_t times)
{
    PfArray *array = PF_ARRAY(object);
    Py_ssize_t length = array->length;
    if (times <= 0 || length == 0)
        return (PyObject *)pf_array_like(array, 0);
    if (length > PY_SSIZE_T_MAX / times)
        return PyErr_NoMemory();
    PfArray *result = pf_array_like(array, length * times);
    if (result != NULL) {
        size_t size = (size_t)(length * array->layout->size);
        memcpy(result->data, array->data, size);
        repeat_bytes(result->data, size, size * (size_t)times);
    }
    return (PyObject *)result;
}

static PyObject *array_inplace_repeat(PyObject *object, Py_ssize_t times)
{
    PfArray *array = PF_ARRAY(object);
    Py_ssize_t length = array->length, size = array->layout->size;
    if (length == 0 || times == 1)
        return Py_NewRef(object);
    if (times <= 0)
        return splice(array, 0, length, NULL, 0) < 0 ? NULL : Py_NewRef(object);
    if (length > PY_SSIZE_T_MAX / times)
        return PyErr_NoMemory();
    if (pf_array_make_room(array, length * (times - 1)) < 0)
        return NULL;
    repeat_bytes(array->data, (size_t)(length * size), (size_t)(length * size * times));
    array->length = length * times;
    return Py_NewRef(object);
}

/* Methods that change the length. */

PyObject *pf_array_append_method(PyObject *array, PyObject *object)
{
    if (append_object(PF_ARRAY(array), object) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyObject *pf_array_insert(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    PfArray *array = PF_ARRAY(object);
    PfScratch scratch;
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "insert expected 2 arguments, got %zd", count);
    Py_ssize_t index = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    const char *element = pf_element_bytes(array->layout, arguments[1], &scratch);
    if (element == NULL)
        return NULL;
    if (index < 0)
        index = index + array->length < 0 ? 0 : index + array->length;
    if (index > array->length)
        index = array->length;
    if (splice(array, index, 0, element, 1) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyObject *pf_array_pop(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    PfArray *array = PF_ARRAY(object);
    if (count > 1)
        return PyErr_Format(PyExc_TypeError, "pop expected at most 1 argument, got %zd", count);
    Py_ssize_t index = count == 0 ? -1 : PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    if (array->length == 0)
        return PyErr_Format(PyExc_IndexError, "pop from empty Array");
    if (index < 0)
        index += array->length;
    if ((size_t)index >= (size_t)array->length)
        return PyErr_Format(PyExc_IndexError, "pop index out of range");
    if (pf_array_may_resize(array) < 0)
        return NULL;
    PyObject *element = pf_element(array, index);
    if (element != NULL && splice(array, index, 1, NULL, 0) < 0)
        Py_CLEAR(element);
    return element;
}

PyObject *pf_array_remove(PyObject *object, PyObject *value)
{
    Py_ssize_t index = pf_array_find(PF_ARRAY(object), value, 0, PY_SSIZE_T_MAX);
    if (index == -1)
        return PyErr_Format(PyExc_ValueError, "Array.remove(x): x not in Array");
    if (index < 0 || (index < PF_ARRAY(object)->length && splice(PF_ARRAY(object), index, 1, NULL, 0) < 0))
        return NULL;
    Py_RETURN_NONE;
}

PyObject *pf_array_copy(PyObject *array, PyObject *unused)
{
    (void)unused;
    return copy_range(PF_ARRAY(array), 0, 1, PF_ARRAY(array)->length);
}

PySequenceMethods pf_array_as_sequence = {
    .sq_length = array_length,
    .sq_concat = array_concatenate,
    .sq_repeat = array_repeat,
    .sq_item = array_item,
    .sq_ass_item = array_set_item,
    .sq_contains = pf_array_contains,
    .sq_inplace_concat = array_inplace_concatenate,
    .sq_inplace_repeat = array_inplace_repeat,
};

PyMappingMethods pf_array_as_mapping = {
    .mp_length = array_length,
    .mp_subscript = array_subscript,
    .mp_ass_subscript = array_set_subscript,
};
