/* Calls of Python classes, as `type.__call__` answers them, but without a tuple of the arguments: what is called is put
 * together from `__new__` and `__init__`, where these are Python functions or object's own. */
#include "fast_paths.h"
#include "internal/pycore_ceval.h"

static PyObject *init_name, *new_name, *no_arguments;

int pf_instances_init(void)
{
    init_name = PyUnicode_InternFromString("__init__");
    new_name = PyUnicode_InternFromString("__new__");
    no_arguments = PyTuple_New(0);
    return init_name != NULL && new_name != NULL && no_arguments != NULL ? pf_object_memory_init() : -1;
}

#define FILLS 16  /* so often a place learns what it calls at once … */
#define REST 1024 /* … of so many misses */

typedef struct Given {
    PyObject *const *arguments; /* after a free place */
    Py_ssize_t count;           /* of positional ones */
    PyObject *names;            /* of those after them, or NULL */
} Given;

static PyObject *call_with(PyObject *callable, PyObject *first, const Given *given)
{
    PyObject **place = (PyObject **)given->arguments - 1, *before = *place;
    *place = first;
    Py_INCREF(callable);
    PyObject *result = pf_vectorcall(callable, place, given->count + 1, given->names);
    Py_DECREF(callable);
    *place = before;
    return result;
}

/* 0, or -1 with an exception: what `__init__` has returned, whose reference it takes. */
static int status_of_init(PyObject *result)
{
    if (result == NULL)
        return -1;
    if (result != Py_None)
        PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'", Py_TYPE(result)->tp_name);
    int status = result == Py_None ? 0 : -1;
    Py_DECREF(result);
    return status;
}

/* `__init__` of an object that is made: 0, or -1 with an exception. */
static int call_init(PyObject *init, PyObject *made, const Given *given)
{
    return status_of_init(call_with(init, made, given));
}

static int initialise_slowly(PyObject *made, const Given *given)
{
    PyObject *positional = pf_build_tuple((PyObject **)given->arguments, given->count);
    PyObject *named = given->names != NULL ? PyDict_New() : NULL;
    int status = positional != NULL && (named != NULL || given->names == NULL) ? 0 : -1;
    for (Py_ssize_t index = 0; status == 0 && named != NULL && index < PyTuple_GET_SIZE(given->names); index++)
        status = PyDict_SetItem(named, PyTuple_GET_ITEM(given->names, index), given->arguments[given->count + index]);
    if (status == 0)
        status = Py_TYPE(made)->tp_init(made, positional, named);
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return status;
}

static int has_objects_init(PyTypeObject *type) { return type->tp_init == PyBaseObject_Type.tp_init; }

/* After a `__new__` that is a Python function, and may have done anything. */
static int initialise(PyObject *made, PyTypeObject *type, const Given *given)
{
    PyTypeObject *own = Py_TYPE(made);
    if (!PyObject_TypeCheck(made, type) || (has_objects_init(own) && own->tp_new != PyBaseObject_Type.tp_new))
        return 0;
    if (own->tp_init == NULL)
        return 0;
    PyObject *init = own->tp_flags & Py_TPFLAGS_HEAPTYPE ? _PyType_Lookup(own, init_name) : NULL;
    return init != NULL && PyFunction_Check(init) ? call_init(init, made, given) : initialise_slowly(made, given);
}

/* Takes `made`, which may be NULL. */
static PyObject *made_if(PyObject *made, int status)
{
    if (status < 0)
        Py_CLEAR(made);
    return made;
}

/* The function that `cls.__new__` is: a new reference; NULL, without an exception, if it is anything else. */
static PyObject *find_new(PyTypeObject *type)
{
    PyTypeObject *metaclass = Py_TYPE(type);
    PyObject *found = _PyType_Lookup(type, new_name);
    if (found == NULL || !Py_IS_TYPE(found, &PyStaticMethod_Type))
        return NULL;
    if (metaclass != &PyType_Type) {
        PyObject *of_metaclass = _PyType_Lookup(metaclass, new_name);
        if (metaclass->tp_getattro != PyType_Type.tp_getattro || (of_metaclass != NULL && Py_TYPE(of_metaclass)->tp_descr_set != NULL))
            return NULL;
    }
    PyObject *function = PyStaticMethod_Type.tp_descr_get(found, NULL, (PyObject *)type);
    if (function == NULL)
        PyErr_Clear();
    else if (!Py_IS_TYPE(function, &PyFunction_Type))
        Py_CLEAR(function);
    return function;
}

/* 0: in the general way. */
static int instantiate(PyTypeObject *type, const Given *given, PyObject **result)
{
    PyObject *init = _PyType_Lookup(type, init_name);
    int has_init = init != NULL && Py_IS_TYPE(init, &PyFunction_Type);
    if (!has_init && !has_objects_init(type))
        return 0;
    if (type->tp_new != PyBaseObject_Type.tp_new) {
        PyObject *new = find_new(type);
        if (new == NULL)
            return 0;
        PyObject *made = call_with(new, (PyObject *)type, given);
        Py_DECREF(new);
        *result = made_if(made, made != NULL ? initialise(made, type, given) : 0);
        return 1;
    }
    if (!has_init && (given->count > 0 || given->names != NULL))
        return 0;
    Py_XINCREF(init);
    PyObject *made = PyBaseObject_Type.tp_new(type, no_arguments, NULL);
    *result = made_if(made, made != NULL && has_init ? call_init(init, made, given) : 0);
    Py_XDECREF(init);
    return 1;
}

/* Whether its metaclass calls it as `type` does. */
static inline int is_called_by_type(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 && type->tp_vectorcall == NULL && Py_TYPE(type)->tp_call == PyType_Type.tp_call;
}

/* Whether the place knows now what such a call does. */
static int remember_class(PyTypeObject *type, Py_ssize_t count, PfCallCache *cache)
{
    if (cache->fills++ % REST >= FILLS || !is_called_by_type(type) || type->tp_new != PyBaseObject_Type.tp_new)
        return 0;
    PyObject *init = _PyType_Lookup(type, init_name);
    int has_init = init != NULL && Py_IS_TYPE(init, &PyFunction_Type);
    void *direct = has_init ? pf_direct_entry_of(init, count + 1) : NULL;
    if (type->tp_version_tag == 0 || (has_init ? direct == NULL : !has_objects_init(type) || count > 0))
        return 0; /* what is remembered of another class stays so */
    cache->init_direct = direct;
    cache->type = type;
    cache->type_version = type->tp_version_tag;
    cache->init = has_init ? init : NULL;
    cache->is_simple = pf_is_made_simply(type);
    return 1;
}

/* A new object of the class, made as the place remembers it. */
static PyObject *make_again(PfContext *context, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, const PfCallCache *cache)
{
    PyObject *init = Py_XNewRef(cache->init), *made = cache->is_simple ? pf_make_simply(context->thread, type) : NULL;
    void *entry = cache->init_direct; /* the cache may change meanwhile: making an object may collect garbage */
    if (made == NULL)
        made = PyBaseObject_Type.tp_new(type, no_arguments, NULL);
    if (made == NULL || init == NULL) {
        Py_XDECREF(init);
        return made;
    }
    PyObject **place = (PyObject **)arguments - 1;
    *place = Py_NewRef(made);
    for (Py_ssize_t index = 0; index < count; index++)
        Py_INCREF(arguments[index]);
    return made_if(made, status_of_init(pf_enter_directly(entry, context, init, place, count + 1)));
}

int pf_call_class_again(PfContext *context, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PfCallCache *cache,
                        PyObject **result)
{
    if (cache->type != type || cache->type_version != type->tp_version_tag) {
        if (!remember_class(type, count, cache))
            return 0;
    } else if (Py_TYPE(type)->tp_call != PyType_Type.tp_call) {
        return 0;
    }
    if (_Py_EnterRecursiveCallTstate(context->thread, " while calling a Python object")) {
        *result = NULL;
        return 1;
    }
    *result = make_again(context, type, arguments, count, cache);
    _Py_LeaveRecursiveCallTstate(context->thread);
    return 1;
}

int pf_call_class(PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PyObject *names, PyObject **result)
{
    if (!is_called_by_type(type))
        return 0;
    PyThreadState *thread = PyThreadState_Get();
    Given given = {arguments, count, names};
    if (_Py_EnterRecursiveCallTstate(thread, " while calling a Python object")) {
        *result = NULL;
        return 1;
    }
    int done = instantiate(type, &given, result);
    _Py_LeaveRecursiveCallTstate(thread);
    return done;
}
