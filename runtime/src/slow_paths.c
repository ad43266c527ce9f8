/* Slow paths of native code: calls of Python callables on boxed operands, and raising. */
#include "pyfreeze_abi.h"
#include <string.h>

#define MAXIMUM_OPERANDS 16

/* Operators are not called through the module `operator`: these are the functions behind the syntax. */
typedef struct Operation {
    const char *module, *name;
    unaryfunc unary;
    binaryfunc binary;
    int comparison;
} Operation;

static PyObject *power(PyObject *base, PyObject *exponent) { return PyNumber_Power(base, exponent, Py_None); }

static const Operation operations[] = {
    {"operator", "add", NULL, PyNumber_Add, 0},
    {"operator", "sub", NULL, PyNumber_Subtract, 0},
    {"operator", "mul", NULL, PyNumber_Multiply, 0},
    {"operator", "floordiv", NULL, PyNumber_FloorDivide, 0},
    {"operator", "mod", NULL, PyNumber_Remainder, 0},
    {"operator", "truediv", NULL, PyNumber_TrueDivide, 0},
    {"operator", "pow", NULL, power, 0},
    {"operator", "lshift", NULL, PyNumber_Lshift, 0},
    {"operator", "rshift", NULL, PyNumber_Rshift, 0},
    {"operator", "and_", NULL, PyNumber_And, 0},
    {"operator", "or_", NULL, PyNumber_Or, 0},
    {"operator", "xor", NULL, PyNumber_Xor, 0},
    {"operator", "neg", PyNumber_Negative, NULL, 0},
    {"operator", "pos", PyNumber_Positive, NULL, 0},
    {"operator", "invert", PyNumber_Invert, NULL, 0},
    {"operator", "index", PyNumber_Index, NULL, 0},
    {"operator", "lt", NULL, NULL, Py_LT},
    {"operator", "le", NULL, NULL, Py_LE},
    {"operator", "eq", NULL, NULL, Py_EQ},
    {"operator", "ne", NULL, NULL, Py_NE},
    {"operator", "gt", NULL, NULL, Py_GT},
    {"operator", "ge", NULL, NULL, Py_GE},
    {"builtins", "abs", PyNumber_Absolute, NULL, 0},
    {"builtins", "divmod", NULL, PyNumber_Divmod, 0},
};

static PyObject *split_names(const char *names)
{
    PyObject *text = PyUnicode_FromString(names), *list = text ? PyUnicode_Split(text, NULL, -1) : NULL;
    PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(list);
    return tuple;
}

/* The cached callable is an object, or an Operation with the low bit set. */
static PyObject *resolve(PfCallable *callable)
{
    if (callable->object != NULL)
        return callable->object;
    for (size_t row = 0; row < sizeof operations / sizeof *operations; row++)
        if (strcmp(operations[row].name, callable->name) == 0 && strcmp(operations[row].module, callable->module) == 0)
            return callable->object = (PyObject *)((uintptr_t)&operations[row] | 1);
    if (*callable->keywords && callable->keyword_names == NULL)
        callable->keyword_names = split_names(callable->keywords);
    if (*callable->keywords && callable->keyword_names == NULL)
        return NULL;
    PyObject *module = PyImport_ImportModule(callable->module);
    if (module == NULL)
        return NULL;
    callable->object = PyObject_GetAttrString(module, callable->name);
    Py_DECREF(module);
    return callable->object;
}

static PyObject *call(PyObject *function, PyObject **operands, size_t count, PyObject *keyword_names)
{
    if (((uintptr_t)function & 1) == 0) {
        size_t positional = count - (keyword_names ? (size_t)PyTuple_GET_SIZE(keyword_names) : 0);
        return PyObject_Vectorcall(function, operands, positional | PY_VECTORCALL_ARGUMENTS_OFFSET, keyword_names);
    }
    const Operation *operation = (const Operation *)((uintptr_t)function - 1);
    if (operation->unary != NULL)
        return operation->unary(operands[0]);
    if (operation->binary != NULL)
        return operation->binary(operands[0], operands[1]);
    return PyObject_RichCompare(operands[0], operands[1], operation->comparison);
}

static int32_t unbox_result(PyObject *object, const char *signature, uint64_t *result)
{
    int strict = *signature++ == ':';
    const char *at = signature;
    uint64_t *word = result;
    int reason = pf_unbox_value(object, &at, &word);
    if (reason == 0)
        return PF_OK;
    if (reason == PF_OUT_OF_RANGE && strict) {
        PyObject *text = pf_text_out_of_range(object, *at);
        if (text != NULL)
            PyErr_SetObject(PyExc_OverflowError, text);
        Py_XDECREF(text);
        return PF_ERROR;
    }
    return PF_DEOPT;
}

int32_t pf_call(PfCallable *callable, const uint64_t *payload, uint64_t *result)
{
    PyObject *operands[MAXIMUM_OPERANDS + 1], **arguments = operands + 1;
    const char *at = callable->signature;
    size_t count = 0;
    int32_t status = callable->polls != NULL ? pf_poll_if_asked(callable->polls) : PF_OK;
    if (status != PF_OK)
        return status;
    status = PF_ERROR;
    PyObject *function = resolve(callable);
    if (function == NULL)
        return PF_ERROR;
    while (*at != ':' && *at != '!') {
        if (count == MAXIMUM_OPERANDS) {
            status = PF_DEOPT;
            goto done;
        }
        PyObject *operand = pf_box(&at, &payload);
        if (operand == NULL)
            goto done;
        arguments[count++] = operand;
    }
    PyObject *returned = call(function, arguments, count, callable->keyword_names);
    if (returned != NULL) {
        status = unbox_result(returned, at, result);
        Py_DECREF(returned);
    }
done:
    while (count > 0)
        Py_DECREF(arguments[--count]);
    return status;
}

int32_t pf_raise(PfFunction *function, const char *exception, const char *signature, const uint64_t *payload)
{
    (void)function;
    PyObject *name = PyUnicode_FromString(exception);
    PyObject *type = name ? Py_XNewRef(PyDict_GetItemWithError(pf_builtins, name)) : NULL;
    Py_XDECREF(name);
    if (type == NULL) /* a binding says that it is there */
        return PyErr_Occurred() ? PF_ERROR : PF_DEOPT;
    if (signature == NULL) {
        PyErr_SetNone(type);
    }
    else {
        Py_ssize_t count = 0;
        PyObject *arguments = PyList_New(0);
        while (arguments != NULL && *signature) {
            PyObject *argument = pf_box(&signature, &payload);
            if (argument == NULL || PyList_Append(arguments, argument) < 0)
                Py_CLEAR(arguments);
            Py_XDECREF(argument);
            count++;
        }
        PyObject *tuple = arguments ? PyList_AsTuple(arguments) : NULL;
        PyObject *value = tuple ? PyObject_CallObject(type, tuple) : NULL;
        Py_XDECREF(tuple);
        Py_XDECREF(arguments);
        if (value != NULL)
            PyErr_SetObject((PyObject *)Py_TYPE(value), value);
        Py_XDECREF(value);
    }
    Py_DECREF(type);
    return PF_ERROR;
}
