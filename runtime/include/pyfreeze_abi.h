/* What the compiler emits as static data, and what the runtime fills in. Counterparts: pyfreeze/codegen/module_emitter.py
 * and pyfreeze/ir/types.py (statuses, descriptors). Any change here raises PF_ABI_VERSION. */
#ifndef PYFREEZE_ABI_H
#define PYFREEZE_ABI_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#if defined(__linux__) /* a few words: they fit into what is reserved for libraries that are loaded later */
#define PF_FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define PF_FAST_TLS
#endif

#define PF_ABI_VERSION 6

enum { PF_OK = 0, PF_ERROR = 1, PF_DEOPT = 2, PF_RESUME = 3 };

/* Codes in place of a parameter in pf_guard_failed. */
enum {
    PF_REASON_BINDING = -1,
    PF_REASON_TRACING = -2,
    PF_REASON_DEOPT = -3,
    PF_REASON_STALE = -4,
    PF_REASON_STACK = -5,
    PF_REASON_NAMES = -6,
    PF_REASON_RESUMED = -7,
};

enum { PF_WRONG_TYPE = 1, PF_OUT_OF_RANGE = 2 };

struct PfFunction;
struct PfModule;
struct PfNative;

/* A native function's entry: the objects of its arguments are borrowed from a live frame. `breaker` as pf_enter gives it, or
 * NULL: then pf_enter is to be asked. The result is new: what the function returns, or what stands for its twin. */
typedef PyObject *(*PfEntry)(struct PfNative *self, PyObject *const *arguments, void *breaker);

/* A place that may fail. `locals` has one descriptor for each variable of the code object, '-' for one that is unset. */
typedef struct PfSite {
    const struct PfFunction *function;
    int32_t offset; /* bytes from the start of the trampolined bytecode */
    const char *locals;
} PfSite;

/* A place where the interpreter can go on, and how the payload describes the state there: `locals` as in a PfSite, with 'u'
 * before one whose first word says whether it is set, and 'w' before a double whose first word says that it stands for an
 * int; `loops` has a letter and a digit for each (runtime/src/resume.c). */
typedef struct PfPoint {
    struct PfFunction *function;
    int32_t number; /* of its constant in the trampolined code; -1: the interpreter cannot go on here */
    const char *locals, *loops;
    int32_t loop_count;
} PfPoint;

/* A Python callable with the types of its operands and result: "qq:q". With '!' for ':' a result out of range is no
 * OverflowError but leaves native code. The last operands are given by `keywords`, "rel_tol abs_tol". `polls` is the
 * calling module where the call may fail, so that it may poll. `object` is the cached callable, `keyword_names` a tuple
 * if there are any. */
typedef struct PfCallable {
    const char *module, *name, *signature, *keywords;
    struct PfModule *polls;
    PyObject *object, *keyword_names;
    struct PfModule *caller;
} PfCallable;

enum { PF_FUNCTION = 0, PF_CONSTANT, PF_BUILTIN, PF_MODULE, PF_ATTRIBUTE, PF_IMPORTED, PF_CLASS, PF_VALUE };

#define PF_MAXIMUM_SCALARS 16 /* in a PF_VALUE */

/* A frozen class or NamedTuple whose values native code holds. `type` is owned: the class as a PF_CLASS binding last saw it. */
typedef struct PfClass {
    const char *name, *signature;
    PyTypeObject *type;
    uint64_t version; /* on 3.11: its tag when it was last found right */
} PfClass;

/* One assumption; pyfreeze/ir/function.py says what each kind means. Indices are -1 where they do not apply. */
typedef struct PfBinding {
    const char *name;
    int32_t kind;
    const char *module, *attribute;
    int32_t function, constant, defaults; /* of a PF_CLASS, `function` is the class's index */
    int32_t keyword_defaults; /* a tuple of pairs */
    const char *descriptor;   /* of a PF_CLASS, its layout's signature; of a PF_VALUE's type … */
    uint64_t *words;          /* … and its value, for native code to read; owns big ints */
} PfBinding;

#define PF_FRAMED -1 /* in place of a number of parameters: the function finds all its variables in the frame */

/* Flags of `PfFunction.calls`: it may be called without a frame, since it has no side effects and lets nobody run; it may
 * return None, so that TWIN is an object of its own. */
#define PF_WITHOUT_FRAME 1
#define PF_RETURNS_NONE 2

typedef struct PfFunction {
    const char *qualname;
    const char *const *parameter_names;
    int32_t parameter_count;
    int32_t index; /* of the record whose code it has: its own, or that of the generic function that it is made of */
    PfEntry entry;
    const int32_t *bindings;
    int32_t binding_count;
    uint8_t valid; /* all bindings hold */
    uint8_t calls; /* PF_WITHOUT_FRAME … */
    PyCodeObject *code;
    struct PfModule *module;
    uint64_t twin_entries;
    struct PfCounter *counters;
} PfFunction;

typedef struct PfModule {
    PyModuleDef definition;
    int32_t abi_version;
    const char *name, *source_name;
    const uint8_t *source_hash; /* 8 bytes: _imp.source_hash(PF_HASH_KEY, source) */
    const char *code;
    int64_t code_size;
    PfFunction *functions;
    int32_t function_count;
    PfBinding *bindings;
    int32_t binding_count;
    PyObject *instance; /* owned; of the latest execution */
    uint64_t epoch;     /* raised whenever a binding may have changed */
    PyObject *globals;  /* borrowed, so that it goes when Python lets go of it: compare it with a live frame's first */
    PyObject *constants;
    struct PfWatch *watch;
    PyTypeObject *int_type, *float_type; /* for guards */
    PfClass *classes;
    int32_t class_count;
    PyObject *none; /* borrowed */
} PfModule;

/* What a trampoline has among its constants: one for each native function and execution of its module. */
typedef struct PfNative {
    PyObject_HEAD
    PyObject *instance; /* owned; a capsule, so that there are no cycles for the collector */
    PfFunction *function;
} PfNative;

/* What a place in a framed function remembers of a global name (runtime/src/inline_caches.c): of the two namespaces, which
 * versions they had; on 3.11 the value, borrowed, later where it is from the start of its namespace's keys. No version is
 * all ones, as here before the first use. */
typedef struct PfGlobalCache {
    uint64_t globals, builtins;
    PyObject *value;
    int64_t place;
    int32_t in_builtins;
    int32_t hint, searches; /* where it was in its dictionary, and how often that was looked for */
    uint32_t fills;
} PfGlobalCache;

/* … and of an attribute, for one type. `found`: what the type has, borrowed; it and its version are 0 if that is nothing. */
typedef struct PfAttributeEntry {
    uint32_t type_version, class_version, found_version;
    int32_t index, key_count; /* in the values of an instance, -1: not there as long as there are so many keys */
    int32_t hint, searches;
    uint8_t kind, storage, is_method;
    int64_t offset; /* in an instance, of a slot or of its dictionary */
    PyObject *found;
} PfAttributeEntry;

/* The first fields are what native code itself looks at. It does so for types of the version `quick`, all ones if there is
 * none: the attribute is at `place`, in bytes, in the object or, if `in_values`, from where its values start; or what the type
 * has is a method, and no instance has an attribute of the name as long as *key_count_place is `key_count`. */
#define PF_ATTRIBUTE_ENTRIES 4
typedef struct PfAttributeCache {
    uint64_t quick;
    int64_t place, in_values;
    const int64_t *key_count_place;
    int64_t key_count;
    PyObject *found;
    PfAttributeEntry entries[PF_ATTRIBUTE_ENTRIES];
    uint32_t misses;
} PfAttributeCache;

#define PF_HASH_KEY 0x7079667265657a65LL

typedef struct PfCounter {
    int32_t parameter, reason;
    const char *binding;
    uint64_t count;
    struct PfCounter *next;
} PfCounter;

#define PF_SLOT(result, name, arguments) result name arguments;
#include "pyfreeze_slots.h"
#undef PF_SLOT

/* Between the runtime's own files. */
typedef struct PfFrameFacts {
    uint64_t locals, instruction, globals, builtins, object; /* offsets in a _PyInterpreterFrame */
} PfFrameFacts;
extern const PfFrameFacts pf_frame_facts;
typedef struct PfDictFacts {
    uint64_t tag, keys, keys_version; /* offsets in a PyDictObject; the tag's is 0 if keys have versions; in the keys */
    uint64_t type_version;            /* offset in a PyTypeObject */
    uint64_t values; /* what an instance has before its values: how many bytes before itself their address is; after 3.12 … */
    uint64_t values_are_inside; /* … they are in it, and this is where; the managed dictionary is `values` bytes before it */
    uint64_t values_valid;
} PfDictFacts;
extern const PfDictFacts pf_dict_facts;
PyObject *pf_box(PfModule *module, const char **descriptor, const uint64_t **payload);
int pf_next_local(PfModule *module, const char **descriptor, const uint64_t **payload, PyObject **local);
int pf_unbox_value(PfModule *module, PyObject *object, const char **descriptor, uint64_t **payload);
size_t pf_count_words(const char *descriptor);
PyObject *pf_borrow_int(int64_t tagged); /* to be given back by pf_return_int; NULL: no memory */
void pf_return_int(int64_t tagged, PyObject *borrowed);
int64_t pf_take_int(PyObject *number); /* an exact int, whose reference it takes */
void pf_release(const char *descriptor, const uint64_t *payload);
PyObject *pf_text_out_of_range(PyObject *number, char descriptor);
int pf_bindings_init(void);
int pf_watch_module(PfModule *module);
void pf_look_for_changes(PfModule *module); /* after it, a function whose `valid` is set is still so */
int pf_revalidate(PfFunction *function, const char **broken);
void pf_invalidate(PfModule *module);
int pf_same_constant(PyObject *one, PyObject *other);
int pf_classes_init(void);
PyObject *pf_class_attribute(PyObject *class, PyObject *attribute);
PyObject *pf_member_function(PyObject *class, PyObject *attribute, const char *kind);
int pf_is_named_tuple(PyTypeObject *type, const char *signature, PyObject *globals);
int pf_named_tuple_has_defaults(PyTypeObject *type, PyObject *pairs);
PyObject *pf_named_tuple_constructor(PyTypeObject *type); /* borrowed; NULL of any other class */
int pf_take_class(PfModule *module, const PfBinding *binding, PyObject *value);
int pf_classes_changed(PfModule *module);
int pf_classes_differ(const PfModule *module); /* on 3.11 only */
uint64_t pf_bindings_state(PfModule *module); /* before a poll … */
void pf_recheck_bindings(PfModule *module, uint64_t state); /* … and after it: raises the epoch if a binding broke */
int32_t pf_poll_if_asked(PfModule *module);
int pf_is_untraced(PyThreadState *thread, const PfFunction *function, PyObject *callable); /* and has the module's names */
int32_t pf_reason_against_native(PyThreadState *thread, const PfFunction *function);
void pf_count_twin(PfFunction *function, int32_t parameter, int32_t reason, const char *binding);
int pf_in_main_interpreter(void);
int pf_is_compiled_module(PyObject *module);
int pf_exec_module(PyObject *module);
int pf_native_init(void);
int pf_fast_paths_init(void);
int pf_direct_calls_init(void);
PyObject *pf_new_instance(PfModule *module); /* the identity of one execution of a module */
PyObject *pf_new_native(PfFunction *function, PyObject *instance);
PyObject *pf_enter_frame(PyObject *native); /* the entry, on the arguments of the current frame */
int pf_is_native(PyObject *object); /* a PfNative */
int pf_is_native_code(PyObject *code);
int pf_is_code_of(PyObject *code, const PfFunction *function); /* of any execution of its module */
PyObject *pf_statistics(void);
void pf_reset_statistics(void);
void pf_print_statistics(void);
void *pf_breaker_address(PyThreadState *thread);
uint64_t pf_breaker_mask(void);
int64_t pf_python_frames_left(PyThreadState *thread);
void pf_allow_reload(PyObject *module);
void pf_show_site(const PfSite *site);
int64_t pf_stack_left(void);
void pf_prefer_direct_calls(PyObject *function); /* also where C calls it */
/* Calls a native function as Python does, but without a frame. 0: it has to be called in the ordinary way. */
int pf_call_without_frame(PyFunctionObject *function, PyObject *const *arguments, Py_ssize_t count, PyObject **result);
extern int pf_asks_without_frame; /* calls without a frame that are being made */
int pf_may_call_directly(PyThreadState *thread, const PfNative *native, PyObject *function);
int pf_limit(void); /* what limits the calls of the native code that is running; whoever runs Python code restores it */
void pf_restore_limit(int limit);
int pf_is_own_frame(const PfFunction *function); /* the current frame */
int pf_has_ended(PyObject *frame);
PyObject *pf_get_local(Py_ssize_t index); /* of the current frame; borrowed, NULL if unset */
void pf_set_locals(PyObject **values, Py_ssize_t count); /* of the current frame; takes the references and leaves NULL */
PyObject *pf_frame_function(PyThreadState *thread); /* borrowed: what was called to make the current frame */
int pf_enters_waiting_state(PyThreadState *thread); /* whether the current frame is one that goes on: its locals are set then */
PyObject *pf_next_step(Py_ssize_t first_point);
PyObject *pf_new_next(Py_ssize_t first_point);
void *pf_interpreter_frame(PyThreadState *thread); /* the current one */
extern int64_t pf_waiting_states; /* in all threads */
extern PyObject *pf_twin_object;
extern PyObject *pf_builtins; /* the dictionary of the module builtins */
extern PfModule *pf_modules[];
extern int pf_module_count;
extern int64_t pf_forced_twins;

#endif
