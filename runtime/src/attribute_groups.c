/* What the copy of a framed function that holds numbers unboxed knows of the attributes of one of its variables.
 *
 * A group has a shape for each type that it has met: where in such an object its attributes are. Native code compares the
 * version of an object's type with that of the shape in use (`now`), once, and then looks at the places by itself. Nothing
 * here runs other code, or moves the values of an instance. What native code has found of an object stays right until other
 * code has run: a shape changes only to another version of the same type, or to know a place that it did not know. */
#include "fast_paths.h"
#include "inline_caches.h"

#define MOST_SHAPES 32
#define PLACES(shape) ((int64_t *)((shape) + 1))
#define ENTRIES(shape, group) ((PfAttributeEntry *)(PLACES(shape) + (group)->name_count))

static inline PyObject *name_of(PyObject *names, const PfAttributeGroup *group, int32_t which)
{
    return PyTuple_GET_ITEM(names, group->names[which]);
}

/* Notes where everything is in objects of that type. */
static void fill(PfShape *shape, PfAttributeGroup *group, PyObject *object, PyObject *names)
{
    PyTypeObject *type = Py_TYPE(object);
    shape->type = type;
    shape->settable = type->tp_setattro == PyObject_GenericSetAttr;
    shape->in_values = 0;
    for (int32_t which = 0; which < group->name_count; which++) {
        PfAttributeEntry *entry = &ENTRIES(shape, group)[which];
        memset(entry, 0, sizeof *entry);
        (void)pf_note_attribute(entry, object, name_of(names, group, which));
        if (pf_is_in_values(entry, type))
            shape->in_values = 1;
    }
    for (int32_t which = 0; which < group->name_count; which++)
        PLACES(shape)[which] = pf_plain_place(&ENTRIES(shape, group)[which], type, (int)shape->in_values);
    shape->version = type->tp_version_tag != 0 ? type->tp_version_tag : ~(uint64_t)0;
}

/* NULL: there are too many already, or no memory. */
static PfShape *new_shape(PfAttributeGroup *group)
{
    if (group->shape_count == MOST_SHAPES)
        return NULL;
    if (group->shapes == NULL && (group->shapes = PyMem_RawCalloc(MOST_SHAPES, sizeof *group->shapes)) == NULL)
        return NULL;
    size_t each = sizeof(int64_t) + sizeof(PfAttributeEntry);
    PfShape *shape = PyMem_RawCalloc(1, sizeof *shape + (size_t)group->name_count * each);
    if (shape == NULL)
        return NULL;
    shape->version = ~(uint64_t)0;
    group->shapes[group->shape_count++] = shape;
    return shape;
}

static PfShape *shape_for(PfAttributeGroup *group, PyObject *object, PyObject *names)
{
    PyTypeObject *type = Py_TYPE(object);
    PfShape *shape = NULL;
    for (int32_t number = 0; shape == NULL && number < group->shape_count; number++)
        if (group->shapes[number]->type == type)
            shape = group->shapes[number];
    if (shape == NULL && (shape = new_shape(group)) == NULL)
        return NULL;
    if (shape->version != type->tp_version_tag)
        fill(shape, group, object, names);
    group->now = shape;
    return shape;
}

const PfShape *pf_shape_of(PyObject *object, PyObject *names, PfAttributeGroup *group)
{
    return shape_for(group, object, names);
}

PyObject *pf_plain_attribute(PyObject *object, PyObject *names, PfAttributeGroup *group, int32_t which)
{
    PyObject *name = name_of(names, group, which);
    PfShape *shape = shape_for(group, object, names);
    PfAttributeEntry spare = {0}, *entry = shape != NULL ? &ENTRIES(shape, group)[which] : &spare;
    PyObject *value = pf_plain_value(object, name, entry);
    if (shape != NULL && PLACES(shape)[which] < 0)
        PLACES(shape)[which] = pf_plain_place(entry, Py_TYPE(object), (int)shape->in_values);
    return value;
}

int32_t pf_set_plain_f64(PyObject *object, PyObject *names, PfAttributeGroup *group, int32_t which, double value)
{
    PfShape *shape = shape_for(group, object, names);
    PfAttributeEntry spare = {0}, *entry = shape != NULL ? &ENTRIES(shape, group)[which] : &spare;
    int done = pf_set_plain_float(object, name_of(names, group, which), value, entry);
    if (shape != NULL && PLACES(shape)[which] < 0)
        PLACES(shape)[which] = pf_plain_place(entry, Py_TYPE(object), (int)shape->in_values);
    return done;
}
