/* The module pyfreeze._runtime: the table of slots as a capsule, and what Python may ask. */
#include "pyfreeze_abi.h"
#include "pyfreeze_array.h"
#include "pyfreeze_view.h"
#include "pyfreeze_values.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PF_SLOT(result, name, arguments) result (*name) arguments;
typedef struct PfTable {
#include "pyfreeze_slots.h"
} PfTable;
#undef PF_SLOT

#define PF_SLOT(result, name, arguments) name,
static PfTable table = {
#include "pyfreeze_slots.h"
};
#undef PF_SLOT

static PyObject *is_native(PyObject *self, PyObject *object)
{
    (void)self;
    if (PyFunction_Check(object))
        object = PyFunction_GET_CODE(object);
    return PyBool_FromLong(PyCode_Check(object) && pf_is_native_code(object));
}

static PyObject *is_compiled_module(PyObject *self, PyObject *object)
{
    (void)self;
    return PyBool_FromLong(pf_is_compiled_module(object));
}

static PyObject *statistics(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    return pf_statistics();
}

static PyObject *reset_statistics(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    pf_reset_statistics();
    Py_RETURN_NONE;
}

#if PY_VERSION_HEX >= 0x030C0000
#define INT_SIZE offsetof(PyLongObject, long_value.lv_tag)
#define INT_DIGIT offsetof(PyLongObject, long_value.ob_digit)
#else
#define INT_SIZE offsetof(PyVarObject, ob_size)
#define INT_DIGIT offsetof(PyLongObject, ob_digit)
#endif

#if defined(Py_DEBUG)
#define INLINES 0 /* so that the assertions of Python's functions see every object */
#else
#define INLINES (PyLong_SHIFT == 30 && sizeof(size_t) == 8)
#endif

/* How references are counted: 0 only by calls, 1 a plain 64-bit number, 2 one of 32 bits where objects may be immortal. */
#if defined(Py_DEBUG) || defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS) || defined(Py_GIL_DISABLED) || SIZEOF_VOID_P < 8
#define REFCOUNTS 0
#elif PY_VERSION_HEX < 0x030C0000
#define REFCOUNTS 1
#else
#define REFCOUNTS 2
#endif

/* As CPython declares it. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *list; /* NULL at the end */
} ListIterator;

static PyObject *layout(PyObject *self, PyObject *unused)
{
    const struct { const char *name; uint64_t value; } facts[] = {
        {"abi_version", PF_ABI_VERSION},
        {"breaker_mask", pf_breaker_mask()},
        {"object_head", sizeof(PyObject)},
        {"type", offsetof(PyObject, ob_type)},
        {"float_value", offsetof(PyFloatObject, ob_fval)},
        {"inlines", INLINES},
        {"int_size", INT_SIZE},
        {"int_digit", INT_DIGIT},
        {"int_has_tag", PY_VERSION_HEX >= 0x030C0000},
        {"array_layout", offsetof(PfArray, layout)},
        {"array_data", offsetof(PfArray, data)},
        {"array_length", offsetof(PfArray, length)},
        {"array_capacity", offsetof(PfArray, capacity)},
        {"array_exports", offsetof(PfArray, exports)},
        {"view_data", offsetof(PfView, data)},
        {"view_shape", offsetof(PfView, shape)},
        {"view_strides", offsetof(PfView, strides)},
        {"view_size", offsetof(PfView, size)},
        {"view_bytes", offsetof(PfView, object)},
        {"view_readonly", offsetof(PfView, readonly)},
        {"frame_locals", pf_frame_facts.locals},
        {"frame_instruction", pf_frame_facts.instruction},
        {"frame_globals", pf_frame_facts.globals},
        {"frame_builtins", pf_frame_facts.builtins},
        {"dict_tag", pf_dict_facts.tag},
        {"dict_keys", pf_dict_facts.keys},
        {"keys_version", pf_dict_facts.keys_version},
        {"type_version", pf_dict_facts.type_version},
        {"values", pf_dict_facts.values},
        {"values_are_inside", pf_dict_facts.values_are_inside},
        {"values_valid", pf_dict_facts.values_valid},
        {"code_text", offsetof(PyCodeObject, co_code_adaptive)},
        {"code_constants", offsetof(PyCodeObject, co_consts)},
        {"code_names", offsetof(PyCodeObject, co_names)},
        {"tuple_items", offsetof(PyTupleObject, ob_item)},
        {"list_items", offsetof(PyListObject, ob_item)},
        {"var_size", offsetof(PyVarObject, ob_size)},
        {"refcounts", REFCOUNTS},
        {"type_next", offsetof(PyTypeObject, tp_iternext)},
        {"list_iterator_index", offsetof(ListIterator, index)},
        {"list_iterator_list", offsetof(ListIterator, list)},
        {"frame_object", pf_frame_facts.object},
        {"frame_function", pf_frame_facts.function},
        {"frame_code", pf_frame_facts.code},
        {"frame_dict", pf_frame_facts.dict},
        {"frame_previous", pf_frame_facts.previous},
        {"frame_stack_top", pf_frame_facts.stack_top},
        {"frame_specials", pf_frame_facts.locals / sizeof(PyObject *)},
        {"thread_frame_holder", pf_frame_facts.holder},
        {"current_frame", pf_frame_facts.current},
        {"thread_left", pf_frame_facts.left},
        {"thread_c_left", pf_frame_facts.c_left},
        {"thread_c_reserved", pf_frame_facts.reserved},
        {"thread_profiler", pf_frame_facts.profiler},
        {"thread_tracer", pf_frame_facts.tracer},
        {"thread_data_top", pf_frame_facts.data_top},
        {"thread_data_limit", pf_frame_facts.data_limit},
        {"function_code", offsetof(PyFunctionObject, func_code)},
        {"function_globals", offsetof(PyFunctionObject, func_globals)},
        {"function_builtins", offsetof(PyFunctionObject, func_builtins)},
        {"bytearray_start", offsetof(PyByteArrayObject, ob_start)},
    };
    (void)self;
    (void)unused;
    PyObject *result = PyDict_New();
    for (size_t row = 0; result != NULL && row < sizeof facts / sizeof *facts; row++) {
        PyObject *value = PyLong_FromUnsignedLongLong(facts[row].value);
        if (value == NULL || PyDict_SetItemString(result, facts[row].name, value) < 0)
            Py_CLEAR(result);
        Py_XDECREF(value);
    }
    return result;
}

static PyObject *low64(PyObject *self, PyObject *number)
{
    (void)self;
    unsigned long long low = PyLong_AsUnsignedLongLongMask(number);
    if (low == (unsigned long long)-1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromUnsignedLongLong(low);
}

/* `a ** b` and `a << b` where the result must fit 64 bits: without computing a huge number first. */
static PyObject *bounded(PyObject *const *operands, Py_ssize_t count, PyObject *(*compute)(PyObject *, PyObject *), int trivial)
{
    int overflow, base_overflow;
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "expected 2 arguments");
    long long base = PyLong_AsLongLongAndOverflow(operands[0], &base_overflow);
    long long amount = PyLong_AsLongLongAndOverflow(operands[1], &overflow);
    int small = !base_overflow && (base == 0 || (trivial && (base == 1 || base == -1)));
    if (!small && (overflow > 0 || (!overflow && amount > 64)))
        return PyErr_Format(PyExc_OverflowError, "the result is out of range for a fixed-width integer");
    return compute(operands[0], operands[1]);
}

static PyObject *compute_power(PyObject *base, PyObject *exponent) { return PyNumber_Power(base, exponent, Py_None); }

static PyObject *power(PyObject *self, PyObject *const *operands, Py_ssize_t count)
{
    (void)self;
    return bounded(operands, count, compute_power, 1);
}

static PyObject *lshift(PyObject *self, PyObject *const *operands, Py_ssize_t count)
{
    (void)self;
    return bounded(operands, count, PyNumber_Lshift, 0);
}

static PyMethodDef methods[] = {
    {"is_native", is_native, METH_O, "is_native(function_or_code) -> bool: whether it is bound to native code."},
    {"is_compiled_module", is_compiled_module, METH_O, "is_compiled_module(module) -> bool: whether pyfreeze built it."},
    {"statistics", statistics, METH_NOARGS,
     "statistics() -> list of dict: entries of twins through failed guards, by module, function, parameter and reason."},
    {"reset_statistics", reset_statistics, METH_NOARGS, "reset_statistics() -> None: count from zero again."},
    {"layout", layout, METH_NOARGS, "layout() -> dict: facts about this interpreter that the compiler needs."},
    {"power", (PyCFunction)(void (*)(void))power, METH_FASTCALL, "power(a, b) -> a ** b, or OverflowError beyond 64 bits."},
    {"lshift", (PyCFunction)(void (*)(void))lshift, METH_FASTCALL, "lshift(a, b) -> a << b, or OverflowError beyond 64 bits."},
    {"low64", low64, METH_O, "low64(number) -> int: its 64 lowest bits, as an unsigned number."},
    {"restore_array", (PyCFunction)(void (*)(void))pf_array_restore, METH_FASTCALL, "For pickle."},
    {"frozen_base", pf_frozen_base, METH_VARARGS, "frozen_base(...) -> type: for pyfreeze.frozen only."},
    {"finish_frozen", pf_finish_frozen, METH_VARARGS, "finish_frozen(...) -> None: for pyfreeze.frozen only."},
    {"is_frozen", pf_is_frozen, METH_O, "is_frozen(type) -> bool: whether it is a class made by pyfreeze.frozen."},
    {"value_layout", pf_value_layout, METH_O, "value_layout(type) -> dict: how values of a value type lie in memory."},
    {NULL, NULL, 0, NULL},
};

int pf_in_main_interpreter(void) { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

static int report_is_wanted(void)
{
    const char *wanted = getenv("PYFREEZE_REPORT");
    return wanted != NULL && *wanted != 0 && strcmp(wanted, "0") != 0;
}

static int execute(PyObject *module)
{
    static int initialized;
    PyObject *capsule;
    if (pf_in_main_interpreter() && !initialized) {
        pf_twin_object = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
        if (pf_twin_object == NULL || pf_bindings_init() < 0 || pf_native_init() < 0
            || pf_fast_paths_init() < 0 || pf_direct_calls_init() < 0)
            return -1;
        if (report_is_wanted())
            (void)Py_AtExit(pf_print_statistics);
        initialized = 1;
    }
    /* Array's static types, and the layouts of frozen classes, are the main interpreter's. */
    if (pf_in_main_interpreter() && (pf_array_types_init(module) < 0 || PyType_Ready(&pf_view_type) < 0))
        return -1;
    capsule = PyCapsule_New(&table, "pyfreeze._runtime.api", NULL);
    if (capsule == NULL || PyModule_AddObjectRef(module, "api", capsule) < 0) {
        Py_XDECREF(capsule);
        return -1;
    }
    Py_DECREF(capsule);
    return PyModule_AddIntConstant(module, "abi_version", PF_ABI_VERSION);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyfreeze._runtime",
    .m_doc = "The runtime of modules compiled by pyfreeze.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__runtime(void) { return PyModuleDef_Init(&definition); }
