/* Bindings: what native code assumes about names, checked at entry and watched from then on.
 *
 * From 3.12 dictionaries and functions have watchers. On 3.11 the version tags of the dictionaries are compared at each
 * entry, and the setters of `__code__` and `__defaults__` are wrapped. */
#include "pyfreeze_abi.h"
#include <string.h>

#define MAXIMUM_MODULES 4096
#define WATCHED 4 /* the module's globals, builtins, math, pyfreeze */

PfModule *pf_modules[MAXIMUM_MODULES];
int pf_module_count;

static PyObject *shared_dicts[WATCHED]; /* [0] unused */
static const char *const shared_names[WATCHED] = {NULL, "builtins", "math", "pyfreeze"};
static PyObject *originals; /* "module.attribute" → the object as it was first seen */

typedef struct PfWatch {
    uint64_t versions[WATCHED];
    uint8_t holds[]; /* for each binding, what the last check found */
} PfWatch;

void pf_invalidate(PfModule *module)
{
    module->epoch++;
    for (int32_t index = 0; index < module->function_count; index++)
        module->functions[index].valid = 0;
}

static PyObject *dict_of(const char *module_name) /* borrowed, NULL if not importable */
{
    for (int index = 1; index < WATCHED; index++) {
        if (strcmp(shared_names[index], module_name) != 0)
            continue;
        if (shared_dicts[index] == NULL) {
            PyObject *module = PyImport_ImportModule(module_name);
            if (module == NULL) {
                PyErr_Clear();
                return NULL;
            }
            shared_dicts[index] = Py_NewRef(PyModule_GetDict(module));
            Py_DECREF(module);
        }
        return shared_dicts[index];
    }
    return NULL;
}

/* A replacement made before pyfreeze looked is told by its kind: the originals are built in, or pyfreeze's own types. */
static int looks_original(PyObject *object, const char *module_name, const char *attribute)
{
    if (PyCFunction_Check(object))
        return strcmp(((PyCFunctionObject *)object)->m_ml->ml_name, attribute) == 0;
    if (PyType_Check(object)) {
        const char *name = strrchr(((PyTypeObject *)object)->tp_name, '.');
        return strcmp(name ? name + 1 : ((PyTypeObject *)object)->tp_name, attribute) == 0;
    }
    return strcmp(module_name, "math") == 0 && PyFloat_CheckExact(object);
}

static PyObject *original(const char *module_name, const char *attribute) /* borrowed */
{
    PyObject *key = PyUnicode_FromFormat("%s.%s", module_name, attribute);
    PyObject *found = key ? PyDict_GetItemWithError(originals, key) : NULL;
    if (found == NULL && key != NULL) {
        PyObject *dict = dict_of(module_name);
        PyObject *object = dict ? PyDict_GetItemString(dict, attribute) : NULL;
        if (object != NULL && looks_original(object, module_name, attribute) &&
            PyDict_SetItem(originals, key, object) == 0)
            found = object;
    }
    Py_XDECREF(key);
    PyErr_Clear();
    return found;
}

static int same_constant(PyObject *one, PyObject *other)
{
    if (one == other)
        return 1;
    if (one == NULL || other == NULL || Py_TYPE(one) != Py_TYPE(other))
        return 0;
    if (PyFloat_CheckExact(one)) {
        double first = PyFloat_AS_DOUBLE(one), second = PyFloat_AS_DOUBLE(other);
        return memcmp(&first, &second, sizeof first) == 0;
    }
    if (PyTuple_CheckExact(one)) {
        if (PyTuple_GET_SIZE(one) != PyTuple_GET_SIZE(other))
            return 0;
        for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(one); index++)
            if (!same_constant(PyTuple_GET_ITEM(one, index), PyTuple_GET_ITEM(other, index)))
                return 0;
        return 1;
    }
    if (!PyLong_CheckExact(one) && !PyUnicode_CheckExact(one))
        return 0; /* None and bools are identical or different */
    return PyObject_RichCompareBool(one, other, Py_EQ) == 1;
}

static int is_function(PfModule *module, PfBinding *binding, PyObject *object)
{
    if (object == NULL || !PyFunction_Check(object))
        return 0;
    PyFunctionObject *function = (PyFunctionObject *)object;
    if (function->func_code != (PyObject *)module->functions[binding->function].code ||
        function->func_globals != module->globals)
        return 0;
    if (binding->defaults < 0)
        return 1;
    PyObject *expected = PyTuple_GET_ITEM(module->constants, binding->defaults);
    return same_constant(function->func_defaults ? function->func_defaults : Py_None, expected);
}

static int holds(PfModule *module, PfBinding *binding)
{
    PyObject *value = PyDict_GetItemString(module->globals, binding->name);
    PyObject *dict, *expected;
    switch (binding->kind) {
    case PF_FUNCTION:
        return is_function(module, binding, value);
    case PF_CONSTANT:
        return same_constant(value, PyTuple_GET_ITEM(module->constants, binding->constant));
    case PF_BUILTIN:
        dict = dict_of("builtins");
        expected = original("builtins", binding->name);
        return value == NULL && expected != NULL && PyDict_GetItemString(dict, binding->name) == expected;
    case PF_MODULE:
        dict = dict_of(binding->module);
        return value != NULL && dict != NULL && PyModule_Check(value) && PyModule_GetDict(value) == dict;
    case PF_ATTRIBUTE:
        dict = dict_of(binding->module);
        expected = original(binding->module, binding->attribute);
        return expected != NULL && PyDict_GetItemString(dict, binding->attribute) == expected;
    case PF_IMPORTED:
        expected = original(binding->module, binding->attribute);
        return expected != NULL && value == expected;
    default:
        return 0;
    }
}

int pf_function_bindings_hold(PfFunction *function, const char **broken)
{
    PfModule *module = function->module;
    if (module->globals == NULL || module->watch == NULL)
        return 0;
    (void)pf_bindings_unchanged(module);
    for (int32_t index = 0; index < function->binding_count; index++) {
        int32_t number = function->bindings[index];
        module->watch->holds[number] = (uint8_t)holds(module, &module->bindings[number]);
        if (!module->watch->holds[number]) {
            *broken = module->bindings[number].name;
            return 0;
        }
    }
    return 1;
}

#if PY_VERSION_HEX >= 0x030C0000

static int dict_watcher, function_watcher;

static int names_binding(PfModule *module, PyObject *key)
{
    const char *text = key != NULL && PyUnicode_CheckExact(key) ? PyUnicode_AsUTF8(key) : NULL;
    if (text == NULL) {
        PyErr_Clear();
        return 1; /* cleared, cloned: anything may have changed */
    }
    for (int32_t index = 0; index < module->binding_count; index++) {
        PfBinding *binding = &module->bindings[index];
        if (strcmp(binding->name, text) == 0 || (binding->attribute != NULL && strcmp(binding->attribute, text) == 0))
            return 1;
    }
    return 0;
}

static int dict_changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    (void)event;
    (void)value;
    int is_shared = 0;
    for (int index = 1; index < WATCHED; index++)
        is_shared |= shared_dicts[index] == dict;
    for (int index = 0; index < pf_module_count; index++)
        if ((is_shared || pf_modules[index]->globals == dict) && names_binding(pf_modules[index], key))
            pf_invalidate(pf_modules[index]);
    return 0;
}

static void function_changed_code(PyFunctionObject *function)
{
    for (int index = 0; index < pf_module_count; index++)
        if (pf_modules[index]->globals == function->func_globals)
            pf_invalidate(pf_modules[index]);
}

static int function_event(PyFunction_WatchEvent event, PyFunctionObject *function, PyObject *value)
{
    (void)value;
    if (event == PyFunction_EVENT_MODIFY_CODE || event == PyFunction_EVENT_MODIFY_DEFAULTS)
        function_changed_code(function);
    return 0;
}

int pf_bindings_unchanged(PfModule *module)
{
    (void)module;
    return 1;
}

static int watch_dicts(PfModule *module)
{
    for (int index = 1; index < WATCHED; index++)
        if (dict_of(shared_names[index]) != NULL && PyDict_Watch(dict_watcher, shared_dicts[index]) < 0)
            return -1;
    return PyDict_Watch(dict_watcher, module->globals);
}

static int start_watching(void)
{
    dict_watcher = PyDict_AddWatcher(dict_changed);
    function_watcher = PyFunction_AddWatcher(function_event);
    return dict_watcher < 0 || function_watcher < 0 ? -1 : 0;
}

#else

static uint64_t version_of(PyObject *dict) { return dict ? ((PyDictObject *)dict)->ma_version_tag : 0; }

int pf_bindings_unchanged(PfModule *module)
{
    PfWatch *watch = module->watch;
    shared_dicts[0] = module->globals;
    int same = 1;
    for (int index = 0; index < WATCHED; index++) {
        uint64_t version = version_of(shared_dicts[index]);
        same &= version == watch->versions[index];
        watch->versions[index] = version;
    }
    if (same)
        return 1;
    for (int32_t index = 0; index < module->function_count; index++)
        module->functions[index].valid = 0;
    for (int32_t index = 0; index < module->binding_count; index++) {
        if (!watch->holds[index] || holds(module, &module->bindings[index]))
            continue;
        watch->holds[index] = 0;
        module->epoch++;
    }
    return 0;
}

static int watch_dicts(PfModule *module)
{
    (void)module;
    for (int index = 1; index < WATCHED; index++)
        (void)dict_of(shared_names[index]);
    return 0;
}

static setter original_setters[2];

static void notice(PyObject *function)
{
    for (int index = 0; index < pf_module_count; index++)
        if (pf_modules[index]->globals == ((PyFunctionObject *)function)->func_globals)
            pf_invalidate(pf_modules[index]);
}

static int set_code(PyObject *function, PyObject *value, void *closure)
{
    notice(function);
    return original_setters[0](function, value, closure);
}

static int set_defaults(PyObject *function, PyObject *value, void *closure)
{
    notice(function);
    return original_setters[1](function, value, closure);
}

static int start_watching(void)
{
    for (PyGetSetDef *item = PyFunction_Type.tp_getset; item->name != NULL; item++) {
        if (strcmp(item->name, "__code__") == 0 && item->set != set_code) {
            original_setters[0] = item->set;
            item->set = set_code;
        }
        if (strcmp(item->name, "__defaults__") == 0 && item->set != set_defaults) {
            original_setters[1] = item->set;
            item->set = set_defaults;
        }
    }
    return 0;
}

#endif

int pf_bindings_init(void)
{
    originals = PyDict_New();
    return originals == NULL ? -1 : start_watching();
}

/* Called when a module starts to execute: the same module again, or a new instance of it. */
int pf_watch_module(PfModule *module)
{
    int known = 0;
    for (int index = 0; index < pf_module_count; index++)
        known |= pf_modules[index] == module;
    if (!known) {
        if (pf_module_count == MAXIMUM_MODULES) {
            PyErr_SetString(PyExc_ImportError, "too many modules compiled by pyfreeze");
            return -1;
        }
        pf_modules[pf_module_count++] = module;
    }
    if (module->watch == NULL) {
        module->watch = PyMem_RawCalloc(1, sizeof(PfWatch) + (size_t)module->binding_count);
        if (module->watch == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return watch_dicts(module);
}
