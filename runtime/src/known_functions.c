/* Whether names still stand for the functions of `math`, and the builtins, that native code has rows for. */
#include "fast_paths.h"
#include "inline_caches.h"
#include <string.h>

static PyObject *modules[2]; /* as they were when the runtime was loaded, and kept for good */
static const char *const module_names[2] = {"math", "builtins"};

void pf_known_functions_init(void)
{
    for (int number = 0; number < 2; number++) {
        PyObject *module = PyImport_ImportModule(module_names[number]);
        PyModuleDef *definition = module != NULL && PyModule_CheckExact(module) ? PyModule_GetDef(module) : NULL;
        PyErr_Clear();
        if (definition != NULL && strcmp(definition->m_name, module_names[number]) == 0)
            modules[number] = module;
        else
            Py_XDECREF(module); /* somebody has put something else there: then nothing is known */
    }
}

/* The module of `what`, "math.sqrt" or the like; *name is then what comes after the dot, NULL if nothing does. Borrowed, or NULL. */
static PyObject *module_of(const char *what, const char **name)
{
    for (int number = 0; number < 2; number++) {
        size_t length = strlen(module_names[number]);
        if (strncmp(what, module_names[number], length) != 0 || (what[length] != 0 && what[length] != '.'))
            continue;
        *name = what[length] == '.' ? what + length + 1 : NULL;
        return modules[number];
    }
    return NULL;
}

/* A builtin function object cannot be given another name or module. */
static int is_known(PyObject *value, const char *what)
{
    const char *name;
    PyObject *module = module_of(what, &name);
    if (module == NULL)
        return 0;
    if (name == NULL)
        return value == module && PyModule_CheckExact(value);
    if (Py_IS_TYPE(value, &PyCFunction_Type)) {
        PyCFunctionObject *function = (PyCFunctionObject *)value;
        return function->m_self == module && strcmp(function->m_ml->ml_name, name) == 0;
    }
    if (value == (PyObject *)&PyFloat_Type || value == (PyObject *)&PyLong_Type)
        return module == modules[1] && strcmp(((PyTypeObject *)value)->tp_name, name) == 0;
    return 0;
}

/* What has been seen there once is kept: native code may need the object when the name is already another one's. */
static int32_t keep(PfKnownCache *cache, PyObject *value, const char *what)
{
    if (value == NULL || !is_known(value, what)) {
        cache->place.globals = cache->place.builtins = ~(uint64_t)0;
        return 0;
    }
    if (cache->value != value) {
        Py_XDECREF(cache->value);
        cache->value = Py_NewRef(value);
    }
    return 1;
}

int32_t pf_expect_global(void *frame, PyObject *name, PfKnownCache *cache, const char *what)
{
    _PyInterpreterFrame *own = frame;
    return keep(cache, pf_plain_global(own->f_globals, own->f_builtins, name, &cache->place), what);
}

int32_t pf_expect_member(PyObject *name, PfKnownCache *cache, const char *what)
{
    const char *unused;
    PyObject *module = module_of(what, &unused);
    if (module == NULL || !PyModule_CheckExact(module))
        return 0;
    cache->module = module;
    cache->dict = PyModule_GetDict(module);
    return keep(cache, pf_plain_global(cache->dict, cache->dict, name, &cache->place), what);
}
