/* Calls of builtin functions and methods without the general call, as the interpreter's specialised instructions make them:
 * what is called is known by its C function, and `self` must be of the type that the method belongs to. */
#include "fast_paths.h"
#include "internal/pycore_call.h"
#include "internal/pycore_ceval.h"

static int call_type(PyTypeObject *type, PyObject *argument, PyObject **result)
{
    if (type == &PyType_Type)
        *result = Py_NewRef((PyObject *)Py_TYPE(argument));
    else if (type == &PyUnicode_Type)
        *result = PyObject_Str(argument);
    else if (type == &PyTuple_Type)
        *result = PySequence_Tuple(argument);
    else if (type == &PyLong_Type)
        *result = PyNumber_Long(argument);
    else if (type == &PyFloat_Type)
        *result = PyUnicode_CheckExact(argument) ? PyFloat_FromString(argument) : PyNumber_Float(argument);
    else if (type == &PyBool_Type)
        *result = pf_bool(pf_truth(argument));
    else
        return 0;
    return 1;
}

static PyCFunction isinstance_function, append_function, known_functions[KNOWN_FUNCTIONS];
static PyCFunction startswith_function, endswith_function, find_function;
static PyObject *class_attribute; /* `object.__class__`, which gives the type; borrowed */
static PyObject *class_name;

static PyObject *call_length(PyObject *argument)
{
    Py_ssize_t length = PyObject_Size(argument);
    return length < 0 ? NULL : new_int(length);
}

/* Whether its attribute `__class__` is its type and nothing is run to get it. */
static int tells_its_type(PyTypeObject *type)
{
    return type->tp_getattro == PyObject_GenericGetAttr && class_attribute != NULL &&
           _PyType_Lookup(type, class_name) == class_attribute;
}

/* 0, 1, or -1 with an exception. Only classes of the metaclass `type` itself are not asked. */
static int is_instance(PyObject *object, PyObject *class)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == (PyTypeObject *)class)
        return 1;
    if (PyType_CheckExact(class)) {
        if (PyType_IsSubtype(type, (PyTypeObject *)class))
            return 1;
        if (tells_its_type(type))
            return 0;
    }
    return PyObject_IsInstance(object, class);
}

static PyObject *call_isinstance(PyObject *object, PyObject *class)
{
    if (!PyTuple_CheckExact(class))
        return pf_bool(is_instance(object, class));
    int answer = 0;
    for (Py_ssize_t index = 0; answer == 0 && index < PyTuple_GET_SIZE(class); index++)
        answer = is_instance(object, PyTuple_GET_ITEM(class, index));
    return pf_bool(answer);
}

typedef PyObject *(*FastFunction)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*FastFunctionWithKeywords)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

#define KINDS (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS)
#define CONVERTED(type, function) ((type)(void (*)(void))(function))

static PyObject *call_counted(PyCFunction function, PyObject *self, PyObject *argument)
{
    PyThreadState *thread = PyThreadState_Get();
    if (_Py_EnterRecursiveCallTstate(thread, " while calling a Python object"))
        return NULL;
    PyObject *result = function(self, argument);
    _Py_LeaveRecursiveCallTstate(thread);
    return result;
}

/* Calls the C function if it takes that many arguments in a way that needs no tuple; else 0. */
static int call_c(PyMethodDef *definition, int kind, PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                  PyObject **result)
{
    PyCFunction function = definition->ml_meth;
    switch (kind) {
    case METH_NOARGS:
        if (count != 0)
            return 0;
        *result = call_counted(function, self, NULL);
        break;
    case METH_O:
        if (count != 1)
            return 0;
        *result = call_counted(function, self, arguments[0]);
        break;
    case METH_FASTCALL: *result = CONVERTED(FastFunction, function)(self, arguments, count); break;
    case METH_FASTCALL | METH_KEYWORDS:
        *result = CONVERTED(FastFunctionWithKeywords, function)(self, arguments, count, NULL);
        break;
    default: return 0;
    }
    return 1;
}

/* With an exception, also where a C function forgets it. */
static int checked(PyObject *callable, PyObject **result)
{
    if (*result == NULL && !PyErr_Occurred())
        *result = _Py_CheckFunctionResult(PyThreadState_Get(), callable, NULL, NULL);
    return 1;
}

static int call_function(PyObject *callable, PyObject *const *arguments, Py_ssize_t count, PyObject **result)
{
    PyMethodDef *definition = ((PyCFunctionObject *)callable)->m_ml;
    PyCFunction function = definition->ml_meth;
    if (function == known_functions[KNOWN_LEN] && count == 1) {
        *result = call_length(arguments[0]);
        return 1;
    }
    if (function == isinstance_function && count == 2) {
        *result = call_isinstance(arguments[0], arguments[1]);
        return 1;
    }
    if (count >= 2 && (function == known_functions[KNOWN_MAX] || function == known_functions[KNOWN_MIN])) {
        *result = pf_extreme(arguments, count, function == known_functions[KNOWN_MAX] ? Py_GT : Py_LT);
        return 1;
    }
    int kind = definition->ml_flags & (KINDS | METH_METHOD | METH_STATIC);
    PyObject *self = kind & METH_STATIC ? NULL : ((PyCFunctionObject *)callable)->m_self;
    int done = call_c(definition, kind & ~METH_STATIC, self, arguments, count, result);
    return done && checked(callable, result);
}

/* Methods of strings that take a tuple in most versions, with a string for their only argument. */
static int call_text_method(PyCFunction function, PyObject *text, PyObject *argument, PyObject **result)
{
    if (!PyUnicode_CheckExact(argument))
        return 0;
    if (function == startswith_function || function == endswith_function) {
        int direction = function == startswith_function ? -1 : 1;
        *result = pf_bool((int)PyUnicode_Tailmatch(text, argument, 0, PY_SSIZE_T_MAX, direction));
        return 1;
    }
    if (function != find_function)
        return 0;
    Py_ssize_t place = PyUnicode_Find(text, argument, 0, PY_SSIZE_T_MAX, 1);
    *result = place >= -1 ? new_int(place) : NULL;
    return 1;
}

static int call_method(PyObject *callable, PyObject *const *arguments, Py_ssize_t count, PyObject **result)
{
    PyMethodDescrObject *descriptor = (PyMethodDescrObject *)callable;
    if (count < 1 || !Py_IS_TYPE(arguments[0], descriptor->d_common.d_type))
        return 0;
    PyMethodDef *definition = descriptor->d_method;
    if (definition->ml_meth == append_function && count == 2) {
        *result = PyList_Append(arguments[0], arguments[1]) == 0 ? Py_NewRef(Py_None) : NULL;
        return 1;
    }
    if (descriptor->d_common.d_type == &PyUnicode_Type && count == 2 &&
        call_text_method(definition->ml_meth, arguments[0], arguments[1], result))
        return 1;
    int done = call_c(definition, definition->ml_flags & (KINDS | METH_METHOD), arguments[0], arguments + 1, count - 1, result);
    return done && checked(callable, result);
}

int pf_call_builtin(PyObject *callable, PyObject *const *arguments, Py_ssize_t count, PyObject **result)
{
    PyTypeObject *type = Py_TYPE(callable);
    if (type == &PyMethodDescr_Type)
        return call_method(callable, arguments, count, result);
    if (type == &PyCFunction_Type)
        return call_function(callable, arguments, count, result);
    return type == &PyType_Type && count == 1 && call_type((PyTypeObject *)callable, arguments[0], result);
}

static PyCFunction function_of(PyObject *owner, const char *name)
{
    PyObject *found = owner != NULL ? PyObject_GetAttrString(owner, name) : NULL;
    PyCFunction function = NULL;
    if (found != NULL && Py_IS_TYPE(found, &PyMethodDescr_Type))
        function = ((PyMethodDescrObject *)found)->d_method->ml_meth;
    else if (found != NULL && Py_IS_TYPE(found, &PyCFunction_Type) && strcmp(((PyCFunctionObject *)found)->m_ml->ml_name, name) == 0)
        function = PyCFunction_GET_FUNCTION(found);
    Py_XDECREF(found);
    PyErr_Clear();
    return function; /* NULL where somebody has replaced it: then it is called like any other */
}

void pf_builtins_called_init(void)
{
    PyObject *builtins = PyImport_ImportModule("builtins");
    isinstance_function = function_of(builtins, "isinstance");
    static const char *const names[KNOWN_FUNCTIONS] = {"len", "ord", "min", "max", "abs"};
    for (int which = 0; which < KNOWN_FUNCTIONS; which++)
        known_functions[which] = function_of(builtins, names[which]);
    append_function = function_of((PyObject *)&PyList_Type, "append");
    startswith_function = function_of((PyObject *)&PyUnicode_Type, "startswith");
    endswith_function = function_of((PyObject *)&PyUnicode_Type, "endswith");
    find_function = function_of((PyObject *)&PyUnicode_Type, "find");
    class_name = PyUnicode_InternFromString("__class__");
    class_attribute = class_name != NULL ? _PyType_Lookup(&PyBaseObject_Type, class_name) : NULL;
    PyErr_Clear();
    Py_XDECREF(builtins);
}

int32_t pf_is_known_function(PyObject *callable, int32_t which)
{
    PyCFunction function = known_functions[which];
    return function != NULL && Py_IS_TYPE(callable, &PyCFunction_Type) && PyCFunction_GET_FUNCTION(callable) == function;
}
