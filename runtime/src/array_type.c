/* The types: Array, and Array[T], made when first asked for and kept as long as T.
 *
 * Array[T] is made by its metaclass as a class statement would make it; then it is closed against change and inheritance,
 * and given Array's own C functions. It is kept in the dictionary of a frozen class, where the garbage collector sees it. */
#include "pyfreeze_array.h"
#include <string.h>

static PyTypeObject *scalar_arrays['{']; /* by code */
static PyTypeObject alias_type;

int pf_is_array(PyObject *object)
{
    return Py_IS_TYPE(Py_TYPE(object), &pf_array_meta_type);
}

static void array_dealloc(PyObject *object)
{
    PfArray *array = PF_ARRAY(object);
    PyTypeObject *type = Py_TYPE(object);
    if (array->source != NULL) {
        PyBuffer_Release(array->source);
        PyMem_Free(array->source);
    } else {
        PyMem_Free(array->data);
    }
    type->tp_free(object);
    Py_DECREF(type);
}

static void close_type(PyTypeObject *type)
{
    type->tp_flags &= ~Py_TPFLAGS_HAVE_GC; /* which every class statement sets; an array refers to its type only */
    type->tp_traverse = NULL;
    type->tp_clear = NULL;
    type->tp_free = PyObject_Free;
    type->tp_dealloc = array_dealloc;
    *type->tp_as_sequence = pf_array_as_sequence; /* by inheritance some would be looked up by name */
    *type->tp_as_mapping = pf_array_as_mapping;
    *type->tp_as_buffer = pf_array_as_buffer;
    type->tp_flags &= ~Py_TPFLAGS_BASETYPE;
    type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    PyType_Modified(type);
}

/* What pickle and collections.abc should know. Not at import: both are Python modules, which may be compiled ones. */
static void register_elsewhere(void)
{
    static int done;
    if (done)
        return;
    PyObject *abc = PyImport_ImportModule("collections.abc"), *copyreg = PyImport_ImportModule("copyreg");
    PyObject *sequence = abc == NULL ? NULL : PyObject_GetAttrString(abc, "MutableSequence");
    PyObject *reduce = PyObject_GetAttrString((PyObject *)&pf_array_meta_type, "_reduce");
    PyObject *results[2] = {NULL, NULL};
    if (sequence != NULL && copyreg != NULL && reduce != NULL) {
        results[0] = PyObject_CallMethod(sequence, "register", "O", &pf_array_type);
        results[1] = PyObject_CallMethod(copyreg, "pickle", "OO", &pf_array_meta_type, reduce);
    }
    done = results[0] != NULL && results[1] != NULL;
    PyErr_Clear(); /* in the middle of their import: next time */
    PyObject *owned[] = {abc, copyreg, sequence, reduce, results[0], results[1]};
    for (size_t index = 0; index < sizeof owned / sizeof *owned; index++)
        Py_XDECREF(owned[index]);
}

static PyTypeObject *make_type(PyObject *element, const PfLayout *layout)
{
    register_elsewhere();
    PyObject *arguments = Py_BuildValue("N(O){s(),sssO}", PyUnicode_FromFormat("Array[%s]", layout->name), &pf_array_type,
                                        "__slots__", "__module__", "pyfreeze", "element_type", element);
    if (arguments == NULL)
        return NULL;
    pf_array_type.tp_flags |= Py_TPFLAGS_BASETYPE;
    PyObject *type = PyType_Type.tp_new(&pf_array_meta_type, arguments, NULL);
    pf_array_type.tp_flags &= ~Py_TPFLAGS_BASETYPE;
    Py_DECREF(arguments);
    if (type != NULL) {
        ((PfArrayClass *)type)->layout = layout;
        close_type((PyTypeObject *)type);
    }
    return (PyTypeObject *)type;
}

static PyTypeObject *array_of_scalar(PyObject *element, const PfLayout *layout)
{
    PyTypeObject **place = &scalar_arrays[(int)layout->code];
    if (*place == NULL)
        *place = make_type(element, layout);
    return *place;
}

/* In the dictionary of the frozen class, so that both go together. */
static PyTypeObject *array_of_frozen(const PfLayout *layout)
{
    PyObject *members = layout->type->tp_dict;
    PyObject *key = PyUnicode_InternFromString("__array_type__");
    PyObject *type = key == NULL ? NULL : PyDict_GetItemWithError(members, key);
    if (key != NULL && type == NULL && !PyErr_Occurred()) {
        type = (PyObject *)make_type((PyObject *)layout->type, layout);
        if (type != NULL) {
            int failed = PyDict_SetItem(members, key, type);
            Py_DECREF(type);
            if (failed)
                type = NULL;
            PyType_Modified(layout->type);
        }
    }
    Py_XDECREF(key);
    return (PyTypeObject *)type;
}

static PyObject *scalar_class(const PfLayout *layout)
{
    if (layout->code == '?')
        return Py_NewRef((PyObject *)&PyBool_Type);
    PyObject *module = PyImport_ImportModule("pyfreeze.language.scalars");
    PyObject *found = module == NULL ? NULL : PyObject_GetAttrString(module, layout->name);
    Py_XDECREF(module);
    return found;
}

PyTypeObject *pf_array_type_of(const PfLayout *layout)
{
    if (layout->code == '{')
        return array_of_frozen(layout);
    PyTypeObject *type = scalar_arrays[(int)layout->code];
    if (type != NULL)
        return type;
    PyObject *element = scalar_class(layout);
    if (element != NULL)
        type = array_of_scalar(element, layout);
    Py_XDECREF(element);
    return type;
}

/* What may stand between the brackets. */

static int is_from_typing(PyObject *object, const char *name)
{
    PyObject *modules = PyImport_GetModuleDict(), *typing = PyDict_GetItemString(modules, "typing");
    PyObject *found = typing == NULL ? NULL : PyObject_GetAttrString(typing, name);
    Py_XDECREF(found);
    PyErr_Clear();
    return found != NULL && (object == found || (PyObject *)Py_TYPE(object) == found);
}

static int has_parameters(PyObject *element)
{
    PyObject *parameters = PyObject_GetAttrString(element, "__parameters__");
    int found = parameters != NULL && PyTuple_Check(parameters) && PyTuple_GET_SIZE(parameters) > 0;
    Py_XDECREF(parameters);
    PyErr_Clear();
    return found;
}

/* Not known yet: a type variable or something that contains one, a name in quotes, Any. */
static int is_open(PyObject *element)
{
    if (PyUnicode_Check(element) || is_from_typing(element, "ForwardRef") || is_from_typing(element, "Any"))
        return 1;
    if (PyType_Check(element))
        return 0;
    PyObject *substitute = PyObject_GetAttrString(element, "__typing_subst__");
    PyErr_Clear();
    Py_XDECREF(substitute);
    return substitute != NULL || has_parameters(element);
}

static const char *object_field(const PfLayout *layout)
{
    for (Py_ssize_t index = 0; index < layout->field_count; index++)
        if (!layout->fields[index].layout->plain)
            return PyUnicode_AsUTF8(layout->fields[index].name);
    return "?";
}

static const PfLayout *layout_of_element(PyObject *element)
{
    if (element == (PyObject *)&PyLong_Type)
        PyErr_SetString(PyExc_TypeError, "Array cannot hold int, which has no fixed size: write Array[int64]");
    else if (element == (PyObject *)&PyFloat_Type)
        PyErr_SetString(PyExc_TypeError, "Array cannot hold float: write Array[float64]");
    if (PyErr_Occurred())
        return NULL;
    const PfLayout *layout = pf_layout_of(element);
    if (layout == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "Array cannot hold %R: its elements are fixed-width integers such as int64, float64, "
                                      "float32, bool or @frozen classes of these; write list[...] for other objects", element);
    } else if (layout != NULL && !layout->plain) {
        PyErr_Format(PyExc_TypeError, "Array cannot hold %s, whose field '%s' is an object: give it a value type, or write "
                                      "list[%s]", layout->name, object_field(layout), layout->name);
    } else if (layout != NULL && layout->size == 0) {
        PyErr_Format(PyExc_TypeError, "Array cannot hold %s, which has no fields", layout->name);
    }
    return PyErr_Occurred() ? NULL : layout;
}

/* `type F = float64` of Python 3.12 stands for its value. New reference. */
static PyObject *without_alias(PyObject *element)
{
    if (is_from_typing(element, "TypeAliasType"))
        return PyObject_GetAttrString(element, "__value__");
    if (PyTuple_CheckExact(element) && PyTuple_GET_SIZE(element) == 1)
        return Py_NewRef(PyTuple_GET_ITEM(element, 0));
    return Py_NewRef(element);
}

static PyObject *array_of(PyObject *element)
{
    if (is_open(element))
        return PyObject_CallFunctionObjArgs((PyObject *)&alias_type, &pf_array_type, element, NULL);
    const PfLayout *layout = layout_of_element(element);
    if (layout == NULL)
        return NULL;
    PyTypeObject *type = layout->code == '{' ? array_of_frozen(layout) : array_of_scalar(element, layout);
    return Py_XNewRef((PyObject *)type);
}

static PyObject *class_getitem(PyObject *type, PyObject *element)
{
    if (type != (PyObject *)&pf_array_type)
        return PyErr_Format(PyExc_TypeError, "%R is not a generic class", type);
    element = without_alias(element);
    PyObject *result = element == NULL ? NULL : array_of(element);
    Py_XDECREF(element);
    return result;
}

/* Array[T][float64] is Array[float64]. */
static PyObject *alias_subscript(PyObject *alias, PyObject *item)
{
    PyObject *substituted = Py_GenericAliasType.tp_as_mapping->mp_subscript(alias, item);
    PyObject *arguments = substituted == NULL ? NULL : PyObject_GetAttrString(substituted, "__args__");
    Py_XDECREF(substituted);
    PyObject *result = arguments == NULL ? NULL : class_getitem((PyObject *)&pf_array_type, arguments);
    Py_XDECREF(arguments);
    return result;
}

/* Making arrays. */

static int needs_element_type(PyTypeObject *type, const char *what)
{
    if (type != &pf_array_type)
        return 0;
    PyErr_Format(PyExc_TypeError, "Array needs the type of its elements: write Array[float64]%s", what);
    return 1;
}

static PyObject *array_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *iterable = NULL;
    if (needs_element_type(type, "(...)"))
        return NULL;
    if (keywords != NULL && PyDict_GET_SIZE(keywords) > 0)
        return PyErr_Format(PyExc_TypeError, "Array() takes no keyword arguments");
    if (!PyArg_UnpackTuple(arguments, "Array", 0, 1, &iterable))
        return NULL;
    PyObject *array = pf_array_new(((PfArrayClass *)type)->layout, 0);
    if (array != NULL && iterable != NULL && pf_array_extend(PF_ARRAY(array), iterable) < 0)
        Py_CLEAR(array);
    return array;
}

static int is_all_zero(const char *element, Py_ssize_t size)
{
    while (size > 0 && element[size - 1] == 0)
        size--;
    return size == 0;
}

/* Copies of the element up to the array's length. */
static void fill(PfArray *array, const char *element)
{
    size_t size = (size_t)array->layout->size, total = (size_t)array->length * size, done = size;
    memcpy(array->data, element, size);
    for (; done < total; done *= 2)
        memcpy(array->data + done, array->data, done * 2 <= total ? done : total - done);
}

/* The memory comes zeroed from the system, and is not touched. */
static int allocate_zeros(PfArray *array, Py_ssize_t length)
{
    Py_ssize_t size = array->layout->size;
    array->data = length > PF_MOST_BYTES / size ? NULL : PyMem_Calloc((size_t)length, (size_t)size);
    if (array->data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    array->length = array->capacity = length;
    pf_array_advise(array);
    return 0;
}

PyObject *pf_array_filled_with(const PfLayout *layout, int64_t length, const char *element)
{
    if (length < 0)
        return PyErr_Format(PyExc_ValueError, "filled() needs a length that is not negative");
    int zeros = length > 0 && is_all_zero(element, layout->size);
    PyObject *array = pf_array_new(layout, zeros ? 0 : length);
    if (array != NULL && zeros && allocate_zeros(PF_ARRAY(array), length) < 0)
        Py_CLEAR(array);
    if (array != NULL && !zeros && length > 0)
        fill(PF_ARRAY(array), element);
    return array;
}

static PyObject *filled(PyObject *type, PyObject *const *arguments, Py_ssize_t count)
{
    PfScratch scratch;
    if (needs_element_type((PyTypeObject *)type, ".filled(...)"))
        return NULL;
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "filled() takes 2 arguments, a length and a value (%zd given)", count);
    const PfLayout *layout = ((PfArrayClass *)type)->layout;
    Py_ssize_t length = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
    if (length == -1 && PyErr_Occurred())
        return NULL;
    const char *element = length < 0 ? "" : pf_element_bytes(layout, arguments[1], &scratch);
    return element == NULL ? NULL : pf_array_filled_with(layout, length, element);
}

static PyObject *from_buffer(PyObject *type, PyObject *exporter)
{
    return needs_element_type((PyTypeObject *)type, ".from_buffer(...)") ? NULL : pf_array_from_buffer(type, exporter);
}

static PyMethodDef class_methods[] = {
    {"__class_getitem__", class_getitem, METH_O | METH_CLASS, "Array[T]: the type of arrays of T."},
    {"filled", (PyCFunction)(void (*)(void))filled, METH_FASTCALL | METH_CLASS,
     "filled($type, length, value, /)\n--\n\nAn array of that many times the value."},
    {"from_buffer", from_buffer, METH_O | METH_CLASS,
     "from_buffer($type, exporter, /)\n--\n\nAn array over the memory of another object, not copied and not resizable."},
    {NULL, NULL, 0, NULL},
};

/* The metaclass. */

static PyObject *meta_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)type;
    (void)arguments;
    (void)keywords;
    return PyErr_Format(PyExc_TypeError, "Array cannot be subclassed: write Array[T] for the type of arrays of T");
}

static PyObject *meta_repr(PyObject *type)
{
    if (type == (PyObject *)&pf_array_type)
        return PyUnicode_FromString("pyfreeze.Array");
    return PyUnicode_FromFormat("pyfreeze.%s", ((PyTypeObject *)type)->tp_name);
}

/* For pickle: Array[float64] goes as operator.getitem(Array, float64). */
static PyObject *meta_reduce(PyObject *unused, PyObject *type)
{
    (void)unused;
    if (type == (PyObject *)&pf_array_type)
        return PyUnicode_FromString("Array");
    PyObject *element = PyObject_GetAttrString(type, "element_type");
    PyObject *module = element == NULL ? NULL : PyImport_ImportModule("_operator");
    PyObject *getitem = module == NULL ? NULL : PyObject_GetAttrString(module, "getitem");
    PyObject *result = getitem == NULL ? NULL : Py_BuildValue("O(OO)", getitem, &pf_array_type, element);
    Py_XDECREF(element);
    Py_XDECREF(module);
    Py_XDECREF(getitem);
    return result;
}

static PyMethodDef meta_methods[] = {
    {"_reduce", meta_reduce, METH_O | METH_STATIC, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject pf_array_meta_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.ArrayMeta",
    .tp_basicsize = sizeof(PfArrayClass),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_repr = meta_repr,
    .tp_new = meta_new,
    .tp_methods = meta_methods,
};

static PyMappingMethods alias_as_mapping = {.mp_subscript = alias_subscript};

static PyTypeObject alias_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pyfreeze._runtime.ArrayAlias",
    .tp_doc = "Array of an element type that is not known yet.",
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_mapping = &alias_as_mapping,
};

static PyObject *array_repr(PyObject *array)
{
    PyObject *elements = PySequence_List(array);
    PyObject *text = elements == NULL ? NULL : PyUnicode_FromFormat("%s(%R)", Py_TYPE(array)->tp_name, elements);
    Py_XDECREF(elements);
    return text;
}

PyTypeObject pf_array_type = {
    PyVarObject_HEAD_INIT(&pf_array_meta_type, 0)
    .tp_name = "pyfreeze.Array",
    .tp_doc = "Array[T](iterable=(), /)\n--\n\nA growable vector of values that lie one after another in memory.",
    .tp_basicsize = sizeof(PfArray),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .tp_dealloc = array_dealloc,
    .tp_new = array_new,
    .tp_repr = array_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_richcompare = pf_array_compare,
    .tp_iter = pf_array_iterate,
    .tp_as_sequence = &pf_array_as_sequence,
    .tp_as_mapping = &pf_array_as_mapping,
    .tp_as_buffer = &pf_array_as_buffer,
    .tp_methods = pf_array_methods,
};

static int add_class_methods(void)
{
    for (PyMethodDef *method = class_methods; method->ml_name != NULL; method++) {
        PyObject *descriptor = PyDescr_NewClassMethod(&pf_array_type, method);
        if (descriptor == NULL || PyDict_SetItemString(pf_array_type.tp_dict, method->ml_name, descriptor) < 0) {
            Py_XDECREF(descriptor);
            return -1;
        }
        Py_DECREF(descriptor);
    }
    return 0;
}

int pf_array_types_init(PyObject *module)
{
    pf_array_meta_type.tp_base = &PyType_Type;
    alias_type.tp_base = &Py_GenericAliasType;
    PyTypeObject *types[] = {&pf_array_meta_type, &alias_type, &pf_array_type, &pf_array_iterator_type, &pf_array_reversed_type};
    for (size_t index = 0; index < sizeof types / sizeof *types; index++)
        if (PyType_Ready(types[index]) < 0)
            return -1;
    if (add_class_methods() < 0 || PyModule_AddObjectRef(module, "Array", (PyObject *)&pf_array_type) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "ArrayAlias", (PyObject *)&alias_type);
}
