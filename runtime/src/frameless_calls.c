/* Calls of native functions that have no side effects and let nobody run: nobody can see that they have no frame. */
#include "internals.h"
#include <stddef.h>

/* Of a function whose trampoline leads to native code that may be called so; else NULL. */
static PfNative *native_of(PyCodeObject *code, Py_ssize_t count)
{
    PyObject *constants = code->co_consts;
    Py_ssize_t last = PyTuple_GET_SIZE(constants) - 1;
    if (code->co_argcount != count || code->co_kwonlyargcount != 0 || code->co_nlocalsplus != code->co_nlocals ||
        (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) != 0)
        return NULL;
    for (Py_ssize_t index = last; index >= 0 && index > last - 2; index--) { /* what means TWIN may come after it */
        PyObject *constant = PyTuple_GET_ITEM(constants, index);
        if (pf_is_native(constant))
            return ((PfNative *)constant)->function->calls & PF_WITHOUT_FRAME ? (PfNative *)constant : NULL;
    }
    return NULL;
}

void pf_native_failed(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyFrameObject *caller = PyThreadState_GetFrame(PyThreadState_Get());
    PyErr_Restore(type, value, traceback);
    if (traceback != NULL && ((PyTracebackObject *)traceback)->tb_frame->f_back == NULL)
        ((PyTracebackObject *)traceback)->tb_frame->f_back = caller;
    else
        Py_XDECREF(caller);
}

int pf_call_without_frame(PyFunctionObject *function, PyObject *const *arguments, Py_ssize_t count, PyObject **result)
{
    PyThreadState *thread = PyThreadState_Get();
    PfNative *native = native_of((PyCodeObject *)function->func_code, count);
    if (native == NULL || pf_python_frames_left(thread) <= 1 || !pf_may_call_directly(thread, native, (PyObject *)function))
        return 0;
    PfFunction *record = native->function;
    pf_look_for_changes(record->module);
    if (!record->valid)
        return 0;
    PyObject *twin = record->calls & PF_RETURNS_NONE ? pf_twin_object : Py_None;
    pf_asks_without_frame++;
    PyObject *answer = record->entry((PyObject *)native, (PyObject **)arguments, pf_breaker_address(thread));
    pf_asks_without_frame--;
    if (answer == twin) {
        Py_DECREF(answer);
        return 0;
    }
    if (answer == NULL)
        pf_native_failed();
    *result = answer;
    return 1;
}
