// Takes out of an address what must not reach a terminal or a log.

/** A password or an API key in a URL: all but scheme, host and port goes. */
export function withoutSecret(url: string): string {
  const [, scheme = "", rest = url] = /^([\w+]+:\/\/)(.*)$/.exec(url) ?? [];
  const authority = rest.split(/[/?#]/)[0] ?? "";
  return `${scheme}${authority.slice(authority.lastIndexOf("@") + 1)}`;
}
