/* Executing a compiled module: its own top-level bytecode in an ordinary namespace, with native functions in its
 * code's constants. */
#include "pyfreeze_abi.h"
#include <marshal.h>
#include <opcode.h>
#include <string.h>

static const char native_mark[] = "\0pyfreeze native", twin_mark[] = "\0pyfreeze twin", next_mark[] = "\0pyfreeze next";

static int is_mark(PyObject *constant, const char *mark, size_t size)
{
    if (!PyTuple_CheckExact(constant) || PyTuple_GET_SIZE(constant) == 0)
        return 0;
    PyObject *first = PyTuple_GET_ITEM(constant, 0);
    Py_ssize_t length;
    const char *text = PyUnicode_CheckExact(first) ? PyUnicode_AsUTF8AndSize(first, &length) : NULL;
    return text != NULL && (size_t)length == size && memcmp(text, mark, size) == 0;
}

/* What a generic function is specialised to has the same code object: its records have the same index. */
static PyObject *native_function(PfModule *module, PyObject *mark, PyCodeObject *code, PyObject *instance)
{
    long index = PyLong_AsLong(PyTuple_GET_ITEM(mark, 1));
    for (int32_t number = 0; number < module->function_count; number++) {
        PfFunction *function = &module->functions[number];
        if (function->index != index)
            continue;
        Py_XSETREF(function->code, (PyCodeObject *)Py_NewRef(code));
        function->valid = 0;
    }
    return pf_new_native(&module->functions[index], instance);
}

/* Leave nothing of the trampoline but its room: the mark says where it starts and how long it is, in words. */
static PyObject *remove_trampoline(PyCodeObject *code, PyObject *mark)
{
    char *word = code->co_code_adaptive + 2 * PyLong_AsLong(PyTuple_GET_ITEM(mark, 2));
    char *end = word + 2 * PyLong_AsLong(PyTuple_GET_ITEM(mark, 3));
    for (; word < end; word += 2) {
        word[0] = (char)NOP;
        word[1] = 0;
    }
    return Py_NewRef(Py_None);
}

/* Put native functions and the sentinel in place of their marks, in `code` and all code inside it. Without an `instance`
 * every function becomes its twin. */
static int patch_code(PfModule *module, PyCodeObject *code, PyObject *instance)
{
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(code->co_consts); index++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, index), *replacement = NULL;
        if (PyCode_Check(constant)) {
            if (patch_code(module, (PyCodeObject *)constant, instance) < 0)
                return -1;
            continue;
        }
        if (is_mark(constant, native_mark, sizeof native_mark - 1))
            replacement = instance ? native_function(module, constant, code, instance) : remove_trampoline(code, constant);
        else if (is_mark(constant, next_mark, sizeof next_mark - 1))
            replacement = instance ? pf_new_next(PyLong_AsSsize_t(PyTuple_GET_ITEM(constant, 1)))
                                   : Py_NewRef(Py_None);
        else if (is_mark(constant, twin_mark, sizeof twin_mark - 1))
            replacement = Py_NewRef(instance ? pf_twin_object : Py_None);
        else
            continue;
        if (replacement == NULL)
            return -1;
        PyTuple_SET_ITEM(code->co_consts, index, replacement);
        Py_DECREF(constant);
    }
    return 0;
}

static PyObject *read_file(PyObject *path) /* bytes; NULL without exception if there is no such file */
{
    PyObject *io = PyImport_ImportModule("_io"), *file = NULL, *data = NULL;
    if (io != NULL)
        file = PyObject_CallMethod(io, "open", "Os", path, "rb");
    if (file != NULL) {
        data = PyObject_CallMethod(file, "read", NULL);
        PyObject *closed = PyObject_CallMethod(file, "close", NULL);
        Py_XDECREF(closed);
    }
    if (data == NULL)
        PyErr_Clear();
    Py_XDECREF(file);
    Py_XDECREF(io);
    return data;
}

static int warn_if_changed(PfModule *module, PyObject *path, PyObject *source)
{
    PyObject *imp = PyImport_ImportModule("_imp");
    PyObject *hash = imp ? PyObject_CallMethod(imp, "source_hash", "LO", PF_HASH_KEY, source) : NULL;
    int result = -1;
    if (hash != NULL) {
        result = 0;
        if (memcmp(PyBytes_AS_STRING(hash), module->source_hash, 8) != 0)
            result = PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                                      "%U has changed since its extension module was built; run `pyfreeze build %U`", path,
                                      path);
    }
    Py_XDECREF(hash);
    Py_XDECREF(imp);
    return result;
}

/* The .py beside the extension, as a new reference; None if there is none. */
static PyObject *find_source(PfModule *module, PyObject *name_space)
{
    PyObject *spec = PyDict_GetItemString(name_space, "__spec__"), *origin = NULL;
    if (spec != NULL && spec != Py_None)
        origin = PyObject_GetAttrString(spec, "origin");
    else
        origin = Py_XNewRef(PyDict_GetItemString(name_space, "__file__"));
    if (origin == NULL || !PyUnicode_Check(origin)) {
        PyErr_Clear();
        Py_XDECREF(origin);
        return Py_NewRef(Py_None);
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(origin);
    Py_ssize_t slash = PyUnicode_FindChar(origin, '/', 0, length, -1);
#if defined(_WIN32)
    Py_ssize_t backslash = PyUnicode_FindChar(origin, '\\', 0, length, -1);
    slash = backslash > slash ? backslash : slash;
#endif
    PyObject *folder = PyUnicode_Substring(origin, 0, slash + 1);
    PyObject *path = folder ? PyUnicode_FromFormat("%U%s", folder, module->source_name) : NULL;
    Py_XDECREF(folder);
    Py_DECREF(origin);
    return path;
}

/* `__cached__`, which the import system leaves to modules from source; nothing where bytecode has no place. */
static int set_cached(PyObject *name_space, PyObject *path)
{
    if (PyDict_GetItemString(name_space, "__cached__") != NULL) /* a script's own */
        return 0;
    PyObject *importlib = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *cached = importlib ? PyObject_CallMethod(importlib, "cache_from_source", "O", path) : NULL;
    int result = -1;
    if (cached != NULL)
        result = PyDict_SetItemString(name_space, "__cached__", cached);
    else if (PyErr_ExceptionMatches(PyExc_NotImplementedError)) {
        PyErr_Clear();
        result = 0;
    }
    Py_XDECREF(cached);
    Py_XDECREF(importlib);
    return result;
}

static int set_source(PfModule *module, PyObject *name_space, PyObject *code)
{
    PyObject *path = find_source(module, name_space);
    if (path == NULL)
        return -1;
    PyObject *source = path == Py_None ? NULL : read_file(path);
    int result = 0;
    if (source != NULL) {
        result = PyDict_SetItemString(name_space, "__file__", path);
        PyObject *imp = PyImport_ImportModule("_imp");
        PyObject *fixed = imp ? PyObject_CallMethod(imp, "_fix_co_filename", "OO", code, path) : NULL;
        if (fixed == NULL || result < 0 || set_cached(name_space, path) < 0 || warn_if_changed(module, path, source) < 0)
            result = -1;
        Py_XDECREF(fixed);
        Py_XDECREF(imp);
        Py_DECREF(source);
    }
    Py_DECREF(path);
    return result;
}

/* Make the native functions in `code` those of this execution of the module. */
static int bind(PfModule *module, PyObject *name_space, PyObject *code, PyObject *constants)
{
    PyObject *instance = pf_new_instance(module);
    if (instance == NULL || patch_code(module, (PyCodeObject *)code, instance) < 0) {
        Py_XDECREF(instance);
        return -1;
    }
    pf_invalidate(module);
    Py_XSETREF(module->instance, instance);
    module->globals = name_space;
    Py_XSETREF(module->constants, Py_NewRef(constants));
    return pf_watch_module(module);
}

/* Native code and what it knows of a module exist once; they are the main interpreter's. In others twins run. */
static int bind_or_keep_twins(PfModule *module, PyObject *name_space, PyObject *code, PyObject *constants)
{
    if (pf_in_main_interpreter())
        return bind(module, name_space, code, constants);
    return patch_code(module, (PyCodeObject *)code, NULL);
}

int pf_exec_module(PyObject *object)
{
    PfModule *module = (PfModule *)PyModule_GetDef(object);
    PyObject *name_space = PyModule_GetDict(object), *evaluated = NULL;
    PyObject *pair = PyMarshal_ReadObjectFromString(module->code, (Py_ssize_t)module->code_size);
    if (pair == NULL)
        goto done;
    PyObject *code = PyTuple_GET_ITEM(pair, 0);
    if (set_source(module, name_space, code) < 0 ||
        bind_or_keep_twins(module, name_space, code, PyTuple_GET_ITEM(pair, 1)) < 0)
        goto done;
    if (PyDict_GetItemString(name_space, "__builtins__") == NULL &&
        PyDict_SetItemString(name_space, "__builtins__", PyEval_GetBuiltins()) < 0)
        goto done;
    evaluated = PyEval_EvalCode(code, name_space, name_space);
done:
    pf_allow_reload(object);
    Py_XDECREF(pair);
    Py_XDECREF(evaluated);
    return evaluated == NULL ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, pf_exec_module},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

int pf_is_compiled_module(PyObject *module)
{
    PyModuleDef *definition = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    PyErr_Clear();
    return definition != NULL && definition->m_slots == module_slots;
}

PyObject *pf_module_init(PfModule *module)
{
    if (module->abi_version != PF_ABI_VERSION)
        return PyErr_Format(PyExc_ImportError,
                            "%s was compiled for version %d of pyfreeze's runtime, this is version %d: build it again "
                            "(pyfreeze build %s)",
                            module->name, (int)module->abi_version, PF_ABI_VERSION, module->source_name);
    PyModuleDef *definition = &module->definition;
    module->int_type = &PyLong_Type;
    module->float_type = &PyFloat_Type;
    module->none = Py_None;
    /* Interpreters with GILs of their own may do this at the same time: no moment when it is undone. */
    definition->m_slots = module_slots;
    definition->m_name = module->name;
    return PyModuleDef_Init(definition);
}
