/* The extension module `mscnet.kernels._core`: gathers the methods of every subject. */
#include "bindings.h"

static int execute(PyObject *module)
{
    PyMethodDef *const subjects[] = {model_methods, ode_methods, lu_methods, batch_methods, sens_methods, ssa_methods, steady_methods,
                                      generate_methods, nf_methods};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (PyModule_AddFunctions(module, subjects[i]) != 0)
            return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "Compiled loops: rates, Jacobian, linear algebra, integrators, stochastic methods, networks of rules.",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
