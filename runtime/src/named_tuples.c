/* Classes made by typing.NamedTuple whose instances native code holds by value: what it assumes about them.
 *
 * Such a class is a subclass of tuple. Its constructor is a function made by collections.namedtuple, its fields are descriptors
 * with an index, and what else it has comes from tuple, unless the class body says otherwise. */
#include "pyfreeze_abi.h"
#include <string.h>

/* Special methods of tuples that native code does without a call. A class may have its own, by a `def` in its body. */
static const char *const special[] = {
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__", "__iter__",
    "__getitem__", "__contains__", "__add__", "__radd__", "__iadd__",
};

/* The function behind `P.__new__`. Borrowed; NULL if it is another than collections.namedtuple makes. */
static PyFunctionObject *constructor_of(PyTypeObject *type)
{
    PyObject *wrapped = PyDict_GetItemString(type->tp_dict, "__new__");
    if (wrapped == NULL || Py_TYPE(wrapped) != &PyStaticMethod_Type)
        return NULL;
    PyObject *function = PyObject_GetAttrString(wrapped, "__func__");
    Py_XDECREF(function); /* the static method holds it */
    return function != NULL && PyFunction_Check(function) ? (PyFunctionObject *)function : NULL;
}

PyObject *pf_named_tuple_constructor(PyTypeObject *type)
{
    if (type == NULL || !(type->tp_flags & Py_TPFLAGS_TUPLE_SUBCLASS))
        return NULL;
    PyObject *function = (PyObject *)constructor_of(type);
    PyErr_Clear();
    return function;
}

static int is_from(PyObject *function, const char *module_name)
{
    PyObject *name = PyDict_GetItemString(((PyFunctionObject *)function)->func_globals, "__name__");
    return name != NULL && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, module_name) == 0;
}

/* `lambda _cls, x, y: _tuple_new(_cls, (x, y))` (Lib/collections/__init__.py). */
static int makes_tuples(PyTypeObject *type, PyFunctionObject *function, Py_ssize_t field_count)
{
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    PyObject *maker = PyDict_GetItemString(function->func_globals, "_tuple_new");
    char name[256];
    PyOS_snprintf(name, sizeof name, "namedtuple_%s", type->tp_name);
    return is_from((PyObject *)function, name) && code->co_argcount == field_count + 1 && code->co_kwonlyargcount == 0 &&
           !(code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) && maker != NULL && PyCFunction_Check(maker) &&
           PyCFunction_GET_SELF(maker) == (PyObject *)&PyTuple_Type &&
           PyUnicode_CompareWithASCIIString(code->co_filename, "<string>") == 0;
}

/* Whether the class has the descriptor of item `index` under `name`; its repr is all that it tells in C. */
static int is_field(PyTypeObject *type, PyObject *name, Py_ssize_t index)
{
    PyObject *field = PyDict_GetItemWithError(type->tp_dict, name);
    const char *kind = field == NULL ? "" : strrchr(Py_TYPE(field)->tp_name, '.');
    if (kind == NULL || strcmp(kind, "._tuplegetter") != 0)
        return 0;
    PyObject *reduced = PyObject_CallMethod(field, "__reduce__", NULL), *arguments = NULL, *number = NULL;
    if (reduced != NULL && PyTuple_Check(reduced) && PyTuple_GET_SIZE(reduced) == 2)
        arguments = PyTuple_GET_ITEM(reduced, 1);
    if (arguments != NULL && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) > 0)
        number = PyTuple_GET_ITEM(arguments, 0);
    int same = number != NULL && PyLong_CheckExact(number) && PyLong_AsSsize_t(number) == index;
    Py_XDECREF(reduced);
    return same;
}

/* "(x,y)": whether these are the parameters of the constructor and the names of the items. */
static int has_fields(PyTypeObject *type, const char *signature)
{
    PyFunctionObject *function = constructor_of(type);
    Py_ssize_t count = 0;
    for (const char *at = signature; *at != 0; at++)
        count += *at == ',' || *at == ')';
    if (function == NULL || !makes_tuples(type, function, count))
        return 0;
    PyObject *names = PyCode_GetVarnames((PyCodeObject *)function->func_code);
    const char *at = signature + 1;
    int same = names != NULL && PyTuple_GET_SIZE(names) > count;
    for (Py_ssize_t index = 0; same && index < count; index++) {
        size_t length = strcspn(at, ",)");
        PyObject *name = PyUnicode_FromStringAndSize(at, (Py_ssize_t)length);
        same = name != NULL && PyUnicode_Compare(name, PyTuple_GET_ITEM(names, index + 1)) == 0 && is_field(type, name, index);
        Py_XDECREF(name);
        at += length + 1;
    }
    Py_XDECREF(names);
    return same;
}

/* Whether what the class has under a special name comes from a `def` in its body. */
static int is_own_method(PyTypeObject *type, PyObject *method, const char *name, PyObject *globals)
{
    char qualname[256];
    PyFunctionObject *function = (PyFunctionObject *)method;
    PyOS_snprintf(qualname, sizeof qualname, "%s.%s", type->tp_name, name);
    return PyFunction_Check(method) && function->func_globals == globals &&
           PyUnicode_CompareWithASCIIString(function->func_qualname, qualname) == 0;
}

static int has_known_methods(PyTypeObject *type, PyObject *globals)
{
    for (size_t row = 0; row < sizeof special / sizeof *special; row++) {
        PyObject *method = PyDict_GetItemString(type->tp_dict, special[row]);
        int is_absent = method == NULL || (method == Py_None && strcmp(special[row], "__hash__") == 0);
        if (!is_absent && !is_own_method(type, method, special[row], globals))
            return 0;
    }
    PyObject *replace = PyDict_GetItemString(type->tp_dict, "_replace");
    return replace != NULL && PyFunction_Check(replace) && is_from(replace, "collections");
}

int pf_is_named_tuple(PyTypeObject *type, const char *signature, PyObject *globals)
{
    int is_made_so = (type->tp_flags & Py_TPFLAGS_TUPLE_SUBCLASS) && type->tp_base == &PyTuple_Type &&
                     PyTuple_GET_SIZE(type->tp_mro) == 3 && Py_TYPE(type) == &PyType_Type &&
                     type->tp_init == PyBaseObject_Type.tp_init && type->tp_getattro == PyObject_GenericGetAttr;
    int is_one = is_made_so && has_fields(type, signature) && has_known_methods(type, globals);
    PyErr_Clear();
    return is_one;
}

/* Whether the fields in `pairs` have these defaults. */
int pf_named_tuple_has_defaults(PyTypeObject *type, PyObject *pairs)
{
    PyFunctionObject *function = constructor_of(type);
    PyObject *defaults = function == NULL ? NULL : function->func_defaults;
    PyObject *names = defaults == NULL ? NULL : PyCode_GetVarnames((PyCodeObject *)function->func_code);
    int same = names != NULL && PyTuple_Check(defaults);
    for (Py_ssize_t index = 0; same && index < PyTuple_GET_SIZE(pairs); index++) {
        PyObject *pair = PyTuple_GET_ITEM(pairs, index);
        Py_ssize_t required = ((PyCodeObject *)function->func_code)->co_argcount - PyTuple_GET_SIZE(defaults);
        Py_ssize_t parameter = 1;
        while (parameter < PyTuple_GET_SIZE(names) &&
               PyUnicode_Compare(PyTuple_GET_ITEM(names, parameter), PyTuple_GET_ITEM(pair, 0)) != 0)
            parameter++;
        same = required <= parameter && parameter - required < PyTuple_GET_SIZE(defaults) &&
               pf_same_constant(PyTuple_GET_ITEM(defaults, parameter - required), PyTuple_GET_ITEM(pair, 1));
    }
    Py_XDECREF(names);
    return same;
}
