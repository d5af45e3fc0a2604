// Brings one payment to where its provider says that it is; told, asked or swept, it is the same.
import { type Payment, providerPayment } from "./begin-payment.ts";
import { postCapture } from "./post-capture.ts";
import { voidEnded } from "./secure-claims.ts";
import { announce, captureSafely, endPayment, type PayDeps } from "./take-payment.ts";

/** waiting: the fan may still pay. ended: nothing was taken, or all of it was given back. */
export type Ending = "captured" | "waiting" | "ended";

/** Safe to repeat, and in any order with everything else that is done to the payment. */
export async function settlePayment(
  deps: PayDeps,
  payment: Payment,
  { lapsed }: { lapsed: boolean },
): Promise<Ending> {
  switch (payment.state) {
    case "captured":
      return "captured";
    case "authorised":
      return captureAndPost(deps, payment);
    case "started":
      return settleStarted(deps, payment, lapsed);
    default:
      // It ended here; whatever came of it there later is given back.
      await voidEnded(deps, providerPayment(payment));
      return "ended";
  }
}

async function settleStarted(deps: PayDeps, payment: Payment, lapsed: boolean): Promise<Ending> {
  const { provider, db } = deps;
  const asked = providerPayment(payment);
  if (payment.provider_ref !== null) {
    const found = lapsed ? await provider.close(asked) : await provider.check(asked);
    if (found.standing === "authorised") return captureAndPost(deps, payment);
    if (found.standing === "waiting") {
      // Its turn comes again after the others'.
      await db.query({
        text: "UPDATE sale.payment SET updated_at = now() WHERE id = $1 AND state = 'started'",
        values: [payment.id],
      });
      return "waiting";
    }
  }
  // Without a reference we never learned the answer; ending what may not exist is safe.
  await endPayment(deps, payment);
  return "ended";
}

async function captureAndPost(deps: PayDeps, payment: Payment): Promise<Ending> {
  const { order_id: orderId, provider_ref: providerRef } = payment;
  if (providerRef === null) return "waiting";
  const ending = await captureSafely(deps, { ...providerPayment(payment), orderId, providerRef });
  if (ending !== "captured") return "ended";
  await announce(deps, await deps.db.transaction((sql) => postCapture(sql, payment)));
  return "captured";
}
