/* Leaving native code in the middle of a call: what `Suspend` saves, and how the interpreter goes on from it.
 *
 * The function that was entered from Python goes on in its own frame: its entry fills that and answers TWIN. A function
 * that native code called gets a frame by a call of a function object made for that; its entry fills the new frame and
 * answers TWIN as well. In both cases the code of the trampoline then asks `pf_next_step` where to go on, and for the
 * iterators of the loops there (pyfreeze/codegen/trampoline.py).
 *
 * States form a stack in each thread. Whatever runs between two steps of one state has done with its own by then, unless an
 * exception came in between: those are dropped as soon as they are seen. */
#include "pyfreeze_abi.h"
#include <string.h>

#if defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local PF_FAST_TLS
#endif

typedef struct PfState {
    struct PfState *previous;
    PfFunction *function;
    int32_t number;      /* of the point */
    int waiting;         /* for the frame of `callable`'s call */
    int is_borrowed;     /* somebody else frees it */
    int announced;       /* the point */
    PyObject *callable;  /* owned; NULL if it goes on in a frame that is there */
    PyObject *frame;     /* owned; the one that it goes on in */
    Py_ssize_t local_count, iterator_count, next_iterator;
    PyObject *objects[]; /* owned: the locals, NULL where unset, then the iterators */
} PfState;

static THREAD_LOCAL PfState *top;
static THREAD_LOCAL PyObject *unfit; /* owned: a result that native code does not hold, on its way to `pf_suspend` */
int64_t pf_waiting_states;

static void free_state(PfState *state)
{
    for (Py_ssize_t index = 0; index < state->local_count + state->iterator_count; index++)
        Py_XDECREF(state->objects[index]);
    Py_XDECREF(state->callable);
    Py_XDECREF(state->frame);
    PyMem_Free(state);
}

static void push(PfState *state)
{
    state->previous = top;
    top = state;
}

/* Takes `state` off the stack, with all above it, if it is still there. */
static void drop(PfState *state)
{
    PfState *found = top;
    while (found != NULL && found != state)
        found = found->previous;
    PfState *rest = found != NULL ? found->previous : top;
    while (top != rest) {
        PfState *dropped = top;
        top = dropped->previous;
        if (!dropped->is_borrowed)
            free_state(dropped);
    }
}

/* The next value of the payload: an int where its flag says that the double stands for one, NULL if it is unset. */
int pf_next_local(PfModule *module, const char **descriptor, const uint64_t **payload, PyObject **local)
{
    uint64_t is_set = 1, is_int = 0;
    if (**descriptor == '-') {
        ++*descriptor;
        return 0;
    }
    if (**descriptor == 'u') {
        ++*descriptor;
        is_set = *(*payload)++;
    }
    if (**descriptor == 'w') {
        ++*descriptor;
        is_int = *(*payload)++;
    }
    PyObject *value = pf_box(module, descriptor, payload);
    if (value != NULL && is_int)
        Py_SETREF(value, PyLong_FromDouble(PyFloat_AS_DOUBLE(value)));
    if (value == NULL)
        return -1;
    if (is_set)
        *local = value;
    else
        Py_DECREF(value);
    return 0;
}

/* start + number * step */
static PyObject *item(int64_t start, int64_t number, int64_t step)
{
    PyObject *factor = PyLong_FromLongLong(number), *by = PyLong_FromLongLong(step), *from = PyLong_FromLongLong(start);
    PyObject *offset = factor && by ? PyNumber_Multiply(factor, by) : NULL;
    PyObject *result = offset && from ? PyNumber_Add(from, offset) : NULL;
    Py_XDECREF(factor);
    Py_XDECREF(by);
    Py_XDECREF(from);
    Py_XDECREF(offset);
    return result;
}

/* From number `first` to `end`, exclusive, in the direction of `by`. Takes the references, which may be NULL. */
static PyObject *iterator_of_range(PyObject *first, PyObject *end, PyObject *by)
{
    PyObject *range = NULL, *iterator = NULL;
    if (first != NULL && end != NULL && by != NULL)
        range = PyObject_CallFunctionObjArgs((PyObject *)&PyRange_Type, first, end, by, NULL);
    if (range != NULL)
        iterator = PyObject_GetIter(range);
    Py_XDECREF(first);
    Py_XDECREF(end);
    Py_XDECREF(by);
    Py_XDECREF(range);
    return iterator;
}

/* A memoryview's iterator cannot be told where to go on. */
static PyObject *skip_items(PyObject *iterator, int64_t number)
{
    for (; iterator != NULL && number > 0; number--) {
        PyObject *passed = PyIter_Next(iterator);
        if (passed == NULL && PyErr_Occurred())
            Py_CLEAR(iterator);
        if (passed == NULL)
            break;
        Py_DECREF(passed);
    }
    return iterator;
}

/* Of a tuple, an array or a view, from `number` on. */
static PyObject *iterator_from(PyObject *whole, int64_t number)
{
    PyObject *iterator = PyObject_GetIter(whole);
    if (PyMemoryView_Check(whole))
        return skip_items(iterator, number);
    PyObject *done = iterator ? PyObject_CallMethod(iterator, "__setstate__", "L", (long long)number) : NULL;
    if (done == NULL)
        Py_CLEAR(iterator);
    Py_XDECREF(done);
    return iterator;
}

static PyObject *enumerated(PyObject *iterator, PyObject *start, int64_t number)
{
    PyObject *by = PyLong_FromLongLong(number), *first = by ? PyNumber_Add(start, by) : NULL, *result = NULL;
    if (iterator != NULL && first != NULL)
        result = PyObject_CallFunctionObjArgs((PyObject *)&PyEnum_Type, iterator, first, NULL);
    Py_XDECREF(by);
    Py_XDECREF(first);
    Py_XDECREF(iterator);
    return result;
}

/* What iterates over an object: the object's description follows the letters. */
static PyObject *iterator_of_object(PfModule *module, char kind, int64_t number, const char **loops, const uint64_t **payload)
{
    PyObject *whole = pf_box(module, loops, payload), *iterator = whole ? iterator_from(whole, number) : NULL;
    Py_XDECREF(whole);
    if (kind != 'e' || iterator == NULL)
        return iterator;
    int is_word = **loops != 't'; /* an int64 has no description */
    PyObject *start = is_word ? PyLong_FromLongLong((int64_t)*(*payload)++) : pf_box(module, loops, payload);
    iterator = start ? enumerated(iterator, start, number) : NULL;
    Py_XDECREF(start);
    return iterator;
}

/* For what a loop has left. Letters: pyfreeze/codegen/resume_points.py; meanings: LoopKind in pyfreeze/ir/instructions.py. */
static PyObject *iterator_of(PfModule *module, const char **loops, const uint64_t **payload)
{
    char kind = (*loops)[0];
    if (kind == 'o') { /* no iterator, but what a call has returned */
        PyObject *returned = unfit;
        unfit = NULL;
        return returned;
    }
    if (kind == 'v') { /* nor this, but what the statement has computed */
        *loops += 2;
        return pf_box(module, loops, payload);
    }
    int64_t taken = (*loops)[1] - '0', counter = (int64_t)*(*payload)++;
    *loops += 2;
    if (kind == 'a' || kind == 'e' || kind == 't')
        return iterator_of_object(module, kind, counter + taken, loops, payload);
    int64_t limit = (int64_t)*(*payload)++;
    counter = counter < limit ? counter + taken : limit;
    if (kind == 'r')
        return iterator_of_range(PyLong_FromLongLong(counter), PyLong_FromLongLong(limit), PyLong_FromLongLong(1));
    int64_t start = (int64_t)(*payload)[0], step = (int64_t)(*payload)[1];
    *payload += 2;
    if (kind == 's')
        return iterator_of_range(item(start, counter, step), item(start, limit, step), PyLong_FromLongLong(step));
    return iterator_of_range(item(start, limit - 1 - counter, step), item(start, -1, step), item(0, -1, step));
}

static PfState *save(const PfPoint *point, const uint64_t *payload)
{
    PfModule *module = point->function->module;
    Py_ssize_t locals = point->function->code->co_nlocals, loops = point->loop_count;
    PfState *state = PyMem_Calloc(1, sizeof(PfState) + (size_t)(locals + loops) * sizeof(PyObject *));
    if (state == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    state->function = point->function;
    state->number = point->number;
    state->local_count = locals;
    state->iterator_count = loops;
    const char *descriptor = point->locals, *loop = point->loops;
    for (Py_ssize_t index = 0; index < locals; index++)
        if (pf_next_local(module, &descriptor, &payload, &state->objects[index]) < 0)
            goto failed;
    for (Py_ssize_t index = 0; index < loops; index++)
        if ((state->objects[locals + index] = iterator_of(module, &loop, &payload)) == NULL)
            goto failed;
    return state;
failed:
    free_state(state);
    return NULL;
}

static void refuse(PfFunction *caller)
{
    PyErr_Format(PyExc_TypeError, "a function that %s() called returned %.200s, which is not what it is declared to return",
                 caller->qualname, unfit ? Py_TYPE(unfit)->tp_name : "?");
}

int32_t pf_suspend(int32_t status, const PfPoint *point, const uint64_t *payload)
{
    if (status == PF_ERROR)
        return PF_ERROR;
    PfState *state = point->number >= 0 ? save(point, payload) : NULL;
    if (point->number < 0)
        refuse(point->function);
    Py_CLEAR(unfit);
    if (state == NULL)
        return PF_ERROR;
    push(state);
    return PF_RESUME;
}

static PfState *pop(void)
{
    PfState *state = top;
    top = state->previous;
    return state;
}

/* Whether nobody but `is` can tell them apart. */
static int is_same_value(PyObject *one, PyObject *other)
{
    if (one == other)
        return 1;
    if (one == NULL || other == NULL || Py_TYPE(one) != Py_TYPE(other))
        return 0;
    if (PyFloat_CheckExact(one)) {
        double values[] = {PyFloat_AS_DOUBLE(one), PyFloat_AS_DOUBLE(other)};
        return memcmp(&values[0], &values[1], sizeof(double)) == 0;
    }
    if (PyLong_CheckExact(one))
        return PyObject_RichCompareBool(one, other, Py_EQ) == 1;
    if (!PyTuple_CheckExact(one) || PyTuple_GET_SIZE(one) != PyTuple_GET_SIZE(other))
        return 0;
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(one); index++)
        if (!is_same_value(PyTuple_GET_ITEM(one, index), PyTuple_GET_ITEM(other, index)))
            return 0;
    return 1;
}

/* `state` takes over the current frame. Arguments that are still what they were stay the objects that they were. */
static int enter_frame(PfState *state)
{
    PyObject *frame = (PyObject *)PyEval_GetFrame();
    if (frame == NULL)
        return -1;
    state->frame = Py_NewRef(frame);
    for (Py_ssize_t index = 0; index < state->local_count; index++)
        if (is_same_value(pf_get_local(index), state->objects[index]))
            Py_XSETREF(state->objects[index], Py_XNewRef(pf_get_local(index)));
    pf_set_locals(state->objects, state->local_count);
    return 0;
}

static PyObject *keyword_names(PyCodeObject *code)
{
    PyObject *names = PyTuple_New(code->co_kwonlyargcount);
    for (int index = 0; names != NULL && index < code->co_kwonlyargcount; index++) {
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, code->co_argcount + index);
        PyTuple_SET_ITEM(names, index, Py_NewRef(name));
    }
    return names;
}

/* Calls `callable`, whose parameters are set when its frame is entered. */
static PyObject *call_with_nothing(PyObject *callable, PyCodeObject *code)
{
    Py_ssize_t count = code->co_argcount + code->co_kwonlyargcount;
    PyObject **arguments = PyMem_Malloc((size_t)(count + 1) * sizeof(PyObject *));
    PyObject *names = code->co_kwonlyargcount ? keyword_names(code) : NULL, *result = NULL;
    if (arguments == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t index = 0; arguments != NULL && index <= count; index++)
        arguments[index] = Py_None;
    if (arguments != NULL && !PyErr_Occurred())
        result = PyObject_Vectorcall(callable, arguments + 1, (size_t)code->co_argcount | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
    PyMem_Free(arguments);
    Py_XDECREF(names);
    return result;
}

/* Native functions have no free variables but type variables that nothing reads: the cells may be empty. */
static PyObject *new_function(PyCodeObject *code)
{
    PyObject *function = PyFunction_New((PyObject *)code, PyEval_GetGlobals());
    if (function == NULL || code->co_nfreevars == 0)
        return function;
    PyObject *cells = PyTuple_New(code->co_nfreevars);
    for (int index = 0; cells != NULL && index < code->co_nfreevars; index++) {
        PyObject *cell = PyCell_New(NULL);
        if (cell == NULL)
            Py_CLEAR(cells);
        else
            PyTuple_SET_ITEM(cells, index, cell);
    }
    if (cells == NULL || PyFunction_SetClosure(function, cells) < 0)
        Py_CLEAR(function);
    Py_XDECREF(cells);
    return function;
}

/* Goes on in a frame of its own; frees the state. */
static PyObject *run(PfState *state)
{
    PyCodeObject *code = (PyCodeObject *)Py_NewRef(state->function->code);
    PyObject *result = NULL;
    state->callable = new_function(code);
    if (state->callable != NULL) {
        PyObject *callable = Py_NewRef(state->callable);
        state->waiting = state->is_borrowed = 1;
        pf_waiting_states++;
        push(state);
        result = call_with_nothing(callable, code);
        pf_waiting_states -= state->waiting;
        drop(state);
        Py_DECREF(callable);
    }
    free_state(state);
    Py_DECREF(code);
    return result;
}

int pf_enters_waiting_state(PyThreadState *thread)
{
    PfState *state = top;
    if (state == NULL || !state->waiting || pf_frame_function(thread) != state->callable)
        return 0;
    state->waiting = 0;
    pf_waiting_states--;
    if (enter_frame(state) < 0)
        PyErr_Clear(); /* cannot be: the caller's frame is complete */
    return 1;
}

int32_t pf_resume(int32_t status, PfFunction *function, const char *descriptor, uint64_t *result)
{
    if (status != PF_RESUME)
        return status;
    uint64_t before = pf_bindings_state(function->module);
    int limit = pf_limit();
    pf_count_twin(function, PF_REASON_RESUMED, 0, NULL);
    PyObject *object = run(pop());
    pf_restore_limit(limit);
    pf_recheck_bindings(function->module, before);
    if (object == NULL)
        return PF_ERROR;
    int fits = pf_unbox_tuple(function->module, object, descriptor, result) == 0;
    if (fits)
        Py_DECREF(object);
    else
        Py_XSETREF(unfit, object);
    return fits ? PF_OK : PF_DEOPT;
}

PyObject *pf_resume_here(PfFunction *function)
{
    PfState *state = pop();
    pf_count_twin(function, PF_REASON_RESUMED, 0, NULL);
    if (!pf_is_own_frame(function))
        return run(state);
    if (enter_frame(state) < 0) {
        free_state(state);
        return NULL;
    }
    push(state);
    return pf_twin();
}

/* What the trampoline asks: where the current frame goes on, an element of its constants from `first_point` on; then the
 * iterators there. None if it does not go on but starts. */
PyObject *pf_next_step(Py_ssize_t first_point)
{
    while (top != NULL && top->frame != NULL && pf_has_ended(top->frame))
        drop(top);
    PfState *state = top;
    if (state == NULL || state->frame == NULL || state->frame != (PyObject *)PyEval_GetFrame())
        Py_RETURN_NONE;
    PyObject *step;
    if (!state->announced) {
        PyCodeObject *code = PyFrame_GetCode((PyFrameObject *)state->frame);
        step = Py_NewRef(PyTuple_GET_ITEM(code->co_consts, first_point + state->number));
        Py_DECREF(code);
        state->announced = 1;
    }
    else {
        PyObject **slot = &state->objects[state->local_count + state->next_iterator++];
        step = *slot;
        *slot = NULL;
    }
    if (state->next_iterator == state->iterator_count)
        drop(state);
    return step;
}
