/* Values between Python objects and memory. The coercions are those of pyfreeze/language/scalars.py, with the same texts. */
#include "pyfreeze_abi.h"
#include "pyfreeze_layout.h"
#include <math.h>
#include <string.h>

#define SCALAR(code, text, type, name) \
    {code, 1, sizeof(type), _Alignof(type), 0, NULL, NULL, name, text, text}

static const PfLayout scalars[] = {
    SCALAR('d', "d", double, "float64"), SCALAR('q', "q", int64_t, "int64"),   SCALAR('i', "i", int32_t, "int32"),
    SCALAR('B', "B", uint8_t, "uint8"),  SCALAR('f', "f", float, "float32"),   SCALAR('Q', "Q", uint64_t, "uint64"),
    SCALAR('I', "I", uint32_t, "uint32"), SCALAR('b', "b", int8_t, "int8"),    SCALAR('h', "h", int16_t, "int16"),
    SCALAR('H', "H", uint16_t, "uint16"), SCALAR('?', "?", uint8_t, "bool"),
};
static const PfLayout object_layout = {
    'O', 0, sizeof(PyObject *), _Alignof(PyObject *), 0, NULL, NULL, "object", "O", "O",
};
enum { SCALAR_COUNT = sizeof scalars / sizeof *scalars };

const PfLayout *pf_scalar_layout(char code)
{
    for (size_t row = 0; row < SCALAR_COUNT; row++)
        if (scalars[row].code == code)
            return &scalars[row];
    return code == 'O' ? &object_layout : NULL;
}

/* The layout of pyfreeze.int64 and its like; NULL, perhaps with an exception. Which classes these are is asked each time:
 * the module may have been loaded anew. */
static const PfLayout *layout_of_scalar_class(PyTypeObject *type)
{
    size_t row = 0;
    while (row < SCALAR_COUNT && strcmp(scalars[row].name, type->tp_name) != 0)
        row++;
    if (row == SCALAR_COUNT)
        return NULL;
    PyObject *module = PyImport_ImportModule("pyfreeze.language.scalars");
    PyObject *known = module == NULL ? NULL : PyObject_GetAttrString(module, scalars[row].name);
    Py_XDECREF(module);
    Py_XDECREF(known);
    if (known == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) /* "bool" is not there */
        PyErr_Clear();
    return known == (PyObject *)type ? &scalars[row] : NULL;
}

const PfLayout *pf_layout_of(PyObject *type)
{
    if (type == (PyObject *)&PyBool_Type)
        return pf_scalar_layout('?');
    if (PyType_Check(type)) {
        const PfLayout *layout = pf_frozen_layout((PyTypeObject *)type);
        if (layout == NULL && !PyErr_Occurred())
            layout = layout_of_scalar_class((PyTypeObject *)type);
        if (layout != NULL || PyErr_Occurred())
            return layout;
    }
    PyErr_Format(PyExc_TypeError, "%R is no value type: use int64 or another fixed-width integer, float64, float32, bool "
                                  "or a class made by @frozen", type);
    return NULL;
}

/* Loads. */

#define READ(type, variable) type variable; memcpy(&variable, address, sizeof variable)
#define LOAD(code, type, make) case code: { READ(type, value); return make(value); }

static PyObject *object_at(const char *address)
{
    READ(PyObject *, object);
    return object;
}

static void own_objects(const PfLayout *layout, const char *address)
{
    if (layout->code == 'O')
        Py_XINCREF(object_at(address));
    for (Py_ssize_t index = 0; !layout->plain && index < layout->field_count; index++)
        own_objects(layout->fields[index].layout, address + layout->fields[index].offset);
}

static PyObject *load_frozen(const PfLayout *layout, const char *address)
{
    PyObject *value = pf_new_value(layout);
    if (value == NULL)
        return NULL;
    memcpy(PF_VALUE_DATA(value), address, (size_t)layout->size);
    own_objects(layout, address);
    return value;
}

PyObject *pf_load(const PfLayout *layout, const char *address)
{
    switch (layout->code) {
    LOAD('d', double, PyFloat_FromDouble)
    LOAD('q', int64_t, PyLong_FromLongLong)
    LOAD('i', int32_t, PyLong_FromLong)
    LOAD('B', uint8_t, PyLong_FromLong)
    LOAD('f', float, PyFloat_FromDouble)
    LOAD('Q', uint64_t, PyLong_FromUnsignedLongLong)
    LOAD('I', uint32_t, PyLong_FromUnsignedLong)
    LOAD('b', int8_t, PyLong_FromLong)
    LOAD('h', int16_t, PyLong_FromLong)
    LOAD('H', uint16_t, PyLong_FromLong)
    LOAD('?', uint8_t, PyBool_FromLong)
    case 'O':
        return Py_XNewRef(object_at(address));
    default:
        return load_frozen(layout, address);
    }
}

/* Stores. */

#define STORE(code, type, value) \
    case code: { \
        type narrow = (type)value; \
        if (narrow != value) \
            return 0; \
        memcpy(address, &narrow, sizeof narrow); \
        return 1; \
    }

/* 1, or 0 if out of range. */
static int store_signed(char code, char *address, int64_t value)
{
    if (value < 0 && code <= 'Q') /* capitals: unsigned */
        return 0;
    switch (code) {
    STORE('q', int64_t, value)
    STORE('i', int32_t, value)
    STORE('h', int16_t, value)
    STORE('b', int8_t, value)
    STORE('Q', uint64_t, (uint64_t)value)
    STORE('I', uint32_t, (uint64_t)value)
    STORE('H', uint16_t, (uint64_t)value)
    STORE('B', uint8_t, (uint64_t)value)
    default:
        return 0;
    }
}

static int store_int(char code, char *address, PyObject *object)
{
    int64_t value;
    if (PyLong_CheckExact(object) && pf_unbox_i64(object, &value) == 0 && store_signed(code, address, value))
        return 0;
    PyObject *number = PyNumber_Index(object);
    if (number == NULL)
        return -1;
    int overflow;
    long long small = PyLong_AsLongLongAndOverflow(number, &overflow);
    int stored = !overflow && store_signed(code, address, small);
    if (overflow > 0 && code == 'Q') {
        unsigned long long large = PyLong_AsUnsignedLongLong(number);
        stored = !PyErr_Occurred();
        if (stored)
            memcpy(address, &large, sizeof large);
        PyErr_Clear();
    }
    PyObject *text = stored ? NULL : pf_text_out_of_range(number, code);
    if (text != NULL)
        PyErr_SetObject(PyExc_OverflowError, text);
    Py_XDECREF(text);
    Py_DECREF(number);
    return stored ? 0 : -1;
}

static void raise_unexpected(const char *text, const char *name, PyObject *object)
{
    PyObject *type_name = PyType_GetName(Py_TYPE(object));
    if (type_name != NULL)
        PyErr_Format(PyExc_TypeError, text, name, type_name);
    Py_XDECREF(type_name);
}

static int as_double(const PfLayout *layout, PyObject *object, double *value)
{
    if (PyFloat_Check(object)) {
        *value = PyFloat_AS_DOUBLE(object);
        return 0;
    }
    PyObject *number = PyNumber_Index(object);
    if (number == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            raise_unexpected("%s() needs a float or an int, not '%U'", layout->name, object);
        }
        return -1;
    }
    *value = PyLong_AsDouble(number);
    Py_DECREF(number);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static int store_float(const PfLayout *layout, char *address, PyObject *object)
{
    double value;
    if (as_double(layout, object, &value) < 0)
        return -1;
    if (layout->code == 'd') {
        memcpy(address, &value, sizeof value);
        return 0;
    }
    float single = (float)value;
    if (isinf(single) && !isinf(value)) {
        PyObject *wide = PyFloat_FromDouble(value);
        if (wide != NULL)
            PyErr_Format(PyExc_OverflowError, "%R is out of range for float32", wide);
        Py_XDECREF(wide);
        return -1;
    }
    memcpy(address, &single, sizeof single);
    return 0;
}

static int store_frozen(const PfLayout *layout, char *address, PyObject *object)
{
    if (Py_TYPE(object) != layout->type) {
        raise_unexpected("expected %s, not '%U'", layout->name, object);
        return -1;
    }
    memcpy(address, PF_VALUE_DATA(object), (size_t)layout->size);
    own_objects(layout, address);
    return 0;
}

int pf_store(const PfLayout *layout, char *address, PyObject *object)
{
    switch (layout->code) {
    case 'd': case 'f':
        return store_float(layout, address, object);
    case '?':
        if (!PyBool_Check(object)) {
            raise_unexpected("expected %s, not '%U'", layout->name, object);
            return -1;
        }
        *address = object == Py_True;
        return 0;
    case 'O':
        Py_INCREF(object);
        memcpy(address, &object, sizeof object);
        return 0;
    case '{':
        return store_frozen(layout, address, object);
    default:
        return store_int(layout->code, address, object);
    }
}

/* Equality and hash. */

static int is_nan(PyObject *object) { return PyFloat_CheckExact(object) && isnan(PyFloat_AS_DOUBLE(object)); }

/* A NaN equals a NaN also where the field is an object: compiled code keeps no identities of floats. */
static int equal_objects(PyObject *one, PyObject *other)
{
    if (one == NULL || other == NULL)
        return one == other;
    if (is_nan(one) && is_nan(other))
        return 1;
    return PyObject_RichCompareBool(one, other, Py_EQ); /* true if identical */
}

static int equal_doubles(double one, double other) { return one == other || (isnan(one) && isnan(other)); }

int pf_equal(const PfLayout *layout, const char *one, const char *other)
{
    double doubles[2];
    float singles[2];
    switch (layout->code) {
    case 'd':
        memcpy(&doubles[0], one, sizeof *doubles);
        memcpy(&doubles[1], other, sizeof *doubles);
        return equal_doubles(doubles[0], doubles[1]);
    case 'f':
        memcpy(&singles[0], one, sizeof *singles);
        memcpy(&singles[1], other, sizeof *singles);
        return equal_doubles(singles[0], singles[1]);
    case '?':
        return !*one == !*other;
    case 'O':
        return equal_objects(object_at(one), object_at(other));
    case '{':
        return pf_equal_fields(layout, one, other);
    default:
        return memcmp(one, other, (size_t)layout->size) == 0;
    }
}

enum { NAN_HASH = 314159 };

static Py_hash_t hash_scalar(const PfLayout *layout, const char *address)
{
    PyObject *value = pf_load(layout, address);
    if (value == NULL)
        return -1;
    Py_hash_t hash = is_nan(value) ? NAN_HASH : PyObject_Hash(value); /* a NaN hashes by its address since 3.10 */
    Py_DECREF(value);
    return hash;
}

Py_hash_t pf_hash(const PfLayout *layout, const char *address)
{
    return layout->code == '{' ? pf_hash_fields(layout, address) : hash_scalar(layout, address);
}
