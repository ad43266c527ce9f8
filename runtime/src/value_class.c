/* The classes that @frozen makes (pyfreeze/language/frozen.py): a base with the fields, in C, and the program's own class
 * over it. */
#include "pyfreeze_abi.h"
#include "pyfreeze_values.h"
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#define STATE_NAME "__pyfreeze__"
static PyObject *state_name; /* interned */

/* The base keeps its PfValueClass in ht_slots, which is let go exactly when the memory of the type is, after all instances
 * and descriptors, and which a heap type made in C does not use. */
static PyObject **kept_by(PyTypeObject *base) { return &((PyHeapTypeObject *)base)->ht_slots; }

PfValueClass *pf_value_class_of(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    if (type->tp_dealloc != pf_value_dealloc || base == NULL || base->tp_dealloc != pf_value_dealloc)
        return NULL;
    return (PfValueClass *)*kept_by(base);
}

const PfLayout *pf_frozen_layout(PyTypeObject *type)
{
    PfValueClass *value_class = pf_value_class_of(type);
    return value_class == NULL ? NULL : &value_class->layout;
}

PyObject *pf_value_state(PyTypeObject *type)
{
    PyObject *dict = type == NULL ? NULL : type->tp_base->tp_dict;
    PyObject *state = dict == NULL ? NULL : PyDict_GetItemWithError(dict, state_name);
    if (state == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_SystemError, "the frozen class no longer exists");
    return state;
}

/* PfValueClass: made, filled in and freed. */

static void value_class_dealloc(PyObject *self)
{
    PfValueClass *value_class = (PfValueClass *)self;
    for (Py_ssize_t index = 0; index < value_class->layout.field_count; index++) {
        Py_XDECREF(value_class->layout.fields[index].name);
        Py_XDECREF(value_class->nested[index]);
    }
    for (size_t index = 0; index < sizeof value_class->texts / sizeof *value_class->texts; index++)
        Py_XDECREF(value_class->texts[index]);
    PyMem_Free(value_class->layout.fields);
    PyMem_Free(value_class->nested);
    PyMem_Free(value_class->flags);
    PyMem_Free(value_class->positional);
    PyMem_Free(value_class->members);
    PyMem_Free(value_class->getters);
    PyObject_Free(self);
}

PyTypeObject pf_value_class_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.ValueClass",
    .tp_basicsize = sizeof(PfValueClass),
    .tp_dealloc = value_class_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

static int allocate_tables(PfValueClass *value_class, size_t count)
{
    PfLayout *layout = &value_class->layout;
    layout->fields = PyMem_Calloc(count + 1, sizeof *layout->fields);
    value_class->nested = PyMem_Calloc(count + 1, sizeof *value_class->nested);
    value_class->flags = PyMem_Calloc(count + 1, sizeof *value_class->flags);
    value_class->positional = PyMem_Calloc(count + 1, sizeof *value_class->positional);
    value_class->members = PyMem_Calloc(count + 1, sizeof *value_class->members);
    value_class->getters = PyMem_Calloc(count + 1, sizeof *value_class->getters);
    if (layout->fields == NULL || value_class->nested == NULL || value_class->flags == NULL ||
        value_class->positional == NULL || value_class->members == NULL || value_class->getters == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    layout->field_count = (Py_ssize_t)count;
    return 0;
}

static Py_ssize_t aligned(Py_ssize_t offset, Py_ssize_t alignment)
{
    return (offset + alignment - 1) / alignment * alignment;
}

/* `description` is (name, type or None, flags). */
static int add_field(PfValueClass *value_class, Py_ssize_t index, PyObject *description)
{
    PyObject *name, *type;
    int flags;
    PfLayout *layout = &value_class->layout;
    PfField *field = &layout->fields[index];
    if (!PyArg_ParseTuple(description, "UOi", &name, &type, &flags))
        return -1;
    field->layout = type == Py_None ? pf_scalar_layout('O') : pf_layout_of(type);
    if (field->layout == NULL)
        return -1;
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    if (field->layout->code == '{')
        value_class->nested[index] = (PfValueClass *)Py_NewRef(pf_value_class_of((PyTypeObject *)type));
    value_class->flags[index] = (unsigned char)flags;
    if (!(flags & PF_FIELD_KEYWORD_ONLY))
        value_class->positional[value_class->positional_count++] = index;
    if (field->layout->size > PY_SSIZE_T_MAX / 4 - layout->size) {
        PyErr_SetString(PyExc_OverflowError, "the frozen class is too large");
        return -1;
    }
    field->offset = aligned(layout->size, field->layout->alignment);
    layout->size = field->offset + field->layout->size;
    if (field->layout->alignment > layout->alignment)
        layout->alignment = field->layout->alignment;
    layout->plain = layout->plain && field->layout->plain;
    return 0;
}

static int append(PyObject **text, PyObject *more)
{
    PyUnicode_Append(text, more); /* clears *text if it fails */
    Py_XDECREF(more);
    return *text == NULL || more == NULL ? -1 : 0;
}

static int append_padding(PyObject **format, Py_ssize_t count)
{
    return count == 0 ? 0 : append(format, PyUnicode_FromFormat("%zdx", count));
}

static int describe_fields(const PfLayout *layout, PyObject **format, PyObject **signature)
{
    Py_ssize_t end = 0;
    for (Py_ssize_t index = 0; index < layout->field_count; index++) {
        const PfField *field = &layout->fields[index];
        if (append_padding(format, field->offset - end) < 0 ||
            append(format, PyUnicode_FromFormat("%s:%U:", field->layout->format, field->name)) < 0 ||
            append(signature, PyUnicode_FromFormat("%s%U:%s", index ? "," : "", field->name, field->layout->signature)) < 0)
            return -1;
        end = field->offset + field->layout->size;
    }
    return append_padding(format, layout->size - end) < 0 || append(format, PyUnicode_FromString("}")) < 0 ||
                   append(signature, PyUnicode_FromString("}")) < 0
               ? -1
               : 0;
}

static int describe(PfValueClass *value_class, PyObject *name)
{
    PfLayout *layout = &value_class->layout;
    PyObject **texts = value_class->texts;
    texts[0] = Py_NewRef(name);
    texts[1] = PyUnicode_FromString("T{");
    texts[2] = PyUnicode_FromString("{");
    if (texts[1] == NULL || texts[2] == NULL || describe_fields(layout, &texts[1], &texts[2]) < 0)
        return -1;
    layout->name = PyUnicode_AsUTF8(texts[0]);
    layout->format = PyUnicode_AsUTF8(texts[1]);
    layout->signature = PyUnicode_AsUTF8(texts[2]);
    return layout->name == NULL || layout->format == NULL || layout->signature == NULL ? -1 : 0;
}

static int fill(PfValueClass *value_class, PyObject *name, PyObject *fields)
{
    PfLayout *layout = &value_class->layout;
    layout->code = '{';
    layout->plain = 1;
    layout->alignment = 1;
    if (allocate_tables(value_class, (size_t)PyTuple_GET_SIZE(fields)) < 0)
        return -1;
    for (Py_ssize_t index = 0; index < layout->field_count; index++)
        if (add_field(value_class, index, PyTuple_GET_ITEM(fields, index)) < 0)
            return -1;
    layout->size = aligned(layout->size, layout->alignment);
    return describe(value_class, name);
}

static PfValueClass *make_value_class(PyObject *name, PyObject *fields, int order)
{
    if (state_name == NULL)
        state_name = PyUnicode_InternFromString(STATE_NAME);
    if (state_name == NULL || PyType_Ready(&pf_value_class_type) < 0)
        return NULL;
    PfValueClass *value_class = (PfValueClass *)PyType_GenericAlloc(&pf_value_class_type, 0);
    if (value_class == NULL)
        return NULL;
    value_class->has_order = (char)order;
    if (fill(value_class, name, fields) < 0)
        Py_CLEAR(value_class);
    return value_class;
}

/* The base: descriptors of the fields, and slots. */

static int member_type(char code)
{
    static const struct { char code; int type; } members[] = {
        {'b', T_BYTE}, {'h', T_SHORT}, {'i', T_INT}, {'q', T_LONGLONG}, {'B', T_UBYTE}, {'H', T_USHORT},
        {'I', T_UINT}, {'Q', T_ULONGLONG}, {'f', T_FLOAT}, {'d', T_DOUBLE}, {'?', T_BOOL}, {'O', T_OBJECT_EX},
    };
    size_t row = 0;
    while (members[row].code != code)
        row++;
    return members[row].type;
}

/* Members where there are some, because CPython's interpreter reads those of objects without a call. */
static int describe_attributes(PfValueClass *value_class)
{
    PyMemberDef *member = value_class->members;
    PyGetSetDef *getter = value_class->getters;
    for (Py_ssize_t index = 0; index < value_class->layout.field_count; index++) {
        PfField *field = &value_class->layout.fields[index];
        const char *name = PyUnicode_AsUTF8(field->name);
        if (name == NULL)
            return -1;
        if (field->layout->code == '{')
            *getter++ = (PyGetSetDef){name, pf_value_field, NULL, NULL, field};
        else
            *member++ = (PyMemberDef){name, member_type(field->layout->code),
                                      (Py_ssize_t)sizeof(PyObject) + field->offset, READONLY, NULL};
    }
    return 0;
}

static PyTypeObject *type_from_spec(PfValueClass *value_class, const char *name)
{
    const PfLayout *layout = &value_class->layout;
    PyType_Slot slots[] = {
        {Py_tp_dealloc, pf_value_dealloc},
        {Py_tp_new, pf_value_new},
        {Py_tp_hash, pf_value_hash},
        {Py_tp_repr, pf_value_repr},
        {Py_tp_setattro, pf_value_setattro},
        {Py_tp_members, value_class->members},
        {Py_tp_getset, value_class->getters},
        {Py_tp_methods, value_class->has_order ? pf_ordered_value_methods : pf_value_methods},
        {layout->plain ? 0 : Py_tp_traverse, layout->plain ? NULL : pf_value_traverse},
        {0, NULL},
    };
    /* Never the size of a bare object: then __class__ could be set to other classes of that size. */
    Py_ssize_t size = aligned(layout->size > 0 ? layout->size : 1, sizeof(PyObject *));
    PyType_Spec spec = {
        .name = name,
        .basicsize = (int)(sizeof(PyObject) + size),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | (layout->plain ? 0 : Py_TPFLAGS_HAVE_GC),
        .slots = slots,
    };
    if (size > INT32_MAX - (Py_ssize_t)sizeof(PyObject)) {
        PyErr_SetString(PyExc_OverflowError, "the frozen class is too large");
        return NULL;
    }
    return (PyTypeObject *)PyType_FromSpec(&spec);
}

static PyTypeObject *make_base(PfValueClass *value_class, PyObject *state)
{
    PyTypeObject *base = NULL;
    PyObject *name = PyUnicode_FromFormat("pyfreeze.%U", value_class->texts[0]);
    if (name != NULL && PyUnicode_AsUTF8(name) != NULL && describe_attributes(value_class) == 0)
        base = type_from_spec(value_class, PyUnicode_AsUTF8(name));
    Py_XDECREF(name);
    if (base == NULL)
        return NULL;
    *kept_by(base) = Py_NewRef(value_class);
    if (PyDict_SetItem(base->tp_dict, state_name, state) < 0)
        Py_CLEAR(base);
    else
        base->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    return base;
}

/* A default that its field cannot take is an error of the class. */
static int check_default(const PfField *field, PyObject *value)
{
    char scalar[sizeof(double)];
    if (field->layout->code == 'O')
        return 0;
    if (field->layout->code != '{')
        return pf_store(field->layout, scalar, value);
    if (Py_TYPE(value) == field->layout->type)
        return 0;
    PyErr_Format(PyExc_TypeError, "the default of field %R must be of %s, not %R", field->name, field->layout->name, value);
    return -1;
}

static int check_defaults(PfValueClass *value_class, PyObject *defaults)
{
    for (Py_ssize_t index = 0; index < value_class->layout.field_count; index++)
        if (value_class->flags[index] & PF_FIELD_DEFAULT &&
            check_default(&value_class->layout.fields[index], PyTuple_GET_ITEM(defaults, index)) < 0)
            return -1;
    return 0;
}

/* frozen_base(name, fields, defaults, initializer, order, error) */
PyObject *pf_frozen_base(PyObject *module, PyObject *arguments)
{
    if (!pf_in_main_interpreter()) {
        PyErr_SetString(PyExc_ImportError, "frozen classes can be made in the main interpreter only");
        return NULL;
    }
    PyObject *name, *fields, *defaults, *initializer, *error;
    int order;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "UO!O!OpO", &name, &PyTuple_Type, &fields, &PyTuple_Type, &defaults, &initializer,
                          &order, &error))
        return NULL;
    if (PyTuple_GET_SIZE(fields) != PyTuple_GET_SIZE(defaults) || !PyExceptionClass_Check(error))
        return PyErr_Format(PyExc_TypeError, "frozen_base: one default for each field, and a class of exceptions");
    Py_XSETREF(pf_frozen_error, Py_NewRef(error));
    PfValueClass *value_class = make_value_class(name, fields, order);
    PyObject *state = value_class == NULL ? NULL : PyTuple_Pack(3, defaults, initializer, fields);
    PyTypeObject *base = NULL;
    if (state != NULL && check_defaults(value_class, defaults) == 0)
        base = make_base(value_class, state);
    Py_XDECREF(state);
    Py_XDECREF(value_class);
    return (PyObject *)base;
}

/* The program's class over the base. */

/* Whether the class's attribute is what the base or `object` has. */
static int is_inherited(PyTypeObject *type, const char *name)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)type, name);
    int inherited = method != NULL &&
                    ((Py_TYPE(method) == &PyMethodDescr_Type && PyDescr_TYPE(method) == type->tp_base) ||
                     (Py_TYPE(method) == &PyWrapperDescr_Type &&
                      (PyDescr_TYPE(method) == &PyBaseObject_Type || PyDescr_TYPE(method) == type->tp_base)));
    if (method == NULL)
        PyErr_Clear();
    Py_XDECREF(method);
    return inherited;
}

/* What native code does without a call, unless the class defines it itself. */
static const char *const special[] = {
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__",
};
enum { COMPARISONS = 63, SPECIAL_COUNT = sizeof special / sizeof *special };

/* A bit for each of the special methods that the class has from the base or `object`, or that nobody defines. */
static unsigned short inherited_methods(PyTypeObject *type)
{
    unsigned short bits = 0;
    for (int index = 0; index < SPECIAL_COUNT; index++) {
        PyObject *name = PyUnicode_InternFromString(special[index]);
        int is_absent = name != NULL && _PyType_Lookup(type, name) == NULL;
        Py_XDECREF(name);
        if (is_absent || is_inherited(type, special[index]))
            bits |= (unsigned short)(1 << index);
    }
    PyErr_Clear();
    return bits;
}

/* Where something was put in the place of a comparison and taken away again (unittest.mock), the slot is set right. */
int pf_methods_are_as_made(PyTypeObject *type)
{
    PfValueClass *value_class = pf_value_class_of(type);
    unsigned short inherited = inherited_methods(type);
    if ((inherited & value_class->inherited) != value_class->inherited)
        return 0;
    if ((inherited & COMPARISONS) == COMPARISONS)
        type->tp_richcompare = pf_value_richcompare;
    return 1;
}

static void forget_class(PyObject *capsule)
{
    PfValueClass *value_class = PyCapsule_GetPointer(capsule, STATE_NAME);
    value_class->layout.type = NULL;
    Py_DECREF(value_class);
}

/* Classes made in Python take part in garbage collection, needed or not. There are no instances yet. */
static void set_memory_slots(PyTypeObject *type, int plain)
{
    type->tp_dealloc = pf_value_dealloc;
    type->tp_clear = NULL;
    type->tp_traverse = plain ? NULL : pf_value_traverse;
    type->tp_free = plain ? PyObject_Free : PyObject_GC_Del;
    if (plain)
        type->tp_flags &= ~Py_TPFLAGS_HAVE_GC;
}

/* `match` takes what inherits from these abstract classes for a sequence or mapping. CPython sets the flag when a class is made,
 * but this one got its bases afterwards. */
static void inherit_pattern_flags(PyTypeObject *type)
{
    const unsigned long patterns = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;
    for (Py_ssize_t index = 0; !(type->tp_flags & patterns) && index < PyTuple_GET_SIZE(type->tp_mro); index++)
        type->tp_flags |= ((PyTypeObject *)PyTuple_GET_ITEM(type->tp_mro, index))->tp_flags & patterns;
}

/* Slots that CPython would fill with functions that look methods up, which are these. If a program sets such an attribute of
 * the class later, CPython sets the slot anew. */
static void set_method_slots(PyTypeObject *type)
{
    unsigned short inherited = pf_value_class_of(type)->inherited = inherited_methods(type);
    type->tp_vectorcall = pf_value_vectorcall;
    type->tp_init = pf_value_init;
    if ((inherited & COMPARISONS) == COMPARISONS)
        type->tp_richcompare = pf_value_richcompare;
    type->tp_flags &= ~Py_TPFLAGS_BASETYPE;
    type->tp_base->tp_flags &= ~Py_TPFLAGS_BASETYPE;
    PyType_Modified(type);
}

static PfValueClass *value_class_to_finish(PyObject *object)
{
    PyTypeObject *type = (PyTypeObject *)object, *base = type->tp_base;
    if (base == NULL || base->tp_dealloc != pf_value_dealloc || !(base->tp_flags & Py_TPFLAGS_BASETYPE) ||
        type->tp_basicsize != base->tp_basicsize || type->tp_itemsize != 0 || type->tp_dictoffset != 0 ||
        type->tp_weaklistoffset != 0) {
        PyErr_Format(PyExc_TypeError, "finish_frozen: %R is not a fresh class over a frozen base", object);
        return NULL;
    }
    return (PfValueClass *)*kept_by(base);
}

/* finish_frozen(cls, has_post_init) */
PyObject *pf_finish_frozen(PyObject *module, PyObject *arguments)
{
    PyObject *type;
    int has_post_init;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!p", &PyType_Type, &type, &has_post_init))
        return NULL;
    PfValueClass *value_class = value_class_to_finish(type);
    PyObject *capsule = value_class == NULL ? NULL : PyCapsule_New(value_class, STATE_NAME, forget_class);
    if (capsule == NULL)
        return NULL;
    Py_INCREF(value_class);
    value_class->layout.type = (PyTypeObject *)type;
    value_class->has_post_init = (char)has_post_init;
    Py_XSETREF(*kept_by((PyTypeObject *)type), capsule); /* tells when the class is gone */
    set_memory_slots((PyTypeObject *)type, value_class->layout.plain);
    inherit_pattern_flags((PyTypeObject *)type);
    set_method_slots((PyTypeObject *)type);
    Py_RETURN_NONE;
}

PyObject *pf_is_frozen(PyObject *module, PyObject *type)
{
    (void)module;
    return PyBool_FromLong(PyType_Check(type) && pf_value_class_of((PyTypeObject *)type) != NULL);
}

/* value_layout(cls) */
PyObject *pf_value_layout(PyObject *module, PyObject *type)
{
    (void)module;
    const PfLayout *layout = pf_layout_of(type);
    if (layout == NULL)
        return NULL;
    PyObject *offsets = PyTuple_New(layout->field_count);
    for (Py_ssize_t index = 0; offsets != NULL && index < layout->field_count; index++) {
        PyObject *offset = PyLong_FromSsize_t(layout->fields[index].offset);
        if (offset == NULL)
            Py_CLEAR(offsets);
        else
            PyTuple_SET_ITEM(offsets, index, offset);
    }
    return offsets == NULL ? NULL
                           : Py_BuildValue("{sssssssnsnsNsN}", "name", layout->name, "signature", layout->signature, "format",
                                           layout->format, "size", layout->size, "alignment", layout->alignment, "plain",
                                           PyBool_FromLong(layout->plain), "offsets", offsets);
}
