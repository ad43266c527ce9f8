/* Entering native code, running out of stack in it, and letting others run meanwhile. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "pyfreeze_abi.h"
#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#endif

#define STACK_RESERVE (256 * 1024)
#define FORCED_TWINS 20000
#define FRAMED_RESERVE (256 * 1024) /* what a framed function and what it calls may need besides */
#define FRAMED_LEVELS 200           /* the same in C calls that CPython counts, from 3.12 on */

#if defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local PF_FAST_TLS
#endif

PyObject *pf_twin_object;
int64_t pf_forced_twins; /* that many next entries run their twin: the C stack is nearly used up */

static THREAD_LOCAL char *stack_end;        /* lowest address of this thread's stack */
static THREAD_LOCAL int limited_by_stack; /* what the last count of pf_remaining was made from */
static THREAD_LOCAL int64_t forced_above = -1; /* depth at which native code entered when the stack ended; -1: it did not */

static void find_stack_end(void)
{
#if defined(_WIN32)
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    stack_end = (char *)low;
#elif defined(__APPLE__)
    pthread_t self = pthread_self();
    stack_end = (char *)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
#else
    pthread_attr_t attributes;
    void *address = NULL;
    size_t size = 0;
    char here;
    stack_end = (char *)((uintptr_t)&here - 512 * 1024); /* where nothing better is known */
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        if (pthread_attr_getstack(&attributes, &address, &size) == 0)
            stack_end = address;
        pthread_attr_destroy(&attributes);
    }
#endif
}

int64_t pf_stack_left(void)
{
    char here;
    if (stack_end == NULL)
        find_stack_end();
    return (int64_t)(&here - stack_end) - STACK_RESERVE;
}

int64_t pf_remaining(PyThreadState *thread, int64_t frame_bytes)
{
    int64_t by_stack = pf_stack_left() / frame_bytes, by_python = pf_python_frames_left(thread);
    limited_by_stack = by_stack < by_python;
    return limited_by_stack ? by_stack : by_python;
}

int pf_limit(void) { return limited_by_stack; }

void pf_restore_limit(int limit) { limited_by_stack = limit; }

static int64_t python_depth(PyThreadState *thread) { return Py_GetRecursionLimit() - pf_python_frames_left(thread); }

int32_t pf_recursion(PfFunction *function, PyThreadState *thread, int64_t remaining)
{
    (void)function;
    (void)remaining;
    /* CPython's frames are on the heap: where only the C stack ends, the interpreter can go on. */
    if (limited_by_stack) {
        pf_forced_twins = FORCED_TWINS;
        forced_above = python_depth(thread);
        return PF_DEOPT;
    }
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded");
    return PF_ERROR;
}

PyObject *pf_twin(void) { return Py_NewRef(pf_twin_object); }

/* Whether this thread's recursion has to go on in the interpreter. Once it is back where native code entered when the
 * stack ended, native code may have the stack again. */
static int is_forced(PyThreadState *thread)
{
    if (pf_forced_twins <= 0 || forced_above < 0)
        return 0;
    if (python_depth(thread) <= forced_above) {
        forced_above = -1;
        pf_forced_twins = 0;
        return 0;
    }
    pf_forced_twins--;
    return 1;
}

/* Why the twin has to run whatever names are bound to; 0 if native code may. */
static int32_t find_other_reason(PfFunction *function, PfNative *self, PyThreadState *thread)
{
    if (self->instance != function->module->instance)
        return PF_REASON_STALE;
    int32_t reason = pf_reason_against_native(thread, function);
    if (reason != 0)
        return reason;
    return is_forced(thread) ? PF_REASON_STACK : 0;
}

/* The same with names. `broken` is the one that was bound to something else. */
static int32_t find_reason(PfFunction *function, PfNative *self, PyThreadState *thread, const char **broken)
{
    int32_t reason = find_other_reason(function, self, thread);
    if (reason != 0)
        return reason;
    return pf_revalidate(function, broken) ? 0 : PF_REASON_BINDING;
}

void *pf_enter(PfFunction *function, PfNative *self)
{
    PyThreadState *thread = PyThreadState_Get();
    const char *broken = NULL;
    if (pf_waiting_states > 0 && pf_enters_waiting_state(thread))
        return NULL;
    int32_t reason = find_reason(function, self, thread, &broken);
    if (reason == 0)
        return pf_breaker_address(thread);
    pf_count_twin(function, reason, 0, broken);
    return NULL;
}

/* Calls from native code use the C stack, where calls from the interpreter use none. */
static int has_room(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (thread->c_recursion_remaining <= FRAMED_LEVELS)
        return 0;
#else
    (void)thread;
#endif
    return pf_stack_left() > FRAMED_RESERVE;
}

static void *enter_framed_slowly(PfFunction *function, PfNative *self, PyThreadState *thread)
{
    if (pf_waiting_states > 0 && pf_enters_waiting_state(thread))
        return NULL;
    int32_t reason = find_other_reason(function, self, thread);
    if (reason == 0 && has_room(thread))
        return pf_interpreter_frame(thread);
    pf_count_twin(function, reason != 0 ? reason : PF_REASON_STACK, 0, NULL);
    return NULL;
}

void *pf_enter_framed(PfFunction *function, PfNative *self, void *breaker)
{
    PyThreadState *thread = PyThreadState_Get();
    if (breaker != NULL && has_room(thread)) {
        pf_prefer_direct_calls(pf_frame_function(thread));
        return pf_interpreter_frame(thread);
    }
    return enter_framed_slowly(function, self, thread);
}

/* What pf_enter_framed asks, of a function that is called with a frame of its own. */
int pf_may_call_directly(PyThreadState *thread, const PfNative *native, PyObject *function)
{
    const PfModule *module = native->function->module;
    return native->instance == module->instance && (pf_forced_twins | pf_waiting_states) == 0 &&
           pf_is_untraced(thread, native->function, function) && has_room(thread);
}

/* What pf_enter_frame asks, of a function that is called without a frame. */
int32_t pf_may_call_native(PfFunction *function, PyObject *callable)
{
    if (!Py_IS_TYPE(callable, &PyFunction_Type) || (pf_forced_twins | pf_waiting_states) != 0 ||
        !pf_is_untraced(PyThreadState_Get(), function, callable))
        return 0;
    const char *broken;
    pf_look_for_changes(function->module);
    return function->valid || pf_revalidate(function, &broken);
}

void pf_guard_failed(PfFunction *function, int32_t parameter, int32_t reason)
{
    pf_count_twin(function, parameter, reason, NULL);
}

/* `lambda: None`, made without running anything: what waits would be handled there. */
static PyObject *make_empty_function(void)
{
    PyObject *code = Py_CompileString("lambda: None", "<pyfreeze>", Py_eval_input), *scope = PyDict_New();
    PyObject *function = NULL;
    if (code != NULL && scope != NULL) {
        PyObject *constants = ((PyCodeObject *)code)->co_consts;
        for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(constants) && function == NULL; index++)
            if (PyCode_Check(PyTuple_GET_ITEM(constants, index)))
                function = PyFunction_New(PyTuple_GET_ITEM(constants, index), scope);
    }
    Py_XDECREF(code);
    Py_XDECREF(scope);
    return function;
}

/* A Python function, entered and left: its first instruction handles whatever still waits (garbage collection,
 * asynchronous exceptions). Its own traceback entry is dropped. */
static int handle_the_rest(void)
{
    static PyObject *function;
    if (function == NULL)
        function = make_empty_function();
    if (function == NULL)
        return -1;
    PyObject *done = PyObject_CallNoArgs(function);
    if (done == NULL) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyObject *rest = traceback ? Py_XNewRef((PyObject *)((PyTracebackObject *)traceback)->tb_next) : NULL;
        Py_XDECREF(traceback);
        PyErr_Restore(type, value, rest);
        return -1;
    }
    Py_DECREF(done);
    return 0;
}

static int breaker_is_set(PyThreadState *thread)
{
    return (*(volatile uint32_t *)pf_breaker_address(thread) & (uint32_t)pf_breaker_mask()) != 0;
}

static int handle_what_waits(PyThreadState *thread)
{
    if (Py_MakePendingCalls() < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    Py_END_ALLOW_THREADS
    return breaker_is_set(thread) ? handle_the_rest() : 0;
}

static int32_t let_others_run(PfModule *module, PyThreadState *thread)
{
    uint64_t epoch = module->epoch, state = pf_bindings_state(module);
    if (handle_what_waits(thread) < 0)
        return PF_ERROR;
    pf_recheck_bindings(module, state);
    return module->epoch == epoch ? PF_OK : PF_DEOPT;
}

int32_t pf_poll(PfModule *module, const PfSite *site, PyThreadState *thread)
{
    pf_show_site(site);
    int limit = pf_limit();
    int32_t status = let_others_run(module, thread);
    pf_restore_limit(limit);
    return status;
}

/* Before slow operations, of which thousands may come between two polls of a loop, each on huge numbers. */
int32_t pf_poll_if_asked(PfModule *module)
{
    PyThreadState *thread = PyThreadState_Get();
    if (!breaker_is_set(thread))
        return PF_OK;
    int limit = pf_limit();
    int32_t status = let_others_run(module, thread);
    pf_restore_limit(limit);
    return status;
}

int32_t pf_poll_framed(void)
{
    PyThreadState *thread = PyThreadState_Get();
    if (!breaker_is_set(thread))
        return 0;
    int limit = pf_limit();
    int status = handle_what_waits(thread);
    pf_restore_limit(limit);
    return status;
}
