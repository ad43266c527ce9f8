/* The table of functions that compiled modules call, in order: append only, or raise PF_ABI_VERSION.
 * Read by C (table and prototypes) and by the compiler (pyfreeze/codegen/runtime_slots.py). Allowed types: int32_t,
 * int64_t, uint64_t, double, void and pointers. All need the GIL. Statuses: 0 ok, 1 exception set, 2 leave native code,
 * 3 leave it with a state saved. */

/* Module. Borrowed result. */
PF_SLOT(PyObject *, pf_module_init, (PfModule *module))

/* Entry. pf_enter: the breaker's address = run native code; NULL = run the twin (counted). For entries that were given no
 * breaker, or whose bindings are to be checked. */
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

/* Framed functions: made from bytecode, they work in the interpreter's own frame and on objects. Ends: O = a new reference,
 * or NULL with an exception; S = 0, or -1 with an exception; F = 0, 1, or -1 with an exception. Objects are borrowed unless
 * it is said. `frame`: the current one, a _PyInterpreterFrame. */
/* the _PyInterpreterFrame, or NULL: run the twin (counted) */
PF_SLOT(void *, pf_enter_framed, (PfFunction *function, PfNative *self, void *breaker, PfContext *context)) /* which it fills */
/* S: signals, other threads, pending calls, garbage collection, async exceptions */
PF_SLOT(int32_t, pf_poll_framed, (void))
/* O: globals, then builtins, as LOAD_GLOBAL: NameError "name 'x' is not defined" */
PF_SLOT(PyObject *, pf_load_global, (void *frame, PyObject *name))
PF_SLOT(int32_t, pf_store_global, (void *frame, PyObject *name, PyObject *value)) /* S */
PF_SLOT(int32_t, pf_delete_global, (void *frame, PyObject *name)) /* S */
/* sets UnboundLocalError as CPython of this version words it; for a cell variable or a free variable (index >=
 * co_nlocals…) the right NameError */
PF_SLOT(void, pf_unbound_local, (PfFunction *function, int32_t index))
/* O: of the cell in localsplus[index] */
PF_SLOT(PyObject *, pf_load_deref, (void *frame, PfFunction *function, int32_t index))
PF_SLOT(void, pf_store_deref, (void *frame, int32_t index, PyObject *value)) /* PyCell_Set; value may be NULL */
PF_SLOT(int32_t, pf_delete_deref, (void *frame, PfFunction *function, int32_t index)) /* S */
/* O: as LOAD_METHOD: *self = new reference to object if the result is an unbound method (_PyObject_GetMethod), else
 * NULL */
PF_SLOT(PyObject *, pf_load_method, (PyObject *object, PyObject *name, PyObject **self))
/* O: CALL_FUNCTION_EX: keywords may be NULL or any mapping (already a dict from DICT_MERGE as a rule); arguments any
 * iterable; messages "Value after * must be an iterable, not X" as CPython */
PF_SLOT(PyObject *, pf_call_ex, (PyObject *callable, PyObject *arguments, PyObject *keywords))
/* S: UNPACK_SEQUENCE: items[0] is the leftmost; new references; messages as CPython */
PF_SLOT(int32_t, pf_unpack, (PyObject *sequence, int64_t count, PyObject **items))
/* S: before + 1 list + after */
PF_SLOT(int32_t, pf_unpack_ex, (PyObject *sequence, int64_t before, int64_t after, PyObject **items))
PF_SLOT(PyObject *, pf_build_tuple, (PyObject **items, int64_t count)) /* O: takes new references of its own */
PF_SLOT(PyObject *, pf_build_list, (PyObject **items, int64_t count))
PF_SLOT(PyObject *, pf_build_set, (PyObject **items, int64_t count))
/* key, value, key, value…; count = number of objects */
PF_SLOT(PyObject *, pf_build_map, (PyObject **pairs, int64_t count))
PF_SLOT(PyObject *, pf_build_const_key_map, (PyObject *keys, PyObject **values, int64_t count))
PF_SLOT(PyObject *, pf_build_string, (PyObject **pieces, int64_t count)) /* _PyUnicode_JoinArray with "" */
/* O: FORMAT_VALUE: conversion 0 none, 1 str, 2 repr, 3 ascii; spec may be NULL */
PF_SLOT(PyObject *, pf_format, (PyObject *value, PyObject *spec, int32_t conversion))
/* S: LIST_EXTEND with its TypeError "Value after * must be an iterable, not X" */
PF_SLOT(int32_t, pf_list_extend, (PyObject *list, PyObject *iterable))
PF_SLOT(PyObject *, pf_list_to_tuple, (PyObject *list)) /* O */
PF_SLOT(int32_t, pf_dict_update, (PyObject *dict, PyObject *mapping)) /* S: DICT_UPDATE: "'X' object is not a mapping" */
/* S: DICT_MERGE: format_kwargs_error's messages with the callable's qualified name */
PF_SLOT(int32_t, pf_dict_merge, (PyObject *callable, PyObject *dict, PyObject *mapping))
PF_SLOT(int32_t, pf_map_add, (PyObject *dict, PyObject *key, PyObject *value)) /* S */
PF_SLOT(int32_t, pf_set_update, (PyObject *set, PyObject *iterable)) /* S */
/* new reference; NULL without an exception at the end (StopIteration is cleared as FOR_ITER does), NULL with one if it
 * failed */
PF_SLOT(PyObject *, pf_next, (PyObject *iterator))
PF_SLOT(int32_t, pf_failed, (void)) /* 1 if an exception is set, else 0 */
/* S: pair[0] = __exit__ bound, pair[1] = result of __enter__(); messages as CPython: "'X' object does not support the
 * context manager protocol" (missed __exit__ method) */
PF_SLOT(int32_t, pf_before_with, (PyObject *manager, PyObject **pair))
/* O: WITH_EXCEPT_START: exit(type, exception, traceback) */
PF_SLOT(PyObject *, pf_with_except, (PyObject *exit, PyObject *exception))
/* O: takes the current exception, normalised, with __traceback__ set; if traced, first PyTraceBack_Here for the frame
 * (its frame object, at the instruction it is at) */
PF_SLOT(PyObject *, pf_catch, (void *frame, int32_t traced))
/* O, never fails: PUSH_EXC_INFO: the exception becomes the handled one (new reference); result: the one handled
 * before, or None */
PF_SLOT(PyObject *, pf_push_exception, (PyObject *exception))
/* POP_EXCEPT: previous (None = nothing) becomes the handled one again */
PF_SLOT(void, pf_pop_exception, (PyObject *previous))
/* F: CHECK_EXC_MATCH incl. "catching classes that do not inherit from BaseException is not allowed" */
PF_SLOT(int32_t, pf_exception_matches, (PyObject *exception, PyObject *class))
/* S: CHECK_EG_MATCH: pair[0] = the rest, or None if …, pair[1] = the match or None: exactly what that opcode leaves on
 * the stack, bottom first */
PF_SLOT(int32_t, pf_group_matches, (PyObject *group, PyObject *class, PyObject **pair))
/* O: PREP_RERAISE_STAR (3.11) / INTRINSIC_PREP_RERAISE_STAR (3.12+) */
PF_SLOT(PyObject *, pf_prepare_reraise, (PyObject *original, PyObject *list))
/* always sets an exception. NULL: the handled one, or no cause. 1 if it was handled: then the frame gets no entry in
 * the traceback; else 0 */
PF_SLOT(int32_t, pf_raise_object, (PyObject *exception, PyObject *cause))
/* RERAISE: sets `exception` again with its traceback; offset >= 0: the frame is at that byte offset of its code */
PF_SLOT(void, pf_reraise, (void *frame, PyObject *exception, int64_t offset))
/* NULL: the exception leaves the function without a new entry in the traceback: the first entry, if it is this
 * frame's, is dropped (and the frame's instruction set to its tb_lasti), since the interpreter adds one for the frame:
 * see pf_leave_with_error in frames.c */
PF_SLOT(PyObject *, pf_leave_reraising, (void *frame))
/* O: IMPORT_NAME with the frame's globals and builtins.__import__ looked up each time, as import_name() */
PF_SLOT(PyObject *, pf_import_name, (void *frame, PyObject *name, PyObject *from_list, PyObject *level))
/* O: IMPORT_FROM, with the fallback to sys.modules and the messages about circular imports, per version */
PF_SLOT(PyObject *, pf_import_from, (PyObject *module, PyObject *name))
PF_SLOT(PyObject *, pf_make_function, (void *frame, PyObject *code)) /* O: PyFunction_New(code, globals) … */
/* … and MAKE_FUNCTION's flags: 1 defaults, 2 kwdefaults, 4 annotations (tuple or dict), 8 closure; takes a new
 * reference of its own */
PF_SLOT(void, pf_function_attribute, (PyObject *function, PyObject *value, int32_t flag))
PF_SLOT(PyObject *, pf_build_class, (void *frame)) /* O: LOAD_BUILD_CLASS: builtins' __build_class__ */
PF_SLOT(PyObject *, pf_match_keys, (PyObject *subject, PyObject *keys)) /* O: tuple of values, or None (MATCH_KEYS) */
/* O: tuple of attributes, or None (MATCH_CLASS) */
PF_SLOT(PyObject *, pf_match_class, (PyObject *subject, PyObject *type, int64_t positional, PyObject *names))
PF_SLOT(int32_t, pf_match_type, (PyObject *subject, int64_t flag)) /* 0 or 1: tp_flags & flag */
PF_SLOT(PyObject *, pf_length, (PyObject *object)) /* O: GET_LEN: an int object */
/* O: CALL_INTRINSIC_1 of 3.12+ for those that need no frame (PRINT, UNARY_POSITIVE, LIST_TO_TUPLE, STOPITERATION_ERROR
 * unneeded, TYPEVAR, PARAMSPEC, TYPEVARTUPLE, SUBSCRIPT_GENERIC, TYPEALIAS): through exported functions where there
 * are; say in the report which are impossible */
PF_SLOT(PyObject *, pf_intrinsic, (int32_t number, PyObject *argument))
PF_SLOT(PyObject *, pf_slice, (PyObject *start, PyObject *stop, PyObject *step)) /* O: step may be NULL */
PF_SLOT(PyObject *, pf_get_iter, (PyObject *object)) /* O: PyObject_GetIter */
PF_SLOT(PyObject *, pf_power, (PyObject *base, PyObject *exponent)) /* O: PyNumber_Power(…, None) and the in-place one */
PF_SLOT(PyObject *, pf_inplace_power, (PyObject *base, PyObject *exponent))

/* O: as PyObject_Vectorcall; framed functions are called without the interpreter. Takes the references of those arguments whose
 * bit is set in `moved`, and of the callable if the highest one is. */
PF_SLOT(PyObject *, pf_call_object, (PfContext *context, PyObject *callable, PyObject *const *arguments, int64_t count,
                                     PyObject *keyword_names, uint64_t moved, PfCallCache *cache))

/* The word that says whether signals, other threads or the like wait. */
PF_SLOT(void *, pf_breaker_address, (PyThreadState *thread))

/* With what a place remembers. O, O, *self as pf_load_method, S. */
PF_SLOT(PyObject *, pf_load_global_again, (void *frame, PyObject *name, PfGlobalCache *cache))
PF_SLOT(PyObject *, pf_getattr, (PyObject *object, PyObject *name, PfAttributeCache *cache))
PF_SLOT(PyObject *, pf_get_method, (PyObject *object, PyObject *name, PfAttributeCache *cache, PyObject **self))
PF_SLOT(int32_t, pf_setattr, (PyObject *object, PyObject *name, PyObject *value, PfAttributeCache *cache))

/* A new reference to the object of a value, which is borrowed. */
PF_SLOT(PyObject *, pf_box_value, (PfModule *module, const char *descriptor, const uint64_t *payload))
/* Operators and comparisons of framed functions, with short ways for exact built-in types. O, but pf_test_…: F, where the
 * next instruction, `further` bytes on, is the one that asks the truth of what is no bool. */
PF_SLOT(PyObject *, pf_add, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_iadd, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_sub, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_isub, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_mul, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_imul, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_truediv, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_itruediv, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_floordiv, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_ifloordiv, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_mod, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_imod, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_and, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_iand, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_or, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_ior, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_xor, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_ixor, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_lshift, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_ilshift, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_rshift, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_irshift, (PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_neg, (PyObject *operand))
/* O: operators whose result goes to the variable `index`: takes the reference `left` */
PF_SLOT(PyObject *, pf_add_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_iadd_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_lt, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_lt, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(PyObject *, pf_le, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_le, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(PyObject *, pf_eq, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_eq, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(PyObject *, pf_ne, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_ne, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(PyObject *, pf_gt, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_gt, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(PyObject *, pf_ge, (PyObject *left, PyObject *right))
PF_SLOT(int32_t, pf_test_ge, (PyObject *left, PyObject *right, void *frame, int32_t further))
PF_SLOT(int32_t, pf_truth, (PyObject *object)) /* F */
PF_SLOT(int32_t, pf_contains, (PyObject *container, PyObject *item)) /* F */
PF_SLOT(PyObject *, pf_getitem, (PyObject *container, PyObject *key)) /* O */
PF_SLOT(int32_t, pf_setitem, (PyObject *container, PyObject *key, PyObject *value)) /* S */
PF_SLOT(PyObject *, pf_getslice, (PyObject *container, PyObject *start, PyObject *stop)) /* O: container[start:stop] */
/* after an iterator gave NULL: 0 if it has ended (StopIteration is cleared, as FOR_ITER does), else 1 */
PF_SLOT(int32_t, pf_iteration_failed, (void))
PF_SLOT(PyObject *, pf_sub_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_isub_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_mul_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))
PF_SLOT(PyObject *, pf_imul_into_local, (void *frame, int32_t index, PyObject *left, PyObject *right))

/* Framed functions with unboxed values. The frame is told what is in a variable, whose object has no destructor (`tell`), or
 * may have one (`store`). Without memory the variable is left unset. */
PF_SLOT(void, pf_tell_i64, (void *variable, int64_t value, int32_t is_set))
PF_SLOT(void, pf_tell_f64, (void *variable, double value, int32_t is_set))
PF_SLOT(void, pf_store_i64, (void *variable, int64_t value))
PF_SLOT(void, pf_store_f64, (void *variable, double value))
/* `len(object)` and `ord(object)` if that runs no other code, and `callable` is the builtin; else -1 */
PF_SLOT(int64_t, pf_length_of, (PyObject *callable, PyObject *object))
PF_SLOT(int64_t, pf_ord_of, (PyObject *callable, PyObject *text))
/* 1, and of an iterator over a range the next number, the step and how many numbers are left; or 0 */
PF_SLOT(int32_t, pf_range_state, (PyObject *iterator, int64_t *state))
PF_SLOT(PyObject *, pf_range_iterator, (int64_t next, int64_t step, int64_t left)) /* O: one with that state */
/* a new reference, or NULL without an exception: runs no other code */
PF_SLOT(PyObject *, pf_item_at, (PyObject *container, int64_t place))
PF_SLOT(PyObject *, pf_getitem_at, (PyObject *container, int64_t place)) /* O */
PF_SLOT(int32_t, pf_setitem_at, (PyObject *container, int64_t place, PyObject *value)) /* S */
/* The comparison of exact ints, floats or strings, `operation` being Py_LT …: 0, 1, or -2: runs no other code */
PF_SLOT(int32_t, pf_compare_known, (PyObject *left, PyObject *right, int32_t operation))
/* 1 if it is that one of the builtin functions that compiled code knows, else 0 */
PF_SLOT(int32_t, pf_is_known_function, (PyObject *callable, int32_t which))
/* F: of the item; the instruction that asks is `further` bytes on */
PF_SLOT(int32_t, pf_truth_at, (PyObject *container, int64_t place, void *frame, int32_t further))
PF_SLOT(int32_t, pf_setattr_f64, (PyObject *object, PyObject *name, double value, PfAttributeCache *cache)) /* S */
/* Where the attributes of a group are in the object, NULL if that is not known: runs no other code */
PF_SLOT(const PfShape *, pf_shape_of, (PyObject *object, PyObject *names, PfAttributeGroup *group))
/* The attribute `which` of a group, borrowed, or NULL: runs no other code and changes nothing that native code looks at */
PF_SLOT(PyObject *, pf_plain_attribute, (PyObject *object, PyObject *names, PfAttributeGroup *group, int32_t which))
/* Sets it to a new float: 1; or 0 without an exception where that might run other code */
PF_SLOT(int32_t, pf_set_plain_f64, (PyObject *object, PyObject *names, PfAttributeGroup *group, int32_t which, double value))
/* 1 if that global, or attribute of the module, is the known object `what`, "math.sqrt" or the like, else 0: run no other code */
PF_SLOT(int32_t, pf_expect_global, (void *frame, PyObject *name, PfKnownCache *cache, const char *what))
PF_SLOT(int32_t, pf_expect_member, (PyObject *name, PfKnownCache *cache, const char *what))
/* 1 if it is what the module made of that native function and this may run natively now, called from a framed function; else 0 */
PF_SLOT(int32_t, pf_may_call_native, (PfFunction *function, PyObject *callable))
/* A native function that was called without a frame has failed: its frame in the traceback was called by the current one. */
PF_SLOT(void, pf_native_failed, (void))

/* Entries that make a frame. O: the call where that cannot be, by the interpreter; takes all references. S: what the first instructions
 * of the function's code do. The traceback's entry of a function that has failed. Ends the current frame, which somebody has. */
PF_SLOT(PyObject *, pf_call_interpreted, (PyObject *function, PyObject *const *arguments, int64_t count))
PF_SLOT(int32_t, pf_fill_cells, (void *frame))
PF_SLOT(void, pf_add_traceback, (PfContext *context, void *frame))
PF_SLOT(void, pf_end_frame, (PfContext *context, void *frame))

PF_SLOT(void, pf_free_object, (PyObject *object)) /* _Py_Dealloc */
