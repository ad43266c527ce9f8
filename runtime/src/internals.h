/* CPython's internal headers, and what is to be known of the interpreter's frames. Only for files that need them: all
 * others keep to the public ones. */
#ifndef PYFREEZE_INTERNALS_H
#define PYFREEZE_INTERNALS_H

#define Py_BUILD_CORE 1
#include "pyfreeze_abi.h"
#undef _PyGC_FINALIZED
#include <frameobject.h>
#include "internal/pycore_frame.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_moduleobject.h"
#include "internal/pycore_object.h"
#include "internal/pycore_pyerrors.h"
#if PY_VERSION_HEX >= 0x030C0000
#include "internal/pycore_ceval.h"
#endif
#if PY_VERSION_HEX >= 0x030D0000
#include "internal/pycore_call.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_intrinsics.h"
#include "internal/pycore_list.h"
#include "internal/pycore_setobject.h"
#include "internal/pycore_unicodeobject.h"
#endif

static inline _PyInterpreterFrame *pf_frame_of(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe->current_frame;
#endif
}

static inline PyCodeObject *pf_code_of(_PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030D0000
    return _PyFrame_GetCode(frame);
#else
    return frame->f_code;
#endif
}

static inline PyObject *pf_function_of(_PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030C0000
    return frame->f_funcobj;
#else
    return (PyObject *)frame->f_func;
#endif
}

/* `offset`: in bytes. */
static inline void pf_set_instruction(_PyInterpreterFrame *frame, int64_t offset)
{
    _Py_CODEUNIT *instruction = _PyCode_CODE(pf_code_of(frame)) + offset / (int)sizeof(_Py_CODEUNIT);
#if PY_VERSION_HEX >= 0x030D0000
    frame->instr_ptr = instruction;
#else
    frame->prev_instr = instruction;
#endif
}

/* A string that is made once. Not for subinterpreters, which run no native code. */
static inline PyObject *pf_interned(PyObject **place, const char *text)
{
    if (*place == NULL)
        *place = PyUnicode_InternFromString(text);
    return *place; /* borrowed; NULL with an exception */
}

/* -1 with an exception; 0 and *value NULL if there is no such attribute; else 1 and a new reference. */
static inline int pf_find_attribute(PyObject *object, PyObject *name, PyObject **value)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyObject_GetOptionalAttr(object, name, value);
#else
    return _PyObject_LookupAttr(object, name, value);
#endif
}

#endif
