/* Stands in for value_class.c: there are no frozen classes yet. */
#include "pyfreeze_layout.h"

const PfLayout *pf_frozen_layout(PyTypeObject *type)
{
    (void)type;
    return NULL;
}

PyObject *pf_new_value(const PfLayout *layout)
{
    (void)layout;
    PyErr_SetString(PyExc_SystemError, "there are no frozen classes");
    return NULL;
}
int pf_constructor_is_pristine(PyTypeObject *type) { (void)type; return 1; }
