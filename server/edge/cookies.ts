// The two cookies of ours: read from a header, written so that no other site and no script can use them.
import type { Cookie } from "../api/handler.ts";

export type Cookies = Readonly<Partial<Record<Cookie["name"], string>>>;

const COOKIE_HEADER_LENGTH_MAX = 8_000;
/** Browsers take this name from this very host over https only; a sibling host cannot plant it. */
const HOST_PREFIX = "__Host-";

const PLAIN_NAMES: [name: string, own: Cookie["name"]][] = [
  ["sd_session", "sd_session"],
  ["sd_signin", "sd_signin"],
];
const HOST_NAMES = PLAIN_NAMES.map(([name, own]): (typeof PLAIN_NAMES)[number] => [
  HOST_PREFIX + name,
  own,
]);

/** Over https only cookies with the prefix count: a plain one may come from any sibling host. */
export function readCookies(header: string | undefined, secure: boolean): Cookies {
  const cookies: Partial<Record<Cookie["name"], string>> = {};
  if (header === undefined || header.length > COOKIE_HEADER_LENGTH_MAX) return cookies;
  const names = secure ? HOST_NAMES : PLAIN_NAMES;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim();
    const own = names.find(([ours]) => ours === name)?.[1];
    // The first wins: browsers put the cookie with the closest path there.
    if (own === undefined || cookies[own] !== undefined) continue;
    cookies[own] = equals < 0 ? "" : pair.slice(equals + 1).trim();
  }
  return cookies;
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
