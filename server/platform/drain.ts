// How long a stop takes: until balancers have noticed, and then until what was asked is answered.

/** Longer than a balancer takes to ask /readyz twice; nobody is refused meanwhile. */
export const GRACE_MS = 2_000;
export const GRACE_MS_MAX = 3_000;
/** A payment asks Stripe, which may take seven seconds; what is cut then is a 502 to a fan. */
export const DRAIN_MS = 8_000;
/** With it the whole stop fits into the 15 s that an orchestrator waits before it kills. */
export const DRAIN_MS_MAX = 8_000;
/** The launcher gives the API 3 s for its whole stop; queue and database need some of them. */
export const DRAIN_MS_QUICK = 2_000;
