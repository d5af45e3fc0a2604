// Says in a header where the next page of a list is, for programs that follow links.
import type { Request } from "express";

/** RFC 8288: the same address with the cursor of the next page in it. */
export function linkToNext(request: Request, body: unknown): Record<string, string> {
  const next = (body as { next?: unknown } | null | undefined)?.next;
  if (typeof next !== "string") return {};
  const query = new URLSearchParams(request.originalUrl.split("?")[1] ?? "");
  query.set("cursor", next);
  return { Link: `<${request.path}?${query}>; rel="next"` };
}
