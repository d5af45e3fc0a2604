// Who counts as one caller by network address: an IPv4 address, or a whole IPv6 /64.

const GROUPS = 8;
const GROUPS_OF_A_NETWORK = 4;

/** One household or server is given a /64 at least, and may use any address in it. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [plain = ""] = address.toLowerCase().split("%");
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const groups = expand(plain).slice(0, GROUPS_OF_A_NETWORK);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** All eight groups, with those that `::` stands for. */
function expand(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = Math.max(GROUPS - before.length - after.length, 0);
  return [...before, ...Array.from({ length: missing }, () => "0"), ...after];
}
