/* Import statements. */
#include "internals.h"

static int is_default_import(PyObject *function)
{
#if PY_VERSION_HEX >= 0x030C0000
    return function == PyInterpreterState_Get()->imports.import_func;
#else
    return function == PyInterpreterState_Get()->import_func;
#endif
}

/* The value that importlib's own function gets, without calling __import__. -1 with an exception if it is no int. */
static int level_of(PyObject *level)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(level, &overflow);
    if (value == -1 && PyErr_Occurred())
        return -1;
    if (overflow || value < INT_MIN || value > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C int");
        return -1;
    }
    return (int)value;
}

PyObject *pf_import_name(void *frame, PyObject *name, PyObject *from_list, PyObject *level)
{
    static PyObject *import;
    _PyInterpreterFrame *own = frame;
    if (pf_interned(&import, "__import__") == NULL)
        return NULL;
    PyObject *function = PyDict_GetItemWithError(own->f_builtins, import);
    if (function == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ImportError, "__import__ not found");
        return NULL;
    }
    PyObject *locals = own->f_locals != NULL ? own->f_locals : Py_None;
    if (is_default_import(function)) {
        int number = level_of(level);
        if (number == -1 && PyErr_Occurred())
            return NULL;
        return PyImport_ImportModuleLevelObject(name, own->f_globals, locals, from_list, number);
    }
    PyObject *arguments[] = {name, own->f_globals, locals, from_list, level};
    Py_INCREF(function);
    PyObject *module = PyObject_Vectorcall(function, arguments, 5, NULL);
    Py_DECREF(function);
    return module;
}

/* From sys.modules, where a circular import finds a submodule that its package has not got yet. */
static PyObject *find_submodule(PyObject *package, PyObject *name)
{
    PyObject *full = PyUnicode_FromFormat("%U.%U", package, name);
    PyObject *module = full != NULL ? PyImport_GetModule(full) : NULL;
    Py_XDECREF(full);
    return module;
}

#if PY_VERSION_HEX < 0x030D0000

/* Steals `message`, which may be NULL with an exception. */
static void set_import_error(PyObject *message, PyObject *package, PyObject *path, PyObject *name)
{
    if (message == NULL)
        return;
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *keywords = Py_BuildValue("{sOsOsO}", "name", package ? package : Py_None, "path", path ? path : Py_None,
                                       "name_from", name);
    PyObject *error = keywords ? PyObject_VectorcallDict(PyExc_ImportError, &message, 1, keywords) : NULL;
    if (error != NULL)
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(keywords);
#else
    (void)name;
    PyErr_SetImportError(message, package, path);
#endif
    Py_DECREF(message);
}

/* Whether the import of `module` is still going on. Its errors are not shown. */
static int is_initializing(PyObject *module)
{
    PyObject *spec = PyObject_GetAttrString(module, "__spec__");
    int answer = _PyModuleSpec_IsInitializing(spec);
    Py_XDECREF(spec);
    return answer;
}

/* `package`: its name, or NULL. */
static void cannot_import(PyObject *module, PyObject *package, PyObject *name)
{
    PyObject *path = PyModule_GetFilenameObject(module);
    PyObject *shown = package ? Py_NewRef(package) : PyUnicode_FromString("<unknown module name>");
    if (shown == NULL) {
        Py_XDECREF(path);
        return;
    }
    if (path == NULL || !PyUnicode_Check(path)) {
        PyErr_Clear();
        set_import_error(PyUnicode_FromFormat("cannot import name %R from %R (unknown location)", name, shown), package,
                         NULL, name);
    } else {
        const char *format = is_initializing(module)
            ? "cannot import name %R from partially initialized module %R (most likely due to a circular import) (%S)"
            : "cannot import name %R from %R (%S)";
        PyErr_Clear();
        set_import_error(PyUnicode_FromFormat(format, name, shown, path), package, path, name);
    }
    Py_XDECREF(path);
    Py_DECREF(shown);
}

static PyObject *import_slowly(PyObject *module, PyObject *name)
{
    PyObject *package = PyObject_GetAttrString(module, "__name__"), *found = NULL;
    if (package != NULL && !PyUnicode_Check(package))
        Py_CLEAR(package);
    if (package != NULL)
        found = find_submodule(package, name);
    if (found == NULL && (package == NULL || !PyErr_Occurred()))
        cannot_import(module, package, name);
    Py_XDECREF(package);
    return found;
}

#else

static PyObject *give(PyObject *module, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(module);
}

static PyMethodDef give_definition = {"__import__", give, METH_VARARGS, NULL};

/* Runs "from ? import name" in the interpreter with `module` for the question mark: its messages depend on how the module
 * was found, by functions that are not exported. Its traceback entry is dropped. */
static PyObject *import_in_interpreter(PyObject *module, PyObject *name)
{
    PyObject *statement = PyUnicode_FromFormat("from m import %U", name), *found = NULL;
    const char *text = statement ? PyUnicode_AsUTF8(statement) : NULL;
    PyObject *code = text ? Py_CompileString(text, "<pyfreeze>", Py_file_input) : NULL;
    PyObject *import = code ? PyCFunction_New(&give_definition, module) : NULL;
    PyObject *scope = import ? Py_BuildValue("{s{sO}}", "__builtins__", "__import__", import) : NULL;
    PyObject *done = scope ? PyEval_EvalCode(code, scope, scope) : NULL;
    if (done != NULL) {
        found = Py_XNewRef(PyDict_GetItemWithError(scope, name));
    } else if (scope != NULL) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        Py_XDECREF(traceback);
        PyErr_Restore(type, value, NULL);
    }
    Py_XDECREF(done);
    Py_XDECREF(scope);
    Py_XDECREF(import);
    Py_XDECREF(code);
    Py_XDECREF(statement);
    return found;
}

/* A module with the attributes of `module` that the message depends on, so that the missing one is not looked for again. */
static PyObject *stand_in(PyObject *module, PyObject *package, PyObject *specification)
{
    PyObject *made = PyModule_New(""), *file = NULL;
    if (made == NULL || (PyModule_Check(module) && PyObject_GetOptionalAttrString(module, "__file__", &file) < 0) ||
        (package != NULL ? PyObject_SetAttrString(made, "__name__", package) : PyObject_DelAttrString(made, "__name__")) < 0 ||
        (specification != NULL && PyObject_SetAttrString(made, "__spec__", specification) < 0) ||
        (file != NULL && PyObject_SetAttrString(made, "__file__", file) < 0))
        Py_CLEAR(made);
    Py_XDECREF(file);
    return made;
}

static PyObject *import_slowly(PyObject *module, PyObject *name)
{
    PyObject *package = NULL, *specification = NULL, *found = NULL;
    if (PyObject_GetOptionalAttrString(module, "__name__", &package) < 0)
        return NULL;
    if (package != NULL && !PyUnicode_Check(package))
        Py_CLEAR(package);
    if (package != NULL)
        found = find_submodule(package, name);
    if (found == NULL && !PyErr_Occurred() && PyObject_GetOptionalAttrString(module, "__spec__", &specification) >= 0) {
        PyObject *other = stand_in(module, package, specification);
        if (other != NULL)
            found = import_in_interpreter(other, name);
        Py_XDECREF(other);
    }
    Py_XDECREF(specification);
    Py_XDECREF(package);
    return found;
}

#endif

PyObject *pf_import_from(PyObject *module, PyObject *name)
{
    PyObject *value = NULL;
    return pf_find_attribute(module, name, &value) != 0 ? value : import_slowly(module, name);
}
