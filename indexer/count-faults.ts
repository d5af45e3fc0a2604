// Counts what nodes did wrong, by kind: each failure once, however many rounds hear of it.
import { Fault } from "#server/domain/failure.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { NodeFault, type NodeFaultKind } from "./node-fault.ts";
import { isRefusal, isTooOften } from "./pace.ts";

type Kind = NodeFaultKind | "silent" | "refused" | "limited";

export function createFaultCounter(given: { deployment: number; metrics: Metrics }) {
  const { metrics } = given;
  const deployment = String(given.deployment);
  const counted = new WeakSet<Error>();
  return (error: unknown): void => {
    const kind = kindOf(error);
    if (kind === undefined || counted.has(error as Error)) return;
    counted.add(error as Error);
    metrics.mirrorRpcErrors.inc({ deployment, kind });
  };
}

/** undefined for what no node did. */
function kindOf(error: unknown): Kind | undefined {
  if (error instanceof NodeFault) return error.kind;
  if (isRefusal(error)) return "refused";
  if (isTooOften(error)) return "limited";
  return error instanceof Fault && error.code === "chain/unreachable" ? "silent" : undefined;
}
