// The connection between a worker and the rows: it breaks, it is slow, and locks are waited for.
import { Fault } from "#server/domain/failure.ts";
import type { Runner } from "./memory-store.ts";
import { type Rows, type Session, type Statement, WaitsFor } from "./rows.ts";
import { exchange, type Life, type Outcome, type Weather } from "./wire.ts";

/** As server/platform/db/client.ts tells Postgres. */
const LOCK_TIMEOUT_MS = 3_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;
const SLOW_MS_MAX = 8_000;

type Tell<T> = (outcome: Outcome<T>) => void;

export interface Judge {
  /** What is about to become true, and by whom. */
  onCommit(session: Session, life: Life): void;
}

/** What ends a transaction that has idled too long, and tells a worker of one that is over. */
type IsOver = (session: Session) => boolean;

export function dbWire(weather: Weather, rows: Rows, judge: Judge, life: Life): Runner {
  const { timeline } = weather;

  const end = (session: Session, how: "commit" | "abort") => {
    life.sessions.delete(session);
    if (session.state !== "open") return;
    if (how === "abort") return rows.abort(session);
    judge.onCommit(session, life);
    rows.commit(session);
  };
  /** Thrown out by the server, which tells it when it speaks again. */
  const isOver: IsOver = (session) => {
    if (session.state !== "open") return true;
    if (timeline.nowMs() - session.touchedMs < IDLE_IN_TRANSACTION_TIMEOUT_MS) return false;
    rows.abort(session);
    return true;
  };
  const attempt = attempts({ weather, rows, isOver, end });
  const ask = asking(weather, life, (session) => end(session, "abort"));

  return {
    run: (name, statement, session) =>
      ask(name, session, (tell) =>
        attempt(statement, tell, timeline.nowMs() + LOCK_TIMEOUT_MS, session),
      ),
    begin: () => {
      const session = rows.begin(timeline.nowMs());
      life.sessions.add(session);
      return session;
    },
    commit: (session) =>
      ask("commit", session, (tell) => {
        if (isOver(session)) return tell({ error: broken() });
        end(session, "commit");
        tell({ value: undefined });
      }),
    abort: (session) => end(session, "abort"),
  };
}

/** Runs a statement when its rows are free, for no longer than one waits for a lock. */
function attempts(of: {
  weather: Weather;
  rows: Rows;
  isOver: IsOver;
  end(session: Session, how: "commit"): void;
}) {
  const { timeline } = of.weather;

  const waitFor = (other: Session, ms: number, again: () => void) => {
    let isDone = false;
    const go = () => {
      if (!isDone) again();
      isDone = true;
    };
    other.waiting.push(() => timeline.after(0, go));
    timeline.after(ms, go);
  };

  return function attempt<T>(
    statement: Statement<T>,
    tell: Tell<T>,
    untilMs: number,
    own?: Session,
  ): void {
    const { rows, isOver, end } = of;
    const nowMs = timeline.nowMs();
    const again = () => attempt(statement, tell, untilMs, own);
    if (own !== undefined && isOver(own)) {
      tell({ error: broken() });
      return;
    }
    const session = own ?? rows.begin(nowMs);
    try {
      const value = rows.run(session, statement);
      session.touchedMs = nowMs;
      if (own === undefined) end(session, "commit");
      tell({ value });
    } catch (error) {
      if (own === undefined) rows.abort(session);
      if (!(error instanceof WaitsFor)) tell({ error });
      else if (isOver(error.session)) again();
      else if (nowMs >= untilMs) tell({ error: broken() });
      else waitFor(error.session, untilMs - nowMs, again);
    }
  };
}

/** An exchange that the weather may spoil: refused, or done and never heard of. */
function asking(weather: Weather, life: Life, breakOff: (session: Session) => void) {
  const { timeline, dice, faults } = weather;
  return <T>(what: string, session: Session | undefined, act: (tell: Tell<T>) => void) => {
    const bad = dice.permille(faults().db) ? dice.pick(["refused", "lost", "slow"]) : undefined;
    if (bad !== undefined) timeline.tally(`database: ${bad}`);
    const slowMs = bad === "slow" ? dice.between(1, SLOW_MS_MAX) : 0;
    const isSlowOut = dice.below(2) === 0;
    return exchange<T>(weather, life, {
      what: `db ${what}`,
      outMs: dice.between(0, 2) + (isSlowOut ? slowMs : 0),
      backMs: dice.between(0, 2) + (isSlowOut ? 0 : slowMs),
      act: (tell) => {
        const lose = () => {
          if (session !== undefined) breakOff(session);
          tell({ error: broken() });
        };
        if (bad === "refused") return lose();
        act((outcome) => (bad === "lost" ? lose() : tell(outcome)));
      },
    });
  };
}

function broken(): Fault {
  return new Fault("server/unavailable", "The database does not answer.");
}
