/* What framed functions need of the interpreter's own frame, in which they work: names, cells, the traceback, functions
 * and classes made there. `frame` is always the thread's current frame. */
#include "internals.h"
#include <stddef.h>

#define NAME_ERROR "name '%.200s' is not defined"
#define UNBOUND_LOCAL "cannot access local variable '%s' where it is not associated with a value"
#define UNBOUND_FREE "cannot access free variable '%s' where it is not associated with a value in enclosing scope"

const PfFrameFacts pf_frame_facts = {
    .locals = offsetof(_PyInterpreterFrame, localsplus),
#if PY_VERSION_HEX >= 0x030D0000
    .instruction = offsetof(_PyInterpreterFrame, instr_ptr),
#else
    .instruction = offsetof(_PyInterpreterFrame, prev_instr),
#endif
    .globals = offsetof(_PyInterpreterFrame, f_globals),
    .builtins = offsetof(_PyInterpreterFrame, f_builtins),
    .object = offsetof(_PyInterpreterFrame, frame_obj),
#if PY_VERSION_HEX >= 0x030C0000
    .function = offsetof(_PyInterpreterFrame, f_funcobj),
    .left = offsetof(PyThreadState, py_recursion_remaining),
    .c_left = offsetof(PyThreadState, c_recursion_remaining),
#else
    .function = offsetof(_PyInterpreterFrame, f_func),
    .left = offsetof(PyThreadState, recursion_remaining),
#endif
#if PY_VERSION_HEX >= 0x030D0000
    .code = offsetof(_PyInterpreterFrame, f_executable),
    .current = offsetof(PyThreadState, current_frame),
#else
    .code = offsetof(_PyInterpreterFrame, f_code),
    .holder = offsetof(PyThreadState, cframe),
    .current = offsetof(_PyCFrame, current_frame),
#endif
    .dict = offsetof(_PyInterpreterFrame, f_locals),
    .previous = offsetof(_PyInterpreterFrame, previous),
    .stack_top = offsetof(_PyInterpreterFrame, stacktop),
    .profiler = offsetof(PyThreadState, c_profilefunc),
    .tracer = offsetof(PyThreadState, c_tracefunc),
    .data_top = offsetof(PyThreadState, datastack_top),
    .data_limit = offsetof(PyThreadState, datastack_limit),
    .reserved = FRAMED_LEVELS,
};

void *pf_interpreter_frame(PyThreadState *thread) { return pf_frame_of(thread); }

/* The suggestions of a NameError come from its attribute `name`; UnboundLocalError has none set. */
static void set_name_error(PyObject *class, const char *format, PyObject *name)
{
    static PyObject *attribute;
    const char *text = PyUnicode_AsUTF8(name);
    if (text == NULL)
        return;
    PyErr_Format(class, format, text);
    if (class != PyExc_NameError)
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (pf_interned(&attribute, "name") == NULL || PyObject_SetAttr(value, attribute, name) < 0)
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* Of a mapping that need not be a dict: new reference; NULL, without an exception if there is no such key. */
static PyObject *find_item(PyObject *mapping, PyObject *key)
{
    if (PyDict_CheckExact(mapping))
        return Py_XNewRef(PyDict_GetItemWithError(mapping, key));
    PyObject *value = PyObject_GetItem(mapping, key);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError))
        PyErr_Clear();
    return value;
}

PyObject *pf_load_global(void *frame, PyObject *name)
{
    _PyInterpreterFrame *own = frame;
    PyObject *value = find_item(own->f_globals, name);
    if (value != NULL || PyErr_Occurred())
        return value;
    value = find_item(own->f_builtins, name);
    if (value == NULL && !PyErr_Occurred())
        set_name_error(PyExc_NameError, NAME_ERROR, name);
    return value;
}

int32_t pf_store_global(void *frame, PyObject *name, PyObject *value)
{
    return PyDict_SetItem(((_PyInterpreterFrame *)frame)->f_globals, name, value);
}

int32_t pf_delete_global(void *frame, PyObject *name)
{
    if (PyDict_DelItem(((_PyInterpreterFrame *)frame)->f_globals, name) == 0)
        return 0;
    if (PyErr_ExceptionMatches(PyExc_KeyError))
        set_name_error(PyExc_NameError, NAME_ERROR, name);
    return -1;
}

void pf_unbound_local(PfFunction *function, int32_t index)
{
    PyCodeObject *code = function->code;
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, index);
    if (index < code->co_nlocalsplus - code->co_nfreevars)
        set_name_error(PyExc_UnboundLocalError, UNBOUND_LOCAL, name);
    else
        set_name_error(PyExc_NameError, UNBOUND_FREE, name);
}

PyObject *pf_load_deref(void *frame, PfFunction *function, int32_t index)
{
    PyObject *value = PyCell_Get(((_PyInterpreterFrame *)frame)->localsplus[index]);
    if (value == NULL)
        pf_unbound_local(function, index);
    return value;
}

void pf_store_deref(void *frame, int32_t index, PyObject *value)
{
    (void)PyCell_Set(((_PyInterpreterFrame *)frame)->localsplus[index], value);
}

int32_t pf_delete_deref(void *frame, PfFunction *function, int32_t index)
{
    PyObject *cell = ((_PyInterpreterFrame *)frame)->localsplus[index];
    if (PyCell_GET(cell) == NULL) {
        pf_unbound_local(function, index);
        return -1;
    }
    return PyCell_Set(cell, NULL);
}

/* Borrowed; NULL without an exception if there is no memory. Keeps the exception that is set. */
static PyFrameObject *frame_object(_PyInterpreterFrame *frame)
{
    if (frame->frame_obj != NULL)
        return frame->frame_obj;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyFrameObject *object = PyEval_GetFrame();
    PyErr_Restore(type, value, traceback);
    return object;
}

PyObject *pf_catch(void *frame, int32_t traced)
{
    PyFrameObject *object = traced ? frame_object(frame) : NULL;
    if (object != NULL)
        PyTraceBack_Here(object);
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyException_SetTraceback(value, traceback != NULL ? traceback : Py_None);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
#endif
}

void pf_reraise(void *frame, PyObject *exception, int64_t offset)
{
    if (offset >= 0)
        pf_set_instruction(frame, offset);
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(Py_NewRef(exception));
#else
    PyErr_Restore(Py_NewRef(Py_TYPE(exception)), Py_NewRef(exception), PyException_GetTraceback(exception));
#endif
}

/* To a frame that has not come to its RESUME, as this one then seems, the interpreter adds no entry. */
static void hide_frame(_PyInterpreterFrame *frame)
{
    pf_set_instruction(frame, ((int64_t)pf_code_of(frame)->_co_firsttraceable - 1) * (int64_t)sizeof(_Py_CODEUNIT));
}

PyObject *pf_leave_reraising(void *frame)
{
    _PyInterpreterFrame *own = frame;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyTracebackObject *entry = (PyTracebackObject *)traceback;
    if (entry != NULL && own->frame_obj != NULL && entry->tb_frame == own->frame_obj) {
        pf_set_instruction(own, entry->tb_lasti);
        traceback = Py_XNewRef((PyObject *)entry->tb_next);
        Py_DECREF(entry);
    } else {
        hide_frame(own);
    }
    PyErr_Restore(type, value, traceback);
    return NULL;
}

PyObject *pf_make_function(void *frame, PyObject *code)
{
    PyObject *function = PyFunction_New(code, ((_PyInterpreterFrame *)frame)->f_globals);
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030D0000
    if (function != NULL) /* so that all functions of one code share a version, and their calls stay specialised */
        ((PyFunctionObject *)function)->func_version = ((PyCodeObject *)code)->co_version;
#endif
    return function;
}

void pf_function_attribute(PyObject *object, PyObject *value, int32_t flag)
{
    PyFunctionObject *function = (PyFunctionObject *)object;
    PyObject **place = flag == 1 ? &function->func_defaults
        : flag == 2              ? &function->func_kwdefaults
        : flag == 4              ? &function->func_annotations
                                 : &function->func_closure;
    Py_XSETREF(*place, Py_NewRef(value));
}

PyObject *pf_build_class(void *frame)
{
    static PyObject *name;
    if (pf_interned(&name, "__build_class__") == NULL)
        return NULL;
    PyObject *builder = find_item(((_PyInterpreterFrame *)frame)->f_builtins, name);
    if (builder == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_NameError, "__build_class__ not found");
    return builder;
}
