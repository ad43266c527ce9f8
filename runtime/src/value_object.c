/* Instances of frozen classes: memory, equality, hash, order, repr, copies. */
#include "pyfreeze_values.h"
#include <stddef.h>
#include <string.h>

PyObject *pf_frozen_error;

static PfValueClass *class_of(PyObject *self) { return pf_value_class_of(Py_TYPE(self)); }

static PfValueClass *class_of_layout(const PfLayout *layout)
{
    return (PfValueClass *)((char *)layout - offsetof(PfValueClass, layout));
}

static PyObject *object_at(const char *address)
{
    PyObject *object;
    memcpy(&object, address, sizeof object);
    return object;
}

/* Memory. There is no tp_clear: a cycle needs something that was changed after it was made, and that breaks it, as with
 * tuples. So no one ever sees a field without its object. */

PyObject *pf_allocate_value(const PfLayout *layout)
{
    PyTypeObject *type = layout->type;
    if (type == NULL) {
        PyErr_Format(PyExc_SystemError, "the frozen class %s no longer exists", layout->name);
        return NULL;
    }
    PyObject *self;
    if (layout->plain) {
        self = PyObject_Malloc((size_t)type->tp_basicsize);
        if (self == NULL)
            return PyErr_NoMemory();
        PyObject_Init(self, type);
    } else {
        self = (PyObject *)PyObject_GC_New(PyObject, type);
        if (self == NULL)
            return NULL;
    }
    memset(PF_VALUE_DATA(self), 0, (size_t)type->tp_basicsize - sizeof(PyObject));
    return self;
}

void pf_track_value(const PfLayout *layout, PyObject *value)
{
    if (!layout->plain)
        PyObject_GC_Track(value);
}

PyObject *pf_new_value(const PfLayout *layout)
{
    PyObject *self = pf_allocate_value(layout);
    if (self != NULL)
        pf_track_value(layout, self);
    return self;
}

static void release_objects(const PfLayout *layout, const char *address)
{
    if (layout->code == 'O')
        Py_XDECREF(object_at(address));
    for (Py_ssize_t index = 0; !layout->plain && index < layout->field_count; index++)
        release_objects(layout->fields[index].layout, address + layout->fields[index].offset);
}

void pf_value_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    const PfLayout *layout = &pf_value_class_of(type)->layout;
    if (layout->plain) {
        PyObject_Free(self);
        Py_DECREF(type);
        return;
    }
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, pf_value_dealloc)
    release_objects(layout, PF_VALUE_DATA(self));
    PyObject_GC_Del(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static int visit_objects(const PfLayout *layout, const char *address, visitproc visit, void *arg)
{
    if (layout->code == 'O')
        Py_VISIT(object_at(address));
    for (Py_ssize_t index = 0; !layout->plain && index < layout->field_count; index++) {
        const PfField *field = &layout->fields[index];
        int stop = visit_objects(field->layout, address + field->offset, visit, arg);
        if (stop)
            return stop;
    }
    return 0;
}

int pf_value_traverse(PyObject *self, visitproc visit, void *arg) /* Py_VISIT wants these names */
{
    Py_VISIT(Py_TYPE(self));
    return visit_objects(&class_of(self)->layout, PF_VALUE_DATA(self), visit, arg);
}

/* Attributes. */

int pf_value_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    (void)self;
    PyErr_Format(pf_frozen_error, value == NULL ? "cannot delete field %R" : "cannot assign to field %R", name);
    return -1;
}

static PyObject *load_field(PyObject *self, const PfField *field)
{
    return pf_load(field->layout, PF_VALUE_DATA(self) + field->offset);
}

PyObject *pf_value_field(PyObject *self, void *field) { return load_field(self, field); }

/* Equality and hash. A field of a class that compares in a way of its own is compared as an object. */

int pf_has_field_equality(const PfLayout *layout)
{
    return layout->type != NULL && layout->type->tp_richcompare == pf_value_richcompare;
}

static int equal_boxed(const PfLayout *layout, const char *one, const char *other)
{
    PyObject *first = pf_load(layout, one), *second = first == NULL ? NULL : pf_load(layout, other);
    int equal = second == NULL ? -1 : PyObject_RichCompareBool(first, second, Py_EQ);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return equal;
}

static int equal_field(const PfField *field, const char *one, const char *other)
{
    const PfLayout *layout = field->layout;
    if (layout->code == '{' && !pf_has_field_equality(layout))
        return equal_boxed(layout, one + field->offset, other + field->offset);
    return pf_equal(layout, one + field->offset, other + field->offset);
}

/* The first field that counts and differs; field_count if there is none, -1 with an exception. */
static Py_ssize_t first_difference(const PfLayout *layout, const char *one, const char *other)
{
    const unsigned char *flags = class_of_layout(layout)->flags;
    for (Py_ssize_t index = 0; index < layout->field_count; index++) {
        int equal = flags[index] & PF_FIELD_COMPARE ? equal_field(&layout->fields[index], one, other) : 1;
        if (equal <= 0)
            return equal < 0 ? -1 : index;
    }
    return layout->field_count;
}

int pf_equal_fields(const PfLayout *layout, const char *one, const char *other)
{
    Py_ssize_t difference = first_difference(layout, one, other);
    return difference < 0 ? -1 : difference == layout->field_count;
}

static PyObject *compare_order(const PfLayout *layout, PyObject *self, PyObject *other, int operation)
{
    Py_ssize_t index = first_difference(layout, PF_VALUE_DATA(self), PF_VALUE_DATA(other));
    if (index < 0)
        return NULL;
    if (index == layout->field_count)
        return PyBool_FromLong(operation == Py_LE || operation == Py_GE);
    PyObject *one = load_field(self, &layout->fields[index]);
    PyObject *two = one == NULL ? NULL : load_field(other, &layout->fields[index]);
    PyObject *result = two == NULL ? NULL : PyObject_RichCompare(one, two, operation);
    Py_XDECREF(one);
    Py_XDECREF(two);
    return result;
}

PyObject *pf_value_richcompare(PyObject *self, PyObject *other, int operation)
{
    PfValueClass *value_class = class_of(self);
    if (Py_TYPE(other) != Py_TYPE(self))
        Py_RETURN_NOTIMPLEMENTED;
    if (operation != Py_EQ && operation != Py_NE) {
        if (!value_class->has_order)
            Py_RETURN_NOTIMPLEMENTED;
        return compare_order(&value_class->layout, self, other, operation);
    }
    int equal = pf_equal_fields(&value_class->layout, PF_VALUE_DATA(self), PF_VALUE_DATA(other));
    return equal < 0 ? NULL : PyBool_FromLong(equal == (operation == Py_EQ));
}

static PyObject *value_eq(PyObject *self, PyObject *other) { return pf_value_richcompare(self, other, Py_EQ); }
static PyObject *value_lt(PyObject *self, PyObject *other) { return pf_value_richcompare(self, other, Py_LT); }
static PyObject *value_le(PyObject *self, PyObject *other) { return pf_value_richcompare(self, other, Py_LE); }
static PyObject *value_gt(PyObject *self, PyObject *other) { return pf_value_richcompare(self, other, Py_GT); }
static PyObject *value_ge(PyObject *self, PyObject *other) { return pf_value_richcompare(self, other, Py_GE); }

#if SIZEOF_PY_UHASH_T > 4
#define PRIME_1 ((Py_uhash_t)11400714785074694791ULL)
#define PRIME_2 ((Py_uhash_t)14029467366897019727ULL)
#define PRIME_5 ((Py_uhash_t)2870177450012600261ULL)
#define ROTATE(x) (((x) << 31) | ((x) >> 33))
#else
#define PRIME_1 ((Py_uhash_t)2654435761UL)
#define PRIME_2 ((Py_uhash_t)2246822519UL)
#define PRIME_5 ((Py_uhash_t)374761393UL)
#define ROTATE(x) (((x) << 13) | ((x) >> 19))
#endif

static Py_hash_t hash_field(const PfField *field, const char *address)
{
    const PfLayout *layout = field->layout;
    if (layout->code != '{' || (layout->type != NULL && layout->type->tp_hash == pf_value_hash))
        return pf_hash(layout, address + field->offset);
    PyObject *value = pf_load(layout, address + field->offset);
    Py_hash_t hash = value == NULL ? -1 : PyObject_Hash(value);
    Py_XDECREF(value);
    return hash;
}

/* As the hash of the tuple of the fields (Objects/tupleobject.c: xxHash). */
Py_hash_t pf_hash_fields(const PfLayout *layout, const char *address)
{
    const unsigned char *flags = class_of_layout(layout)->flags;
    Py_uhash_t accumulator = PRIME_5, count = 0;
    for (Py_ssize_t index = 0; index < layout->field_count; index++) {
        if (!(flags[index] & PF_FIELD_HASH))
            continue;
        Py_hash_t lane = hash_field(&layout->fields[index], address);
        if (lane == -1)
            return -1;
        accumulator += (Py_uhash_t)lane * PRIME_2;
        accumulator = ROTATE(accumulator) * PRIME_1;
        count++;
    }
    accumulator += count ^ (PRIME_5 ^ 3527539UL);
    return accumulator == (Py_uhash_t)-1 ? 1546275796 : (Py_hash_t)accumulator;
}

Py_hash_t pf_value_hash(PyObject *self)
{
    const PfLayout *layout = &class_of(self)->layout;
    if (Py_EnterRecursiveCall(" while hashing a frozen object"))
        return -1;
    Py_hash_t hash = pf_hash_fields(layout, PF_VALUE_DATA(self));
    Py_LeaveRecursiveCall();
    return hash;
}

/* repr. */

static PyObject *shown_fields(PyObject *self, PfValueClass *value_class)
{
    const PfLayout *layout = &value_class->layout;
    PyObject *parts = PyList_New(0);
    for (Py_ssize_t index = 0; parts != NULL && index < layout->field_count; index++) {
        if (!(value_class->flags[index] & PF_FIELD_REPR))
            continue;
        PyObject *value = load_field(self, &layout->fields[index]);
        PyObject *part = value == NULL ? NULL : PyUnicode_FromFormat("%U=%R", layout->fields[index].name, value);
        if (part == NULL || PyList_Append(parts, part) < 0)
            Py_CLEAR(parts);
        Py_XDECREF(value);
        Py_XDECREF(part);
    }
    return parts;
}

static PyObject *joined(PyObject *parts)
{
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *text = comma == NULL ? NULL : PyUnicode_Join(comma, parts);
    Py_XDECREF(comma);
    return text;
}

PyObject *pf_value_repr(PyObject *self)
{
    int entered = Py_ReprEnter(self);
    if (entered)
        return entered < 0 ? NULL : PyUnicode_FromString("...");
    PyObject *parts = shown_fields(self, class_of(self));
    PyObject *fields = parts == NULL ? NULL : joined(parts);
    PyObject *name = fields == NULL ? NULL : PyType_GetQualName(Py_TYPE(self));
    PyObject *text = name == NULL ? NULL : PyUnicode_FromFormat("%U(%U)", name, fields);
    Py_XDECREF(parts);
    Py_XDECREF(fields);
    Py_XDECREF(name);
    Py_ReprLeave(self);
    return text;
}

/* Copies. They do not run __post_init__, as those of dataclasses do not. */

static PyObject *imported(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *function = module == NULL ? NULL : PyObject_GetAttrString(module, name);
    Py_XDECREF(module);
    return function;
}

/* The class and the positional fields, for `cls.__new__(cls, *…)`. */
static PyObject *positional_values(PyObject *self, PfValueClass *value_class, Py_ssize_t first)
{
    PyObject *values = PyTuple_New(value_class->positional_count + first);
    for (Py_ssize_t index = 0; values != NULL && index < value_class->positional_count; index++) {
        PyObject *value = load_field(self, &value_class->layout.fields[value_class->positional[index]]);
        if (value == NULL)
            Py_CLEAR(values);
        else
            PyTuple_SET_ITEM(values, index + first, value);
    }
    if (values != NULL && first)
        PyTuple_SET_ITEM(values, 0, Py_NewRef(Py_TYPE(self)));
    return values;
}

static PyObject *keyword_values(PyObject *self, PfValueClass *value_class)
{
    PyObject *values = PyDict_New();
    for (Py_ssize_t index = 0; values != NULL && index < value_class->layout.field_count; index++) {
        const PfField *field = &value_class->layout.fields[index];
        if (!(value_class->flags[index] & PF_FIELD_KEYWORD_ONLY))
            continue;
        PyObject *value = load_field(self, field);
        if (value == NULL || PyDict_SetItem(values, field->name, value) < 0)
            Py_CLEAR(values);
        Py_XDECREF(value);
    }
    return values;
}

static PyObject *value_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PfValueClass *value_class = class_of(self);
    if (value_class->positional_count == value_class->layout.field_count)
        return Py_BuildValue("(NN)", imported("copyreg", "__newobj__"), positional_values(self, value_class, 1));
    /* Not copyreg.__newobj_ex__: protocols 2 and 3 would pickle `cls.__new__` itself, which is the base's. */
    return Py_BuildValue("(N(ONN))", imported("pyfreeze.language.frozen", "restore"), (PyObject *)Py_TYPE(self),
                         positional_values(self, value_class, 0), keyword_values(self, value_class));
}

static PyObject *value_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

static int deep_copies(PyObject *self, const PfLayout *layout, PyObject *memo, PyObject **values)
{
    PyObject *deepcopy = imported("copy", "deepcopy");
    int status = deepcopy == NULL ? -1 : 0;
    for (Py_ssize_t index = 0; status == 0 && index < layout->field_count; index++) {
        PyObject *value = load_field(self, &layout->fields[index]);
        values[index] = value == NULL ? NULL : PyObject_CallFunctionObjArgs(deepcopy, value, memo, NULL);
        Py_XDECREF(value);
        status = values[index] == NULL ? -1 : 0;
    }
    Py_XDECREF(deepcopy);
    return status;
}

static PyObject *value_deepcopy(PyObject *self, PyObject *memo)
{
    PfValueClass *value_class = class_of(self);
    const PfLayout *layout = &value_class->layout;
    if (layout->plain)
        return Py_NewRef(self);
    PyObject **values = PyMem_Calloc((size_t)layout->field_count, sizeof *values);
    if (values == NULL)
        return PyErr_NoMemory();
    int status = deep_copies(self, layout, memo, values);
    PyObject *copy = status < 0 ? NULL : pf_value_from_fields(value_class, values);
    for (Py_ssize_t index = 0; index < layout->field_count; index++)
        Py_XDECREF(values[index]);
    PyMem_Free(values);
    return copy;
}

#define COMMON_METHODS \
    {"__eq__", value_eq, METH_O, NULL}, \
    {"__reduce__", value_reduce, METH_NOARGS, NULL}, \
    {"__copy__", value_copy, METH_NOARGS, NULL}, \
    {"__deepcopy__", value_deepcopy, METH_O, NULL}

PyMethodDef pf_value_methods[] = {COMMON_METHODS, {NULL, NULL, 0, NULL}};

PyMethodDef pf_ordered_value_methods[] = {
    COMMON_METHODS,
    {"__lt__", value_lt, METH_O, NULL},
    {"__le__", value_le, METH_O, NULL},
    {"__gt__", value_gt, METH_O, NULL},
    {"__ge__", value_ge, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
