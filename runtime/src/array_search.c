/* Equality of elements: in, index, count, remove, and the comparison of arrays.
 *
 * Elements equal as Python objects do; scalars are not reflexive (a NaN equals nothing), frozen values are. What is of the
 * builtin types is compared without making objects: the value looked for becomes bytes once. */
#include "pyfreeze_array.h"
#include <math.h>
#include <string.h>

enum { NOWHERE, RAW, BOXED };

static int is_integer_code(char code) { return code != 'd' && code != 'f' && code != '{'; }

static int raw_key_of_object(const PfLayout *layout, PyObject *value, PfScratch *scratch)
{
    if (layout->code == '?') { /* as the numbers 0 and 1 */
        int is_one = PyObject_RichCompareBool(value, Py_True, Py_EQ), is_zero = PyObject_RichCompareBool(value, Py_False, Py_EQ);
        scratch->bytes[0] = (char)is_one;
        return is_one || is_zero ? RAW : NOWHERE;
    }
    if (pf_store(layout, scratch->bytes, value) == 0)
        return RAW;
    PyErr_Clear(); /* out of range */
    return NOWHERE;
}

/* An exact int, float or bool, as bytes of the layout if it has an exact equal there. */
static int raw_key_of_number(const PfLayout *layout, PyObject *value, PfScratch *scratch)
{
    if (is_integer_code(layout->code) && PyFloat_CheckExact(value)) {
        double real = PyFloat_AS_DOUBLE(value);
        if (!isfinite(real) || real != floor(real))
            return NOWHERE;
        PyObject *whole = PyLong_FromDouble(real);
        int found = whole == NULL ? NOWHERE : raw_key_of_object(layout, whole, scratch);
        Py_XDECREF(whole);
        return found;
    }
    if (raw_key_of_object(layout, value, scratch) == NOWHERE)
        return NOWHERE;
    if (layout->code == 'd' || layout->code == 'f') { /* rounded? */
        PyObject *stored = pf_load(layout, scratch->bytes);
        int equal = stored != NULL && PyObject_RichCompareBool(stored, value, Py_EQ);
        int is_nan = stored != NULL && isnan(PyFloat_AS_DOUBLE(stored));
        Py_XDECREF(stored);
        return equal && !is_nan ? RAW : NOWHERE;
    }
    return RAW;
}

/* Whether comparing elements runs no Python code: neither the class nor those of its fields define `__eq__`. */
static int is_compared_as_bytes(const PfLayout *layout)
{
    if (layout->code != '{')
        return 1;
    int found = pf_has_field_equality(layout);
    for (Py_ssize_t index = 0; found && index < layout->field_count; index++)
        found = is_compared_as_bytes(layout->fields[index].layout);
    return found;
}

/* How to look for `value`: the bytes then are in `scratch` or in the value itself. */
static int search_key(const PfLayout *layout, PyObject *value, PfScratch *scratch, const char **key)
{
    *key = scratch->bytes;
    if (layout->code == '{') {
        if (Py_TYPE(value) != layout->type || !is_compared_as_bytes(layout))
            return BOXED;
        *key = PF_VALUE_DATA(value);
        return RAW;
    }
    if (!PyLong_CheckExact(value) && !PyFloat_CheckExact(value) && !PyBool_Check(value))
        return BOXED;
    int found = raw_key_of_number(layout, value, scratch);
    PyErr_Clear();
    return found;
}

#define FIND(code, type) \
    case code: { \
        type wanted, found; \
        memcpy(&wanted, key, sizeof wanted); \
        for (; start < stop; start++, address += sizeof found) { \
            memcpy(&found, address, sizeof found); \
            if (found == wanted) \
                return start; \
        } \
        return -1; \
    }

static Py_ssize_t find_bytes(const PfArray *array, const char *key, Py_ssize_t start, Py_ssize_t stop)
{
    const PfLayout *layout = array->layout;
    if (start >= stop)
        return -1;
    const char *address = PF_ELEMENT(array, start);
    switch (layout->code) {
    FIND('d', double)
    FIND('f', float)
    FIND('q', int64_t)
    FIND('Q', uint64_t)
    FIND('i', int32_t)
    FIND('I', uint32_t)
    FIND('h', int16_t)
    FIND('H', uint16_t)
    FIND('b', int8_t)
    FIND('B', uint8_t)
    default: /* bools and frozen classes */
        for (; start < stop; start++, address += layout->size)
            if (pf_equal(layout, address, key) > 0)
                return start;
        return -1;
    }
}

/* Compares as Python objects; that may change the array. */
static Py_ssize_t find_object(PfArray *array, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    for (; start < stop && start < array->length; start++) {
        PyObject *element = pf_element(array, start);
        int equal = element == NULL ? -1 : PyObject_RichCompareBool(element, value, Py_EQ);
        Py_XDECREF(element);
        if (equal != 0)
            return equal > 0 ? start : -2;
    }
    return -1;
}

/* The first index at or after `start`: -1 if there is none, -2 with an exception. */
Py_ssize_t pf_array_find(PfArray *array, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    PfScratch scratch;
    const char *key;
    int how = search_key(array->layout, value, &scratch, &key);
    if (how == NOWHERE)
        return -1;
    if (how == BOXED)
        return find_object(array, value, start, stop);
    return find_bytes(array, key, start, stop < array->length ? stop : array->length);
}

int pf_array_contains(PyObject *array, PyObject *value)
{
    Py_ssize_t index = pf_array_find(PF_ARRAY(array), value, 0, PY_SSIZE_T_MAX);
    return index == -2 ? -1 : index >= 0;
}

static int slice_bound(PyObject *argument, Py_ssize_t *bound)
{
    if (!PyIndex_Check(argument)) {
        PyErr_SetString(PyExc_TypeError, "slice indices must be integers or have an __index__ method");
        return -1;
    }
    *bound = PyNumber_AsSsize_t(argument, NULL);
    return *bound == -1 && PyErr_Occurred() ? -1 : 0;
}

PyObject *pf_array_index(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    PfArray *array = PF_ARRAY(object);
    Py_ssize_t bounds[2] = {0, PY_SSIZE_T_MAX};
    if (count < 1 || count > 3)
        return PyErr_Format(PyExc_TypeError, "index expected from 1 to 3 arguments, got %zd", count);
    for (Py_ssize_t argument = 1; argument < count; argument++)
        if (slice_bound(arguments[argument], &bounds[argument - 1]) < 0)
            return NULL;
    for (int side = 0; side < 2; side++)
        if (bounds[side] < 0)
            bounds[side] = bounds[side] + array->length < 0 ? 0 : bounds[side] + array->length;
    Py_ssize_t index = pf_array_find(array, arguments[0], bounds[0], bounds[1]);
    if (index == -1)
        return PyErr_Format(PyExc_ValueError, "%R is not in Array", arguments[0]);
    return index < 0 ? NULL : PyLong_FromSsize_t(index);
}

PyObject *pf_array_count(PyObject *object, PyObject *value)
{
    PfArray *array = PF_ARRAY(object);
    PfScratch scratch;
    const char *key;
    Py_ssize_t count = 0, index = 0;
    int how = search_key(array->layout, value, &scratch, &key);
    if (how == NOWHERE)
        return PyLong_FromLong(0);
    for (;; index++, count++) {
        index = how == BOXED ? find_object(array, value, index, PY_SSIZE_T_MAX) : find_bytes(array, key, index, array->length);
        if (index < 0)
            break;
    }
    return index == -2 ? NULL : PyLong_FromSsize_t(count);
}

/* Comparison of arrays. */

#define DIFFER(code, type) \
    case code: \
        for (; index < common; index++) { \
            type left, right; \
            memcpy(&left, one->data + index * (Py_ssize_t)sizeof left, sizeof left); \
            memcpy(&right, other->data + index * (Py_ssize_t)sizeof right, sizeof right); \
            if (!(left == right)) \
                break; \
        } \
        return index;

static Py_ssize_t first_difference_in_bytes(const PfArray *one, const PfArray *other, Py_ssize_t common)
{
    const PfLayout *layout = one->layout;
    Py_ssize_t index = 0;
    switch (layout->code) {
    DIFFER('d', double)
    DIFFER('f', float)
    DIFFER('q', int64_t)
    DIFFER('Q', uint64_t)
    DIFFER('i', int32_t)
    DIFFER('I', uint32_t)
    DIFFER('h', int16_t)
    DIFFER('H', uint16_t)
    DIFFER('b', int8_t)
    DIFFER('B', uint8_t)
    default:
        while (index < common && pf_equal(layout, PF_ELEMENT(one, index), PF_ELEMENT(other, index)) > 0)
            index++;
        return index;
    }
}

static PyObject *compare_elements(PfArray *one, PfArray *other, Py_ssize_t index, int operation)
{
    PyObject *left = pf_element(one, index), *right = left == NULL ? NULL : pf_element(other, index);
    PyObject *result = right == NULL ? NULL : PyObject_RichCompare(left, right, operation);
    Py_XDECREF(left);
    Py_XDECREF(right);
    return result;
}

/* The index where both differ, compared as Python objects, or the smaller length; -1 with an exception. */
static Py_ssize_t first_difference_of_objects(PfArray *one, PfArray *other)
{
    Py_ssize_t index = 0;
    for (; index < one->length && index < other->length; index++) {
        PyObject *result = compare_elements(one, other, index, Py_EQ);
        int equal = result == NULL ? -1 : PyObject_IsTrue(result);
        Py_XDECREF(result);
        if (equal <= 0)
            return equal < 0 ? -1 : index;
    }
    return index;
}

PyObject *pf_array_compare(PyObject *object, PyObject *object_2, int operation)
{
    if (!pf_is_array(object_2))
        Py_RETURN_NOTIMPLEMENTED;
    PfArray *one = PF_ARRAY(object), *other = PF_ARRAY(object_2);
    if (one->length != other->length && (operation == Py_EQ || operation == Py_NE))
        return PyBool_FromLong(operation == Py_NE);
    Py_ssize_t common = one->length < other->length ? one->length : other->length, index;
    if (one->layout == other->layout && is_compared_as_bytes(one->layout))
        index = first_difference_in_bytes(one, other, common);
    else
        index = first_difference_of_objects(one, other);
    if (index < 0)
        return NULL;
    if (index >= one->length || index >= other->length)
        Py_RETURN_RICHCOMPARE(one->length, other->length, operation);
    if (operation == Py_EQ || operation == Py_NE)
        return PyBool_FromLong(operation == Py_NE);
    return compare_elements(one, other, index, operation);
}
