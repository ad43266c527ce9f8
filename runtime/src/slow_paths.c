/* Slow paths of native code: calls of Python callables on boxed operands, and raising. */
#include "pyfreeze_abi.h"
#include <stddef.h>
#include <string.h>

#define MAXIMUM_OPERANDS 16

/* Operators are not called through the module `operator`: these are the functions behind the syntax. */
typedef struct Operation {
    const char *module, *name;
    unaryfunc unary;
    binaryfunc binary;
    int comparison;
    size_t slot; /* 1 + where the binary operator is in PyNumberMethods; 0 for those that are called otherwise */
    ternaryfunc ternary;
} Operation;

#define SLOT(name) (1 + offsetof(PyNumberMethods, name))

static PyObject *power(PyObject *base, PyObject *exponent) { return PyNumber_Power(base, exponent, Py_None); }

static PyObject *set_item(PyObject *array, PyObject *index, PyObject *value)
{
    return PyObject_SetItem(array, index, value) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *append(PyObject *array, PyObject *value) { return PyObject_CallMethod(array, "append", "O", value); }

static PyObject *none_if(int status) { return status < 0 ? NULL : Py_NewRef(Py_None); }

static PyObject *clear(PyObject *array) { return PyObject_CallMethod(array, "clear", NULL); }
static PyObject *copy(PyObject *array) { return PyObject_CallMethod(array, "copy", NULL); }
static PyObject *reverse(PyObject *array) { return PyObject_CallMethod(array, "reverse", NULL); }
static PyObject *pop(PyObject *array) { return PyObject_CallMethod(array, "pop", NULL); }
static PyObject *pop_at(PyObject *array, PyObject *index) { return PyObject_CallMethod(array, "pop", "O", index); }
static PyObject *count_of(PyObject *array, PyObject *value) { return PyObject_CallMethod(array, "count", "(O)", value); }
static PyObject *extend(PyObject *array, PyObject *other) { return PyObject_CallMethod(array, "extend", "O", other); }
static PyObject *index_of(PyObject *array, PyObject *value) { return PyObject_CallMethod(array, "index", "(O)", value); }
static PyObject *remove_value(PyObject *array, PyObject *value) { return PyObject_CallMethod(array, "remove", "(O)", value); }
static PyObject *reserve(PyObject *array, PyObject *count) { return PyObject_CallMethod(array, "reserve", "O", count); }
static PyObject *delete_item(PyObject *array, PyObject *index) { return none_if(PyObject_DelItem(array, index)); }

static PyObject *contains(PyObject *array, PyObject *value)
{
    int found = PySequence_Contains(array, value);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *insert(PyObject *array, PyObject *index, PyObject *value)
{
    return PyObject_CallMethod(array, "insert", "OO", index, value);
}

/* An array of the type of `empty`. */
static PyObject *converted(PyObject *empty, PyObject *other)
{
    return PyObject_CallOneArg((PyObject *)Py_TYPE(empty), other);
}

static PyObject *sort(PyObject *array, PyObject *is_reversed)
{
    PyObject *method = PyObject_GetAttrString(array, "sort"), *none = PyTuple_New(0);
    PyObject *keywords = Py_BuildValue("{s:O}", "reverse", is_reversed);
    PyObject *result = method && none && keywords ? PyObject_Call(method, none, keywords) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(none);
    Py_XDECREF(keywords);
    return result;
}

static PyObject *slice(PyObject *array, PyObject *start, PyObject *stop)
{
    PyObject *key = PySlice_New(start, stop, NULL), *result = key ? PyObject_GetItem(array, key) : NULL;
    Py_XDECREF(key);
    return result;
}

static PyObject *delete_slice(PyObject *array, PyObject *start, PyObject *stop)
{
    PyObject *key = PySlice_New(start, stop, NULL), *result = key ? none_if(PyObject_DelItem(array, key)) : NULL;
    Py_XDECREF(key);
    return result;
}

static const Operation operations[] = {
    {"operator", "getitem", NULL, PyObject_GetItem, 0, 0, NULL},
    {"operator", "setitem", NULL, NULL, 0, 0, set_item},
    {"Array", "append", NULL, append, 0, 0, NULL},
    {"Array", "clear", clear, NULL, 0, 0, NULL},
    {"Array", "copy", copy, NULL, 0, 0, NULL},
    {"Array", "reverse", reverse, NULL, 0, 0, NULL},
    {"Array", "pop", pop, NULL, 0, 0, NULL},
    {"Array", "contains", NULL, contains, 0, 0, NULL},
    {"Array", "converted", NULL, converted, 0, 0, NULL},
    {"Array", "count", NULL, count_of, 0, 0, NULL},
    {"Array", "delitem", NULL, delete_item, 0, 0, NULL},
    {"Array", "extend", NULL, extend, 0, 0, NULL},
    {"Array", "index", NULL, index_of, 0, 0, NULL},
    {"Array", "pop_at", NULL, pop_at, 0, 0, NULL},
    {"Array", "remove", NULL, remove_value, 0, 0, NULL},
    {"Array", "reserve", NULL, reserve, 0, 0, NULL},
    {"Array", "sort", NULL, sort, 0, 0, NULL},
    {"Array", "delslice", NULL, NULL, 0, 0, delete_slice},
    {"Array", "insert", NULL, NULL, 0, 0, insert},
    {"Array", "slice", NULL, NULL, 0, 0, slice},
    {"operator", "add", NULL, PyNumber_Add, 0, SLOT(nb_add), NULL},
    {"operator", "sub", NULL, PyNumber_Subtract, 0, SLOT(nb_subtract), NULL},
    {"operator", "mul", NULL, PyNumber_Multiply, 0, SLOT(nb_multiply), NULL},
    {"operator", "floordiv", NULL, PyNumber_FloorDivide, 0, SLOT(nb_floor_divide), NULL},
    {"operator", "mod", NULL, PyNumber_Remainder, 0, SLOT(nb_remainder), NULL},
    {"operator", "truediv", NULL, PyNumber_TrueDivide, 0, 0, NULL},
    {"operator", "pow", NULL, power, 0, 0, NULL},
    {"operator", "lshift", NULL, PyNumber_Lshift, 0, SLOT(nb_lshift), NULL},
    {"operator", "rshift", NULL, PyNumber_Rshift, 0, SLOT(nb_rshift), NULL},
    {"operator", "and_", NULL, PyNumber_And, 0, SLOT(nb_and), NULL},
    {"operator", "or_", NULL, PyNumber_Or, 0, SLOT(nb_or), NULL},
    {"operator", "xor", NULL, PyNumber_Xor, 0, SLOT(nb_xor), NULL},
    {"operator", "neg", PyNumber_Negative, NULL, 0, 0, NULL},
    {"operator", "pos", PyNumber_Positive, NULL, 0, 0, NULL},
    {"operator", "invert", PyNumber_Invert, NULL, 0, 0, NULL},
    {"operator", "index", PyNumber_Index, NULL, 0, 0, NULL},
    {"operator", "lt", NULL, NULL, Py_LT, 0, NULL},
    {"operator", "le", NULL, NULL, Py_LE, 0, NULL},
    {"operator", "eq", NULL, NULL, Py_EQ, 0, NULL},
    {"operator", "ne", NULL, NULL, Py_NE, 0, NULL},
    {"operator", "gt", NULL, NULL, Py_GT, 0, NULL},
    {"operator", "ge", NULL, NULL, Py_GE, 0, NULL},
    {"builtins", "abs", PyNumber_Absolute, NULL, 0, 0, NULL},
    {"builtins", "divmod", NULL, PyNumber_Divmod, 0, 0, NULL},
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
    if (operation->ternary != NULL)
        return operation->ternary(operands[0], operands[1], operands[2]);
    return PyObject_RichCompare(operands[0], operands[1], operation->comparison);
}

static int32_t unbox_result(PfModule *module, PyObject *object, const char *signature, uint64_t *result)
{
    int strict = *signature++ == ':';
    const char *at = signature;
    uint64_t *word = result;
    int reason = pf_unbox_value(module, object, &at, &word);
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

/* Operators on tagged ints, "tt:t" and the like: big ones are borrowed, and int's own slots need no dispatch. */
static int32_t call_on_ints(const Operation *operation, const char *signature, const uint64_t *payload, uint64_t *result)
{
    PyObject *right = NULL, *left = pf_borrow_int((int64_t)payload[0]);
    PyObject *returned = NULL;
    int32_t status = PF_ERROR;
    if (left == NULL)
        return PF_ERROR;
    if (signature[1] == 't' && (right = pf_borrow_int((int64_t)payload[1])) == NULL)
        goto done;
    if (right == NULL)
        returned = operation->unary(left);
    else if (operation->slot != 0)
        returned = (*(binaryfunc *)((char *)PyLong_Type.tp_as_number + operation->slot - 1))(left, right);
    else if (operation->binary != NULL)
        returned = operation->binary(left, right);
    else
        returned = PyLong_Type.tp_richcompare(left, right, operation->comparison);
    if (returned == NULL)
        goto done;
    status = PF_OK;
    if (signature[right ? 3 : 2] == '?')
        *result = returned == Py_True;
    else if (PyLong_CheckExact(returned))
        *result = (uint64_t)pf_take_int(returned);
    else
        status = PF_DEOPT; /* 2 ** -1 */
    if (status == PF_DEOPT || signature[right ? 3 : 2] == '?')
        Py_DECREF(returned);
done:
    pf_return_int((int64_t)payload[0], left);
    if (right != NULL)
        pf_return_int((int64_t)payload[1], right);
    return status;
}

static int is_on_ints(const Operation *operation, const char *signature)
{
    size_t operands = operation->unary != NULL ? 1 : 2;
    if (signature[0] != 't' || (operands == 2 && signature[1] != 't'))
        return 0;
    return signature[operands + 1] == 't' || signature[operands + 1] == '?';
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
    if ((uintptr_t)function & 1) {
        const Operation *operation = (const Operation *)((uintptr_t)function - 1);
        if (is_on_ints(operation, at))
            return call_on_ints(operation, at, payload, result);
    }
    while (*at != ':' && *at != '!') {
        if (count == MAXIMUM_OPERANDS) {
            status = PF_DEOPT;
            goto done;
        }
        PyObject *operand = pf_box(callable->caller, &at, &payload);
        if (operand == NULL)
            goto done;
        arguments[count++] = operand;
    }
    PyObject *returned = call(function, arguments, count, callable->keyword_names);
    if (returned != NULL) {
        status = unbox_result(callable->caller, returned, at, result);
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
            PyObject *argument = pf_box(function->module, &signature, &payload);
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
