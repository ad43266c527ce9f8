/* The constructor of frozen classes: binds arguments to fields, coerces and stores them, runs __post_init__.
 *
 * Arguments that do not fit are left to the class's __init__, a Python function made by dataclasses with the same
 * parameters: binding them there raises what CPython would raise. */
#include "pyfreeze_abi.h"
#include "pyfreeze_values.h"
#include <string.h>

enum { FEW = 12 }; /* fields whose arguments are bound on the stack */

static PyObject *state_item(PyTypeObject *type, Py_ssize_t index)
{
    PyObject *state = pf_value_state(type);
    return state == NULL ? NULL : PyTuple_GET_ITEM(state, index);
}

/* Storing. */

static int store_field(const PfField *field, char *data, PyObject *value)
{
    if (field->layout->code == 'd' && PyFloat_CheckExact(value)) { /* the common case first */
        double real = PyFloat_AS_DOUBLE(value);
        memcpy(data + field->offset, &real, sizeof real);
        return 0;
    }
    return pf_store(field->layout, data + field->offset, value);
}

static int store_default(PfValueClass *value_class, Py_ssize_t index, char *data)
{
    const PfField *field = &value_class->layout.fields[index];
    PyObject *defaults = state_item(value_class->layout.type, PF_STATE_DEFAULTS);
    if (defaults == NULL)
        return -1;
    PyObject *value = PyTuple_GET_ITEM(defaults, index);
    value = value_class->flags[index] & PF_FIELD_FACTORY ? PyObject_CallNoArgs(value) : Py_NewRef(value);
    int status = value == NULL ? -1 : store_field(field, data, value);
    Py_XDECREF(value);
    return status;
}

static int is_abstract(PyTypeObject *type)
{
    if (!(type->tp_flags & Py_TPFLAGS_IS_ABSTRACT))
        return 0;
    PyObject *nothing = PyTuple_New(0);
    PyObject *none = nothing == NULL ? NULL : PyBaseObject_Type.tp_new(type, nothing, NULL); /* raises */
    Py_XDECREF(nothing);
    Py_XDECREF(none);
    return 1;
}

/* NULL among `values`: the field's default. */
PyObject *pf_value_from_fields(PfValueClass *value_class, PyObject *const *values)
{
    const PfLayout *layout = &value_class->layout;
    PyObject *self = pf_allocate_value(layout);
    if (self == NULL)
        return NULL;
    char *data = PF_VALUE_DATA(self);
    for (Py_ssize_t index = 0; index < layout->field_count; index++) {
        int status = values[index] == NULL ? store_default(value_class, index, data)
                                           : store_field(&layout->fields[index], data, values[index]);
        if (status < 0) {
            Py_DECREF(self);
            return NULL;
        }
    }
    pf_track_value(layout, self);
    return self;
}

/* Binding. */

static Py_ssize_t field_named(const PfLayout *layout, PyObject *name)
{
    for (Py_ssize_t index = 0; index < layout->field_count; index++)
        if (layout->fields[index].name == name)
            return index;
    for (Py_ssize_t index = 0; index < layout->field_count; index++)
        if (PyUnicode_Check(name) && PyUnicode_Compare(layout->fields[index].name, name) == 0)
            return index;
    return -1;
}

static int bind_keywords(PfValueClass *value_class, PyObject *const *arguments, PyObject *keywords, PyObject **values)
{
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(keywords); index++) {
        Py_ssize_t field = field_named(&value_class->layout, PyTuple_GET_ITEM(keywords, index));
        if (field < 0 || values[field] != NULL)
            return 0;
        values[field] = arguments[index];
    }
    return 1;
}

/* Whether the arguments fit; then each field's value, or NULL for its default. */
static int bind(PfValueClass *value_class, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords,
                PyObject **values)
{
    Py_ssize_t field_count = value_class->layout.field_count;
    if (count > value_class->positional_count)
        return 0;
    for (Py_ssize_t index = 0; index < field_count; index++)
        values[index] = NULL;
    for (Py_ssize_t index = 0; index < count; index++)
        values[value_class->positional[index]] = arguments[index];
    if (keywords != NULL && !bind_keywords(value_class, arguments + count, keywords, values))
        return 0;
    for (Py_ssize_t index = 0; index < field_count; index++)
        if (values[index] == NULL && !(value_class->flags[index] & (PF_FIELD_DEFAULT | PF_FIELD_FACTORY)))
            return 0;
    return 1;
}

static PyObject *raise_misfit(PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject *initializer = state_item(type, PF_STATE_INITIALIZER);
    size_t total = (size_t)count + (keywords == NULL ? 0 : (size_t)PyTuple_GET_SIZE(keywords));
    PyObject **all = initializer == NULL ? NULL : PyMem_Calloc(total + 1, sizeof *all);
    if (all == NULL)
        return initializer == NULL ? NULL : PyErr_NoMemory();
    all[0] = Py_None;
    if (total > 0)
        memcpy(all + 1, arguments, total * sizeof *all);
    PyObject *result = PyObject_Vectorcall(initializer, all, (size_t)count + 1, keywords);
    PyMem_Free(all);
    if (result != NULL)
        PyErr_SetString(PyExc_SystemError, "a frozen class's __init__ takes other arguments than the class");
    Py_XDECREF(result);
    return NULL;
}

static PyObject *construct(PfValueClass *value_class, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyTypeObject *type = value_class->layout.type;
    PyObject *few[FEW], **values = few;
    if (is_abstract(type))
        return NULL;
    if (value_class->layout.field_count > FEW)
        values = PyMem_Calloc((size_t)value_class->layout.field_count, sizeof *values);
    if (values == NULL)
        return PyErr_NoMemory();
    PyObject *self = bind(value_class, arguments, count, keywords, values)
                         ? pf_value_from_fields(value_class, values)
                         : raise_misfit(type, arguments, count, keywords);
    if (values != few)
        PyMem_Free(values);
    return self;
}

/* Being called. */

static int run_post_init(PfValueClass *value_class, PyObject *self)
{
    if (!value_class->has_post_init)
        return 0;
    PyObject *result = PyObject_CallMethod(self, "__post_init__", NULL);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Whether `type(…)` is still __new__ and __init__ as made. Where something was put in the place of __init__ and taken away
 * again (unittest.mock), the slot is set right. */
static int is_as_made(PyTypeObject *type)
{
    if (type->tp_init == pf_value_init)
        return type->tp_new == pf_value_new;
    PyObject *initializer = state_item(type, PF_STATE_INITIALIZER);
    PyObject *current = initializer == NULL ? NULL : PyObject_GetAttrString((PyObject *)type, "__init__");
    PyErr_Clear();
    Py_XDECREF(current);
    if (current == NULL || current != initializer)
        return 0;
    type->tp_init = pf_value_init;
    return type->tp_new == pf_value_new;
}

static PyObject *keyword_dict(PyObject *const *values, PyObject *names)
{
    PyObject *keywords = PyDict_New();
    for (Py_ssize_t index = 0; keywords != NULL && names != NULL && index < PyTuple_GET_SIZE(names); index++)
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, index), values[index]) < 0)
            Py_CLEAR(keywords);
    return keywords;
}

static PyObject *call_as_any_type(PyObject *type, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *positional = PyTuple_New(count);
    for (Py_ssize_t index = 0; positional != NULL && index < count; index++)
        PyTuple_SET_ITEM(positional, index, Py_NewRef(arguments[index]));
    PyObject *keywords = positional == NULL ? NULL : keyword_dict(arguments + count, names);
    PyObject *self = keywords == NULL ? NULL : PyType_Type.tp_call(type, positional, keywords);
    Py_XDECREF(positional);
    Py_XDECREF(keywords);
    return self;
}

PyObject *pf_value_vectorcall(PyObject *type, PyObject *const *arguments, size_t flagged_count, PyObject *keywords)
{
    Py_ssize_t count = PyVectorcall_NARGS(flagged_count);
    PfValueClass *value_class = pf_value_class_of((PyTypeObject *)type);
    if (!is_as_made((PyTypeObject *)type))
        return call_as_any_type(type, arguments, count, keywords);
    PyObject *self = construct(value_class, arguments, count, keywords);
    if (self != NULL && run_post_init(value_class, self) < 0)
        Py_CLEAR(self);
    return self;
}

/* The arguments as a vectorcall has them. The array is the caller's to free. */
static PyObject **flattened(PyObject *arguments, PyObject *keywords, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(arguments), position = 0, index = 0;
    PyObject **all = PyMem_Calloc((size_t)(count + PyTuple_GET_SIZE(names)) + 1, sizeof *all);
    PyObject *name, *value;
    if (all == NULL)
        return (PyObject **)PyErr_NoMemory();
    for (Py_ssize_t each = 0; each < count; each++)
        all[each] = PyTuple_GET_ITEM(arguments, each);
    while (keywords != NULL && PyDict_Next(keywords, &position, &name, &value)) {
        PyTuple_SET_ITEM(names, index, Py_NewRef(name));
        all[count + index++] = value;
    }
    return all;
}

/* Makes the instance whole: an existing one cannot be changed, by __init__ or otherwise. */
PyObject *pf_value_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PfValueClass *value_class = pf_value_class_of(type);
    if (value_class == NULL)
        return PyErr_Format(PyExc_TypeError, "the frozen class %s cannot be called before it is finished", type->tp_name);
    PyObject *names = PyTuple_New(keywords == NULL ? 0 : PyDict_GET_SIZE(keywords));
    PyObject **all = names == NULL ? NULL : flattened(arguments, keywords, names);
    PyObject *self = all == NULL ? NULL : construct(value_class, all, PyTuple_GET_SIZE(arguments), names);
    PyMem_Free(all);
    Py_XDECREF(names);
    return self;
}

int pf_value_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    (void)arguments;
    (void)keywords;
    return run_post_init(pf_value_class_of(Py_TYPE(self)), self);
}
