/* Calls of functions that are framed native code themselves: with a frame of their own, as the interpreter makes it, but
 * without the interpreter. Everything else is an ordinary vectorcall. */
#include "fast_paths.h"
#include "internal/pycore_ceval.h"

#define CALLABLE_MOVED ((uint64_t)1 << 63) /* among the bits that say which references a call takes; the others are of arguments */
#define TWIN_CONSTANTS 2 /* the trampoline of a framed function adds its native code and what means: run the twin */

/* The native code of a function whose trampoline calls it without arguments; NULL if it has none. */
static PfNative *framed_code_of(PyCodeObject *code)
{
    PyObject *constants = code->co_consts;
    Py_ssize_t count = PyTuple_GET_SIZE(constants);
    if (count < TWIN_CONSTANTS)
        return NULL;
    PyObject *last = PyTuple_GET_ITEM(constants, count - TWIN_CONSTANTS);
    if (!pf_is_native(last) || ((PfNative *)last)->function->parameter_count != PF_FRAMED)
        return NULL;
    return (PfNative *)last;
}

static _PyInterpreterFrame *push_frame(PyThreadState *thread, PyFunctionObject *function, PyCodeObject *code)
{
    size_t size = (size_t)code->co_nlocalsplus + (size_t)code->co_stacksize + FRAME_SPECIALS_SIZE;
    if (thread->datastack_top == NULL || size >= (size_t)(thread->datastack_limit - thread->datastack_top))
        return NULL;
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)thread->datastack_top;
    thread->datastack_top += size;
    Py_INCREF(function);
#if PY_VERSION_HEX >= 0x030C0000
    _PyFrame_Initialize(frame, function, NULL, code, code->co_nlocalsplus);
#else
    _PyFrame_InitializeSpecials(frame, function, NULL, code->co_nlocalsplus);
#endif
    return frame;
}

static void set_current(PyThreadState *thread, _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030D0000
    thread->current_frame = frame;
#else
    thread->cframe->current_frame = frame;
#endif
}

#if PY_VERSION_HEX < 0x030D0000
/* Whoever has the frame object keeps the frame: it moves there. */
static void give_frame_away(PyThreadState *thread, PyFrameObject *object, _PyInterpreterFrame *frame)
{
    Py_ssize_t size = (char *)&frame->localsplus[frame->stacktop] - (char *)frame;
    memcpy(object->_f_frame_data, frame, (size_t)size);
    _PyInterpreterFrame *moved = (_PyInterpreterFrame *)object->_f_frame_data;
    object->f_frame = moved;
    moved->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    if (_PyFrame_IsIncomplete(moved))
        moved->prev_instr = _PyCode_CODE(moved->f_code) + moved->f_code->_co_firsttraceable;
    _PyInterpreterFrame *current = pf_frame_of(thread);
    set_current(thread, frame->previous);
    PyFrameObject *back = PyThreadState_GetFrame(thread); /* a new reference, or NULL; keeps the exception that is set */
    set_current(thread, current);
    object->f_back = back;
    moved->previous = NULL;
    if (!PyObject_GC_IsTracked((PyObject *)object))
        PyObject_GC_Track(object);
}

static void clear_frame(PyThreadState *thread, _PyInterpreterFrame *frame)
{
    if (frame->frame_obj != NULL) {
        PyFrameObject *object = frame->frame_obj;
        frame->frame_obj = NULL;
        if (Py_REFCNT(object) > 1) {
            give_frame_away(thread, object, frame);
            Py_DECREF(object);
            return;
        }
        Py_DECREF(object);
    }
    for (int index = 0; index < frame->stacktop; index++)
        Py_XDECREF(frame->localsplus[index]);
    Py_XDECREF(frame->f_locals);
    Py_DECREF(pf_function_of(frame));
    Py_DECREF(frame->f_code);
}
#endif

/* Unlinks and releases the thread's current frame. It is unlinked first: destructors that run meanwhile may look at frames. */
static void pop_frame(PyThreadState *thread, _PyInterpreterFrame *frame)
{
    set_current(thread, frame->previous);
#if PY_VERSION_HEX >= 0x030D0000
    _PyEval_FrameClearAndPop(thread, frame);
#else
    clear_frame(thread, frame);
    thread->datastack_top = (PyObject **)frame;
#endif
}

/* A frame that nobody has seen. */
static void drop_frame(PyThreadState *thread, _PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *current = pf_frame_of(thread);
    set_current(thread, frame);
    pop_frame(thread, frame);
    set_current(thread, current);
}

static int *frames_left(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030C0000
    return &thread->py_recursion_remaining;
#else
    return &thread->recursion_remaining;
#endif
}

/* What MAKE_CELL and COPY_FREE_VARS do before the trampoline. -1: no memory. */
static int make_cells(PyFunctionObject *function, PyCodeObject *code, PyObject **variables)
{
    Py_ssize_t free_count = code->co_nfreevars, first_free = code->co_nlocalsplus - free_count;
    if (code->co_ncellvars > 0) {
        const char *kinds = PyBytes_AS_STRING(code->co_localspluskinds);
        for (Py_ssize_t index = 0; index < first_free; index++) {
            if (!(kinds[index] & CO_FAST_CELL))
                continue;
            PyObject *cell = PyCell_New(variables[index]);
            if (cell == NULL)
                return -1;
            Py_XSETREF(variables[index], cell);
        }
    }
    for (Py_ssize_t index = 0; index < free_count; index++)
        variables[first_free + index] = Py_NewRef(PyTuple_GET_ITEM(function->func_closure, index));
    return 0;
}

/* The parameter of that name which may be given by it; -1 if there is none. Names are interned as a rule. */
static Py_ssize_t find_parameter(PyCodeObject *code, PyObject *name)
{
    Py_ssize_t total = code->co_argcount + code->co_kwonlyargcount;
    for (Py_ssize_t index = code->co_posonlyargcount; index < total; index++)
        if (PyTuple_GET_ITEM(code->co_localsplusnames, index) == name)
            return index;
    return -1;
}

static int place_keywords(PyCodeObject *code, PyObject **variables, PyObject *const *values, PyObject *names, PyObject *rest)
{
    for (Py_ssize_t number = 0; number < PyTuple_GET_SIZE(names); number++) {
        PyObject *name = PyTuple_GET_ITEM(names, number);
        Py_ssize_t index = find_parameter(code, name);
        if (index >= 0 && variables[index] == NULL)
            variables[index] = Py_NewRef(values[number]);
        else if (index >= 0 || rest == NULL || code->co_posonlyargcount > 0 || !PyUnicode_CHECK_INTERNED(name) ||
                 PyDict_SetItem(rest, name, values[number]) < 0)
            return 0;
    }
    return 1;
}

static int place_defaults(PyFunctionObject *function, PyCodeObject *code, PyObject **variables)
{
    Py_ssize_t wanted = code->co_argcount, total = wanted + code->co_kwonlyargcount;
    Py_ssize_t count = function->func_defaults != NULL ? PyTuple_GET_SIZE(function->func_defaults) : 0;
    for (Py_ssize_t index = 0; index < total; index++) {
        if (variables[index] != NULL)
            continue;
        PyObject *value = NULL;
        if (index < wanted && index >= wanted - count)
            value = PyTuple_GET_ITEM(function->func_defaults, index - (wanted - count));
        else if (index >= wanted && function->func_kwdefaults != NULL)
            value = PyDict_GetItemWithError(function->func_kwdefaults, PyTuple_GET_ITEM(code->co_localsplusnames, index));
        if (value == NULL)
            return 0;
        variables[index] = Py_NewRef(value);
    }
    return 1;
}

/* Binds the arguments as a call does, into variables that are all NULL. 0: the interpreter has to do it, or to refuse;
 * there may be an exception for lack of memory. */
static int place_arguments(PyFunctionObject *function, PyCodeObject *code, PyObject **variables,
                           PyObject *const *arguments, Py_ssize_t given, PyObject *names)
{
    Py_ssize_t wanted = code->co_argcount, total = wanted + code->co_kwonlyargcount, taken = given;
    PyObject *rest = NULL;
    if (given > wanted) {
        if (!(code->co_flags & CO_VARARGS))
            return 0;
        taken = wanted;
    }
    for (Py_ssize_t index = 0; index < taken; index++)
        variables[index] = Py_NewRef(arguments[index]);
    if (code->co_flags & CO_VARARGS) {
        variables[total] = pf_build_tuple((PyObject **)arguments + taken, given - taken);
        if (variables[total] == NULL)
            return 0;
    }
    if (code->co_flags & CO_VARKEYWORDS) {
        rest = variables[total + ((code->co_flags & CO_VARARGS) != 0)] = PyDict_New();
        if (rest == NULL)
            return 0;
    }
    if (names != NULL && !place_keywords(code, variables, arguments + given, names, rest))
        return 0;
    return (names == NULL && taken == total) || place_defaults(function, code, variables);
}

/* Whether each argument is the variable of its place and there are no other parameters. */
static inline int is_plain_call(PyCodeObject *code, Py_ssize_t given, PyObject *names)
{
    return names == NULL && given == code->co_argcount && code->co_kwonlyargcount == 0 &&
           (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0;
}

/* Sets all variables. 0: as place_arguments. */
static inline int fill_variables(PyFunctionObject *function, PyCodeObject *code, PyObject **variables,
                                 PyObject *const *arguments, Py_ssize_t given, PyObject *names)
{
    int is_plain = is_plain_call(code, given, names);
    Py_ssize_t index = 0;
    if (is_plain)
        for (; index < given; index++)
            variables[index] = Py_NewRef(arguments[index]);
    for (; index < code->co_nlocalsplus; index++) /* volatile: for the few that there are, calling memset takes longer */
        *(PyObject *volatile *)&variables[index] = NULL;
    return is_plain || place_arguments(function, code, variables, arguments, given, names);
}

/* Signals and other threads are looked after by the interpreter, at each function's start. */
static int somebody_waits(PyThreadState *thread)
{
    return (*(volatile uint32_t *)pf_breaker_address(thread) & (uint32_t)pf_breaker_mask()) != 0;
}

/* Gives up the references whose bits are set. */
static void release_moved(PyObject *const *arguments, PyObject *callable, uint64_t moved)
{
    if (moved & CALLABLE_MOVED)
        Py_DECREF(callable);
    for (uint64_t rest = moved & ~CALLABLE_MOVED; rest != 0; rest >>= 1, arguments++)
        if (rest & 1)
            Py_DECREF(*arguments);
}

/* A frame with the arguments, on top of the current one but not current itself; NULL without an exception if there can be none. */
static _PyInterpreterFrame *make_frame(PyThreadState *thread, PyFunctionObject *function, PyObject *const *arguments, Py_ssize_t given,
                                       PyObject *names)
{
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    _PyInterpreterFrame *frame = push_frame(thread, function, code);
    if (frame == NULL)
        return NULL;
    frame->previous = pf_frame_of(thread);
    if (!fill_variables(function, code, frame->localsplus, arguments, given, names)) {
        PyErr_Clear();
        drop_frame(thread, frame);
        return NULL;
    }
    return frame;
}

/* NULL without an exception: it cannot be called this way, and the references are still the caller's. */
static PyObject *call_framed(PyFunctionObject *function, PfNative *native, PyObject *const *arguments, Py_ssize_t given,
                             PyObject *names, uint64_t moved)
{
    PyThreadState *thread = PyThreadState_Get();
    PfContext context;
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    int *left = frames_left(thread);
    if (*left <= 1 || somebody_waits(thread) || !pf_may_call_directly(thread, native, (PyObject *)function))
        return NULL;
    _PyInterpreterFrame *frame = make_frame(thread, function, arguments, given, names);
    if (frame == NULL)
        return NULL;
    pf_set_instruction(frame, (int64_t)code->_co_firsttraceable * (int64_t)sizeof(_Py_CODEUNIT));
    set_current(thread, frame);
    --*left;
    release_moved(arguments, (PyObject *)function, moved); /* the frame has its own */
    pf_fill_context(&context, thread);
    PyObject *result = NULL;
    if (make_cells(function, code, frame->localsplus) == 0)
        result = native->function->entry(NULL, (PyObject **)frame, &context);
    if (result == NULL)
        pf_add_traceback(&context, frame);
    ++*left;
    pop_frame(thread, frame);
    return result;
}

static PyObject *call_function(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *keyword_names);
static vectorcallfunc ordinary_call; /* of all Python functions; 3.13 does not export it */

int pf_direct_calls_init(void)
{
    PyObject *globals = PyDict_New();
    PyObject *code = (PyObject *)PyCode_NewEmpty("", "", 0);
    PyObject *function = globals != NULL && code != NULL ? PyFunction_New(code, globals) : NULL;
    if (function != NULL)
        ordinary_call = ((PyFunctionObject *)function)->vectorcall;
    Py_XDECREF(function);
    Py_XDECREF(code);
    Py_XDECREF(globals);
    return ordinary_call != NULL ? 0 : -1;
}

typedef PyObject *(*Direct0)(PfContext *, PyObject *);
typedef PyObject *(*Direct1)(PfContext *, PyObject *, PyObject *);
typedef PyObject *(*Direct2)(PfContext *, PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Direct3)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Direct4)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Direct5)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Direct6)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Direct7)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *,
                             PyObject *);
typedef PyObject *(*Direct8)(PfContext *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *,
                             PyObject *, PyObject *);
_Static_assert(PF_DIRECT_PARAMETERS == 8, "there is a type for each number of parameters");

PyObject *pf_enter_directly(void *entry, PfContext *context, PyObject *function, PyObject *const *a, Py_ssize_t count)
{
    switch (count) {
    case 0: return ((Direct0)entry)(context, function);
    case 1: return ((Direct1)entry)(context, function, a[0]);
    case 2: return ((Direct2)entry)(context, function, a[0], a[1]);
    case 3: return ((Direct3)entry)(context, function, a[0], a[1], a[2]);
    case 4: return ((Direct4)entry)(context, function, a[0], a[1], a[2], a[3]);
    case 5: return ((Direct5)entry)(context, function, a[0], a[1], a[2], a[3], a[4]);
    case 6: return ((Direct6)entry)(context, function, a[0], a[1], a[2], a[3], a[4], a[5]);
    case 7: return ((Direct7)entry)(context, function, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    default: return ((Direct8)entry)(context, function, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    }
}

/* Makes references of what is not given one. */
static void take_the_rest(PyObject *const *arguments, Py_ssize_t count, PyObject *callable, uint64_t moved)
{
    if (!(moved & CALLABLE_MOVED))
        Py_INCREF(callable);
    for (Py_ssize_t index = 0; index < count; index++, moved >>= 1)
        if (!(moved & 1))
            Py_INCREF(arguments[index]);
}

static inline void *direct_entry_for(const PfNative *native, PyCodeObject *code, Py_ssize_t given, PyObject *names)
{
    return names == NULL && given == code->co_argcount ? native->function->direct : NULL;
}

void *pf_direct_entry_of(PyObject *function, Py_ssize_t given)
{
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)function)->func_code;
    PfNative *native = framed_code_of(code);
    return native != NULL ? direct_entry_for(native, code, given, NULL) : NULL;
}

/* The vectorcall of a function that has run as framed native code before. */
static PyObject *call_function(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *keyword_names)
{
    PyFunctionObject *function = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    PfNative *native = framed_code_of(code);
    if (native != NULL) {
        Py_ssize_t given = PyVectorcall_NARGS(count);
        void *direct = direct_entry_for(native, code, given, keyword_names);
        if (direct != NULL) {
            PfContext context;
            pf_fill_context(&context, PyThreadState_Get());
            take_the_rest(arguments, given, callable, 0);
            return pf_enter_directly(direct, &context, callable, arguments, given);
        }
        PyObject *result = call_framed(function, native, arguments, given, keyword_names, 0);
        if (result != NULL || PyErr_Occurred())
            return result;
    } else if (keyword_names == NULL) {
        PyObject *result;
        if (pf_call_without_frame(function, arguments, PyVectorcall_NARGS(count), &result))
            return result;
    }
    return ordinary_call(callable, arguments, count, keyword_names);
}

/* By the interpreter, in a frame that has the references from the start. NULL without an exception as call_framed. */
static PyObject *interpret(PyFunctionObject *function, PyObject *const *arguments, Py_ssize_t given, PyObject *names, uint64_t moved)
{
    PyThreadState *thread = PyThreadState_Get();
    if (!(((PyCodeObject *)function->func_code)->co_flags & CO_OPTIMIZED))
        return NULL;
    _PyInterpreterFrame *frame = make_frame(thread, function, arguments, given, names);
    if (frame == NULL)
        return NULL;
    release_moved(arguments, (PyObject *)function, moved);
    PyObject *result = _PyEval_EvalFrame(thread, frame, 0);
#if PY_VERSION_HEX < 0x030C0000
    set_current(thread, frame);
    pop_frame(thread, frame);
#endif
    return result;
}

/* Takes the references that have moved. */
static PyObject *call_otherwise(PyObject *function, PyObject *const *arguments, size_t count, PyObject *names, uint64_t moved)
{
    PyObject *result = NULL;
    PyFunctionObject *called = (PyFunctionObject *)function;
    if (names == NULL && called->vectorcall == call_function &&
        pf_call_without_frame(called, arguments, PyVectorcall_NARGS(count), &result)) {
        release_moved(arguments, function, moved);
        return result;
    }
    if (moved != 0)
        result = interpret(called, arguments, PyVectorcall_NARGS(count), names, moved);
    if (result != NULL || PyErr_Occurred())
        return result;
    result = ordinary_call(function, arguments, count, names);
    release_moved(arguments, function, moved);
    return result;
}

PyObject *pf_call_interpreted(PyObject *callable, PyObject *const *arguments, int64_t count)
{
    PyFunctionObject *function = (PyFunctionObject *)callable;
    PfNative *native = framed_code_of((PyCodeObject *)function->func_code);
    uint64_t all = CALLABLE_MOVED | (((uint64_t)1 << count) - 1);
    PyObject *result = native != NULL ? call_framed(function, native, arguments, count, NULL, all) : NULL;
    if (result != NULL || PyErr_Occurred())
        return result;
    return call_otherwise(callable, arguments, (size_t)count, NULL, all);
}

int32_t pf_fill_cells(void *frame)
{
    _PyInterpreterFrame *own = frame;
    return make_cells((PyFunctionObject *)pf_function_of(own), pf_code_of(own), own->localsplus);
}

void pf_add_traceback(PfContext *context, void *frame)
{
    if (_PyFrame_IsIncomplete((_PyInterpreterFrame *)frame))
        return;
    PyFrameObject *object = PyThreadState_GetFrame(context->thread);
    if (object != NULL)
        PyTraceBack_Here(object);
    Py_XDECREF(object);
}

void pf_end_frame(PfContext *context, void *frame) { pop_frame(context->thread, frame); }

void pf_prefer_direct_calls(PyObject *callable)
{
    PyFunctionObject *function = (PyFunctionObject *)callable;
    if (function->vectorcall == ordinary_call)
        function->vectorcall = call_function;
}

PyObject *pf_vectorcall(PyObject *callable, PyObject *const *arguments, int64_t count, PyObject *keyword_names)
{
    PyObject *answer;
    if (Py_IS_TYPE(callable, &PyFunction_Type)) {
        if (((PyFunctionObject *)callable)->vectorcall == ordinary_call)
            return call_function(callable, arguments, (size_t)count, keyword_names);
    } else if (PyType_Check(callable) && ((size_t)count & PY_VECTORCALL_ARGUMENTS_OFFSET) != 0 &&
               pf_call_class((PyTypeObject *)callable, arguments, PyVectorcall_NARGS((size_t)count), keyword_names, &answer)) {
        return answer;
    } else if (keyword_names == NULL && pf_call_builtin(callable, arguments, PyVectorcall_NARGS((size_t)count), &answer)) {
        return answer;
    }
    return PyObject_Vectorcall(callable, arguments, (size_t)count, keyword_names);
}

/* Calls a framed function, remembering how. NULL without an exception as call_framed. */
static PyObject *call_and_remember(PfContext *context, PyFunctionObject *function, PyObject *const *arguments, Py_ssize_t given,
                                   PyObject *names, uint64_t moved, PfCallCache *cache)
{
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    PfNative *native = framed_code_of(code);
    if (native == NULL)
        return NULL;
    void *direct = direct_entry_for(native, code, given, names);
    if (direct == NULL)
        return call_framed(function, native, arguments, given, names, moved);
    cache->code = (PyObject *)code;
    cache->direct = direct;
    take_the_rest(arguments, given, (PyObject *)function, moved);
    return pf_enter_directly(direct, context, (PyObject *)function, arguments, given);
}

PyObject *pf_call_object(PfContext *context, PyObject *callable, PyObject *const *arguments, int64_t count, PyObject *names,
                         uint64_t moved, PfCallCache *cache)
{
    Py_ssize_t given = PyVectorcall_NARGS((size_t)count);
    if (Py_IS_TYPE(callable, &PyFunction_Type)) {
        PyObject *result = call_and_remember(context, (PyFunctionObject *)callable, arguments, given, names, moved, cache);
        if (result != NULL || PyErr_Occurred())
            return result;
        return call_otherwise(callable, arguments, (size_t)count, names, moved);
    }
    if (Py_IS_TYPE(callable, &PyMethod_Type) && ((size_t)count & PY_VECTORCALL_ARGUMENTS_OFFSET) != 0) {
        PyObject *function = Py_NewRef(PyMethod_GET_FUNCTION(callable));
        PyObject **with_self = (PyObject **)arguments - 1;
        *with_self = Py_NewRef(PyMethod_GET_SELF(callable));
        if (moved & CALLABLE_MOVED)
            Py_DECREF(callable);
        moved = CALLABLE_MOVED | (moved << 1) | 1; /* the shift drops the callable's bit */
        return pf_call_object(context, function, with_self, given + 1, names, moved, cache);
    }
    PyObject *result;
    if (names == NULL && PyType_Check(callable) && ((size_t)count & PY_VECTORCALL_ARGUMENTS_OFFSET) != 0 &&
        pf_call_class_again(context, (PyTypeObject *)callable, arguments, given, cache, &result)) {
        release_moved(arguments, callable, moved);
        return result;
    }
    result = pf_vectorcall(callable, arguments, count, names);
    release_moved(arguments, callable, moved);
    return result;
}
