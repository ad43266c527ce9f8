/* What the three files about frozen classes share: value_class.c makes a class, value_construct.c its constructor,
 * value_object.c everything else that its instances do. Python's part is pyfreeze/language/frozen.py. */
#ifndef PYFREEZE_VALUES_H
#define PYFREEZE_VALUES_H

#include "pyfreeze_layout.h"

enum { /* of a field; counterparts in frozen.py */
    PF_FIELD_REPR = 1,
    PF_FIELD_COMPARE = 2,
    PF_FIELD_HASH = 4,
    PF_FIELD_KEYWORD_ONLY = 8,
    PF_FIELD_DEFAULT = 16,
    PF_FIELD_FACTORY = 32,
};

/* What a frozen class is made of. Owned by the class's base, which outlives every instance; refers to no object that could
 * refer back to the class, because the garbage collector does not see it. */
typedef struct PfValueClass {
    PyObject_HEAD
    PfLayout layout;
    unsigned char *flags;               /* of each field */
    struct PfValueClass **nested;       /* of each field that is of a frozen class; else NULL */
    Py_ssize_t *positional;             /* which fields the positional arguments are … */
    Py_ssize_t positional_count;        /* … and how many there may be */
    char has_post_init, has_order;
    unsigned short inherited;           /* special methods that it does not define itself: value_class.c */
    PyObject *texts[3];                 /* own the layout's strings */
    PyMemberDef *members;
    PyGetSetDef *getters;
} PfValueClass;

extern PyTypeObject pf_value_class_type;
extern PyObject *pf_frozen_error; /* dataclasses.FrozenInstanceError */

/* Of a frozen class that is finished; NULL without an exception if `type` is none. Borrowed. */
PfValueClass *pf_value_class_of(PyTypeObject *type);

/* (defaults, the Python function that stands for the constructor, fields): in the base's dict, where the garbage collector
 * sees them. Borrowed; NULL with an exception while the class is being destroyed. */
PyObject *pf_value_state(PyTypeObject *type);
enum { PF_STATE_DEFAULTS, PF_STATE_INITIALIZER, PF_STATE_FIELDS };

/* value_object.c */
PyObject *pf_allocate_value(const PfLayout *layout); /* not tracked yet by the garbage collector; zeros */
void pf_track_value(const PfLayout *layout, PyObject *value);
void pf_value_dealloc(PyObject *self);
int pf_value_traverse(PyObject *self, visitproc visit, void *arg);
int pf_value_setattro(PyObject *self, PyObject *name, PyObject *value);
PyObject *pf_value_richcompare(PyObject *self, PyObject *other, int operation);
Py_hash_t pf_value_hash(PyObject *self);
PyObject *pf_value_repr(PyObject *self);
PyObject *pf_value_field(PyObject *self, void *field);
extern PyMethodDef pf_value_methods[], pf_ordered_value_methods[];

/* value_construct.c */
PyObject *pf_value_vectorcall(PyObject *type, PyObject *const *arguments, size_t flagged_count, PyObject *keywords);
PyObject *pf_value_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords);
int pf_value_init(PyObject *self, PyObject *arguments, PyObject *keywords);
PyObject *pf_value_from_fields(PfValueClass *value_class, PyObject *const *values); /* all of them, borrowed */

/* For Python: see _runtime.pyi. */
PyObject *pf_frozen_base(PyObject *module, PyObject *arguments);
PyObject *pf_finish_frozen(PyObject *module, PyObject *arguments);
PyObject *pf_is_frozen(PyObject *module, PyObject *type);
PyObject *pf_value_layout(PyObject *module, PyObject *type);

#endif
