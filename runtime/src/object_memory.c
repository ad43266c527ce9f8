/* Making and freeing instances of ordinary classes without the general way: what `object.__new__` and the `tp_dealloc` of
 * such classes do on CPython 3.11, in the same order, for instances that need no more. Models: Objects/typeobject.c,
 * Objects/dictobject.c, Modules/gcmodule.c. Elsewhere all goes the general way. */
#include "fast_paths.h"
#include "internal/pycore_dict.h"
#include <structmember.h>

#if PY_VERSION_HEX < 0x030C0000

#define MOST_NESTED 50 /* _PyTrash_UNWIND_LEVEL */

static destructor subtype_dealloc; /* of all classes made by Python code */

int pf_object_memory_init(void)
{
    PyObject *class = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "_");
    if (class == NULL)
        return -1;
    subtype_dealloc = ((PyTypeObject *)class)->tp_dealloc;
    Py_DECREF(class);
    return 0;
}

/* Whether all that its instances have besides `object`'s are slots and a managed dictionary. */
static inline int is_ordinary(PyTypeObject *type)
{
    if (!PyType_IS_GC(type) || type->tp_finalize != NULL || type->tp_del != NULL || type->tp_itemsize != 0 || type->tp_free != PyObject_GC_Del)
        return 0;
    if (type->tp_dictoffset != 0 && !(type->tp_flags & Py_TPFLAGS_MANAGED_DICT))
        return 0;
    PyTypeObject *base = type;
    while (base->tp_dealloc == subtype_dealloc)
        base = base->tp_base;
    return base == &PyBaseObject_Type;
}

/* Making */

/* As the collector counts objects; 0: it is time for a collection. */
static inline int count_object(PyInterpreterState *interpreter)
{
    struct gc_generation *youngest = &interpreter->gc.generations[0];
    if (youngest->count >= youngest->threshold)
        return 0;
    youngest->count++;
    return 1;
}

/* Values as a class's instances have them, all unset, after how many there are room for and in which order they were set. */
static PyDictValues *new_values(PyDictKeysObject *keys)
{
    if (keys->dk_usable > 1) /* as CPython: there is less room in later instances, if these do not use it */
        keys->dk_usable--;
    size_t count = (size_t)(keys->dk_nentries + keys->dk_usable);
    size_t before = _Py_SIZE_ROUND_UP(count + 2, sizeof(PyObject *));
    uint8_t *memory = PyMem_Malloc(before + count * sizeof(PyObject *));
    if (memory == NULL)
        return NULL;
    memory[before - 1] = (uint8_t)before;
    memory[before - 2] = 0;
    PyDictValues *values = (PyDictValues *)(memory + before);
    for (size_t index = 0; index < count; index++)
        values->values[index] = NULL;
    return values;
}

int pf_is_made_simply(PyTypeObject *type)
{
    return type->tp_dealloc == subtype_dealloc && is_ordinary(type) && type->tp_alloc == PyType_GenericAlloc &&
           !(type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) &&
           (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT) || ((PyHeapTypeObject *)type)->ht_cached_keys != NULL);
}

PyObject *pf_make_simply(PyThreadState *thread, PyTypeObject *type)
{
    int has_dict = (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
    PyDictKeysObject *keys = has_dict ? ((PyHeapTypeObject *)type)->ht_cached_keys : NULL;
    if ((has_dict && keys == NULL) || !count_object(thread->interp))
        return NULL;
    PyDictValues *values = has_dict ? new_values(keys) : NULL;
    size_t size = _PyObject_SIZE(type), before = _PyType_PreHeaderSize(type);
    char *memory = !has_dict || values != NULL ? PyObject_Malloc(size + before) : NULL;
    if (memory == NULL) {
        if (values != NULL)
            PyMem_Free((char *)values - ((uint8_t *)values)[-1]);
        thread->interp->gc.generations[0].count--;
        return NULL;
    }
    PyObject *object = (PyObject *)(memory + before);
    for (size_t word = 0; word < (size + before) / sizeof(PyObject *); word++)
        *((PyObject *volatile *)memory + word) = NULL;
    _PyObject_Init(object, type);
    if (has_dict)
        *_PyObject_ValuesPointer(object) = values;
    _PyObject_GC_TRACK(object);
    return object;
}

/* Freeing */

static inline void release(PyObject *object)
{
    if (object == NULL)
        return;
#if defined(Py_REF_DEBUG)
    Py_DECREF(object);
#else
    Py_SET_REFCNT(object, Py_REFCNT(object) - 1);
    if (Py_REFCNT(object) == 0)
        pf_free_object(object);
#endif
}

static void clear_slots(PyTypeObject *type, PyObject *object)
{
    PyMemberDef *member = (PyMemberDef *)((char *)type + Py_TYPE(type)->tp_basicsize); /* behind the class */
    for (Py_ssize_t count = Py_SIZE(type); count > 0; count--, member++) {
        if (member->type != T_OBJECT_EX || (member->flags & READONLY))
            continue;
        PyObject **place = (PyObject **)((char *)object + member->offset), *value = *place;
        *place = NULL;
        release(value);
    }
}

static void clear_attributes(PyTypeObject *type, PyObject *object)
{
    PyObject **dict = _PyObject_ManagedDictPointer(object);
    if (*dict != NULL) {
        PyObject *value = *dict;
        *dict = NULL;
        Py_DECREF(value);
        return;
    }
    PyDictValues **place = _PyObject_ValuesPointer(object), *values = *place;
    if (values == NULL)
        return;
    *place = NULL;
    PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
    for (Py_ssize_t index = 0; index < keys->dk_nentries; index++)
        release(values->values[index]);
    PyMem_Free((char *)values - ((uint8_t *)values)[-1]);
}

static void free_instance(PyThreadState *thread, PyTypeObject *type, PyObject *object)
{
    if (_PyObject_GC_IS_TRACKED(object))
        _PyObject_GC_UNTRACK(object);
    thread->trash_delete_nesting++; /* Py_TRASHCAN_BEGIN */
    for (PyTypeObject *base = type; base->tp_dealloc == subtype_dealloc; base = base->tp_base)
        if (Py_SIZE(base) > 0)
            clear_slots(base, object);
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT)
        clear_attributes(type, object);
    struct gc_generation *youngest = &thread->interp->gc.generations[0];
    if (youngest->count > 0)
        youngest->count--;
    PyObject_Free((char *)object - _PyType_PreHeaderSize(type));
    Py_DECREF(type);
    if (thread->trash_delete_later != NULL)
        _PyTrash_end(thread);
    else
        thread->trash_delete_nesting--;
}

void pf_free_object(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type->tp_dealloc == subtype_dealloc && is_ordinary(type)) {
        PyThreadState *thread = PyThreadState_Get();
        int has_references = type->tp_weaklistoffset != 0 && *_PyObject_GET_WEAKREFS_LISTPTR(object) != NULL;
        if (!has_references && thread->trash_delete_nesting < MOST_NESTED) {
            free_instance(thread, type, object);
            return;
        }
    }
    _Py_Dealloc(object);
}

#else

int pf_object_memory_init(void) { return 0; }

int pf_is_made_simply(PyTypeObject *type)
{
    (void)type;
    return 0;
}

PyObject *pf_make_simply(PyThreadState *thread, PyTypeObject *type)
{
    (void)thread;
    (void)type;
    return NULL;
}

void pf_free_object(PyObject *object) { _Py_Dealloc(object); }

#endif
