/* What is asked of the attributes of an object without running code: parts of `inline_caches.c`. */
#ifndef PYFREEZE_INLINE_CACHES_H
#define PYFREEZE_INLINE_CACHES_H

#include "pyfreeze_abi.h"

/* Finds out where objects of that type have the attribute; 0: that does not hold still, or is not known. */
int pf_note_attribute(PfAttributeEntry *entry, PyObject *object, PyObject *name);

/* The attribute, borrowed; NULL without an exception: there is none, or code must be run to get it. The entry may be new. */
PyObject *pf_plain_value(PyObject *object, PyObject *name, PfAttributeEntry *entry);

/* Where the attribute is, from the object or, if `in_values`, from its values on; -1 if it is at no such place. */
int64_t pf_plain_place(const PfAttributeEntry *entry, PyTypeObject *type, int in_values);

/* Whether instances have it among their values. */
int pf_is_in_values(const PfAttributeEntry *entry, PyTypeObject *type);

/* Sets the attribute to a float if that runs no code, also not that of a destructor: 1, or 0 without an exception. */
int pf_set_plain_float(PyObject *object, PyObject *name, double value, PfAttributeEntry *entry);

/* The value that a name has, borrowed, remembered in the cache; NULL: it has none, or looking might run code. */
PyObject *pf_plain_global(PyObject *globals, PyObject *builtins, PyObject *name, PfGlobalCache *cache);

#endif
