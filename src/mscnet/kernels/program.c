/* Evaluation and exact derivatives of bytecode. */
#include "program.h"

#include <math.h>
#include <string.h>

static const uint8_t OPERANDS[OP_COUNT] = {
    [OP_ADD] = 2,  [OP_MUL] = 2,   [OP_DIV] = 2,        [OP_NEG] = 1,   [OP_POWI] = 1, [OP_POW] = 2,  [OP_POW_CLIP] = 2,
    [OP_SQRT] = 1, [OP_SQRT_CLIP] = 1, [OP_EXP] = 1,    [OP_LOG] = 1,   [OP_LOG10] = 1, [OP_SIN] = 1, [OP_COS] = 1,
    [OP_TAN] = 1,  [OP_ASIN] = 1,  [OP_ACOS] = 1,       [OP_ATAN] = 1,  [OP_SINH] = 1, [OP_COSH] = 1, [OP_TANH] = 1,
    [OP_ABS] = 1,  [OP_SIGN] = 1,  [OP_MIN] = 2,        [OP_MAX] = 2,   [OP_LESS] = 2, [OP_LESS_EQUAL] = 2,
    [OP_SELECT] = 3, [OP_FLOOR] = 1, [OP_TABLE] = 1,
};

static const double LOG_10 = 2.302585092994045684;

int program_is_valid(const Program *program)
{
    if (program->n_code == 0)
        return 0;
    for (uint32_t i = 0; i < program->n_code; i++) {
        const Instruction *in = &program->code[i];
        if (in->op >= OP_COUNT)
            return 0;
        if (in->op == OP_NUMBER && in->a >= program->n_literals)
            return 0;
        if (in->op == OP_TABLE && (in->c == 0 || (uint64_t)in->b + 5u * (uint64_t)in->c > program->n_literals))
            return 0;
        if (in->op == OP_SLOT && in->a >= program->n_slots)
            return 0;
        uint32_t n = OPERANDS[in->op];
        if ((n > 0 && in->a >= i) || (n > 1 && in->b >= i) || (n > 2 && in->c >= i))
            return 0;
    }
    return 1;
}

double power_of(double base, int32_t exponent)
{
    uint32_t n = exponent < 0 ? 0u - (uint32_t)exponent : (uint32_t)exponent;
    double result = 1.0;
    for (; n; n >>= 1, base *= base)
        if (n & 1u)
            result *= base;
    return exponent < 0 ? 1.0 / result : result;
}

static double clipped(double base)
{
    return base < 0.0 ? 0.0 : base;
}

static double sign_of(double x)
{
    return x != x ? x : (double)((x > 0.0) - (x < 0.0));
}

/* Where the piece of a table that holds at x begins; its coefficients are put into `c`. */
static double piece_of(const Program *program, const Instruction *in, double x, const double **c)
{
    const double *knots = program->literals + in->b;
    uint32_t low = 0, high = in->c; /* the first piece holds before its beginning, too */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (x >= knots[middle])
            low = middle;
        else
            high = middle;
    }
    *c = knots + in->c + 4 * (size_t)low;
    return knots[low];
}

/* Value, first and second derivative of a table. */
static void look_up(const Program *program, const Instruction *in, double x, double out[3])
{
    const double *c;
    const double d = x - piece_of(program, in, x, &c);
    out[0] = c[0] + d * (c[1] + d * (c[2] + d * c[3]));
    out[1] = c[1] + d * (2.0 * c[2] + 3.0 * d * c[3]);
    out[2] = 2.0 * c[2] + 6.0 * d * c[3];
}

void program_values(const Program *program, const double *arguments, double time, double *v)
{
    for (uint32_t i = 0; i < program->n_code; i++) {
        const Instruction in = program->code[i];
        switch (in.op) {
        case OP_NUMBER: v[i] = program->literals[in.a]; break;
        case OP_SLOT: v[i] = arguments[in.a]; break;
        case OP_TIME: v[i] = time; break;
        case OP_ADD: v[i] = v[in.a] + v[in.b]; break;
        case OP_MUL: v[i] = v[in.a] * v[in.b]; break;
        case OP_DIV: v[i] = v[in.a] / v[in.b]; break;
        case OP_NEG: v[i] = -v[in.a]; break;
        case OP_POWI: v[i] = power_of(v[in.a], (int32_t)in.b); break;
        case OP_POW: v[i] = pow(v[in.a], v[in.b]); break;
        case OP_POW_CLIP: v[i] = pow(clipped(v[in.a]), v[in.b]); break;
        case OP_SQRT: v[i] = sqrt(v[in.a]); break;
        case OP_SQRT_CLIP: v[i] = sqrt(clipped(v[in.a])); break;
        case OP_EXP: v[i] = exp(v[in.a]); break;
        case OP_LOG: v[i] = log(v[in.a]); break;
        case OP_LOG10: v[i] = log10(v[in.a]); break;
        case OP_SIN: v[i] = sin(v[in.a]); break;
        case OP_COS: v[i] = cos(v[in.a]); break;
        case OP_TAN: v[i] = tan(v[in.a]); break;
        case OP_ASIN: v[i] = asin(v[in.a]); break;
        case OP_ACOS: v[i] = acos(v[in.a]); break;
        case OP_ATAN: v[i] = atan(v[in.a]); break;
        case OP_SINH: v[i] = sinh(v[in.a]); break;
        case OP_COSH: v[i] = cosh(v[in.a]); break;
        case OP_TANH: v[i] = tanh(v[in.a]); break;
        case OP_ABS: v[i] = fabs(v[in.a]); break;
        case OP_SIGN: v[i] = sign_of(v[in.a]); break;
        /* nan in either operand is the result, as in NumPy */
        case OP_MIN: v[i] = v[in.a] <= v[in.b] || v[in.a] != v[in.a] ? v[in.a] : v[in.b]; break;
        case OP_MAX: v[i] = v[in.a] >= v[in.b] || v[in.a] != v[in.a] ? v[in.a] : v[in.b]; break;
        case OP_LESS: v[i] = v[in.a] < v[in.b]; break;
        case OP_LESS_EQUAL: v[i] = v[in.a] <= v[in.b]; break;
        case OP_SELECT: v[i] = v[in.a] != 0.0 ? v[in.b] : v[in.c]; break;
        case OP_FLOOR: v[i] = floor(v[in.a]); break;
        case OP_TABLE: {
            double found[3];
            look_up(program, &in, v[in.a], found);
            v[i] = found[0];
            break;
        }
        default: v[i] = NAN;
        }
    }
}

/* Partial derivatives of instruction i by its operands; those of choices and steps are 0 or 1. */
static void partials(const Program *program, const Instruction *in, const double *v, uint32_t i, double *pa,
                     double *pb)
{
    const double a = v[in->a], value = v[i];
    switch (in->op) {
    case OP_DIV: *pa = 1.0 / v[in->b]; *pb = -value / v[in->b]; break;
    case OP_POWI: *pa = in->b == 0 ? 0.0 : (double)(int32_t)in->b * power_of(a, (int32_t)in->b - 1); break;
    case OP_POW:
    case OP_POW_CLIP: {
        const double base = in->op == OP_POW ? a : clipped(a);
        *pa = v[in->b] == 0.0 ? 0.0 : v[in->b] * pow(base, v[in->b] - 1.0);
        *pb = value == 0.0 ? 0.0 : value * log(base);
        break;
    }
    case OP_SQRT:
    case OP_SQRT_CLIP: *pa = 0.5 / value; break;
    case OP_EXP: *pa = value; break;
    case OP_LOG: *pa = 1.0 / a; break;
    case OP_LOG10: *pa = 1.0 / (a * LOG_10); break;
    case OP_SIN: *pa = cos(a); break;
    case OP_COS: *pa = -sin(a); break;
    case OP_TAN: *pa = 1.0 + value * value; break;
    case OP_ASIN: *pa = 1.0 / sqrt(1.0 - a * a); break;
    case OP_ACOS: *pa = -1.0 / sqrt(1.0 - a * a); break;
    case OP_ATAN: *pa = 1.0 / (1.0 + a * a); break;
    case OP_SINH: *pa = cosh(a); break;
    case OP_COSH: *pa = sinh(a); break;
    case OP_TANH: *pa = 1.0 - value * value; break;
    case OP_ABS: *pa = sign_of(a); break;
    case OP_MIN: *pa = a <= v[in->b]; *pb = 1.0 - *pa; break;
    case OP_MAX: *pa = a >= v[in->b]; *pb = 1.0 - *pa; break;
    case OP_TABLE: {
        double found[3];
        look_up(program, in, a, found);
        *pa = found[1];
        break;
    }
    default: *pa = 0.0; *pb = 0.0; /* sign and comparisons are flat */
    }
}

double program_pull_back(const Program *program, const double *v, double *adjoint, double *gradient)
{
    double in_time = 0.0;
    for (uint32_t i = program->n_code; i-- > 0;) {
        const double w = adjoint[i];
        const Instruction *in = &program->code[i];
        double pa = 0.0, pb = 0.0;
        if (w == 0.0) /* a branch not taken may hold nan */
            continue;
        switch (in->op) {
        case OP_NUMBER: break;
        case OP_SLOT: gradient[in->a] += w; break;
        case OP_TIME: in_time += w; break;
        case OP_ADD: adjoint[in->a] += w; adjoint[in->b] += w; break;
        case OP_MUL: adjoint[in->a] += w * v[in->b]; adjoint[in->b] += w * v[in->a]; break;
        case OP_NEG: adjoint[in->a] -= w; break;
        case OP_SELECT: adjoint[v[in->a] != 0.0 ? in->b : in->c] += w; break;
        default:
            partials(program, in, v, i, &pa, &pb);
            adjoint[in->a] += w * pa;
            if (OPERANDS[in->op] == 2 && pb != 0.0)
                adjoint[in->b] += w * pb;
        }
    }
    return in_time;
}

void program_gradient(const Program *program, double time, const double *v, double *adjoint, double *gradient,
                      double *by_time)
{
    (void)time;
    memset(adjoint, 0, program->n_code * sizeof *adjoint);
    memset(gradient, 0, program->n_slots * sizeof *gradient);
    adjoint[program->n_code - 1] = 1.0;
    const double in_time = program_pull_back(program, v, adjoint, gradient);
    if (by_time != NULL)
        *by_time = in_time;
}

void program_tangents(const Program *program, const double *v, const double *argument_tangents, double time_tangent,
                      double *dot)
{
    for (uint32_t i = 0; i < program->n_code; i++) {
        const Instruction *in = &program->code[i];
        double pa = 0.0, pb = 0.0;
        switch (in->op) {
        case OP_NUMBER: dot[i] = 0.0; break;
        case OP_SLOT: dot[i] = argument_tangents[in->a]; break;
        case OP_TIME: dot[i] = time_tangent; break;
        case OP_ADD: dot[i] = dot[in->a] + dot[in->b]; break;
        case OP_MUL: dot[i] = dot[in->a] * v[in->b] + v[in->a] * dot[in->b]; break;
        case OP_NEG: dot[i] = -dot[in->a]; break;
        case OP_SELECT: dot[i] = dot[v[in->a] != 0.0 ? in->b : in->c]; break;
        default:
            partials(program, in, v, i, &pa, &pb);
            dot[i] = dot[in->a] == 0.0 ? 0.0 : pa * dot[in->a];
            if (OPERANDS[in->op] == 2 && dot[in->b] != 0.0)
                dot[i] += pb * dot[in->b];
        }
    }
}

/* Second partial derivatives of instruction i by its operands: aa, ab, bb. */
static void second_partials(const Program *program, const Instruction *in, const double *v, uint32_t i, double *aa,
                            double *ab, double *bb)
{
    const double a = v[in->a], value = v[i];
    *aa = *ab = *bb = 0.0;
    switch (in->op) {
    case OP_DIV: {
        const double b = v[in->b];
        *ab = -1.0 / (b * b);
        *bb = 2.0 * value / (b * b);
        break;
    }
    case OP_POWI: {
        const int32_t n = (int32_t)in->b;
        *aa = n == 0 || n == 1 ? 0.0 : (double)n * (double)(n - 1) * power_of(a, n - 2);
        break;
    }
    case OP_POW:
    case OP_POW_CLIP: {
        const double base = in->op == OP_POW ? a : clipped(a), e = v[in->b];
        *aa = e == 0.0 || e == 1.0 ? 0.0 : e * (e - 1.0) * pow(base, e - 2.0);
        *ab = base == 0.0 ? 0.0 : pow(base, e - 1.0) * (1.0 + e * log(base));
        *bb = value == 0.0 ? 0.0 : value * log(base) * log(base);
        break;
    }
    case OP_SQRT:
    case OP_SQRT_CLIP: *aa = -0.25 / (value * value * value); break;
    case OP_EXP: *aa = value; break;
    case OP_LOG: *aa = -1.0 / (a * a); break;
    case OP_LOG10: *aa = -1.0 / (a * a * LOG_10); break;
    case OP_SIN: *aa = -value; break;
    case OP_COS: *aa = -value; break;
    case OP_TAN: *aa = 2.0 * value * (1.0 + value * value); break;
    case OP_ASIN: *aa = a / pow(1.0 - a * a, 1.5); break;
    case OP_ACOS: *aa = -a / pow(1.0 - a * a, 1.5); break;
    case OP_ATAN: *aa = -2.0 * a / ((1.0 + a * a) * (1.0 + a * a)); break;
    case OP_SINH: *aa = value; break;
    case OP_COSH: *aa = value; break;
    case OP_TANH: *aa = -2.0 * value * (1.0 - value * value); break;
    case OP_TABLE: {
        double found[3];
        look_up(program, in, a, found);
        *aa = found[2];
        break;
    }
    default: break;
    }
}

void program_gradient_tangent(const Program *program, const double *v, const double *dot, double *adjoint,
                              double *adjoint_dot, double *gradient_tangent)
{
    memset(adjoint, 0, program->n_code * sizeof *adjoint);
    memset(adjoint_dot, 0, program->n_code * sizeof *adjoint_dot);
    memset(gradient_tangent, 0, program->n_slots * sizeof *gradient_tangent);
    adjoint[program->n_code - 1] = 1.0;
    for (uint32_t i = program->n_code; i-- > 0;) {
        const double w = adjoint[i], wdot = adjoint_dot[i];
        const Instruction *in = &program->code[i];
        double pa = 0.0, pb = 0.0, aa, ab, bb;
        if (w == 0.0 && wdot == 0.0)
            continue;
        switch (in->op) {
        case OP_NUMBER:
        case OP_TIME: break;
        case OP_SLOT: gradient_tangent[in->a] += wdot; break;
        case OP_ADD:
            adjoint[in->a] += w; adjoint[in->b] += w;
            adjoint_dot[in->a] += wdot; adjoint_dot[in->b] += wdot;
            break;
        case OP_MUL:
            adjoint[in->a] += w * v[in->b];
            adjoint[in->b] += w * v[in->a];
            adjoint_dot[in->a] += wdot * v[in->b] + w * dot[in->b];
            adjoint_dot[in->b] += wdot * v[in->a] + w * dot[in->a];
            break;
        case OP_NEG: adjoint[in->a] -= w; adjoint_dot[in->a] -= wdot; break;
        case OP_SELECT: {
            const uint32_t taken = v[in->a] != 0.0 ? in->b : in->c;
            adjoint[taken] += w;
            adjoint_dot[taken] += wdot;
            break;
        }
        default:
            partials(program, in, v, i, &pa, &pb);
            second_partials(program, in, v, i, &aa, &ab, &bb);
            adjoint[in->a] += w * pa;
            adjoint_dot[in->a] += wdot * pa + w * aa * dot[in->a];
            if (OPERANDS[in->op] == 2) {
                adjoint_dot[in->a] += w * ab * dot[in->b];
                adjoint[in->b] += w * pb;
                adjoint_dot[in->b] += wdot * pb + w * (ab * dot[in->a] + bb * dot[in->b]);
            }
        }
    }
}
