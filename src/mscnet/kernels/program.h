/* Bytecode of expressions: straight-line programs in single-assignment form, with exact derivatives.
 *
 * Instruction i makes value i from earlier values, so that the derivative of the last value with respect to every
 * slot is one sweep backwards (reverse accumulation; Griewank and Walther, Evaluating Derivatives, 2008, ch. 3). */
#ifndef MSCNET_PROGRAM_H
#define MSCNET_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are shared with mscnet/kinetics/bytecode.py. */
enum {
    OP_NUMBER = 0, /* literal[a] */
    OP_SLOT = 1,   /* argument[a] */
    OP_TIME = 2,
    OP_ADD = 3,
    OP_MUL = 4,
    OP_DIV = 5,
    OP_NEG = 6,
    OP_POWI = 7, /* value[a] to the whole power (int32_t)b */
    OP_POW = 8,
    OP_POW_CLIP = 9, /* a concentration below zero counts as zero */
    OP_SQRT = 10,
    OP_SQRT_CLIP = 11,
    OP_EXP = 12,
    OP_LOG = 13,
    OP_LOG10 = 14,
    OP_SIN = 15,
    OP_COS = 16,
    OP_TAN = 17,
    OP_ASIN = 18,
    OP_ACOS = 19,
    OP_ATAN = 20,
    OP_SINH = 21,
    OP_COSH = 22,
    OP_TANH = 23,
    OP_ABS = 24,
    OP_SIGN = 25,
    OP_MIN = 26,
    OP_MAX = 27,
    OP_LESS = 28,       /* 1 where a < b, else 0 */
    OP_LESS_EQUAL = 29, /* 1 where a <= b, else 0 */
    OP_SELECT = 30,     /* a is not 0 ? b : c */
    OP_FLOOR = 31,
    OP_TABLE = 32,      /* a piecewise cubic of value[a] in c pieces; literals from b on: where each begins, then four
                           coefficients of each, in powers of what lies beyond its beginning */
    OP_COUNT = 33
};

typedef struct {
    uint32_t op, a, b, c;
} Instruction;

typedef struct {
    uint32_t n_code, n_slots, n_literals;
    const Instruction *code;
    const double *literals;
} Program;

/* Whether every operand is an earlier value, a known slot or literal, so that evaluation stays inside its arrays. */
int program_is_valid(const Program *program);

/* Fills values[0 … n_code): the last one is the result. */
void program_values(const Program *program, const double *arguments, double time, double *values);

/* Gradient of the last value after `program_values`: gradient[n_slots] and, if not NULL, the derivative by time.
 * `adjoint` is scratch of n_code. */
void program_gradient(const Program *program, double time, const double *values, double *adjoint, double *gradient,
                      double *by_time);

/* Adds to gradient[n_slots] what weights of all values, in `adjoint`, amount to, after `program_values`; overwrites
 * `adjoint`, and gives the share of time. */
double program_pull_back(const Program *program, const double *values, double *adjoint, double *gradient);

/* Tangents of all values along argument tangents, after `program_values`. */
void program_tangents(const Program *program, const double *values, const double *argument_tangents,
                      double time_tangent, double *tangents);

/* The tangent of the gradient (a Hessian-vector product) along tangents from `program_tangents`.
 * `adjoint` and `adjoint_tangent` are scratch of n_code each. */
void program_gradient_tangent(const Program *program, const double *values, const double *tangents, double *adjoint,
                              double *adjoint_tangent, double *gradient_tangent);

/* Whole powers by repeated squaring. */
double power_of(double base, int32_t exponent);

#endif
