/* What native code assumes about frozen classes: which class a name is bound to, its fields, its constructor and its
 * functions. Classes are watched like namespaces: from 3.12 by a type watcher, on 3.11 by their version tags. */
#include "pyfreeze_abi.h"
#include "pyfreeze_values.h"
#include <string.h>

/* What a class has under a name, from itself or a base. Borrowed. */
PyObject *pf_class_attribute(PyObject *class, PyObject *attribute)
{
    if (class == NULL || !PyType_Check(class))
        return NULL;
    return _PyType_Lookup((PyTypeObject *)class, attribute);
}

/* The function behind an attribute of a class: itself, a property's getter, or what a static or class method wraps.
 * Borrowed. */
PyObject *pf_member_function(PyObject *class, PyObject *attribute, const char *kind)
{
    PyObject *member = pf_class_attribute(class, attribute);
    if (member == NULL || *kind == 0)
        return member;
    int is_property = strcmp(kind, "property") == 0;
    PyTypeObject *type = strcmp(kind, "classmethod") == 0 ? &PyClassMethod_Type : &PyStaticMethod_Type;
    if (Py_TYPE(member) != (is_property ? &PyProperty_Type : type))
        return NULL;
    PyObject *function = PyObject_GetAttrString(member, is_property ? "fget" : "__func__");
    Py_XDECREF(function); /* the member holds it */
    return function;
}

/* Whether the fields in `pairs` have these defaults. */
static int has_defaults(PyTypeObject *type, PyObject *pairs)
{
    const PfLayout *layout = pf_frozen_layout(type);
    PyObject *state = pf_value_state(type);
    PyObject *defaults = state ? PyTuple_GET_ITEM(state, PF_STATE_DEFAULTS) : NULL;
    int same = defaults != NULL;
    for (Py_ssize_t index = 0; same && index < PyTuple_GET_SIZE(pairs); index++) {
        PyObject *pair = PyTuple_GET_ITEM(pairs, index);
        Py_ssize_t field = 0;
        while (field < layout->field_count && PyUnicode_Compare(layout->fields[field].name, PyTuple_GET_ITEM(pair, 0)) != 0)
            field++;
        same = field < layout->field_count &&
               pf_same_constant(PyTuple_GET_ITEM(defaults, field), PyTuple_GET_ITEM(pair, 1));
    }
    return same;
}

#if PY_VERSION_HEX >= 0x030C0000

static int watcher;

static int class_changed(PyTypeObject *type)
{
    for (int index = 0; index < pf_module_count; index++)
        for (int32_t number = 0; number < pf_modules[index]->class_count; number++)
            if (pf_modules[index]->classes[number].type == type)
                pf_invalidate(pf_modules[index]);
    return 0;
}

int pf_classes_init(void)
{
    watcher = PyType_AddWatcher(class_changed);
    return watcher < 0 ? -1 : 0;
}

/* Again after each change: one that is seen is the last one until then. */
static int watch(PfClass *class) { return PyType_Watch(watcher, (PyObject *)class->type); }

int pf_classes_changed(PfModule *module)
{
    (void)module;
    return 0;
}

#else

int pf_classes_init(void) { return 0; }

static unsigned int version_of(PyTypeObject *type)
{
    return PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG) ? type->tp_version_tag : 0;
}

static int watch(PfClass *class)
{
    PyObject *name = PyUnicode_InternFromString("__init__");
    if (name == NULL)
        return -1;
    (void)_PyType_Lookup(class->type, name); /* gives it a version */
    Py_DECREF(name);
    class->version = version_of(class->type);
    return class->version == 0 ? -1 : 0;
}

/* Whether `pf_classes_changed` would find one. */
int pf_classes_differ(const PfModule *module)
{
    for (int32_t number = 0; number < module->class_count; number++) {
        const PfClass *class = &module->classes[number];
        if (class->type != NULL && version_of(class->type) != class->version)
            return 1;
    }
    return 0;
}

/* Whether a class is no longer what it was when it was last found right. */
int pf_classes_changed(PfModule *module)
{
    int changed = 0;
    for (int32_t number = 0; number < module->class_count; number++) {
        PfClass *class = &module->classes[number];
        if (class->type != NULL && version_of(class->type) != class->version) {
            class->version = version_of(class->type); /* told once; a class without a version tells each time */
            changed = 1;
        }
    }
    return changed;
}

#endif

static int is_frozen_as(PyTypeObject *type, const char *signature)
{
    const PfLayout *layout = pf_frozen_layout(type);
    return layout != NULL && strcmp(layout->signature, signature) == 0 && pf_constructor_is_pristine(type) &&
           pf_methods_are_as_made(type);
}

/* Whether `value` is the class that a PF_CLASS assumes; the module's record keeps it then. */
int pf_take_class(PfModule *module, const PfBinding *binding, PyObject *value)
{
    if (value == NULL || !PyType_Check(value))
        return 0;
    PyTypeObject *type = (PyTypeObject *)value;
    PyObject *defaults = NULL;
    if (binding->keyword_defaults >= 0)
        defaults = PyTuple_GET_ITEM(module->constants, binding->keyword_defaults);
    if (*binding->descriptor == '(') {
        if (!pf_is_named_tuple(type, binding->descriptor, module->globals) ||
            (defaults != NULL && !pf_named_tuple_has_defaults(type, defaults)))
            return 0;
    } else if (!is_frozen_as(type, binding->descriptor) || (defaults != NULL && !has_defaults(type, defaults))) {
        return 0;
    }
    PfClass *class = &module->classes[binding->function];
    if (class->type != type) {
        PyTypeObject *before = class->type;
        class->type = (PyTypeObject *)Py_NewRef(value);
        Py_XDECREF(before);
        module->epoch++; /* native code that holds values of the other one may be waiting in a poll */
    }
    return watch(class) == 0;
}
