// Money, times and addresses as people read them. The page speaks English, so its numbers do too.
import { CURRENCIES, type Currency } from "#server/domain/money.ts";

const LOCALE = "en-GB";
const DECIMALS_DEFAULT = 2;
/** What Intl takes at most. */
const FRACTION_DIGITS_MAX = 100;
const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

/** Exact for any amount: a string of digits never becomes a floating-point number. */
export function formatAmount(amount: string | bigint, currency: string): string {
  const decimals = CURRENCIES[currency as Currency] ?? DECIMALS_DEFAULT;
  const digits = amount.toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const exact = `${digits.slice(0, point)}.${digits.slice(point)}` as Intl.StringNumericLiteral;
  // A coin has more decimals than Intl's two, and a price shows those that it uses.
  const style = { style: "currency", currency, maximumFractionDigits: decimals } as const;
  return new Intl.NumberFormat(LOCALE, style).format(exact);
}

/** Of a token on chain, which says itself how many decimals its unit has. */
export function formatToken(
  amount: string,
  { decimals, symbol }: { decimals: number; symbol: string },
): string {
  const digits = amount.padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const exact = `${digits.slice(0, point)}.${digits.slice(point)}` as Intl.StringNumericLiteral;
  const maximumFractionDigits = Math.min(decimals, FRACTION_DIGITS_MAX);
  const minimumFractionDigits = Math.min(decimals, DECIMALS_DEFAULT);
  const style = { minimumFractionDigits, maximumFractionDigits };
  return `${new Intl.NumberFormat(LOCALE, style).format(exact)} ${symbol}`;
}

export function sumAmounts(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
}

/** In the venue's zone, wherever the fan is: the doors open there. */
export function formatDay(time: string, timeZone: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  return new Intl.DateTimeFormat(LOCALE, { ...options, timeZone }).format(new Date(time));
}

export function formatHour(time: string, timeZone: string): string {
  const options = { hour: "2-digit", minute: "2-digit", timeZone } as const;
  return new Intl.DateTimeFormat(LOCALE, options).format(new Date(time));
}

/** "Europe/Lisbon" is a database's name; fans read "Lisbon time". */
export function zoneWords(timeZone: string): string {
  const city = timeZone.split("/").at(-1)?.replaceAll("_", " ");
  return city === undefined || city === "UTC" ? "UTC" : `${city} time`;
}

export function formatMoment(time: string): string {
  const options = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(LOCALE, options).format(new Date(time));
}

export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / MS_PER_SECOND));
  const rest = String(seconds % SECONDS_PER_MINUTE).padStart(2, "0");
  return `${Math.floor(seconds / SECONDS_PER_MINUTE)}:${rest}`;
}

export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
