/* What trampolines have among their constants: PfNative, and what code that goes on in the middle asks for the next step.
 *
 * A PfNative answers to the unary minus, the cheapest way from bytecode to C: no arguments are pushed, since they are the
 * frame's, and neither profilers nor the limit of recursion take it for a call. */
#include "pyfreeze_abi.h"
#include <stddef.h>

static const char instance_name[] = "pyfreeze.instance";

typedef struct PfNext {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Py_ssize_t first_point;
} PfNext;

static void deallocate(PyObject *object)
{
    Py_XDECREF(((PfNative *)object)->instance);
    PyObject_Free(object);
}

static PyObject *represent(PyObject *object)
{
    return PyUnicode_FromFormat("<native code of %s>", ((PfNative *)object)->function->qualname);
}

static PyNumberMethods native_operators = {.nb_negative = pf_enter_frame};

static PyTypeObject native_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze.native",
    .tp_basicsize = sizeof(PfNative),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_as_number = &native_operators,
    .tp_dealloc = deallocate,
    .tp_repr = represent,
};

static PyObject *next(PyObject *object, PyObject *const *arguments, size_t count, PyObject *keyword_names)
{
    (void)arguments, (void)count, (void)keyword_names;
    return pf_next_step(((PfNext *)object)->first_point);
}

static PyTypeObject next_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze.next",
    .tp_basicsize = sizeof(PfNext),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall_offset = offsetof(PfNext, vectorcall),
    .tp_call = PyVectorcall_Call,
};

int pf_native_init(void) { return PyType_Ready(&native_type) < 0 ? -1 : PyType_Ready(&next_type); }

int pf_is_native(PyObject *object) { return Py_IS_TYPE(object, &native_type); }

PyObject *pf_new_instance(PfModule *module) { return PyCapsule_New(module, instance_name, NULL); }

PyObject *pf_new_native(PfFunction *function, PyObject *instance)
{
    PfNative *native = PyObject_New(PfNative, &native_type);
    if (native == NULL)
        return NULL;
    native->instance = Py_NewRef(instance);
    native->function = function;
    return (PyObject *)native;
}

PyObject *pf_new_next(Py_ssize_t first_point)
{
    PfNext *made = PyObject_New(PfNext, &next_type);
    if (made == NULL)
        return NULL;
    made->vectorcall = next;
    made->first_point = first_point;
    return (PyObject *)made;
}

static PfNative *native_of(PyObject *code)
{
    PyObject *constants = ((PyCodeObject *)code)->co_consts;
    for (Py_ssize_t index = PyTuple_GET_SIZE(constants) - 1; index >= 0; index--)
        if (Py_IS_TYPE(PyTuple_GET_ITEM(constants, index), &native_type))
            return (PfNative *)PyTuple_GET_ITEM(constants, index);
    return NULL;
}

/* A generic function may have no entry, but only a record by which it is told from others. */
int pf_is_native_code(PyObject *code)
{
    PfNative *native = native_of(code);
    return native != NULL && native->function->entry != NULL;
}

int pf_is_code_of(PyObject *code, const PfFunction *function)
{
    PfNative *native = native_of(code);
    return native != NULL && native->function->module == function->module && native->function->index == function->index;
}
