/* What framed functions do with objects, where one call of Python's own functions is not all of it. */
#include "fast_paths.h"

PyObject *pf_load_method(PyObject *object, PyObject *name, PyObject **self)
{
    PyObject *method = NULL;
    int is_unbound = _PyObject_GetMethod(object, name, &method);
    *self = method != NULL && is_unbound ? Py_NewRef(object) : NULL;
    return method;
}

static int is_no_iterable(PyObject *object) { return Py_TYPE(object)->tp_iter == NULL && !PySequence_Check(object); }

/* `format` has %U, for the callable as messages show it, and %.200s for the type of `argument`. */
static void set_argument_error(PyObject *callable, const char *format, PyObject *argument)
{
    PyErr_Clear();
    PyObject *shown = _PyObject_FunctionStr(callable);
    if (shown != NULL)
        PyErr_Format(PyExc_TypeError, format, shown, Py_TYPE(argument)->tp_name);
    Py_XDECREF(shown);
}

PyObject *pf_call_ex(PyObject *callable, PyObject *arguments, PyObject *keywords)
{
    if (!PyTuple_CheckExact(arguments) && is_no_iterable(arguments)) {
        set_argument_error(callable, "%U argument after * must be an iterable, not %.200s", arguments);
        return NULL;
    }
    PyObject *positional = PyTuple_CheckExact(arguments) ? Py_NewRef(arguments) : PySequence_Tuple(arguments);
    if (positional == NULL)
        return NULL;
    PyObject *named = NULL;
    if (keywords != NULL && !PyDict_CheckExact(keywords)) {
        named = PyDict_New();
        if (named == NULL || pf_dict_merge(callable, named, keywords) < 0) {
            Py_DECREF(positional);
            Py_XDECREF(named);
            return NULL;
        }
    }
    PyObject *result = PyObject_Call(callable, positional, named != NULL ? named : keywords);
    Py_XDECREF(named);
    Py_DECREF(positional);
    return result;
}

static void drop(PyObject **items, int64_t count)
{
    while (count-- > 0)
        Py_CLEAR(items[count]);
}

/* New references to all items of an exact tuple or list. */
static int32_t copy_items(PyObject **from, int64_t count, PyObject **items)
{
    for (int64_t index = 0; index < count; index++)
        items[index] = Py_NewRef(from[index]);
    return 0;
}

static PyObject *iterate(PyObject *sequence)
{
    PyObject *iterator = PyObject_GetIter(sequence);
    if (iterator == NULL && PyErr_ExceptionMatches(PyExc_TypeError) && is_no_iterable(sequence))
        PyErr_Format(PyExc_TypeError, "cannot unpack non-iterable %.200s object", Py_TYPE(sequence)->tp_name);
    return iterator;
}

/* The first `count` items. `least`: what the message calls the number that was expected, with `qualifier` before it. */
static int take(PyObject *iterator, int64_t count, PyObject **items, const char *qualifier, int64_t least)
{
    for (int64_t index = 0; index < count; index++) {
        items[index] = PyIter_Next(iterator);
        if (items[index] == NULL) {
            if (!PyErr_Occurred())
                PyErr_Format(PyExc_ValueError, "not enough values to unpack (expected %s%d, got %d)", qualifier, (int)least,
                             (int)index);
            drop(items, index);
            return -1;
        }
    }
    return 0;
}

int32_t pf_unpack(PyObject *sequence, int64_t count, PyObject **items)
{
    if (PyTuple_CheckExact(sequence) && PyTuple_GET_SIZE(sequence) == count)
        return copy_items(((PyTupleObject *)sequence)->ob_item, count, items);
    if (PyList_CheckExact(sequence) && PyList_GET_SIZE(sequence) == count)
        return copy_items(((PyListObject *)sequence)->ob_item, count, items);
    PyObject *iterator = iterate(sequence);
    if (iterator == NULL)
        return -1;
    int status = take(iterator, count, items, "", count);
    if (status == 0) {
        PyObject *more = PyIter_Next(iterator);
        if (more != NULL) {
            Py_DECREF(more);
            PyErr_Format(PyExc_ValueError, "too many values to unpack (expected %d)", (int)count);
        }
        if (more != NULL || PyErr_Occurred()) {
            drop(items, count);
            status = -1;
        }
    }
    Py_DECREF(iterator);
    return status;
}

/* The items after the starred one go from the end of its list to `items`. */
static int split_list(PyObject *list, int64_t before, int64_t after, PyObject **items)
{
    Py_ssize_t length = PyList_GET_SIZE(list);
    if (length < after) {
        PyErr_Format(PyExc_ValueError, "not enough values to unpack (expected at least %d, got %zd)", (int)(before + after),
                     (Py_ssize_t)before + length);
        return -1;
    }
    for (int64_t index = 0; index < after; index++)
        items[index] = PyList_GET_ITEM(list, length - after + index);
    Py_SET_SIZE(list, length - after);
    return 0;
}

int32_t pf_unpack_ex(PyObject *sequence, int64_t before, int64_t after, PyObject **items)
{
    PyObject *iterator = iterate(sequence);
    if (iterator == NULL)
        return -1;
    int status = take(iterator, before, items, "at least ", before + after);
    if (status == 0) {
        PyObject *list = items[before] = PySequence_List(iterator);
        status = list != NULL ? split_list(list, before, after, items + before + 1) : -1;
        if (status < 0) {
            Py_CLEAR(items[before]);
            drop(items, before);
        }
    }
    Py_DECREF(iterator);
    return status;
}

PyObject *pf_build_tuple(PyObject **items, int64_t count)
{
    PyObject *tuple = PyTuple_New(count);
    for (int64_t index = 0; tuple != NULL && index < count; index++)
        PyTuple_SET_ITEM(tuple, index, Py_NewRef(items[index]));
    return tuple;
}

PyObject *pf_build_list(PyObject **items, int64_t count)
{
    PyObject *list = PyList_New(count);
    for (int64_t index = 0; list != NULL && index < count; index++)
        PyList_SET_ITEM(list, index, Py_NewRef(items[index]));
    return list;
}

PyObject *pf_build_set(PyObject **items, int64_t count)
{
    PyObject *set = PySet_New(NULL);
    for (int64_t index = 0; set != NULL && index < count; index++)
        if (PySet_Add(set, items[index]) < 0)
            Py_CLEAR(set);
    return set;
}

PyObject *pf_build_map(PyObject **pairs, int64_t count)
{
    PyObject *map = PyDict_New();
    for (int64_t index = 0; map != NULL && index < count; index += 2)
        if (PyDict_SetItem(map, pairs[index], pairs[index + 1]) < 0)
            Py_CLEAR(map);
    return map;
}

PyObject *pf_build_const_key_map(PyObject *keys, PyObject **values, int64_t count)
{
    PyObject *map = PyDict_New();
    for (int64_t index = 0; map != NULL && index < count; index++)
        if (PyDict_SetItem(map, PyTuple_GET_ITEM(keys, index), values[index]) < 0)
            Py_CLEAR(map);
    return map;
}

static PyObject *join(PyObject **pieces, Py_ssize_t count)
{
    PyObject *separator = PyUnicode_New(0, 0);
    PyObject *text = separator != NULL ? _PyUnicode_JoinArray(separator, pieces, count) : NULL;
    Py_XDECREF(separator);
    return text;
}

PyObject *pf_build_string(PyObject **pieces, int64_t count)
{
    Py_ssize_t length = 0;
    Py_UCS4 greatest = 0;
    for (int64_t index = 0; index < count; index++) {
        if (!is_ready(pieces[index]) || PyUnicode_GET_LENGTH(pieces[index]) > PY_SSIZE_T_MAX - length)
            return join(pieces, count);
        Py_UCS4 own = PyUnicode_MAX_CHAR_VALUE(pieces[index]);
        greatest = own > greatest ? own : greatest;
        length += PyUnicode_GET_LENGTH(pieces[index]);
    }
    PyObject *text = PyUnicode_New(length, greatest);
    if (text == NULL || length == 0)
        return text;
    size_t kind = (size_t)PyUnicode_KIND(text);
    char *place = PyUnicode_DATA(text);
    for (int64_t index = 0; index < count; index++) {
        Py_ssize_t own = PyUnicode_GET_LENGTH(pieces[index]);
        if ((size_t)PyUnicode_KIND(pieces[index]) == kind)
            memcpy(place, PyUnicode_DATA(pieces[index]), (size_t)own * kind);
        else if (PyUnicode_CopyCharacters(text, (place - (char *)PyUnicode_DATA(text)) / (Py_ssize_t)kind, pieces[index], 0, own) < 0) {
            Py_DECREF(text);
            return NULL;
        }
        place += (size_t)own * kind;
    }
    return text;
}

static PyObject *convert(PyObject *value, int32_t conversion)
{
    switch (conversion) {
    case 1: return PyObject_Str(value);
    case 2: return PyObject_Repr(value);
    case 3: return PyObject_ASCII(value);
    default: return Py_NewRef(value);
    }
}

PyObject *pf_format(PyObject *value, PyObject *spec, int32_t conversion)
{
    PyObject *converted = convert(value, conversion);
    if (converted == NULL || (spec == NULL && PyUnicode_CheckExact(converted)))
        return converted;
    PyObject *text = PyObject_Format(converted, spec);
    Py_DECREF(converted);
    return text;
}

int32_t pf_list_extend(PyObject *list, PyObject *iterable)
{
    PyObject *done = _PyList_Extend((PyListObject *)list, iterable);
    if (done != NULL) {
        Py_DECREF(done);
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError) && is_no_iterable(iterable)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "Value after * must be an iterable, not %.200s", Py_TYPE(iterable)->tp_name);
    }
    return -1;
}

PyObject *pf_list_to_tuple(PyObject *list) { return PyList_AsTuple(list); }

int32_t pf_dict_update(PyObject *dict, PyObject *mapping)
{
    int status = PyDict_Update(dict, mapping);
    if (status < 0 && PyErr_ExceptionMatches(PyExc_AttributeError))
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not a mapping", Py_TYPE(mapping)->tp_name);
    return status;
}

#if PY_VERSION_HEX >= 0x030D0000

static void explain_merge(PyObject *callable, PyObject *mapping)
{
    _PyEval_FormatKwargsError(PyThreadState_Get(), callable, mapping);
}

#else

/* The key that a KeyError was set with: borrowed, or NULL. On 3.11 an exception that is set while another is handled is
 * an instance already, and the interpreter leaves it as it is. */
static PyObject *key_of(PyObject *value)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *arguments = value != NULL ? ((PyBaseExceptionObject *)value)->args : NULL;
#else
    PyObject *arguments = value;
#endif
    return arguments != NULL && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) == 1 ? PyTuple_GET_ITEM(arguments, 0)
                                                                                             : NULL;
}

static void explain_merge(PyObject *callable, PyObject *mapping)
{
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        set_argument_error(callable, "%U argument after ** must be a mapping, not %.200s", mapping);
        return;
    }
    if (!PyErr_ExceptionMatches(PyExc_KeyError))
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *key = key_of(value);
    if (key == NULL) {
        PyErr_Restore(type, value, traceback);
        return;
    }
    PyObject *shown = _PyObject_FunctionStr(callable);
    if (shown != NULL)
        PyErr_Format(PyExc_TypeError, "%U got multiple values for keyword argument '%S'", shown, key);
    Py_XDECREF(shown);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

#endif

int32_t pf_dict_merge(PyObject *callable, PyObject *dict, PyObject *mapping)
{
    if (_PyDict_MergeEx(dict, mapping, 2) == 0)
        return 0;
    explain_merge(callable, mapping);
    return -1;
}

int32_t pf_map_add(PyObject *dict, PyObject *key, PyObject *value) { return PyDict_SetItem(dict, key, value); }

int32_t pf_set_update(PyObject *set, PyObject *iterable) { return _PySet_Update(set, iterable); }

int32_t pf_iteration_failed(void)
{
    if (!PyErr_Occurred())
        return 0;
    if (!PyErr_ExceptionMatches(PyExc_StopIteration))
        return 1;
    PyErr_Clear();
    return 0;
}

PyObject *pf_next(PyObject *iterator)
{
    PyObject *value = Py_TYPE(iterator)->tp_iternext(iterator);
    if (value == NULL)
        (void)pf_iteration_failed();
    return value;
}

/* New reference to what the type of `manager` has as `name`, bound. */
static PyObject *find_special(PyObject *manager, PyObject *name, const char *remark)
{
    PyObject *method = name != NULL ? _PyObject_LookupSpecial(manager, name) : NULL;
    if (method == NULL && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "'%.200s' object does not support the context manager protocol%s",
                     Py_TYPE(manager)->tp_name, remark);
    return method;
}

int32_t pf_before_with(PyObject *manager, PyObject **pair)
{
    static PyObject *enter_name, *exit_name;
    PyObject *enter = find_special(manager, pf_interned(&enter_name, "__enter__"), "");
    if (enter == NULL)
        return -1;
    PyObject *exit = find_special(manager, pf_interned(&exit_name, "__exit__"), " (missed __exit__ method)");
    PyObject *result = exit != NULL ? PyObject_CallNoArgs(enter) : NULL;
    Py_DECREF(enter);
    if (result == NULL) {
        Py_XDECREF(exit);
        return -1;
    }
    pair[0] = exit;
    pair[1] = result;
    return 0;
}

PyObject *pf_length(PyObject *object)
{
    Py_ssize_t length = PyObject_Length(object);
    return length < 0 ? NULL : PyLong_FromSsize_t(length);
}

static PyObject *show(PyObject *value)
{
    PyObject *hook = PySys_GetObject("displayhook");
    if (hook == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.displayhook");
        return NULL;
    }
    Py_INCREF(hook);
    PyObject *result = PyObject_CallOneArg(hook, value);
    Py_DECREF(hook);
    return result;
}

/* Numbers of 3.12 and 3.13: Include/internal/pycore_intrinsics.h. */
PyObject *pf_intrinsic(int32_t number, PyObject *argument)
{
    switch (number) {
    case 1: return show(argument);
    case 5: return PyNumber_Positive(argument);
    case 6: return PyList_AsTuple(argument);
    }
#if PY_VERSION_HEX >= 0x030D0000
    /* Type parameters and aliases: the interpreter's own functions, of which only the table is exported. */
    if (number >= 7 && number <= 11)
        return _PyIntrinsics_UnaryFunctions[number].func(PyThreadState_Get(), argument);
#endif
    PyErr_Format(PyExc_SystemError, "no intrinsic function %d in native code", number);
    return NULL;
}

PyObject *pf_slice(PyObject *start, PyObject *stop, PyObject *step) { return PySlice_New(start, stop, step); }

PyObject *pf_get_iter(PyObject *object) { return PyObject_GetIter(object); }

PyObject *pf_power(PyObject *base, PyObject *exponent) { return PyNumber_Power(base, exponent, Py_None); }

PyObject *pf_inplace_power(PyObject *base, PyObject *exponent) { return PyNumber_InPlacePower(base, exponent, Py_None); }
