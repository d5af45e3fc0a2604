// A caller of the API who does not give up: sends the same request until it has a final answer.
import type { Route } from "#server/api/route.ts";
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { systemClock } from "#server/platform/clock.ts";

export interface Question {
  route: RouteName;
  params?: Record<string, string>;
  body?: unknown;
  key?: string;
  cookie: string;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** For as long as a process needs to come back, and some. */
const TRIES_MAX = 300;
const BETWEEN_TRIES_MS = 100;

export async function askOnce(url: string, question: Question): Promise<Answer> {
  const { route: name, params = {}, body, key, cookie } = question;
  const route: Route = ROUTES[name];
  const path = route.path.replace(/:(\w+)/g, (_, param: string) => params[param] ?? "");
  const response = await fetch(new URL(path, url), {
    method: route.method,
    headers: {
      cookie,
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

/** Tells each try that came to nothing; a process that is gone answers nothing at all. */
export async function askUntilFinal(
  url: string | (() => string),
  question: Question,
  onTry: (answer: Answer | undefined) => void = () => undefined,
): Promise<Answer> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const answer = await askOnce(typeof url === "string" ? url : url(), question).catch(
      (error: Error) => {
        if (error instanceof TypeError) return undefined;
        throw error;
      },
    );
    if (answer !== undefined && answer.body.retry !== "same") return answer;
    onTry(answer);
    await systemClock.sleep(BETWEEN_TRIES_MS);
  }
  throw new Error(`${question.route} had no final answer after ${TRIES_MAX} tries`);
}
