/* Values between Python objects and 64-bit words. Descriptors: pyfreeze/ir/types.py, `descriptor`. */
#include "pyfreeze_abi.h"
#include "pyfreeze_array.h"
#include "pyfreeze_values.h"
#include "pyfreeze_view.h"
#include <string.h>

#define SMALL_MAXIMUM ((int64_t)0x3FFFFFFFFFFFFFFF)
#define SMALL_MINIMUM (-SMALL_MAXIMUM - 1)

static int is_big(int64_t tagged) { return tagged & 1; }

static PyObject *big_object(int64_t tagged) { return (PyObject *)(intptr_t)(tagged - 1); }

void pf_int_incref(int64_t tagged)
{
    if (is_big(tagged))
        Py_INCREF(big_object(tagged));
}

void pf_int_decref(int64_t tagged)
{
    if (is_big(tagged))
        Py_DECREF(big_object(tagged));
}

void pf_object_incref(PyObject *object) { Py_XINCREF(object); }
void pf_object_decref(PyObject *object) { Py_XDECREF(object); }

/* The value of an exact int of one digit; 0 if it has more. */
static int one_digit(PyObject *number, int64_t *value)
{
    PyLongObject *object = (PyLongObject *)number;
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact(object))
        return 0;
    *value = PyUnstable_Long_CompactValue(object);
#else
    Py_ssize_t size = Py_SIZE(object);
    if (size < -1 || size > 1)
        return 0;
    *value = size == 0 ? 0 : size * (int64_t)object->ob_digit[0];
#endif
    return 1;
}

static PyObject *tagged_to_object(int64_t tagged) /* new reference, borrows */
{
    return is_big(tagged) ? Py_NewRef(big_object(tagged)) : PyLong_FromLongLong(tagged >> 1);
}

/* The digits of an exact int, least significant first; `*count` is negative if it is. */
static const digit *digits_of(PyObject *number, Py_ssize_t *count)
{
    PyLongObject *object = (PyLongObject *)number;
#if PY_VERSION_HEX >= 0x030C0000
    *count = (Py_ssize_t)(object->long_value.lv_tag >> 3) * (1 - (Py_ssize_t)(object->long_value.lv_tag & 3));
    return object->long_value.ob_digit;
#else
    *count = Py_SIZE(object);
    return object->ob_digit;
#endif
}

static int64_t tagged_from_object(PyObject *number) /* an exact int; owned if big */
{
    Py_ssize_t count;
    const digit *digits = digits_of(number, &count);
    Py_ssize_t length = count < 0 ? -count : count;
    if (PyLong_SHIFT == 30 && (length < 3 || (length == 3 && digits[2] < 4))) {
        int64_t magnitude = 0;
        while (length > 0)
            magnitude = magnitude << PyLong_SHIFT | digits[--length];
        return (int64_t)((uint64_t)(count < 0 ? -magnitude : magnitude) << 1);
    }
    if (PyLong_SHIFT != 30 || (length == 3 && digits[2] == 4)) { /* may be the minimum */
        int overflow;
        long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
        if (!overflow && value >= SMALL_MINIMUM && value <= SMALL_MAXIMUM)
            return (int64_t)((uint64_t)value << 1);
    }
    return (int64_t)(intptr_t)Py_NewRef(number) | 1;
}

/* PyLong_FromLong is the faster one; on Windows it takes 32 bits. */
static PyObject *from_int64(int64_t value)
{
    return sizeof(long) == sizeof value ? PyLong_FromLong((long)value) : PyLong_FromLongLong(value);
}

PyObject *pf_borrow_int(int64_t tagged)
{
    return is_big(tagged) ? big_object(tagged) : from_int64(tagged >> 1);
}

void pf_return_int(int64_t tagged, PyObject *borrowed)
{
    if (!is_big(tagged))
        Py_DECREF(borrowed);
}

int64_t pf_take_int(PyObject *number)
{
    int64_t tagged = tagged_from_object(number);
    Py_DECREF(number);
    return tagged;
}

PyObject *pf_box_i64(int64_t value) { return from_int64(value); }
PyObject *pf_box_u64(uint64_t value) { return PyLong_FromUnsignedLongLong(value); }
PyObject *pf_box_f64(double value) { return PyFloat_FromDouble(value); }
PyObject *pf_box_bool(int32_t value) { return PyBool_FromLong(value); }
PyObject *pf_none(void) { return Py_NewRef(Py_None); }

PyObject *pf_box_int(int64_t tagged)
{
    return is_big(tagged) ? big_object(tagged) : from_int64(tagged >> 1);
}

static size_t item_length(const char *descriptor)
{
    int depth = 0;
    size_t length = strspn(descriptor, "|");
    do {
        char at = descriptor[length];
        depth += (at == '(' || at == '{' || at == '[' || at == '<') - (at == ')' || at == '}' || at == ']' || at == '>');
        length++;
    } while (depth > 0);
    return length;
}

static int is_view(const char *descriptor) { return descriptor[1] == 'N' || descriptor[1] == 'M'; }

/* How many words of a payload the descriptors up to `end` stand for. */
static size_t count_words(const char *descriptor, const char *end)
{
    size_t count = 0;
    for (; descriptor < end; descriptor++) {
        if (*descriptor == '{' || *descriptor == '<')
            descriptor = strchr(descriptor, ':');
        if (strchr("():}>n", *descriptor) != NULL)
            continue;
        if (*descriptor == '[')
            descriptor += item_length(descriptor) - 1;
        count++;
    }
    return count;
}

size_t pf_count_words(const char *descriptor) { return count_words(descriptor, descriptor + strlen(descriptor)); }

/* "|d": a word that tells whether there is a value, and the value, whose words are 0 without one. */
static PyObject *box_optional(PfModule *module, const char **descriptor, const uint64_t **payload)
{
    ++*descriptor;
    if (*(*payload)++)
        return pf_box(module, descriptor, payload);
    const char *after = *descriptor + item_length(*descriptor);
    *payload += count_words(*descriptor, after);
    *descriptor = after;
    return Py_NewRef(Py_None);
}

static int unbox_optional(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    ++*descriptor;
    *(*payload)++ = object != Py_None;
    if (object != Py_None)
        return pf_unbox_value(module, object, descriptor, payload);
    const char *after = *descriptor + item_length(*descriptor);
    for (size_t left = count_words(*descriptor, after); left > 0; left--)
        *(*payload)++ = 0;
    *descriptor = after;
    return 0;
}

/* An instance of tuple or a subclass, of the values described up to a closing bracket, which it passes. */
static PyObject *box_items(PfModule *module, PyTypeObject *type, const char **descriptor, const uint64_t **payload)
{
    Py_ssize_t count = 0;
    for (const char *at = *descriptor; *at != ')' && *at != '}'; at += item_length(at))
        count++;
    PyObject *tuple = type == &PyTuple_Type ? PyTuple_New(count) : type->tp_alloc(type, count);
    for (Py_ssize_t index = 0; tuple != NULL && index < count; index++) {
        PyObject *item = pf_box(module, descriptor, payload);
        if (item == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, index, item);
    }
    ++*descriptor;
    return tuple;
}

/* "{12:…}": the module's class 12, which is there as long as native code that knows of it runs; else NULL. */
static PyTypeObject *next_class(PfModule *module, const char **descriptor)
{
    char *end;
    long index = strtol(*descriptor + 1, &end, 10);
    *descriptor = end + 1;
    return module->classes[index].type;
}

static const PfLayout *element_layout(PfModule *module, const char *descriptor)
{
    if (*descriptor != '{')
        return pf_scalar_layout(*descriptor);
    PyTypeObject *type = next_class(module, &descriptor);
    return type == NULL ? NULL : pf_frozen_layout(type);
}

static void word_to_memory(Py_ssize_t size, char *place, uint64_t word)
{
    switch (size) {
    case 1: { uint8_t byte = (uint8_t)word; memcpy(place, &byte, 1); break; }
    case 2: { uint16_t half = (uint16_t)word; memcpy(place, &half, 2); break; }
    case 4: { uint32_t single = (uint32_t)word; memcpy(place, &single, 4); break; }
    default: memcpy(place, &word, 8);
    }
}

static void word_to_single(char *place, uint64_t word)
{
    double real;
    memcpy(&real, &word, sizeof real);
    float single = (float)real; /* it has the value of one */
    memcpy(place, &single, sizeof single);
}

static uint64_t word_of_single(const char *place)
{
    float single;
    uint64_t word;
    memcpy(&single, place, sizeof single);
    double real = single;
    memcpy(&word, &real, sizeof word);
    return word;
}

static int words_to_memory(PfModule *module, const PfLayout *layout, char *address, const char **descriptor,
                           const uint64_t **payload);

/* A field of a frozen value from the payload. One that is an object in memory may be any value: its descriptor says which. */
static int words_to_field(PfModule *module, const PfField *field, char *place, const char **descriptor,
                          const uint64_t **payload)
{
    char code = field->layout->code;
    if (code == '{')
        return words_to_memory(module, field->layout, place, descriptor, payload);
    if (code == 'O') {
        PyObject *object = pf_box(module, descriptor, payload);
        memcpy(place, &object, sizeof object);
        return object == NULL ? -1 : 0;
    }
    ++*descriptor;
    if (code == 'f')
        word_to_single(place, *(*payload)++);
    else
        word_to_memory(field->layout->size, place, *(*payload)++);
    return 0;
}

/* Writes the fields of a frozen value, "{12:…}", from the payload: 0, or -1 with an exception. */
static int words_to_memory(PfModule *module, const PfLayout *layout, char *address, const char **descriptor,
                           const uint64_t **payload)
{
    *descriptor = strchr(*descriptor, ':') + 1;
    for (Py_ssize_t index = 0; index < layout->field_count; index++) {
        const PfField *field = &layout->fields[index];
        if (words_to_field(module, field, address + field->offset, descriptor, payload) < 0)
            return -1;
    }
    ++*descriptor;
    return 0;
}

static uint64_t word_at(const PfLayout *layout, const char *place)
{
    int8_t b; int16_t h; int32_t i; uint8_t B; uint16_t H; uint32_t I; uint64_t word;
    switch (layout->code) {
    case 'b': memcpy(&b, place, sizeof b); return (uint64_t)(int64_t)b;
    case 'h': memcpy(&h, place, sizeof h); return (uint64_t)(int64_t)h;
    case 'i': memcpy(&i, place, sizeof i); return (uint64_t)(int64_t)i;
    case '?': case 'B': memcpy(&B, place, sizeof B); return B;
    case 'H': memcpy(&H, place, sizeof H); return H;
    case 'I': memcpy(&I, place, sizeof I); return I;
    case 'f': return word_of_single(place);
    default: memcpy(&word, place, sizeof word); return word;
    }
}

/* The fields of a frozen value, "{12:…}": 0, or a reason where one is an object of another type. */
static int memory_to_words(PfModule *module, const PfLayout *layout, const char *address, const char **descriptor,
                           uint64_t **payload)
{
    int reason = 0;
    *descriptor = strchr(*descriptor, ':') + 1;
    for (Py_ssize_t index = 0; reason == 0 && index < layout->field_count; index++) {
        const PfField *field = &layout->fields[index];
        const char *place = address + field->offset;
        PyObject *object;
        if (field->layout->code == '{') {
            reason = memory_to_words(module, field->layout, place, descriptor, payload);
        } else if (field->layout->code == 'O') {
            memcpy(&object, place, sizeof object);
            reason = pf_unbox_value(module, object, descriptor, payload);
        } else {
            ++*descriptor;
            *(*payload)++ = word_at(field->layout, place);
        }
    }
    if (reason == 0)
        ++*descriptor;
    return reason;
}

/* A new instance by `make`. On 3.11 an allocation may start the garbage collector, and that finalizers, which native code
 * does not expect here; what it makes itself is never part of a new cycle. Later versions collect in polls. */
static PyObject *new_instance(const PfLayout *layout, PyObject *(*make)(const PfLayout *))
{
#if PY_VERSION_HEX < 0x030C0000
    int collects = !layout->plain && PyGC_Disable();
    PyObject *object = make(layout);
    if (collects)
        PyGC_Enable();
    return object;
#else
    return make(layout);
#endif
}

static PyObject *box_frozen(PfModule *module, const PfLayout *layout, const char **descriptor, const uint64_t **payload)
{
    PyObject *object = new_instance(layout, pf_allocate_value);
    if (object == NULL)
        return NULL;
    if (words_to_memory(module, layout, PF_VALUE_DATA(object), descriptor, payload) < 0) {
        Py_DECREF(object);
        return NULL;
    }
    pf_track_value(layout, object);
    return object;
}

/* "{12:…}", which is a frozen class or a NamedTuple. */
static PyObject *box_instance(PfModule *module, const char **descriptor, const uint64_t **payload)
{
    const char *at = *descriptor;
    PyTypeObject *type = next_class(module, &at);
    const PfLayout *layout = pf_frozen_layout(type);
    if (layout != NULL)
        return box_frozen(module, layout, descriptor, payload);
    *descriptor = at;
    return box_items(module, type, descriptor, payload);
}

/* "<12:>": the module's class 12 itself. Borrowed. */
static PyObject *next_class_object(PfModule *module, const char **descriptor)
{
    PyTypeObject *type = module->classes[strtol(*descriptor + 1, NULL, 10)].type;
    *descriptor += item_length(*descriptor);
    return type == NULL ? Py_None : (PyObject *)type;
}

/* "[d]", "[{3:dd}]": whether `object` is exactly an array of such elements. */
static int is_array_of(PfModule *module, PyObject *object, const char *descriptor)
{
    return pf_is_array(object) && PF_ARRAY(object)->layout == element_layout(module, descriptor + 1);
}

PyObject *pf_array_filled(PfModule *module, const char *element, int64_t length, const uint64_t *payload)
{
    const PfLayout *layout = element_layout(module, element);
    char *bytes = PyMem_Calloc(1, (size_t)layout->size); /* padding is zero */
    if (bytes == NULL)
        return PyErr_NoMemory();
    PyObject *array = NULL;
    if (*element != '{')
        word_to_memory(layout->size, bytes, *payload);
    if (*element != '{' || words_to_memory(module, layout, bytes, &element, &payload) == 0)
        array = pf_array_filled_with(layout, length, bytes);
    PyMem_Free(bytes);
    return array;
}

PyObject *pf_new_instance_of(PyTypeObject *type) { return new_instance(pf_frozen_layout(type), pf_new_value); }

/* The next value of a payload as a new reference; tagged ints are borrowed. Advances both pointers, unless it fails. */
PyObject *pf_box(PfModule *module, const char **descriptor, const uint64_t **payload)
{
    char kind = **descriptor;
    if (kind == '(') {
        ++*descriptor;
        return box_items(module, &PyTuple_Type, descriptor, payload);
    }
    if (kind == '|')
        return box_optional(module, descriptor, payload);
    if (kind == '{')
        return box_instance(module, descriptor, payload);
    if (kind == '[') {
        PyObject *reference = (PyObject *)(uintptr_t)*(*payload)++;
        if (reference != NULL && is_view(*descriptor))
            reference = ((PfView *)reference)->object;
        *descriptor += item_length(*descriptor);
        return Py_NewRef(reference ? reference : Py_None); /* NULL: a variable that is not set */
    }
    if (kind == '<')
        return Py_NewRef(next_class_object(module, descriptor));
    ++*descriptor;
    if (kind == 'n')
        return Py_NewRef(Py_None);
    uint64_t word = *(*payload)++;
    double real;
    switch (kind) {
    case 'b': case 'h': case 'i': case 'q':
        return PyLong_FromLongLong((int64_t)word);
    case 'B': case 'H': case 'I': case 'Q':
        return PyLong_FromUnsignedLongLong(word);
    case 'd':
        memcpy(&real, &word, sizeof real);
        return PyFloat_FromDouble(real);
    case '?':
        return PyBool_FromLong(word != 0);
    case 't':
        return tagged_to_object((int64_t)word);
    case 's':
        return PyUnicode_FromString((const char *)(uintptr_t)word);
    case 'O': /* NULL: a variable that is not set */
        return Py_NewRef(word ? (PyObject *)(uintptr_t)word : Py_None);
    default:
        return PyErr_Format(PyExc_SystemError, "pyfreeze: unknown descriptor '%c'", kind);
    }
}

PyObject *pf_box_value(PfModule *module, const char *descriptor, const uint64_t *payload)
{
    return pf_box(module, &descriptor, &payload);
}

/* Releases the references among the words that `descriptor`, up to `end`, describes. */
static void release_payload(const char *descriptor, const char *end, const uint64_t *payload)
{
    for (; descriptor < end; descriptor++) {
        if (*descriptor == '{' || *descriptor == '<')
            descriptor = strchr(descriptor, ':');
        if (strchr("():}>n", *descriptor) != NULL)
            continue;
        if (*descriptor == 't')
            pf_int_decref((int64_t)*payload);
        if (*descriptor == 'O')
            Py_XDECREF((PyObject *)(uintptr_t)*payload);
        if (*descriptor == '[') {
            Py_XDECREF((PyObject *)(uintptr_t)*payload);
            descriptor += item_length(descriptor) - 1;
        }
        payload++;
    }
}

void pf_release(const char *descriptor, const uint64_t *payload)
{
    release_payload(descriptor, descriptor + strlen(descriptor), payload);
}

PyObject *pf_box_tuple(PfModule *module, const char *descriptor, const uint64_t *payload)
{
    const char *at = descriptor;
    const uint64_t *words = payload;
    PyObject *tuple = pf_box(module, &at, &words);
    pf_release(descriptor, payload);
    return tuple;
}

static const struct { char code; int bits, is_signed; const char *name; } widths[] = {
    {'b', 8, 1, "int8"}, {'h', 16, 1, "int16"}, {'i', 32, 1, "int32"}, {'q', 64, 1, "int64"},
    {'B', 8, 0, "uint8"}, {'H', 16, 0, "uint16"}, {'I', 32, 0, "uint32"}, {'Q', 64, 0, "uint64"},
};

static int unbox_fixed(PyObject *object, char kind, uint64_t *out)
{
    size_t row = 0;
    while (widths[row].code != kind)
        row++;
    if (!PyLong_CheckExact(object))
        return PF_WRONG_TYPE;
    if (kind == 'Q') {
        unsigned long long value = PyLong_AsUnsignedLongLong(object);
        if (value == (unsigned long long)-1 && PyErr_Occurred()) {
            PyErr_Clear();
            return PF_OUT_OF_RANGE;
        }
        *out = value;
        return 0;
    }
    int overflow, bits = widths[row].bits, is_signed = widths[row].is_signed;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    long long high = (long long)(~(uint64_t)0 >> (64 - bits + is_signed)), low = is_signed ? -high - 1 : 0;
    if (overflow || value < low || value > high)
        return PF_OUT_OF_RANGE;
    *out = (uint64_t)value;
    return 0;
}

/* "5 is out of range for int64": the text of pyfreeze.int64(5) as well (pyfreeze/language/scalars.py). */
PyObject *pf_text_out_of_range(PyObject *number, char descriptor)
{
    const char *name = "int64";
    for (size_t row = 0; row < sizeof widths / sizeof *widths; row++)
        if (widths[row].code == descriptor)
            name = widths[row].name;
    PyObject *bits = PyObject_CallMethod(number, "bit_length", NULL);
    if (bits == NULL)
        return NULL;
    long count = PyLong_AsLong(bits);
    Py_DECREF(bits);
    if (count > 200)
        return PyUnicode_FromFormat("an integer of %ld bits is out of range for %s", count, name);
    return PyUnicode_FromFormat("%S is out of range for %s", number, name);
}

/* The items of an instance of tuple or a subclass, described up to a closing bracket, which it passes. */
static int unbox_items(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(object); index++) {
        if (**descriptor == ')' || **descriptor == '}')
            return PF_WRONG_TYPE;
        int reason = pf_unbox_value(module, PyTuple_GET_ITEM(object, index), descriptor, payload);
        if (reason)
            return reason;
    }
    if (**descriptor != ')' && **descriptor != '}')
        return PF_WRONG_TYPE;
    ++*descriptor;
    return 0;
}

static int unbox_tuple(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    if (!PyTuple_CheckExact(object))
        return PF_WRONG_TYPE;
    ++*descriptor;
    return unbox_items(module, object, descriptor, payload);
}

/* "{12:…}", which is a frozen class or a NamedTuple. */
static int unbox_instance(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    const char *at = *descriptor;
    PyTypeObject *type = next_class(module, &at);
    if (type == NULL || Py_TYPE(object) != type)
        return PF_WRONG_TYPE;
    if (!PyTuple_Check(object))
        return memory_to_words(module, pf_frozen_layout(type), PF_VALUE_DATA(object), descriptor, payload);
    *descriptor = at;
    return unbox_items(module, object, descriptor, payload);
}

/* "[d]": an array, "[N1d]" and "[M2q]": a view, made of the object. */
static int unbox_reference(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    PyObject *reference = NULL;
    if (is_view(*descriptor))
        reference = pf_view_of(object, *descriptor);
    else if (is_array_of(module, object, *descriptor))
        reference = Py_NewRef(object);
    if (reference == NULL)
        return PF_WRONG_TYPE;
    *descriptor += item_length(*descriptor);
    *(*payload)++ = (uint64_t)(uintptr_t)reference;
    return 0;
}

/* The next value of a payload from `object`: 0 or a reason. After a failure the words written so far still own their
 * big ints. Advances both pointers. */
int pf_unbox_value(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload)
{
    char kind = **descriptor;
    if (kind == '(')
        return unbox_tuple(module, object, descriptor, payload);
    if (kind == '|')
        return unbox_optional(module, object, descriptor, payload);
    if (kind == '{')
        return unbox_instance(module, object, descriptor, payload);
    double real;
    int reason = 0;
    switch (kind) {
    case '[':
        return unbox_reference(module, object, descriptor, payload);
    case '<':
        return object == next_class_object(module, descriptor) ? 0 : PF_WRONG_TYPE;
    case 'n':
        ++*descriptor;
        return object == Py_None ? 0 : PF_WRONG_TYPE;
    case 'd':
        if (!PyFloat_CheckExact(object))
            return PF_WRONG_TYPE;
        real = PyFloat_AS_DOUBLE(object);
        memcpy(*payload, &real, sizeof real);
        break;
    case '?':
        if (!PyBool_Check(object))
            return PF_WRONG_TYPE;
        **payload = object == Py_True;
        break;
    case 't':
        if (!PyLong_CheckExact(object))
            return PF_WRONG_TYPE;
        **payload = (uint64_t)tagged_from_object(object);
        break;
    case 'O':
        **payload = (uint64_t)(uintptr_t)Py_NewRef(object);
        break;
    default:
        reason = unbox_fixed(object, kind, *payload);
    }
    if (reason == 0) {
        ++*descriptor;
        ++*payload;
    }
    return reason;
}

int32_t pf_unbox(PyObject *object, int32_t descriptor, uint64_t *out)
{
    char text[2] = {(char)descriptor, 0};
    const char *at = text;
    return pf_unbox_value(NULL, object, &at, &out); /* a scalar */
}

int32_t pf_unbox_tuple(PfModule *module, PyObject *object, const char *descriptor, uint64_t *out)
{
    const char *at = descriptor;
    uint64_t *word = out;
    int reason = pf_unbox_value(module, object, &at, &word);
    if (reason)
        release_payload(descriptor, at, out);
    return reason;
}

int32_t pf_unbox_i64(PyObject *object, int64_t *out)
{
    int overflow;
    if (!PyLong_CheckExact(object))
        return PF_WRONG_TYPE;
    if (one_digit(object, out))
        return 0;
    *out = PyLong_AsLongLongAndOverflow(object, &overflow);
    return overflow ? PF_OUT_OF_RANGE : 0;
}

int32_t pf_unbox_f64(PyObject *object, double *out)
{
    if (!PyFloat_CheckExact(object))
        return PF_WRONG_TYPE;
    *out = PyFloat_AS_DOUBLE(object);
    return 0;
}

int32_t pf_unbox_int(PyObject *object, int64_t *out)
{
    if (!PyLong_CheckExact(object))
        return PF_WRONG_TYPE;
    *out = tagged_from_object(object);
    return 0;
}
