// The two cookies of ours: read from a header, written so that no other site and no script can use them.
import type { Cookie } from "../api/handler.ts";

const COOKIE_HEADER_LENGTH_MAX = 8_000;
/** Browsers take this name from this very host over https only; a sibling host cannot plant it. */
const HOST_PREFIX = "__Host-";

/** Over https only cookies with the prefix count: a plain one may come from any sibling host. */
export function readCookies(
  header: string | undefined,
  secure: boolean,
): Record<string, string | undefined> {
  if (header === undefined || header.length > COOKIE_HEADER_LENGTH_MAX) return {};
  const cookies = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [rawName = "", ...value] = pair.split("=");
    const name = rawName.trim();
    if (name.startsWith(HOST_PREFIX) !== secure) continue;
    const own = secure ? name.slice(HOST_PREFIX.length) : name;
    // The first wins: browsers put the cookie with the closest path there.
    if (!cookies.has(own)) cookies.set(own, value.join("=").trim());
  }
  return Object.fromEntries(cookies);
}

export function writeCookie({ name, value, maxAgeMs }: Cookie, secure: boolean): string {
  return [
    `${secure ? HOST_PREFIX : ""}${name}=${value}`,
    "Path=/",
    `Max-Age=${Math.floor(maxAgeMs / 1000)}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(secure ? ["Secure"] : []),
  ].join("; ");
}
