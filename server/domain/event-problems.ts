// Everything about an event that would stop it from being published, or that its organiser may not have meant.
import { CLASS_UNITS_MAX, CLASSES, type ClassName, PHASE_CLASSES } from "./stock.ts";

export interface EventProblem {
  code: EventProblemCode;
  /** Which part of the event, as `phases/2`. */
  place: string;
  detail: string;
  /** False: it can be published like this. */
  stops: boolean;
}

export type EventProblemCode =
  | "places-missing"
  | "price-missing"
  | "phase-missing"
  | "phase-over"
  | "phase-late"
  | "doors-past"
  | "freeze-past"
  | "stock-too-large"
  | "companion-alone"
  | "payee-waiting"
  | "split-missing"
  | "splits-contract-missing"
  | "market-missing"
  | "currency-token-missing"
  | "organiser-key-missing"
  | "organiser-without-coin"
  | "event-on-chain"
  | "chain-refuses";

export interface EventFacts {
  doorsAt: string;
  freezeAt: string | null;
  startsAt: string;
  royaltyBps: number;
  currency: string;
  categories: readonly { name: string; price: string; seats: number; places: number }[];
  phases: readonly { id: number; startsAt: string; endsAt: string; classes: readonly string[] }[];
  payees: readonly { address: string; acceptedAt: string | null }[];
  stock: Readonly<Record<ClassName, number>>;
}

/** What the installation has to offer. */
export interface Installation {
  splits: boolean;
  resale: boolean;
  /** Whether the event's currency has a token; a local chain may go without. */
  token: boolean;
  local: boolean;
}

/** Labels of companion seats that have no wheelchair place beside them. */
export interface PlanFacts {
  lonelyCompanions: readonly string[];
}

export function findEventProblems(
  event: EventFacts & PlanFacts,
  { now, installation }: { now: Date; installation: Installation },
): EventProblem[] {
  return [
    ...timeProblems(event, now),
    ...placeProblems(event),
    ...phaseProblems(event, now),
    ...moneyProblems(event, installation),
  ];
}

function* timeProblems(event: EventFacts, now: Date): Generator<EventProblem> {
  const past = (time: string) => Date.parse(time) <= now.getTime();
  if (past(event.doorsAt)) {
    const detail = "Doors have opened already.";
    yield { code: "doors-past", place: "doorsAt", detail, stops: true };
  } else if (event.freezeAt !== null && past(event.freezeAt)) {
    const detail = "No ticket could ever move: the freeze has begun.";
    yield { code: "freeze-past", place: "freezeAt", detail, stops: false };
  }
}

function* placeProblems(event: EventFacts & PlanFacts): Generator<EventProblem> {
  if (CLASSES.every((name) => event.stock[name] === 0)) {
    const detail = "There is neither a seating plan nor an area.";
    yield { code: "places-missing", place: "plan", detail, stops: true };
  }
  for (const name of CLASSES) {
    if (event.stock[name] <= CLASS_UNITS_MAX) continue;
    const detail = `The contract counts up to ${CLASS_UNITS_MAX} units of a class.`;
    yield { code: "stock-too-large", place: `stock/${name}`, detail, stops: true };
  }
  for (const { name, price, seats, places } of event.categories) {
    if (seats + places === 0 || BigInt(price) > 0n) continue;
    const detail = `The category "${name}" has ${seats + places} places and no price.`;
    yield { code: "price-missing", place: `categories/${name}`, detail, stops: true };
  }
  for (const label of event.lonelyCompanions) {
    const detail = `The companion seat ${label} has no wheelchair place beside it.`;
    yield { code: "companion-alone", place: "holdbacks", detail, stops: false };
  }
}

function* phaseProblems(event: EventFacts, now: Date): Generator<EventProblem> {
  for (const name of PHASE_CLASSES) {
    if (event.stock[name] === 0) continue;
    const phases = event.phases.filter(({ classes }) => classes.includes(name));
    if (phases.some(({ endsAt }) => Date.parse(endsAt) > now.getTime())) continue;
    const detail = `${event.stock[name]} ${name} places are in no phase to come.`;
    // Places kept for a presale may be released to the public later.
    yield { code: "phase-missing", place: "phases", detail, stops: name === "public" };
  }
  for (const { id, startsAt, endsAt } of event.phases) {
    const place = `phases/${id}`;
    if (Date.parse(endsAt) <= now.getTime()) {
      yield { code: "phase-over", place, detail: "The phase is over already.", stops: false };
    }
    if (Date.parse(startsAt) >= Date.parse(event.startsAt)) {
      const detail = "The phase begins when the event does; nothing is sold by then.";
      yield { code: "phase-late", place, detail, stops: false };
    }
  }
}

function* moneyProblems(event: EventFacts, has: Installation): Generator<EventProblem> {
  if (event.payees.length > 0 && !has.splits) {
    const detail = "This deployment has no Splits contract (DEPLOYMENTS, modules).";
    yield { code: "splits-contract-missing", place: "payees", detail, stops: true };
  }
  if (event.payees.length === 0 && event.royaltyBps > 0) {
    const detail = "Nobody shares the royalties: all of them go to the organiser.";
    yield { code: "split-missing", place: "payees", detail, stops: false };
  }
  for (const [at, { address, acceptedAt }] of event.payees.entries()) {
    if (acceptedAt !== null) continue;
    const detail = `${address} has not accepted the split.`;
    yield { code: "payee-waiting", place: `payees/${at}`, detail, stops: true };
  }
  if (!has.resale) {
    const detail = "This deployment has no market (DEPLOYMENTS, modules): nobody can resell.";
    yield { code: "market-missing", place: "policy", detail, stops: false };
  }
  if (!has.token) {
    const detail = `${event.currency} has no token here (DEPLOYMENTS, currencies).`;
    yield { code: "currency-token-missing", place: "currency", detail, stops: !has.local };
  }
}
