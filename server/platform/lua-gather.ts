// Runs the calls of a script that come in one turn of the event loop as one step of Redis.
import { createHash } from "node:crypto";
import { runScript, type Script } from "./lua.ts";
import { failureOf, type RedisClient } from "./redis.ts";
import { atEndOfTurn } from "./turn.ts";

export interface Call {
  keys: readonly string[];
  /** Words: none is empty, and none has a space in it. */
  args: readonly (string | number)[];
}

export type RunCall = <T>(call: Call) => Promise<T>;

/** Redis does nothing else meanwhile: some 400 us for holds. */
const CALLS_PER_STEP_MAX = 16;

interface Waiting {
  call: Call;
  resolve: (answer: never) => void;
  reject: (error: unknown) => void;
}

/**
 * A command costs this process more than what a script does: a busy one sends many calls in one.
 * Each has its own answer or error, and a lone one waits for nothing but the end of its turn. On a
 * cluster the keys of two calls may be on two nodes, so each is a command there.
 */
export function gatherCalls(redis: RedisClient, script: Script): RunCall {
  if (redis.isCluster) return (call) => runScript(redis, script, call);
  const together = eachOf(script);
  let waiting: Waiting[] = [];
  const send = () => {
    const batch = waiting;
    waiting = [];
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length > 1) void runTogether(redis, together, batch);
    else void runScript<never>(redis, script, first.call).then(first.resolve, first.reject);
  };
  return (call) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(send);
      waiting.push({ call, resolve, reject });
      if (waiting.length === CALLS_PER_STEP_MAX) send();
    });
}

async function runTogether(redis: RedisClient, together: Script, batch: Waiting[]): Promise<void> {
  const keys: string[] = [];
  const args: (string | number)[] = [];
  for (const { call } of batch) {
    keys.push(...call.keys);
    // One text of many words is cheaper to send than as many texts.
    args.push(call.keys.length, call.args.join(" "));
  }
  try {
    const answers = await runScript<unknown[]>(redis, together, { keys, args });
    for (const [at, { resolve, reject }] of batch.entries()) {
      const answer = answers[at];
      if (answer instanceof Error) reject(failureOf(answer));
      else resolve(answer as never);
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

/** One gatherer of a script for each connection, for callers that are handed nothing else. */
export function gathersOf(script: Script): (redis: RedisClient) => RunCall {
  const known = new WeakMap<RedisClient, RunCall>();
  return (redis) => {
    const found = known.get(redis) ?? gatherCalls(redis, script);
    known.set(redis, found);
    return found;
  };
}

/** The script as a function, called for each: what one raises is its own answer. */
export function eachOf({ path, source }: Script): Script {
  const text = `local function one(KEYS, ARGV)
${source}
end
local answers, key = {}, 0
for call = 1, #ARGV / 2 do
  local keys, args = {}, {}
  for i = 1, ARGV[2 * call - 1] do keys[i] = KEYS[key + i] end
  for word in string.gmatch(ARGV[2 * call], '%S+') do args[#args + 1] = word end
  key = key + #keys
  local ok, answer = pcall(one, keys, args)
  -- What was raised comes as a text, like an answer, or as a table that has it.
  if not ok then answer = redis.error_reply(type(answer) == 'table' and answer.err or answer) end
  -- Nothing would end the list.
  if answer == nil then answer = false end
  answers[call] = answer
end
return answers`;
  return { path, source: text, sha: createHash("sha1").update(text).digest("hex") };
}
