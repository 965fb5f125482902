/* Which solver of linear systems suits a model: complete or incomplete factors. */
#include "linear.h"

#include "conserved.h"
#include "ilu.h"
#include "lu.h"

/* Complete factors serve up to this many species whatever they cost. */
enum { FEW = 100 };
/* For more, they serve where they hold at most so many times the numbers of J ... */
enum { MOST_FILL = 4 };
/* ... and where an elimination takes at most so many multiplications for each: it is done every few steps, and an
 * iteration of the other solver takes two. */
static const double MOST_WORK = 50.0;

int linear_plan(Model *m)
{
    const int few = m->n_species <= FEW;
    m->lu_plan = lu_plan_new(m, few ? 0 : (size_t)MOST_FILL * m->n_jacobian);
    if (m->lu_plan != NULL && !few && lu_plan_cost(m->lu_plan) > MOST_WORK * m->n_jacobian) {
        lu_plan_free(m->lu_plan);
        m->lu_plan = NULL;
    }
    if (m->lu_plan != NULL)
        return 0;
    m->ilu_plan = ilu_plan_new(m);
    m->laws = conserved_new(m);
    return m->ilu_plan == NULL || m->laws == NULL;
}

void linear_free(Model *m)
{
    lu_plan_free(m->lu_plan);
    ilu_plan_free(m->ilu_plan);
    conserved_free(m->laws);
}
