// The two cookies of ours: read from a header, written so that no other site and no script can use them.
import type { Cookie } from "../api/handler.ts";

const COOKIE_HEADER_LENGTH_MAX = 8_000;

export function readCookies(header: string | undefined): Record<string, string | undefined> {
  if (header === undefined || header.length > COOKIE_HEADER_LENGTH_MAX) return {};
  const pairs = header.split(";").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [name.trim().replace(/^__Host-/, ""), value.join("=").trim()] as const;
  });
  return Object.fromEntries(pairs);
}

/** __Host- binds the cookie to this very host, which browsers allow over https only. */
export function writeCookie({ name, value, maxAgeMs }: Cookie, secure: boolean): string {
  return [
    `${secure ? "__Host-" : ""}${name}=${value}`,
    "Path=/",
    `Max-Age=${Math.floor(maxAgeMs / 1000)}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(secure ? ["Secure"] : []),
  ].join("; ");
}
