/* Exceptions as statements see them: the handled one, matching, groups, raising. */
#include "internals.h"

int32_t pf_failed(void) { return PyErr_Occurred() != NULL; }

PyObject *pf_push_exception(PyObject *exception)
{
    _PyErr_StackItem *handled = PyThreadState_Get()->exc_info;
    PyObject *previous = handled->exc_value != NULL ? handled->exc_value : Py_NewRef(Py_None);
    handled->exc_value = Py_NewRef(exception);
    return previous;
}

void pf_pop_exception(PyObject *previous)
{
    _PyErr_StackItem *handled = PyThreadState_Get()->exc_info;
    PyObject *exception = handled->exc_value;
    handled->exc_value = Py_NewRef(previous);
    Py_XDECREF(exception);
}

PyObject *pf_with_except(PyObject *exit, PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);
    PyObject *arguments[] = {NULL, (PyObject *)Py_TYPE(exception), exception, traceback ? traceback : Py_None};
    Py_XDECREF(traceback); /* the exception keeps it, as for the interpreter */
    return PyObject_Vectorcall(exit, arguments + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

#define CANNOT_CATCH "catching classes that do not inherit from BaseException is not allowed"
#define CANNOT_CATCH_GROUP "catching ExceptionGroup with except* is not allowed. Use except instead."

static int check_classes(PyObject *classes)
{
    Py_ssize_t count = PyTuple_Check(classes) ? PyTuple_GET_SIZE(classes) : 1;
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *class = PyTuple_Check(classes) ? PyTuple_GET_ITEM(classes, index) : classes;
        if (!PyExceptionClass_Check(class)) {
            PyErr_SetString(PyExc_TypeError, CANNOT_CATCH);
            return -1;
        }
    }
    return 0;
}

static int check_star_classes(PyObject *classes)
{
    if (check_classes(classes) < 0)
        return -1;
    Py_ssize_t count = PyTuple_Check(classes) ? PyTuple_GET_SIZE(classes) : 1;
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *class = PyTuple_Check(classes) ? PyTuple_GET_ITEM(classes, index) : classes;
        int is_group = PyObject_IsSubclass(class, PyExc_BaseExceptionGroup);
        if (is_group > 0)
            PyErr_SetString(PyExc_TypeError, CANNOT_CATCH_GROUP);
        if (is_group != 0)
            return -1;
    }
    return 0;
}

int32_t pf_exception_matches(PyObject *exception, PyObject *class)
{
    return check_classes(class) < 0 ? -1 : PyErr_GivenExceptionMatches(exception, class);
}

#if PY_VERSION_HEX < 0x030D0000

static int is_group(PyObject *exception)
{
    return PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_BaseExceptionGroup);
}

static int split(PyObject *group, PyObject *class, PyObject **match, PyObject **rest)
{
    PyObject *pair = PyObject_CallMethod(group, "split", "(O)", class);
    if (pair == NULL)
        return -1;
    const char *name = Py_TYPE(group)->tp_name;
    int is_tuple = PyTuple_CheckExact(pair), fits = is_tuple && PyTuple_GET_SIZE(pair) >= 2;
    if (fits) {
        *match = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
        *rest = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
    } else if (is_tuple) { /* as later interpreters say; earlier ones read beyond its end */
        PyErr_Format(PyExc_TypeError, "%.200s.split must return a 2-tuple, got tuple of size %zd", name,
                     PyTuple_GET_SIZE(pair));
    } else {
        PyErr_Format(PyExc_TypeError, "%.200s.split must return a tuple, not %.200s", name, Py_TYPE(pair)->tp_name);
    }
    Py_DECREF(pair);
    return fits ? 0 : -1;
}

static int match_group(PyObject *group, PyObject *class, PyObject **match, PyObject **rest)
{
    if (Py_IsNone(group) || !PyErr_GivenExceptionMatches(group, class)) {
        if (!Py_IsNone(group) && is_group(group))
            return split(group, class, match, rest);
        *match = Py_NewRef(Py_None);
        *rest = Py_NewRef(group);
        return 0;
    }
    *match = is_group(group) ? Py_NewRef(group) : PyObject_CallFunction(PyExc_BaseExceptionGroup, "s(O)", "", group);
    if (*match == NULL)
        return -1;
    *rest = Py_NewRef(Py_None);
    return 0;
}

#else
#define match_group _PyEval_ExceptionGroupMatch
#endif

int32_t pf_group_matches(PyObject *group, PyObject *class, PyObject **pair)
{
    PyObject *match = NULL, *rest = NULL;
    if (check_star_classes(class) < 0 || match_group(group, class, &match, &rest) < 0)
        return -1;
    if (!Py_IsNone(match))
        PyErr_SetHandledException(match);
#if PY_VERSION_HEX < 0x030C0000
    else
        Py_SETREF(rest, Py_NewRef(group)); /* whatever a `split` of its own has answered */
#endif
    pair[0] = rest;
    pair[1] = match;
    return 0;
}

#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030D0000

PyObject *pf_prepare_reraise(PyObject *original, PyObject *list) { return _PyExc_PrepReraiseStar(original, list); }

#elif PY_VERSION_HEX >= 0x030D0000

PyObject *pf_prepare_reraise(PyObject *original, PyObject *list)
{
    return _PyIntrinsics_BinaryFunctions[INTRINSIC_PREP_RERAISE_STAR].func(PyThreadState_Get(), original, list);
}

#else

static int has_same_metadata(PyObject *one, PyObject *other)
{
    const PyBaseExceptionObject *first = (PyBaseExceptionObject *)one, *second = (PyBaseExceptionObject *)other;
    return first->notes == second->notes && first->traceback == second->traceback && first->cause == second->cause &&
        first->context == second->context;
}

/* Adds the addresses of all exceptions in `exception`, of itself if it is no group. */
static int add_leaves(PyObject *exception, PyObject *leaves)
{
    if (Py_IsNone(exception))
        return 0;
    if (!is_group(exception)) {
        PyObject *address = PyLong_FromVoidPtr(exception);
        int status = address != NULL ? PySet_Add(leaves, address) : -1;
        Py_XDECREF(address);
        return status;
    }
    PyObject *members = ((PyBaseExceptionGroupObject *)exception)->excs;
    if (Py_EnterRecursiveCall(" in collect_exception_group_leaf_ids"))
        return -1;
    int status = 0;
    for (Py_ssize_t index = 0; status == 0 && index < PyTuple_GET_SIZE(members); index++)
        status = add_leaves(PyTuple_GET_ITEM(members, index), leaves);
    Py_LeaveRecursiveCall();
    return status;
}

/* Each part has a list of notes of its own. */
static int copy_notes(PyObject *from, PyObject *to)
{
    static PyObject *name;
    PyObject *notes = NULL;
    if (pf_interned(&name, "__notes__") == NULL || pf_find_attribute(from, name, &notes) < 0)
        return -1;
    int status = 0;
    if (notes != NULL && PySequence_Check(notes)) {
        PyObject *copy = PySequence_List(notes);
        status = copy != NULL ? PyObject_SetAttr(to, name, copy) : -1;
        Py_XDECREF(copy);
    }
    Py_XDECREF(notes);
    return status;
}

static PyObject *derive(PyObject *group, PyObject *members)
{
    PyObject *part = PyObject_CallMethod(group, "derive", "(O)", members);
    if (part == NULL)
        return NULL;
    if (!is_group(part)) {
        PyErr_SetString(PyExc_TypeError, "derive must return an instance of BaseExceptionGroup");
        Py_DECREF(part);
        return NULL;
    }
    PyObject *traceback = PyException_GetTraceback(group);
    int status = traceback != NULL ? PyException_SetTraceback(part, traceback) : 0;
    Py_XDECREF(traceback);
    if (status == 0) {
        PyException_SetContext(part, PyException_GetContext(group));
        PyException_SetCause(part, PyException_GetCause(group));
        status = copy_notes(group, part);
    }
    if (status < 0)
        Py_CLEAR(part);
    return part;
}

/* What of `exception` is in `leaves`: a new reference, or NULL; status 0 or -1. */
static int project(PyObject *exception, PyObject *leaves, PyObject **part)
{
    *part = NULL;
    if (!is_group(exception)) {
        PyObject *address = PyLong_FromVoidPtr(exception);
        int found = address != NULL ? PySet_Contains(leaves, address) : -1;
        Py_XDECREF(address);
        *part = found > 0 ? Py_NewRef(exception) : NULL;
        return found < 0 ? -1 : 0;
    }
    PyObject *members = ((PyBaseExceptionGroupObject *)exception)->excs, *kept = PyList_New(0);
    int status = kept != NULL ? 0 : -1;
    for (Py_ssize_t index = 0; status == 0 && index < PyTuple_GET_SIZE(members); index++) {
        PyObject *member = NULL;
        if (Py_EnterRecursiveCall(" in exceptiongroup_split_recursive")) {
            status = -1;
            break;
        }
        status = project(PyTuple_GET_ITEM(members, index), leaves, &member);
        Py_LeaveRecursiveCall();
        if (member != NULL && status == 0)
            status = PyList_Append(kept, member);
        Py_XDECREF(member);
    }
    if (status == 0 && PyList_GET_SIZE(kept) > 0)
        status = (*part = derive(exception, kept)) != NULL ? 0 : -1;
    Py_XDECREF(kept);
    return status;
}

/* Sorts what the clauses left: raised anew, or the group's own. */
static int sort_exceptions(PyObject *original, PyObject *list, PyObject *raised, PyObject *leaves)
{
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(list); index++) {
        PyObject *exception = PyList_GET_ITEM(list, index);
        if (Py_IsNone(exception))
            continue;
        int status = has_same_metadata(exception, original) ? add_leaves(exception, leaves) : PyList_Append(raised, exception);
        if (status < 0)
            return -1;
    }
    return 0;
}

/* New reference; takes that to `part`, which may be NULL. */
static PyObject *join(PyObject *raised, PyObject *part)
{
    if (PyList_GET_SIZE(raised) == 0)
        return part != NULL ? part : Py_NewRef(Py_None);
    int status = part != NULL ? PyList_Append(raised, part) : 0;
    Py_XDECREF(part);
    if (status < 0)
        return NULL;
    if (PyList_GET_SIZE(raised) == 1)
        return Py_NewRef(PyList_GET_ITEM(raised, 0));
    return PyObject_CallFunction(PyExc_BaseExceptionGroup, "sO", "", raised);
}

PyObject *pf_prepare_reraise(PyObject *original, PyObject *list)
{
    if (PyList_GET_SIZE(list) == 0)
        return Py_NewRef(Py_None);
    if (!is_group(original)) /* it was wrapped: only one clause was executed */
        return Py_NewRef(PyList_GET_ITEM(list, 0));
    PyObject *raised = PyList_New(0), *leaves = PySet_New(NULL), *part = NULL, *result = NULL;
    if (raised != NULL && leaves != NULL && sort_exceptions(original, list, raised, leaves) == 0 &&
        project(original, leaves, &part) == 0)
        result = join(raised, part);
    Py_XDECREF(raised);
    Py_XDECREF(leaves);
    return result;
}

#endif

static int raise_handled(void)
{
    PyObject *exception = PyErr_GetHandledException();
    if (exception == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "No active exception to reraise");
        return 0;
    }
    PyErr_Restore(Py_NewRef(Py_TYPE(exception)), exception, PyException_GetTraceback(exception));
    return 1;
}

/* New reference to the exception meant by an instance or a class. */
static PyObject *instance_of(PyObject *exception)
{
    if (PyExceptionInstance_Check(exception))
        return Py_NewRef(exception);
    if (!PyExceptionClass_Check(exception)) {
        PyErr_SetString(PyExc_TypeError, "exceptions must derive from BaseException");
        return NULL;
    }
    PyObject *instance = PyObject_CallNoArgs(exception);
    if (instance != NULL && !PyExceptionInstance_Check(instance)) {
        PyErr_Format(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %R", exception,
                     Py_TYPE(instance));
        Py_CLEAR(instance);
    }
    return instance;
}

static int set_cause(PyObject *exception, PyObject *cause)
{
    PyObject *instance = NULL;
    if (PyExceptionClass_Check(cause)) {
        instance = PyObject_CallNoArgs(cause);
        if (instance == NULL)
            return -1;
    } else if (PyExceptionInstance_Check(cause)) {
        instance = Py_NewRef(cause);
    } else if (!Py_IsNone(cause)) {
        PyErr_SetString(PyExc_TypeError, "exception causes must derive from BaseException");
        return -1;
    }
    PyException_SetCause(exception, instance);
    return 0;
}

int32_t pf_raise_object(PyObject *exception, PyObject *cause)
{
    if (exception == NULL)
        return raise_handled();
    PyObject *instance = instance_of(exception);
    if (instance == NULL)
        return 0;
    /* A class is set as it was given: its instance may be of another one. */
    PyObject *type = PyExceptionClass_Check(exception) ? exception : (PyObject *)Py_TYPE(instance);
    if (cause == NULL || set_cause(instance, cause) == 0)
        PyErr_SetObject(type, instance);
    Py_DECREF(instance);
    return 0;
}
