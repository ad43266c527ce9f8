/* Interpreter frames, tracebacks, the eval breaker and recursion counts: all that depends on CPython's internals, each
 * difference between versions in one #if. The layouts are those of the running interpreter's own headers. */
#include "internals.h"
#include <string.h>

static _PyInterpreterFrame *current_frame(void) { return pf_frame_of(PyThreadState_Get()); }

/* The interpreter's own frame of a function entered from Python; NULL where another frame is on top. Its code is an
 * older one if the module has been executed again meanwhile. (The same code without a frame: its twin has called it.) */
static _PyInterpreterFrame *own_frame(const PfFunction *function)
{
    _PyInterpreterFrame *frame = pf_asks_without_frame == 0 ? current_frame() : NULL;
    return frame != NULL && pf_is_code_of((PyObject *)pf_code_of(frame), function) ? frame : NULL;
}

int pf_is_own_frame(const PfFunction *function) { return own_frame(function) != NULL; }

int pf_has_ended(PyObject *frame) { return ((PyFrameObject *)frame)->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT; }

PyObject *pf_get_local(Py_ssize_t index) { return current_frame()->localsplus[index]; }

void pf_set_locals(PyObject **values, Py_ssize_t count)
{
    _PyInterpreterFrame *frame = current_frame();
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *value = values[index];
        values[index] = NULL;
        Py_XSETREF(frame->localsplus[index], value);
    }
}

PyObject *pf_frame_function(PyThreadState *thread)
{
    (void)thread;
    _PyInterpreterFrame *frame = current_frame();
#if PY_VERSION_HEX >= 0x030C0000
    return frame != NULL ? frame->f_funcobj : NULL;
#else
    return frame != NULL ? (PyObject *)frame->f_func : NULL;
#endif
}

void pf_show_site(const PfSite *site)
{
    _PyInterpreterFrame *frame = own_frame(site->function);
    if (frame != NULL)
        pf_set_instruction(frame, site->offset);
}

static int fill_locals(PfModule *module, _PyInterpreterFrame *frame, const char *locals, const uint64_t *payload)
{
    for (int index = 0; *locals; index++) {
        PyObject *value = NULL;
        if (pf_next_local(module, &locals, &payload, &value) < 0)
            return -1;
        Py_XSETREF(frame->localsplus[index], value);
    }
    return 0;
}

/* Type variables that nothing reads: CPython expects cells. */
static int fill_free_variables(PyCodeObject *code, _PyInterpreterFrame *frame)
{
    for (int index = code->co_nlocalsplus - code->co_nfreevars; index < code->co_nlocalsplus; index++)
        if ((frame->localsplus[index] = PyCell_New(NULL)) == NULL)
            return -1;
    return 0;
}

/* A native frame that an exception passes gets a frame object only now: nobody could see it before. */
void pf_traceback(int32_t status, const PfSite *site, const uint64_t *payload)
{
    if (status != PF_ERROR)
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const PfFunction *function = site->function;
    PyFrameObject *frame =
        PyFrame_New(PyThreadState_Get(), function->code, function->module->globals, NULL);
    if (frame == NULL || fill_free_variables(function->code, frame->f_frame) < 0 ||
        fill_locals(function->module, frame->f_frame, site->locals, payload) < 0) {
        PyErr_Clear(); /* out of memory: keep the exception, lose the entry */
        PyErr_Restore(type, value, traceback);
        Py_XDECREF(frame);
        return;
    }
    pf_set_instruction(frame->f_frame, site->offset);
    if (traceback != NULL) {
        PyFrameObject *inner = ((PyTracebackObject *)traceback)->tb_frame;
        if (inner->f_back == NULL && inner->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT)
            inner->f_back = (PyFrameObject *)Py_NewRef(frame);
    }
    PyErr_Restore(type, value, traceback);
    PyTraceBack_Here(frame);
    Py_DECREF(frame);
}

/* The first traceback entry is this function's: the interpreter, whose frame this is as well, adds its own, so the
 * instruction and the locals move there. */
PyObject *pf_leave_with_error(PfFunction *function)
{
    PyObject *type, *value, *traceback;
    _PyInterpreterFrame *own = own_frame(function);
    PyErr_Fetch(&type, &value, &traceback);
    if (own != NULL && traceback != NULL) {
        PyTracebackObject *entry = (PyTracebackObject *)traceback;
        _PyInterpreterFrame *made = entry->tb_frame->f_frame;
        if (pf_code_of(made) == function->code) {
            pf_set_instruction(own, entry->tb_lasti);
            for (int index = 0; index < function->code->co_nlocals; index++) {
                PyObject *local = Py_XNewRef(made->localsplus[index]);
                Py_XSETREF(own->localsplus[index], local);
            }
            PyTracebackObject *inner = entry->tb_next;
            if (inner != NULL && inner->tb_frame->f_back == entry->tb_frame) {
                PyFrameObject *object = PyEval_GetFrame();
                Py_XSETREF(inner->tb_frame->f_back, (PyFrameObject *)Py_XNewRef(object));
            }
            PyObject *rest = Py_XNewRef((PyObject *)inner);
            Py_DECREF(traceback);
            traceback = rest;
        }
    }
    PyErr_Restore(type, value, traceback);
    return NULL;
}

#if PY_VERSION_HEX >= 0x030C0000
#define USER_TOOLS 6 /* 6 and 7 are sys.setprofile and sys.settrace, which each thread has for itself */
#define USER_TOOLS_MASK ((1 << USER_TOOLS) - 1)

static int any_tool(const uint8_t *tools, size_t count)
{
    uint8_t all = 0;
    for (size_t index = 0; index < count; index++)
        all |= tools[index];
    return all & USER_TOOLS_MASK;
}

static int code_is_monitored(const PyCodeObject *code)
{
    const _PyCoMonitoringData *data = code != NULL ? code->_co_monitoring : NULL;
    return data != NULL && any_tool(data->local_monitors.tools, sizeof data->local_monitors.tools);
}

/* Whether events have ever been asked for. */
static int has_been_monitored(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX >= 0x030D0000
    return interpreter->ceval.instrumentation_version != 0;
#else
    return interpreter->monitoring_version != 0;
#endif
}

/* sys.monitoring: everywhere, in this function, or in one that its native code calls. */
static int is_monitored(PyThreadState *thread, const PfFunction *function)
{
    PyInterpreterState *interpreter = thread->interp;
    const void *registered = NULL;
    if (!has_been_monitored(interpreter))
        return 0;
    for (int tool = 0; tool < USER_TOOLS; tool++)
        registered = interpreter->monitoring_tool_names[tool] ? interpreter->monitoring_tool_names[tool] : registered;
    if (registered == NULL)
        return 0;
    if (any_tool(interpreter->monitors.tools, sizeof interpreter->monitors.tools) || code_is_monitored(function->code))
        return 1;
    for (int32_t index = 0; index < function->binding_count; index++) {
        const PfBinding *binding = &function->module->bindings[function->bindings[index]];
        if (binding->kind == PF_FUNCTION && code_is_monitored(function->module->functions[binding->function].code))
            return 1;
    }
    return 0;
}
#else
static int is_monitored(PyThreadState *thread, const PfFunction *function)
{
    (void)thread;
    (void)function;
    return 0;
}
#endif

/* Native code stands for its function only where the interpreter's frame has the module's names: a code object may be
 * given other globals (types.FunctionType) or, through them, other builtins. And whoever traces, profiles or monitors
 * wants to see every call and line. Returns 0 or the reason to run the twin. */
int pf_is_untraced(PyThreadState *thread, const PfFunction *function, PyObject *callable)
{
    PyFunctionObject *called = (PyFunctionObject *)callable;
    return called->func_code == (PyObject *)function->code && called->func_globals == function->module->globals &&
           called->func_builtins == pf_builtins && thread->c_tracefunc == NULL && thread->c_profilefunc == NULL &&
           !is_monitored(thread, function);
}

static inline int32_t reason_in_frame(PyThreadState *thread, _PyInterpreterFrame *frame, const PfFunction *function)
{
    if (frame == NULL || pf_code_of(frame) != function->code || frame->f_globals != function->module->globals || frame->f_builtins != pf_builtins)
        return PF_REASON_NAMES;
    if (thread->c_tracefunc != NULL || thread->c_profilefunc != NULL || is_monitored(thread, function))
        return PF_REASON_TRACING;
    /* While native code runs and has not said where, it is at the function's first line: RESUME's. */
    pf_set_instruction(frame, 0);
    return 0;
}

int32_t pf_reason_against_native(PyThreadState *thread, const PfFunction *function)
{
    return reason_in_frame(thread, pf_frame_of(thread), function);
}

/* Quick where nothing is unusual; pf_enter looks at everything. */
PyObject *pf_enter_frame(PyObject *object)
{
    PfNative *native = (PfNative *)object;
    PfFunction *function = native->function;
    PyThreadState *thread = PyThreadState_Get();
    _PyInterpreterFrame *frame = pf_frame_of(thread);
    int usual = native->instance == function->module->instance && (pf_forced_twins | pf_waiting_states) == 0 &&
                reason_in_frame(thread, frame, function) == 0;
    if (usual) {
        pf_look_for_changes(function->module);
        if (function->calls & PF_WITHOUT_FRAME)
            pf_prefer_direct_calls(pf_frame_function(thread));
    }
    return function->entry(native, frame ? frame->localsplus : NULL, usual ? pf_breaker_address(thread) : NULL);
}

PyThreadState *pf_thread_state(void) { return PyThreadState_Get(); }

void *pf_breaker_address(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030D0000
    return &thread->eval_breaker;
#else
    return &thread->interp->ceval.eval_breaker;
#endif
}

uint64_t pf_breaker_mask(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return _PY_EVAL_EVENTS_MASK; /* the upper bits are the version of the instrumentation */
#else
    return 0xFFFFFFFF;
#endif
}

int64_t pf_python_frames_left(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030C0000
    return thread->py_recursion_remaining;
#else
    return thread->recursion_remaining;
#endif
}

/* CPython marks an executed extension module by its state, and then importlib.reload does nothing. Without the mark it
 * executes the module again, as it does a .py. */
void pf_allow_reload(PyObject *module)
{
    PyModuleObject *object = (PyModuleObject *)module;
    PyMem_Free(object->md_state);
    object->md_state = NULL;
}
