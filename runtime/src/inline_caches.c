/* What places in framed functions remember of the names that they look up, and how it is seen to hold still.
 *
 * A global is found again by the versions of the two namespaces. An attribute is found again by the version of the
 * object's type, which changes with whatever a lookup in the type gives; of the instance, each time is asked what it has.
 * Versions are never used twice, so that a cache may be asked about any object, in any execution of its module. Borrowed
 * pointers in a cache are looked at only once its version has been seen: until then the type holds them. Whatever a cache
 * does not answer, Python's own functions do. The models are CPython's: Python/specialize.c, Objects/object.c. */
#include "internals.h"
#include "inline_caches.h"
#include "internal/pycore_dict.h"
#include <stddef.h>
#include <structmember.h>

#define FILLS 16   /* so often a place is adapted at once … */
#define REST 1024  /* … and then after so many misses */

typedef PfAttributeEntry Entry;
typedef PfAttributeCache Cache;
_Static_assert(sizeof(Cache) == 31 * 8, "as in pyfreeze/codegen/inline_caches.py");

enum { UNKNOWN = 0, INSTANCE, SLOT, GETTER, CLASS };           /* Entry.kind */
typedef enum { GET, CALL, SET } Purpose;
enum { NOWHERE = 0, MANAGED, AT_OFFSET, BEHIND };               /* Entry.storage: where instances have their dictionary */

const PfDictFacts pf_dict_facts = {
#if PY_VERSION_HEX < 0x030C0000
    .tag = offsetof(PyDictObject, ma_version_tag),
#endif
    .keys = offsetof(PyDictObject, ma_keys),
    .keys_version = offsetof(PyDictKeysObject, dk_version),
    .type_version = offsetof(PyTypeObject, tp_version_tag),
#if PY_VERSION_HEX >= 0x030D0000
    .values = (uint64_t)-MANAGED_DICT_OFFSET,
    .values_are_inside = sizeof(PyObject),
    .values_valid = offsetof(PyDictValues, valid),
#elif PY_VERSION_HEX >= 0x030C0000
    .values = 3 * sizeof(PyObject *), /* _PyObject_DictOrValuesPointer */
#else
    .values = 4 * sizeof(PyObject *), /* _PyObject_ValuesPointer */
#endif
};

/* Dictionaries */

/* Where `name` is among the keys; -1 if it is not. All keys are exact strings. */
static Py_ssize_t find_key(PyDictKeysObject *keys, PyObject *name)
{
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t index = 0; index < keys->dk_nentries; index++)
        if (entries[index].me_key == name)
            return index;
    for (Py_ssize_t index = 0; index < keys->dk_nentries; index++)
        if (entries[index].me_key != NULL && _PyUnicode_Equal(entries[index].me_key, name))
            return index;
    return -1;
}

/* The value of the entry at `hint` if that has the key `name` itself; NULL if not. Borrowed. */
static inline PyObject *value_at(PyDictObject *dict, Py_ssize_t hint, PyObject *name)
{
    PyDictKeysObject *keys = dict->ma_keys;
    if (hint >= keys->dk_nentries)
        return NULL;
    PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(keys)[hint];
    if (entry->me_key != name)
        return NULL;
    return dict->ma_values != NULL ? dict->ma_values->values[hint] : entry->me_value;
}

/* The value under `name`, borrowed, remembering where it was. Only for dictionaries whose keys are all exact strings: so
 * nothing runs and nothing fails. */
static PyObject *find_in_dict(PyDictObject *dict, PyObject *name, int32_t *hint, int32_t *searches)
{
    PyObject *value = value_at(dict, *hint, name);
    if (value != NULL)
        return value;
    value = PyDict_GetItemWithError((PyObject *)dict, name);
    if (value == NULL || *searches >= FILLS)
        return value;
    ++*searches;
    Py_ssize_t index = find_key(dict->ma_keys, name);
    if (index >= 0 && index <= INT32_MAX)
        *hint = (int32_t)index;
    return value;
}

static inline int has_only_strings(PyObject *dict)
{
    return PyDict_Check(dict) && DK_IS_UNICODE(((PyDictObject *)dict)->ma_keys);
}

/* Globals */

#if PY_VERSION_HEX >= 0x030C0000

/* As the interpreter numbers them: 0 if there are no numbers left. Any change of the keys, not of values, takes it away. */
static uint32_t version_of_keys(PyDictKeysObject *keys)
{
    uint32_t *next = &PyInterpreterState_Get()->dict_state.next_keys_version;
    if (keys->dk_version == 0 && *next != 0)
        keys->dk_version = (*next)++;
    return keys->dk_version;
}

static void remember_global(PyDictObject *globals, PyDictObject *builtins, PyObject *name, PfGlobalCache *cache)
{
    PyDictKeysObject *own = globals->ma_keys, *others = builtins->ma_keys;
    if (globals->ma_values != NULL || builtins->ma_values != NULL)
        return;
    Py_ssize_t index = find_key(own, name);
    cache->in_builtins = index < 0;
    PyDictKeysObject *keys = index < 0 ? others : own;
    if (index < 0)
        index = find_key(others, name);
    uint32_t version = version_of_keys(own), others_version = version_of_keys(others);
    if (index < 0 || version == 0 || others_version == 0)
        return;
    cache->place = (char *)&DK_UNICODE_ENTRIES(keys)[index].me_value - (char *)keys;
    cache->globals = version;
    cache->builtins = others_version;
}

#else

static void remember_global(PyDictObject *globals, PyDictObject *builtins, PyObject *name, PfGlobalCache *cache)
{
    (void)name;
    cache->globals = globals->ma_version_tag; /* raised by any change, so that the dictionary holds the value till then */
    cache->builtins = builtins->ma_version_tag;
}

#endif

PyObject *pf_plain_global(PyObject *globals, PyObject *builtins, PyObject *name, PfGlobalCache *cache)
{
    if (!has_only_strings(globals) || !has_only_strings(builtins))
        return NULL;
    PyObject *value = find_in_dict((PyDictObject *)globals, name, &cache->hint, &cache->searches);
    if (value == NULL)
        value = find_in_dict((PyDictObject *)builtins, name, &cache->hint, &cache->searches);
    if (value == NULL)
        return NULL;
#if PY_VERSION_HEX >= 0x030C0000
    if (cache->fills < FILLS || cache->fills % REST == 0)
        remember_global((PyDictObject *)globals, (PyDictObject *)builtins, name, cache);
    cache->fills++;
#else
    remember_global((PyDictObject *)globals, (PyDictObject *)builtins, name, cache);
#endif
    cache->value = value;
    return value;
}

PyObject *pf_load_global_again(void *frame, PyObject *name, PfGlobalCache *cache)
{
    PyObject *globals = ((_PyInterpreterFrame *)frame)->f_globals, *builtins = ((_PyInterpreterFrame *)frame)->f_builtins;
    PyObject *value = pf_plain_global(globals, builtins, name, cache);
    return value != NULL ? Py_NewRef(value) : pf_load_global(frame, name);
}

/* Instances */

/* The values of an instance that has no dictionary of its own; NULL if there are none. */
static inline PyDictValues *values_of(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030D0000
    if ((Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES) == 0)
        return NULL;
    PyDictValues *values = _PyObject_InlineValues(object);
    return values->valid ? values : NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
    return _PyDictOrValues_IsValues(either) ? _PyDictOrValues_GetValues(either) : NULL;
#else
    return *_PyObject_ValuesPointer(object);
#endif
}

static inline PyObject *managed_dict_of(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030D0000
    return (PyObject *)_PyObject_GetManagedDict(object);
#elif PY_VERSION_HEX >= 0x030C0000
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
    return _PyDictOrValues_IsValues(either) ? NULL : _PyDictOrValues_GetDict(either);
#else
    return *_PyObject_ManagedDictPointer(object);
#endif
}

static inline PyObject *dict_of(PyObject *object, const Entry *entry)
{
    if (entry->storage == MANAGED)
        return managed_dict_of(object);
    if (entry->storage == AT_OFFSET)
        return *(PyObject **)((char *)object + entry->offset);
    PyObject **place = _PyObject_GetDictPtr(object);
    return place != NULL ? *place : NULL;
}

/* Shared keys are only ever added to, so that places stay and their number tells of new ones. */
static inline PyDictKeysObject *shared_keys(PyTypeObject *type) { return ((PyHeapTypeObject *)type)->ht_cached_keys; }

/* Whether the entry tells what the instance itself has: *value, borrowed, or NULL if it has nothing of the name. */
static inline int own_attribute(PyObject *object, PyObject *name, Entry *entry, PyObject **value)
{
    *value = NULL;
    if (entry->storage == NOWHERE)
        return 1;
    if (entry->storage == MANAGED) {
        PyDictValues *values = values_of(object);
        if (values != NULL) {
            if (entry->index < 0)
                return shared_keys(Py_TYPE(object))->dk_nentries == entry->key_count;
            *value = values->values[entry->index];
            return 1;
        }
    }
    PyObject *dict = dict_of(object, entry);
    if (dict == NULL)
        return 1;
    if (!has_only_strings(dict))
        return 0;
    *value = find_in_dict((PyDictObject *)dict, name, &entry->hint, &entry->searches);
    return 1;
}

/* Entries */

static inline int is_about(const Entry *entry, PyObject *object)
{
    if (entry->type_version != Py_TYPE(object)->tp_version_tag || entry->kind == UNKNOWN)
        return 0;
    return entry->kind != CLASS || entry->class_version == ((PyTypeObject *)object)->tp_version_tag;
}

static inline Entry *entry_for(Cache *cache, PyObject *object)
{
    for (int number = 0; number < PF_ATTRIBUTE_ENTRIES; number++)
        if (is_about(&cache->entries[number], object))
            return &cache->entries[number];
    return NULL;
}

static inline int is_unchanged(const Entry *entry)
{
    return entry->found_version == 0 || entry->found_version == Py_TYPE(entry->found)->tp_version_tag;
}

/* Filling */

/* Whether what such an object does as a descriptor will be seen to change: it never does, or by the version noted. */
static int note_descriptor(Entry *entry, PyObject *descriptor, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(descriptor);
    entry->found = descriptor;
    entry->found_version = 0;
    if (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)
        return 1;
    (void)_PyType_Lookup(type, name);
    entry->found_version = type->tp_version_tag;
    return entry->found_version != 0;
}

static int is_plain_slot(PyObject *descriptor, PyTypeObject *type)
{
    if (Py_TYPE(descriptor) != &PyMemberDescr_Type)
        return 0;
    PyMemberDescrObject *member = (PyMemberDescrObject *)descriptor;
    return member->d_member->type == T_OBJECT_EX && member->d_member->flags == 0 &&
           PyType_IsSubtype(type, PyDescr_TYPE(descriptor));
}

static void note_storage(Entry *entry, PyTypeObject *type, PyObject *name)
{
    entry->index = -1;
    entry->hint = 0;
    entry->searches = 0;
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        entry->storage = MANAGED;
        PyDictKeysObject *keys = type->tp_flags & Py_TPFLAGS_HEAPTYPE ? shared_keys(type) : NULL;
        if (keys != NULL) {
            entry->index = (int32_t)find_key(keys, name);
            entry->key_count = (int32_t)keys->dk_nentries;
        }
    } else if (type->tp_dictoffset > 0) {
        entry->storage = AT_OFFSET;
        entry->offset = type->tp_dictoffset;
    } else {
        entry->storage = type->tp_dictoffset == 0 ? NOWHERE : BEHIND;
    }
}

/* `stored`: for setting, not for getting. */
static int fill_instance(Entry *entry, PyTypeObject *type, PyObject *name, int stored)
{
    PyObject *descriptor = _PyType_Lookup(type, name);
    entry->found = NULL;
    entry->found_version = 0;
    entry->is_method = 0;
    if (descriptor != NULL && !note_descriptor(entry, descriptor, name))
        return UNKNOWN;
    if (descriptor != NULL && is_plain_slot(descriptor, type)) {
        entry->offset = ((PyMemberDescrObject *)descriptor)->d_member->offset;
        return SLOT;
    }
    if (descriptor != NULL && Py_TYPE(descriptor)->tp_descr_set != NULL)
        return stored || Py_TYPE(descriptor)->tp_descr_get == NULL ? UNKNOWN : GETTER;
    if (descriptor != NULL)
        entry->is_method = (Py_TYPE(descriptor)->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR) != 0;
    note_storage(entry, type, name);
    return stored && entry->storage == NOWHERE ? UNKNOWN : INSTANCE;
}

static int fill_class(Entry *entry, PyTypeObject *class, PyObject *name)
{
    PyObject *of_metaclass = _PyType_Lookup(Py_TYPE(class), name), *found = _PyType_Lookup(class, name);
    if (of_metaclass != NULL && (!(Py_TYPE(of_metaclass)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) || Py_TYPE(of_metaclass)->tp_descr_set != NULL))
        return UNKNOWN;
    entry->class_version = class->tp_version_tag;
    return found != NULL && entry->class_version != 0 && note_descriptor(entry, found, name) ? CLASS : UNKNOWN;
}

/* Whether instances have their values where native code looks for them. */
static int has_plain_values(PyTypeObject *type)
{
    if ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) == 0 || (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0)
        return 0;
#if PY_VERSION_HEX >= 0x030D0000
    if ((type->tp_flags & Py_TPFLAGS_INLINE_VALUES) == 0 || type->tp_basicsize != sizeof(PyObject))
        return 0;
#endif
    return shared_keys(type) != NULL;
}

/* Whether native code may look itself, and what it is to look at. */
static int is_quick(Cache *cache, const Entry *entry, PyTypeObject *type, Purpose purpose)
{
    if (entry->found_version != 0)
        return 0;
    cache->in_values = entry->kind == INSTANCE && entry->storage == MANAGED && has_plain_values(type);
    if (purpose == CALL) {
        static const int64_t none;
        cache->found = entry->found;
        cache->key_count_place = cache->in_values ? (const int64_t *)&shared_keys(type)->dk_nentries : &none;
        cache->key_count = cache->in_values ? entry->key_count : 0;
        return entry->kind == INSTANCE && entry->is_method &&
               (entry->storage == NOWHERE || (cache->in_values && entry->index < 0));
    }
    int64_t in_values = (int64_t)offsetof(PyDictValues, values) + entry->index * (int64_t)sizeof(PyObject *);
    cache->place = entry->kind == SLOT ? entry->offset : in_values;
    return entry->kind == SLOT || (cache->in_values && entry->index >= 0);
}

static int find_kind(Entry *entry, PyObject *object, PyObject *name, Purpose purpose)
{
    PyTypeObject *type = Py_TYPE(object);
    if (purpose == SET)
        return type->tp_setattro == PyObject_GenericSetAttr ? fill_instance(entry, type, name, 1) : UNKNOWN;
    if (type->tp_getattro == PyObject_GenericGetAttr || type->tp_getattro == PyModule_Type.tp_getattro)
        return fill_instance(entry, type, name, 0);
    if (type->tp_getattro == PyType_Type.tp_getattro && PyType_Check(object))
        return fill_class(entry, (PyTypeObject *)object, name);
    return UNKNOWN;
}

static Entry *entry_to_fill(Cache *cache, uint32_t misses)
{
    for (int number = 0; number < PF_ATTRIBUTE_ENTRIES; number++)
        if (cache->entries[number].kind == UNKNOWN)
            return &cache->entries[number];
    return &cache->entries[misses % PF_ATTRIBUTE_ENTRIES];
}

static void fill(Cache *cache, PyObject *object, PyObject *name, Purpose purpose)
{
    uint32_t misses = cache->misses++;
    if (misses >= FILLS && misses % REST != 0)
        return;
    Entry *entry = entry_for(cache, object);
    if (entry == NULL)
        entry = entry_to_fill(cache, misses);
    PyTypeObject *type = Py_TYPE(object);
    entry->kind = UNKNOWN;
    cache->quick = ~(uint64_t)0;
    int kind = find_kind(entry, object, name, purpose);
    if (kind == UNKNOWN || type->tp_version_tag == 0)
        return;
    entry->kind = (uint8_t)kind;
    entry->type_version = type->tp_version_tag;
    if (is_quick(cache, entry, type, purpose))
        cache->quick = type->tp_version_tag;
}

/* What the class has, as `object` (NULL: the class itself) gets it. */
static PyObject *bind_found(PyObject *found, PyObject *object, PyTypeObject *type)
{
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    Py_INCREF(found);
    if (get == NULL || (object == NULL && PyFunction_Check(found)))
        return found;
    PyObject *value = get(found, object, (PyObject *)type);
    Py_DECREF(found);
    return value;
}

/* 1: *value is a new reference, with `is_method` set if it is still to be given the object first; 0: the cache does not tell;
 * -1 with an exception. */
static inline int ask(Cache *cache, PyObject *object, PyObject *name, int wants_method, PyObject **value, int *is_method)
{
    Entry *entry = entry_for(cache, object);
    if (entry == NULL || !is_unchanged(entry))
        return 0;
    PyObject *own;
    switch (entry->kind) {
    case SLOT:
        *value = Py_XNewRef(*(PyObject **)((char *)object + entry->offset));
        return *value != NULL;
    case INSTANCE: {
        if (!own_attribute(object, name, entry, &own))
            return 0;
        if (own != NULL) {
            *value = Py_NewRef(own);
            return 1;
        }
        if (entry->found == NULL)
            return 0;
        if (wants_method && entry->is_method) {
            *is_method = 1;
            *value = Py_NewRef(entry->found);
            return 1;
        }
        *value = bind_found(entry->found, object, Py_TYPE(object));
        return *value != NULL ? 1 : -1;
    }
    default:
        own = entry->kind == CLASS ? NULL : object;
        *value = bind_found(entry->found, own, own == NULL ? (PyTypeObject *)object : Py_TYPE(object));
        return *value != NULL ? 1 : -1;
    }
}

PyObject *pf_getattr(PyObject *object, PyObject *name, PfAttributeCache *cache)
{
    PyObject *value = NULL;
    int is_method = 0;
    if (ask(cache, object, name, 0, &value, &is_method) != 0)
        return value;
    fill(cache, object, name, GET);
    return PyObject_GetAttr(object, name);
}

PyObject *pf_get_method(PyObject *object, PyObject *name, PfAttributeCache *cache, PyObject **self)
{
    PyObject *value = NULL;
    int is_method = 0;
    if (ask(cache, object, name, 1, &value, &is_method) != 0) {
        *self = is_method ? Py_NewRef(object) : NULL;
        return value;
    }
    fill(cache, object, name, CALL);
    return pf_load_method(object, name, self);
}

/* Whether that was all there is to do: 0 if not, -1 with an exception. */
static inline int set_own(PyObject *object, PyObject *name, PyObject *value, const Entry *entry)
{
    if (entry->storage == MANAGED) {
        PyDictValues *values = values_of(object);
#if PY_VERSION_HEX >= 0x030D0000
        if (values != NULL && managed_dict_of(object) != NULL)
            return 0; /* the dictionary counts what is in the values */
#endif
        if (values != NULL) {
            if (entry->index < 0)
                return 0;
            PyObject *old = values->values[entry->index];
            values->values[entry->index] = Py_NewRef(value);
            if (old == NULL)
                _PyDictValues_AddToInsertionOrder(values, entry->index);
            Py_XDECREF(old);
            return 1;
        }
    }
    PyObject *dict = dict_of(object, entry);
    if (dict == NULL)
        return 0;
    Py_INCREF(dict);
    int status = PyDict_SetItem(dict, name, value);
    Py_DECREF(dict);
    return status < 0 ? -1 : 1;
}

/* Attributes that are looked at and set without running code, for `attribute_groups.c` */

int pf_note_attribute(Entry *entry, PyObject *object, PyObject *name)
{
    int kind = find_kind(entry, object, name, GET);
    entry->kind = (uint8_t)kind;
    entry->type_version = Py_TYPE(object)->tp_version_tag;
    return kind != UNKNOWN && entry->type_version != 0;
}

/* The name may have come into the shared keys meanwhile. */
static int keeps_up(Entry *entry, PyObject *object, PyObject *name)
{
    if (!is_about(entry, object))
        return pf_note_attribute(entry, object, name);
    PyTypeObject *type = Py_TYPE(object);
    if (entry->kind == INSTANCE && entry->storage == MANAGED && entry->index < 0 && has_plain_values(type) &&
        shared_keys(type)->dk_nentries != entry->key_count)
        return pf_note_attribute(entry, object, name);
    return 1;
}

PyObject *pf_plain_value(PyObject *object, PyObject *name, Entry *entry)
{
    PyObject *own = NULL;
    if (!keeps_up(entry, object, name) || entry->kind == GETTER)
        return NULL;
    if (entry->kind == SLOT)
        return *(PyObject **)((char *)object + entry->offset);
    if (entry->kind == INSTANCE && !own_attribute(object, name, entry, &own))
        return NULL;
    if (own != NULL || entry->found == NULL || Py_TYPE(entry->found)->tp_descr_get != NULL)
        return own;
    return is_unchanged(entry) ? entry->found : NULL;
}

int64_t pf_plain_place(const Entry *entry, PyTypeObject *type, int in_values)
{
    if (entry->found_version != 0)
        return -1;
    if (entry->kind == SLOT)
        return in_values ? -1 : entry->offset;
    if (!in_values || entry->kind != INSTANCE || entry->storage != MANAGED || entry->index < 0 || !has_plain_values(type))
        return -1;
    return (int64_t)offsetof(PyDictValues, values) + entry->index * (int64_t)sizeof(PyObject *);
}

int pf_is_in_values(const Entry *entry, PyTypeObject *type)
{
    return entry->kind == INSTANCE && entry->storage == MANAGED && has_plain_values(type);
}

/* Whether giving up a reference to it runs no code. */
static inline int is_inert(PyObject *object)
{
    return object == NULL || PyFloat_CheckExact(object) || PyLong_CheckExact(object) || object == Py_None ||
           PyBool_Check(object) || PyUnicode_CheckExact(object);
}

/* Where the instance itself has the attribute, and what is there; 0: that is not known. */
static int own_place(PyObject *object, PyObject *name, Entry *entry, PyObject ***place, PyObject **own)
{
    if (Py_TYPE(object)->tp_setattro != PyObject_GenericSetAttr || !keeps_up(entry, object, name) || !is_unchanged(entry))
        return 0;
    *place = entry->kind == SLOT ? (PyObject **)((char *)object + entry->offset) : NULL;
    if (*place != NULL) {
        *own = **place;
        return 1;
    }
    return entry->kind == INSTANCE && entry->storage != NOWHERE && own_attribute(object, name, entry, own);
}

/* In place where nobody else has the float. Not in the dictionary of a module, whose changes are watched. */
int pf_set_plain_float(PyObject *object, PyObject *name, double value, Entry *entry)
{
    PyObject **place, *own = NULL;
    if (!own_place(object, name, entry, &place, &own) || !is_inert(own))
        return 0;
    if (own != NULL && PyFloat_CheckExact(own) && Py_REFCNT(own) == 1 && (place != NULL || entry->storage == MANAGED)) {
        ((PyFloatObject *)own)->ob_fval = value;
        return 1;
    }
    PyObject *made = PyFloat_FromDouble(value);
    int done = made == NULL ? -1 : place == NULL ? set_own(object, name, made, entry) : 1;
    if (done < 0)
        PyErr_Clear(); /* no memory: whoever does it again says so */
    if (done <= 0 || place == NULL) {
        Py_XDECREF(made);
        return done > 0;
    }
    *place = made;
    Py_XDECREF(own);
    return 1;
}

int32_t pf_setattr(PyObject *object, PyObject *name, PyObject *value, PfAttributeCache *cache)
{
    Entry *entry = entry_for(cache, object);
    if (entry != NULL && is_unchanged(entry)) {
        if (entry->kind == SLOT) {
            PyObject **place = (PyObject **)((char *)object + entry->offset), *old = *place;
            *place = Py_NewRef(value);
            Py_XDECREF(old);
            return 0;
        }
        int done = set_own(object, name, value, entry);
        if (done != 0)
            return done < 0 ? -1 : 0;
    }
    fill(cache, object, name, SET);
    return PyObject_SetAttr(object, name, value);
}
