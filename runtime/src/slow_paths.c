/* Slow paths of native code: calls of Python callables on boxed operands, and raising. */
#include "pyfreeze_abi.h"
#include <string.h>

#define MAXIMUM_OPERANDS 16

static PyObject *resolve(PfCallable *callable)
{
    if (callable->object == NULL) {
        PyObject *module = PyImport_ImportModule(callable->module);
        if (module == NULL)
            return NULL;
        callable->object = PyObject_GetAttrString(module, callable->name);
        Py_DECREF(module);
    }
    return callable->object;
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
    int32_t status = PF_ERROR;
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
    PyObject *returned = PyObject_Vectorcall(function, arguments, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
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
    PyObject *type = PyObject_GetAttrString(PyImport_AddModule("builtins"), exception);
    if (type == NULL)
        return PF_ERROR;
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
