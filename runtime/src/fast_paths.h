/* What the short ways of operations on objects ask: exact types, and ints of at most one digit. */
#ifndef PYFREEZE_FAST_PATHS_H
#define PYFREEZE_FAST_PATHS_H

#include "internals.h"

#define LEAST_CACHED_INT (-5)
#define CACHED_INTS 262

/* Whether it is an int, of no subclass, and small. */
static inline int is_compact(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyLong_CheckExact(object) && PyUnstable_Long_IsCompact((PyLongObject *)object);
#else
    return PyLong_CheckExact(object) && (size_t)(Py_SIZE(object) + 1) < 3;
#endif
}

static inline int64_t compact_value(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyUnstable_Long_CompactValue((PyLongObject *)object);
#else
    return (int64_t)Py_SIZE(object) * (int64_t)((PyLongObject *)object)->ob_digit[0];
#endif
}

/* On 3.11 a string may still have no characters in its final form. */
static inline int is_ready(PyObject *text)
{
#if PY_VERSION_HEX >= 0x030C0000
    (void)text;
    return 1;
#else
    return PyUnicode_IS_READY(text);
#endif
}

/* The interpreter's own small ints and one-character strings, in order. */
extern PyObject *pf_cached_ints[CACHED_INTS];
extern PyObject *pf_cached_characters[256];

/* Sets the only digit of an int that nobody else sees, to more than 0 or less. */
static inline void set_digit(PyLongObject *number, int64_t value)
{
#if PY_VERSION_HEX >= 0x030C0000
    number->long_value.lv_tag = ((uintptr_t)1 << 3) | (value < 0 ? 2 : 0); /* one digit, and the sign */
    number->long_value.ob_digit[0] = (digit)(value < 0 ? -value : value);
#else
    Py_SET_SIZE(number, value < 0 ? -1 : 1);
    number->ob_digit[0] = (digit)(value < 0 ? -value : value);
#endif
}

static inline int has_one_digit(int64_t value)
{
    int64_t most = ((int64_t)1 << PyLong_SHIFT) - 1;
    return value >= -most && value <= most;
}

/* New reference, or NULL with an exception. */
static inline PyObject *new_int(int64_t value)
{
    uint64_t place = (uint64_t)value - (uint64_t)LEAST_CACHED_INT;
    if (place < CACHED_INTS)
        return Py_NewRef(pf_cached_ints[place]);
    if (!has_one_digit(value))
        return PyLong_FromLongLong(value);
    PyObject *made = PyObject_Malloc(sizeof(PyLongObject));
    if (made == NULL)
        return PyErr_NoMemory();
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS)
    (void)PyObject_Init(made, &PyLong_Type);
#else
    Py_SET_REFCNT(made, 1);
    Py_SET_TYPE(made, &PyLong_Type);
#endif
    set_digit((PyLongObject *)made, value);
    return made;
}

/* Gives an int that nobody else sees another value where it is; 0: it cannot hold that. */
static inline int set_compact(PyObject *number, int64_t value)
{
    if (!has_one_digit(value) || (value >= LEAST_CACHED_INT && value < LEAST_CACHED_INT + CACHED_INTS))
        return 0;
    set_digit((PyLongObject *)number, value);
    return 1;
}

/* The frame is at an instruction that many bytes on. */
static inline void pf_go_further(void *frame, int32_t further)
{
    _PyInterpreterFrame *own = frame;
#if PY_VERSION_HEX >= 0x030D0000
    own->instr_ptr += further / (int)sizeof(_Py_CODEUNIT);
#else
    own->prev_instr += further / (int)sizeof(_Py_CODEUNIT);
#endif
}

/* New reference to the bool for 0 and 1; NULL for -1, which comes with an exception. */
static inline PyObject *pf_bool(int truth) { return truth < 0 ? NULL : Py_NewRef(truth ? Py_True : Py_False); }

/* The first of `objects` than which no other is greater (Py_GT) or less (Py_LT). New reference, or NULL with an exception. */
PyObject *pf_extreme(PyObject *const *objects, Py_ssize_t count, int operator);

/* An index of something of `length` items counted from the start, or -1 if it has none there. */
static inline Py_ssize_t place_of(int64_t index, Py_ssize_t length)
{
    index += index < 0 ? length : 0;
    return index >= 0 && index < length ? (Py_ssize_t)index : -1;
}

/* The place of an item in something of `length` items, or -1: the general way. */
static inline Py_ssize_t item_place(PyObject *key, Py_ssize_t length)
{
    return is_compact(key) ? place_of(compact_value(key), length) : -1;
}

/* Answers the call of a builtin function or method in a short way: 1 and *result, which is NULL with an exception; 0: the
 * general way is to be taken. */
int pf_call_builtin(PyObject *callable, PyObject *const *arguments, Py_ssize_t count, PyObject **result);

/* As PyObject_Vectorcall, in a short way where there is one. */
PyObject *pf_vectorcall(PyObject *callable, PyObject *const *arguments, int64_t count, PyObject *keyword_names);

/* Calls a Python class in a short way: 1 and *result, which is NULL with an exception; 0: the general way is to be taken. The
 * place before the arguments must be free. */
int pf_call_class(PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PyObject *names, PyObject **result);

/* The same by what the place remembers, or now does. */
int pf_call_class_again(PfContext *context, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count, PfCallCache *cache,
                        PyObject **result);

/* The direct entry of a Python function if it is framed and has that many parameters, all positional; else NULL. */
void *pf_direct_entry_of(PyObject *function, Py_ssize_t given);

/* Enters it with as many arguments. Takes the references of the function and of the arguments. */
PyObject *pf_enter_directly(void *entry, PfContext *context, PyObject *function, PyObject *const *a, Py_ssize_t count);

/* Whether instances of the class may be made by pf_make_simply, which its version tells for as long as it lasts … */
int pf_is_made_simply(PyTypeObject *type);
/* … what `object.__new__` gives; NULL without an exception: that is to be called. */
PyObject *pf_make_simply(PyThreadState *thread, PyTypeObject *type);
int pf_object_memory_init(void);

void pf_builtins_called_init(void);
void pf_known_functions_init(void);
int pf_instances_init(void);

/* Builtin functions that `pf_is_known_function` knows, by number. Counterpart: `KNOWN_BUILTINS` of `pyfreeze/analysis/object_kinds.py`. */
enum { KNOWN_LEN, KNOWN_ORD, KNOWN_MIN, KNOWN_MAX, KNOWN_ABS, KNOWN_FUNCTIONS };

#endif
