/* Bindings: what native code assumes about names, checked at entry and watched from then on.
 *
 * From 3.12 dictionaries and functions have watchers: a change marks the module's functions invalid. On 3.11 the version
 * tags of the dictionaries are compared at each entry, and the setters of functions (`__code__`, …) are wrapped. */
#include "pyfreeze_abi.h"
#include <string.h>

#define MAXIMUM_MODULES 4096
#define SHARED 4 /* modules whose attributes may be assumed */

PfModule *pf_modules[MAXIMUM_MODULES];
int pf_module_count;
PyObject *pf_builtins;

static const char *const shared_names[SHARED] = {"builtins", "math", "pyfreeze", "dataclasses"};
static PyObject *shared_dicts[SHARED]; /* owned; NULL until the module has been imported */
static PyObject *originals;            /* "module.attribute" → the object as it was first seen */

/* What the runtime knows of a binding besides what the compiler says. */
typedef struct WatchedBinding {
    PyObject *name, *attribute; /* interned */
    PyObject *original;         /* borrowed from `originals` */
    uint8_t holds;              /* what the last check found */
#if PY_VERSION_HEX < 0x030C0000
    uint64_t version;           /* of the function's `__kwdefaults__` */
#endif
} WatchedBinding;

typedef struct PfWatch {
    uint64_t filter; /* a bit for the hash of each name: most stores in a namespace concern no binding */
#if PY_VERSION_HEX < 0x030C0000
    uint64_t versions[SHARED + 1];
    uint64_t state;      /* raised when a version is found to differ */
    int32_t keyword_defaults; /* how many of the bindings are about `__kwdefaults__` */
#endif
    WatchedBinding bindings[];
} PfWatch;

static int watch_shared_dict(PyObject *dict);
static int watch_keyword_defaults(PyObject *dict);

void pf_invalidate(PfModule *module)
{
    module->epoch++;
    for (int32_t index = 0; index < module->function_count; index++)
        module->functions[index].valid = 0;
}

/* Somebody's stand-in in sys.modules is not the module that is meant. */
static int is_genuine(PyObject *module, const char *name)
{
    if (!PyModule_Check(module))
        return 0;
    if (strcmp(name, "pyfreeze") == 0 || strcmp(name, "dataclasses") == 0) /* see looks_original */
        return 1;
    PyModuleDef *definition = PyModule_GetDef(module);
    PyErr_Clear();
    return definition != NULL && strcmp(definition->m_name, name) == 0;
}

/* The namespace of a module that native code may refer to; NULL while nobody has imported it. Imports nothing, so that
 * sys.modules is what it would be without pyfreeze. Borrowed. */
static PyObject *dict_of(const char *module_name)
{
    int index = 0;
    while (index < SHARED && strcmp(shared_names[index], module_name) != 0)
        index++;
    if (index == SHARED)
        return NULL;
    if (shared_dicts[index] == NULL) {
        PyObject *modules = PyImport_GetModuleDict(), *module = PyDict_GetItemString(modules, module_name);
        if (module == NULL || !is_genuine(module, module_name) || watch_shared_dict(PyModule_GetDict(module)) < 0)
            return NULL;
        shared_dicts[index] = Py_NewRef(PyModule_GetDict(module));
    }
    return shared_dicts[index];
}

static int same_float(PyObject *one, double second)
{
    double first = PyFloat_AS_DOUBLE(one);
    return memcmp(&first, &second, sizeof first) == 0;
}

static int is_constant_of_math(PyObject *object, const char *attribute)
{
    static const struct { const char *name; double value; } constants[] = {
        {"pi", 3.141592653589793}, {"e", 2.718281828459045}, {"tau", 6.283185307179586}, {"inf", Py_HUGE_VAL},
    };
    if (!PyFloat_CheckExact(object))
        return 0;
    for (size_t row = 0; row < sizeof constants / sizeof *constants; row++)
        if (strcmp(constants[row].name, attribute) == 0)
            return same_float(object, constants[row].value);
    return strcmp(attribute, "nan") == 0 && PyFloat_AS_DOUBLE(object) != PyFloat_AS_DOUBLE(object);
}

/* Whether it is what a `def` of that name in the module made. */
static int is_function_of(PyObject *object, PyObject *globals, const char *name)
{
    PyFunctionObject *function = (PyFunctionObject *)object;
    PyObject *code_name = ((PyCodeObject *)function->func_code)->co_name;
    return function->func_globals == globals && PyUnicode_CompareWithASCIIString(code_name, name) == 0;
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
    if (PyFunction_Check(object) && strcmp(module_name, "dataclasses") == 0)
        return is_function_of(object, dict_of(module_name), attribute);
    return strcmp(module_name, "math") == 0 && is_constant_of_math(object, attribute);
}

/* The attribute as it was first seen, NULL if it has been replaced by then. Borrowed. */
static PyObject *original(WatchedBinding *watched, const char *module_name, const char *attribute)
{
    if (watched->original != NULL)
        return watched->original;
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
    return watched->original = found;
}

int pf_same_constant(PyObject *one, PyObject *other)
{
    if (one == other)
        return 1;
    if (one == NULL || other == NULL || Py_TYPE(one) != Py_TYPE(other))
        return 0;
    if (PyFloat_CheckExact(one))
        return same_float(one, PyFloat_AS_DOUBLE(other));
    if (PyTuple_CheckExact(one)) {
        if (PyTuple_GET_SIZE(one) != PyTuple_GET_SIZE(other))
            return 0;
        for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(one); index++)
            if (!pf_same_constant(PyTuple_GET_ITEM(one, index), PyTuple_GET_ITEM(other, index)))
                return 0;
        return 1;
    }
    if (!PyLong_CheckExact(one) && !PyUnicode_CheckExact(one))
        return 0; /* None and bools are identical or different */
    return PyObject_RichCompareBool(one, other, Py_EQ) == 1;
}

/* Whether `function` has the keyword-only defaults in `pairs`; other ones do not matter. */
static int has_keyword_defaults(PyFunctionObject *function, PyObject *pairs)
{
    PyObject *dict = function->func_kwdefaults;
    if (dict == NULL || !PyDict_CheckExact(dict) || watch_keyword_defaults(dict) < 0)
        return 0;
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(pairs); index++) {
        PyObject *pair = PyTuple_GET_ITEM(pairs, index);
        if (!pf_same_constant(PyDict_GetItemWithError(dict, PyTuple_GET_ITEM(pair, 0)), PyTuple_GET_ITEM(pair, 1)))
            return 0;
    }
    return 1;
}

static int is_function(PfModule *module, PfBinding *binding, PyObject *object)
{
    if (object == NULL || !PyFunction_Check(object))
        return 0;
    PyFunctionObject *function = (PyFunctionObject *)object;
    if (function->func_code != (PyObject *)module->functions[binding->function].code ||
        function->func_globals != module->globals || function->func_builtins != pf_builtins)
        return 0;
    PyObject *defaults = function->func_defaults ? function->func_defaults : Py_None;
    if (binding->defaults >= 0 && !pf_same_constant(defaults, PyTuple_GET_ITEM(module->constants, binding->defaults)))
        return 0;
    if (binding->keyword_defaults < 0)
        return 1;
    return has_keyword_defaults(function, PyTuple_GET_ITEM(module->constants, binding->keyword_defaults));
}

/* Whether `value` has the type of a PF_VALUE; stores it. Native code that read another one may be waiting in a poll. */
static int take_value(PfModule *module, PfBinding *binding, PyObject *value)
{
    uint64_t words[PF_MAXIMUM_SCALARS];
    size_t size = pf_count_words(binding->descriptor) * sizeof *words;
    if (value == NULL || pf_unbox_tuple(module, value, binding->descriptor, words) != 0)
        return 0;
    if (memcmp(words, binding->words, size) != 0) {
        uint64_t before[PF_MAXIMUM_SCALARS];
        memcpy(before, binding->words, size);
        memcpy(binding->words, words, size);
        memcpy(words, before, size);
        module->epoch++;
    }
    pf_release(binding->descriptor, words);
    return 1;
}

static int is_pristine(WatchedBinding *watched, const char *module_name, const char *attribute)
{
    PyObject *expected = original(watched, module_name, attribute);
    return expected != NULL && PyDict_GetItemWithError(dict_of(module_name), watched->attribute) == expected;
}

static int holds(PfModule *module, int32_t number)
{
    PfBinding *binding = &module->bindings[number];
    WatchedBinding *watched = &module->watch->bindings[number];
    PyObject *value = PyDict_GetItemWithError(module->globals, watched->name), *dict;
    switch (binding->kind) {
    case PF_FUNCTION:
        if (binding->attribute != NULL)
            value = pf_member_function(value, watched->attribute, binding->module ? binding->module : "");
        return is_function(module, binding, value);
    case PF_CLASS:
        return pf_take_class(module, binding, value);
    case PF_CONSTANT:
        if (binding->attribute != NULL)
            value = pf_class_attribute(value, watched->attribute);
        return pf_same_constant(value, PyTuple_GET_ITEM(module->constants, binding->constant));
    case PF_BUILTIN:
        return value == NULL && is_pristine(watched, "builtins", binding->name);
    case PF_MODULE:
        dict = dict_of(binding->module);
        return value != NULL && dict != NULL && PyModule_Check(value) && PyModule_GetDict(value) == dict;
    case PF_ATTRIBUTE:
        return is_pristine(watched, binding->module, binding->attribute);
    case PF_IMPORTED:
        return value != NULL && value == original(watched, binding->module, binding->attribute);
    case PF_VALUE:
        if (binding->attribute != NULL)
            value = pf_class_attribute(value, watched->attribute);
        return take_value(module, binding, value);
    default:
        return 0;
    }
}

static void refresh_state(PfModule *module);

/* Check the bindings of `function` and of all it calls natively. The caller has seen a live frame with the module's
 * globals. */
int pf_revalidate(PfFunction *function, const char **broken)
{
    PfModule *module = function->module;
    refresh_state(module);
    for (int32_t index = 0; index < function->binding_count; index++) {
        int32_t number = function->bindings[index];
        WatchedBinding *watched = &module->watch->bindings[number];
        uint8_t before = watched->holds;
        watched->holds = (uint8_t)holds(module, number);
        if (watched->holds)
            continue;
        PyErr_Clear();
        module->epoch += before; /* native code that relied on it may be waiting in a poll */
        *broken = module->bindings[number].name;
        return 0;
    }
    function->valid = 1;
    return 1;
}

/* Whether it is the constructor of a NamedTuple that the module has. */
static int makes_values(const PfModule *module, PyObject *function)
{
    for (int32_t number = 0; number < module->class_count; number++)
        if (pf_named_tuple_constructor(module->classes[number].type) == function)
            return 1;
    return 0;
}

static void function_changed(PyObject *function)
{
    PyObject *globals = ((PyFunctionObject *)function)->func_globals;
    for (int index = 0; index < pf_module_count; index++)
        if (pf_modules[index]->globals == globals || makes_values(pf_modules[index], function))
            pf_invalidate(pf_modules[index]);
}

#if PY_VERSION_HEX >= 0x030C0000

static int dict_watcher, keywords_watcher, function_watcher;

static int names_binding(PfModule *module, PyObject *key)
{
    for (int32_t index = 0; index < module->binding_count; index++) {
        WatchedBinding *watched = &module->watch->bindings[index];
        if (key == watched->name || key == watched->attribute || PyUnicode_Compare(key, watched->name) == 0 ||
            PyUnicode_Compare(key, watched->attribute) == 0)
            return 1;
    }
    return 0;
}

static int dict_changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    (void)value;
    int is_shared = 0, is_name = key != NULL && PyUnicode_CheckExact(key); /* else cleared, cloned, …: anything */
    uint64_t bit = is_name ? (uint64_t)1 << (PyObject_Hash(key) & 63) : ~(uint64_t)0;
    for (int index = 0; index < SHARED; index++)
        is_shared |= shared_dicts[index] == dict;
    for (int index = 0; index < pf_module_count; index++) {
        PfModule *module = pf_modules[index];
        if (!is_shared && module->globals != dict)
            continue;
        if (event == PyDict_EVENT_DEALLOCATED && module->globals == dict)
            module->globals = NULL;
        if (!is_name || ((module->watch->filter & bit) != 0 && names_binding(module, key)))
            pf_invalidate(module);
    }
    return 0;
}

/* A `__kwdefaults__`: rare enough to suspect every module. */
static int keyword_defaults_changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    (void)event, (void)dict, (void)key, (void)value;
    for (int index = 0; index < pf_module_count; index++)
        pf_invalidate(pf_modules[index]);
    return 0;
}

static int function_event(PyFunction_WatchEvent event, PyFunctionObject *function, PyObject *value)
{
    (void)value;
    if (event == PyFunction_EVENT_MODIFY_CODE || event == PyFunction_EVENT_MODIFY_DEFAULTS ||
        event == PyFunction_EVENT_MODIFY_KWDEFAULTS)
        function_changed((PyObject *)function);
    return 0;
}

void pf_look_for_changes(PfModule *module) { (void)module; /* the watchers have marked them */ }
static void refresh_state(PfModule *module) { (void)module; }

uint64_t pf_bindings_state(PfModule *module)
{
    (void)module;
    return 0;
}

void pf_recheck_bindings(PfModule *module, uint64_t state)
{
    (void)module; /* the watchers have raised the epoch */
    (void)state;
}

static int watch_shared_dict(PyObject *dict) { return PyDict_Watch(dict_watcher, dict); }
static int watch_globals(PfModule *module) { return PyDict_Watch(dict_watcher, module->globals); }

static int watch_keyword_defaults(PyObject *dict) { return PyDict_Watch(keywords_watcher, dict); }

static int start_watching(void)
{
    dict_watcher = PyDict_AddWatcher(dict_changed);
    keywords_watcher = PyDict_AddWatcher(keyword_defaults_changed);
    function_watcher = PyFunction_AddWatcher(function_event);
    return dict_watcher < 0 || keywords_watcher < 0 || function_watcher < 0 ? -1 : 0;
}

#else

static uint64_t version_of(PyObject *dict) { return dict ? ((PyDictObject *)dict)->ma_version_tag : 0; }

/* The object that binding `index` is about. Borrowed. */
static PyObject *bound_object(PfModule *module, int32_t index)
{
    const PfBinding *binding = &module->bindings[index];
    WatchedBinding *watched = &module->watch->bindings[index];
    PyObject *value = PyDict_GetItemWithError(module->globals, watched->name);
    if (binding->attribute == NULL)
        return value;
    return pf_member_function(value, watched->attribute, binding->module ? binding->module : "");
}

static PyObject *keyword_defaults_of(PyObject *object)
{
    return object && PyFunction_Check(object) ? ((PyFunctionObject *)object)->func_kwdefaults : NULL;
}

/* Version tags are unique over all dictionaries: one at a reused address never has the version of the one before. */
static void refresh_state(PfModule *module)
{
    PfWatch *watch = module->watch;
    int same = !pf_classes_changed(module);
    for (int index = 0; index <= SHARED; index++) {
        uint64_t version = version_of(index < SHARED ? shared_dicts[index] : module->globals);
        same &= version == watch->versions[index];
        watch->versions[index] = version;
    }
    for (int32_t index = 0; watch->keyword_defaults > 0 && index < module->binding_count; index++) {
        if (module->bindings[index].keyword_defaults < 0 || module->bindings[index].kind != PF_FUNCTION)
            continue;
        WatchedBinding *watched = &watch->bindings[index];
        uint64_t version = version_of(keyword_defaults_of(bound_object(module, index)));
        same &= version == watched->version;
        watched->version = version;
    }
    watch->state += !same;
    for (int32_t index = 0; !same && index < module->function_count; index++)
        module->functions[index].valid = 0;
}

static int versions_differ(const PfModule *module)
{
    const PfWatch *watch = module->watch;
    if (watch->versions[SHARED] != version_of(module->globals))
        return 1;
    for (int index = 0; index < SHARED; index++)
        if (watch->versions[index] != version_of(shared_dicts[index]))
            return 1;
    return watch->keyword_defaults > 0 || pf_classes_differ(module); /* the former are compared one by one */
}

void pf_look_for_changes(PfModule *module)
{
    if (versions_differ(module))
        refresh_state(module);
}

uint64_t pf_bindings_state(PfModule *module) { return module->watch->state; }

void pf_recheck_bindings(PfModule *module, uint64_t state)
{
    refresh_state(module);
    if (module->watch->state == state)
        return;
    for (int32_t index = 0; index < module->binding_count; index++) {
        WatchedBinding *watched = &module->watch->bindings[index];
        if (!watched->holds || holds(module, index))
            continue;
        watched->holds = 0;
        module->epoch++;
    }
}

static int watch_shared_dict(PyObject *dict)
{
    (void)dict;
    return 0;
}

static int watch_keyword_defaults(PyObject *dict)
{
    (void)dict;
    return 0;
}

static int watch_globals(PfModule *module)
{
    (void)module;
    return 0;
}

/* In place of a setter of functions, which becomes its closure. */
static int set_and_tell(PyObject *function, PyObject *value, void *original_setter)
{
    function_changed(function);
    return ((setter)original_setter)(function, value, NULL);
}

static int start_watching(void)
{
    static const char *const watched[] = {"__code__", "__defaults__", "__kwdefaults__"};
    for (PyGetSetDef *item = PyFunction_Type.tp_getset; item->name != NULL; item++)
        for (size_t index = 0; index < sizeof watched / sizeof *watched; index++)
            if (strcmp(item->name, watched[index]) == 0 && item->set != set_and_tell) {
                item->closure = (void *)item->set;
                item->set = set_and_tell;
            }
    return 0;
}

#endif

int pf_bindings_init(void)
{
    originals = PyDict_New();
    if (originals == NULL || start_watching() < 0 || pf_classes_init() < 0)
        return -1;
    pf_builtins = dict_of("builtins");
    return pf_builtins == NULL ? -1 : 0;
}

static PfWatch *new_watch(PfModule *module)
{
    PfWatch *watch = PyMem_RawCalloc(1, sizeof(PfWatch) + (size_t)module->binding_count * sizeof(WatchedBinding));
    for (int32_t index = 0; watch != NULL && index < module->binding_count; index++) {
        const PfBinding *binding = &module->bindings[index];
        WatchedBinding *watched = &watch->bindings[index];
        watched->name = PyUnicode_InternFromString(binding->name);
        watched->attribute = PyUnicode_InternFromString(binding->attribute ? binding->attribute : binding->name);
        if (watched->name == NULL || watched->attribute == NULL)
            return NULL; /* out of memory while importing: not worth freeing */
        watch->filter |= (uint64_t)1 << (PyObject_Hash(watched->name) & 63);
        watch->filter |= (uint64_t)1 << (PyObject_Hash(watched->attribute) & 63);
#if PY_VERSION_HEX < 0x030C0000
        watch->keyword_defaults += binding->kind == PF_FUNCTION && binding->keyword_defaults >= 0;
#endif
    }
    return watch;
}

/* Called when a module starts to execute: the same module again, or a new instance of it. */
int pf_watch_module(PfModule *module)
{
    if (module->watch == NULL) {
        if (pf_module_count == MAXIMUM_MODULES) {
            PyErr_SetString(PyExc_ImportError, "too many modules compiled by pyfreeze");
            return -1;
        }
        module->watch = new_watch(module);
        if (module->watch == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        pf_modules[pf_module_count++] = module;
    }
    if (watch_globals(module) < 0) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return -1;
    }
    return 0;
}
