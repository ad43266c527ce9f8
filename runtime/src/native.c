/* Objects of type PfNative.
 *
 * No builtin function: profilers would see that called, and 3.11 would count it as one more level of recursion. */
#include "pyfreeze_abi.h"
#include <stddef.h>

static const char instance_name[] = "pyfreeze.instance";

/* What code that goes on in the middle asks for the next step. */
static PyObject *next(PyObject *object, PyObject *const *arguments, size_t count, PyObject *keyword_names)
{
    (void)arguments;
    (void)count;
    (void)keyword_names;
    return pf_next_step(((PfNative *)object)->first_point);
}

static void deallocate(PyObject *object)
{
    Py_XDECREF(((PfNative *)object)->instance);
    PyObject_Free(object);
}

static PyObject *represent(PyObject *object)
{
    return PyUnicode_FromFormat("<native code of %s>", ((PfNative *)object)->function->qualname);
}

static PyTypeObject native_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze.native",
    .tp_basicsize = sizeof(PfNative),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall_offset = offsetof(PfNative, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = deallocate,
    .tp_repr = represent,
};

int pf_native_init(void) { return PyType_Ready(&native_type); }

int pf_is_native(PyObject *object) { return Py_IS_TYPE(object, &native_type); }

PyObject *pf_new_instance(PfModule *module) { return PyCapsule_New(module, instance_name, NULL); }

PyObject *pf_new_native(const PfFunction *function, PyObject *instance)
{
    PfNative *native = PyObject_New(PfNative, &native_type);
    if (native == NULL)
        return NULL;
    native->vectorcall = function->entry;
    native->instance = Py_NewRef(instance);
    native->function = function;
    return (PyObject *)native;
}

PyObject *pf_new_next(const PfFunction *function, Py_ssize_t first_point)
{
    PfNative *native = PyObject_New(PfNative, &native_type);
    if (native == NULL)
        return NULL;
    native->vectorcall = next;
    native->instance = NULL;
    native->function = function;
    native->first_point = first_point;
    return (PyObject *)native;
}

static PfNative *native_of(PyObject *code)
{
    PyObject *constants = ((PyCodeObject *)code)->co_consts;
    for (Py_ssize_t index = PyTuple_GET_SIZE(constants) - 1; index >= 0; index--)
        if (Py_IS_TYPE(PyTuple_GET_ITEM(constants, index), &native_type))
            return (PfNative *)PyTuple_GET_ITEM(constants, index);
    return NULL;
}

/* A generic function has no entry, but only a record by which it is told from others. */
int pf_is_native_code(PyObject *code)
{
    PfNative *native = native_of(code);
    return native != NULL && native->vectorcall != NULL;
}

int pf_is_code_of(PyObject *code, const PfFunction *function)
{
    PfNative *native = native_of(code);
    return native != NULL && native->function == function;
}
