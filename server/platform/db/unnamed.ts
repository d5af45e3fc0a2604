// A database's address without a name for our sessions: by that name we find our own again.

const NAMES = ["application_name", "fallback_application_name"];

/** What stands in the address would win over what is set beside it. */
export function unnamed(address: string): string {
  if (!NAMES.some((name) => address.includes(name))) return address;
  const url = new URL(address);
  for (const name of NAMES) url.searchParams.delete(name);
  return url.toString();
}
