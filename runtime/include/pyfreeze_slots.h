/* The table of functions that compiled modules call, in order: append only, or raise PF_ABI_VERSION.
 * Read by C (table and prototypes) and by the compiler (pyfreeze/codegen/runtime_slots.py). Allowed types: int32_t,
 * int64_t, uint64_t, double, void and pointers. All need the GIL. Statuses: 0 ok, 1 exception set, 2 leave native code,
 * 3 leave it with a state saved. */

/* Module. Borrowed result. */
PF_SLOT(PyObject *, pf_module_init, (PfModule *module))

/* Entry. pf_enter: the breaker's address = run native code; NULL = run the twin (counted). */
PF_SLOT(void *, pf_enter, (PfFunction *function, PfNative *self))
PF_SLOT(PyObject *, pf_twin, (void)) /* new reference to what means: run the twin; where None is a result */
PF_SLOT(void, pf_guard_failed, (PfFunction *function, int32_t parameter, int32_t reason)) /* counts */
PF_SLOT(PyObject *, pf_leave_with_error, (PfFunction *function)) /* NULL; the exception's first entry becomes the frame's own */
PF_SLOT(PyThreadState *, pf_thread_state, (void))
PF_SLOT(int64_t, pf_remaining, (PyThreadState *thread, int64_t frame_bytes)) /* nested native calls that may still be made */

/* Guards: 0 and the value in *out, or a reason (PF_WRONG_TYPE, PF_OUT_OF_RANGE). Borrow the object. */
PF_SLOT(int32_t, pf_unbox_i64, (PyObject *object, int64_t *out))
PF_SLOT(int32_t, pf_unbox_f64, (PyObject *object, double *out))
PF_SLOT(int32_t, pf_unbox_int, (PyObject *object, int64_t *out)) /* tagged; owned if big */
PF_SLOT(int32_t, pf_unbox, (PyObject *object, int32_t descriptor, uint64_t *out))
PF_SLOT(int32_t, pf_unbox_tuple, (PfModule *module, PyObject *object, const char *descriptor, uint64_t *out))

/* Boxing: new references. pf_box_int and pf_box_tuple consume tagged ints. */
PF_SLOT(PyObject *, pf_box_i64, (int64_t value))
PF_SLOT(PyObject *, pf_box_u64, (uint64_t value))
PF_SLOT(PyObject *, pf_box_f64, (double value))
PF_SLOT(PyObject *, pf_box_bool, (int32_t value))
PF_SLOT(PyObject *, pf_box_int, (int64_t tagged))
PF_SLOT(PyObject *, pf_box_tuple, (PfModule *module, const char *descriptor, const uint64_t *payload))
PF_SLOT(PyObject *, pf_new_instance_of, (PyTypeObject *type)) /* of a frozen class, for the caller to fill */
PF_SLOT(PyObject *, pf_none, (void))

/* An array of elements described by `element`; NULL with an exception. */
PF_SLOT(PyObject *, pf_array_filled, (PfModule *module, const char *element, int64_t length, const uint64_t *payload))

/* References: of tagged ints that are big, and of arrays. */
PF_SLOT(void, pf_int_incref, (int64_t tagged))
PF_SLOT(void, pf_int_decref, (int64_t tagged))

PF_SLOT(void, pf_object_incref, (PyObject *object))
PF_SLOT(void, pf_object_decref, (PyObject *object))

/* Slow paths: status. Operands are borrowed, results owned. */
PF_SLOT(int32_t, pf_call, (PfCallable *callable, const uint64_t *payload, uint64_t *result))
PF_SLOT(int32_t, pf_raise, (PfFunction *function, const char *exception, const char *signature, const uint64_t *payload))
PF_SLOT(void, pf_traceback, (int32_t status, const PfSite *site, const uint64_t *payload)) /* nothing unless status is 1 */
PF_SLOT(int32_t, pf_recursion, (PfFunction *function, PyThreadState *thread, int64_t remaining))
PF_SLOT(int32_t, pf_poll, (PfModule *module, const PfSite *site, PyThreadState *thread))

/* Leaving in the middle. pf_suspend: status 1 as it is, else saves the state and gives 3. pf_resume: another status than 3
 * as it is, else the interpreter goes on in `function`, which native code had called; 2 if its result does not fit: then
 * pf_suspend is next, at a point that takes it. pf_resume_here: the interpreter goes on in the frame from which native code
 * was entered; answers the trampoline. */
PF_SLOT(int32_t, pf_suspend, (int32_t status, const PfPoint *point, const uint64_t *payload))
PF_SLOT(int32_t, pf_resume, (int32_t status, PfFunction *function, const char *descriptor, uint64_t *result))
PF_SLOT(PyObject *, pf_resume_here, (PfFunction *function))

/* A new reference to the object of a value, which is borrowed. */
PF_SLOT(PyObject *, pf_box_value, (PfModule *module, const char *descriptor, const uint64_t *payload))

PF_SLOT(void, pf_object_dealloc, (PyObject *object)) /* whose last reference was given up */
