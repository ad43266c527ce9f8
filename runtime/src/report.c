/* Twin entries through failed guards, by function and reason (contract, rule 4). */
#include "pyfreeze_abi.h"
#include <stdio.h>

static const char *reason_text(const PfCounter *counter)
{
    switch (counter->parameter) {
    case PF_REASON_BINDING: return "a name it uses was bound to something else";
    case PF_REASON_TRACING: return "a tracer or profiler is active";
    case PF_REASON_DEOPT: return "a value came up that native code does not hold";
    case PF_REASON_STALE: return "the module was executed again";
    case PF_REASON_NAMES: return "it was called with other globals or builtins than its module's";
    case PF_REASON_RESUMED: return "native code was left in the middle of a call";
    case PF_REASON_STACK: return "the C stack was nearly used up";
    default: return counter->reason == PF_OUT_OF_RANGE ? "argument out of range" : "argument of another type";
    }
}

int pf_asks_without_frame;

/* One counter for each parameter (or PF_REASON_… in its place), reason and name. */
void pf_count_twin(PfFunction *function, int32_t parameter, int32_t reason, const char *binding)
{
    PfCounter *counter = function->counters;
    if (pf_asks_without_frame > 0)
        return; /* it is asked again, with a frame */
    function->twin_entries++;
    while (counter != NULL &&
           (counter->parameter != parameter || counter->reason != reason || counter->binding != binding))
        counter = counter->next;
    if (counter == NULL) {
        counter = PyMem_RawCalloc(1, sizeof *counter);
        if (counter == NULL)
            return;
        counter->parameter = parameter;
        counter->reason = reason;
        counter->binding = binding;
        counter->next = function->counters;
        function->counters = counter;
    }
    counter->count++;
}

PyObject *pf_statistics(void)
{
    PyObject *rows = PyList_New(0);
    for (int number = 0; rows != NULL && number < pf_module_count; number++) {
        PfModule *module = pf_modules[number];
        for (int32_t index = 0; index < module->function_count; index++) {
            PfFunction *function = &module->functions[index];
            for (PfCounter *counter = function->counters; counter != NULL; counter = counter->next) {
                if (counter->count == 0)
                    continue;
                const char *parameter = counter->parameter >= 0 ? function->parameter_names[counter->parameter] : counter->binding;
                PyObject *row = Py_BuildValue("{sssssssssK}", "module", module->name, "function", function->qualname,
                                              "parameter", parameter, "reason", reason_text(counter), "count",
                                              (unsigned long long)counter->count);
                if (row == NULL || PyList_Append(rows, row) < 0) {
                    Py_XDECREF(row);
                    Py_CLEAR(rows);
                    return NULL;
                }
                Py_DECREF(row);
            }
        }
    }
    return rows;
}

void pf_reset_statistics(void)
{
    for (int number = 0; number < pf_module_count; number++)
        for (int32_t index = 0; index < pf_modules[number]->function_count; index++) {
            PfFunction *function = &pf_modules[number]->functions[index];
            function->twin_entries = 0;
            for (PfCounter *counter = function->counters; counter != NULL; counter = counter->next)
                counter->count = 0;
        }
}

void pf_print_statistics(void)
{
    for (int number = 0; number < pf_module_count; number++)
        for (int32_t index = 0; index < pf_modules[number]->function_count; index++) {
            PfFunction *function = &pf_modules[number]->functions[index];
            for (PfCounter *counter = function->counters; counter != NULL; counter = counter->next)
                if (counter->count != 0)
                    fprintf(stderr, "pyfreeze: %s.%s ran as its twin %llu times: %s%s%s\n", pf_modules[number]->name,
                            function->qualname, (unsigned long long)counter->count, reason_text(counter),
                            counter->parameter >= 0 || counter->binding ? ": " : "",
                            counter->parameter >= 0 ? function->parameter_names[counter->parameter]
                                                    : (counter->binding ? counter->binding : ""));
        }
}
