// Says in a header where the next page of a list is, for programs that follow links.
import type { Request } from "express";

/** RFC 8288: the same address with the cursor of the next page in it. */
export function linkToNext(request: Request, body: unknown): string | undefined {
  const next = (body as { next?: unknown } | null | undefined)?.next;
  if (typeof next !== "string") return undefined;
  const query = new URLSearchParams(request.url.split("?")[1] ?? "");
  query.set("cursor", next);
  return `<${request.path}?${query}>; rel="next"`;
}
