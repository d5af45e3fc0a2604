// What only a few files may reach for: the environment, the clock, chance, waiting and the console.
import { fileRule, type Rule } from "./source.ts";

interface Reach {
  uses: readonly string[];
  /** Where it is forbidden. */
  within: readonly string[];
  instead: string;
  /** The files that may, each with its reason. */
  except: Record<string, string>;
}

const EVERYWHERE = [""];
const PRODUCT = ["contracts/", "server/", "indexer/", "web/"];

const REACHES: readonly Reach[] = [
  {
    uses: ["process.env", "node:process#env", "node:process#default", "node:process#*"],
    within: [...PRODUCT, "bench/"],
    instead: "take an Env, which server/platform/env.ts reads once",
    except: {
      "server/platform/parts.ts": "hands it to readEnv, for all three processes",
      "bench/indexer/bench.ts": "names its database to what makes databases for tests",
      "bench/indexer/peers/ponder.config.ts": "is another product's own settings",
    },
  },
  {
    uses: ["Date.now", "new Date()"],
    within: EVERYWHERE,
    instead: "take a Clock (in web/: serverNowMs; for durations: performance.now)",
    except: {
      "server/platform/clock.ts": "is the clock",
      "web/api/server-clock.ts": "is the page's clock",
      "test/e2e/launcher-services.test.ts": "compares the chain's time with the machine's",
    },
  },
  {
    uses: ["Math.random"],
    within: EVERYWHERE,
    instead: "take it from server/platform/random.ts; in tests, from a seed that is printed",
    except: {},
  },
  {
    uses: [
      "crypto.randomUUID",
      "crypto.getRandomValues",
      "node:crypto#randomBytes",
      "node:crypto#randomInt",
      "node:crypto#randomUUID",
      "node:crypto#getRandomValues",
      "node:crypto#webcrypto",
    ],
    within: PRODUCT,
    instead: "take it from server/platform/random.ts",
    except: {
      "server/platform/random.ts": "is the one reader of randomness",
      "web/api/call-keyed.ts": "makes the Idempotency-Keys of the page",
    },
  },
  {
    uses: ["sleep", "node:timers/promises#setTimeout", "node:timers/promises#*"],
    within: PRODUCT,
    instead: "take a Clock and use its sleep",
    except: {
      "server/platform/clock.ts": "is the clock",
      "server/queue/wake-worker.ts": "is a deadline: closing never ends while Redis is down",
      "web/api/call-keyed.ts": "a page has no clock to take, and the wait is bounded",
    },
  },
  {
    uses: ["console.log", "console.error", "console.warn", "console.info", "console.debug"],
    within: [...PRODUCT, "test/"],
    instead: "take a Log",
    except: {},
  },
];

export const reach: Rule = fileRule("reach", function* ({ path, syntax }) {
  for (const { uses, within, instead, except } of REACHES) {
    if (path in except || !within.some((folder) => path.startsWith(folder))) continue;
    for (const { name, line } of syntax?.uses ?? []) {
      if (!uses.includes(name)) continue;
      yield { line, sentence: `${name} is not for this file: ${instead}.` };
    }
  }
});

/** An exception that nobody uses any more would let the next one in unseen. */
export const staleExceptions: Rule = {
  name: "exceptions",
  check(sources) {
    return REACHES.flatMap(({ uses, except }) =>
      Object.keys(except).flatMap((path) => {
        const source = sources.find((candidate) => candidate.path === path);
        if (source?.syntax?.uses.some(({ name }) => uses.includes(name)) === true) return [];
        const sentence = `${path} no longer uses ${uses[0]}: take its exception away.`;
        return [{ path: "scripts/tidy/reach.ts", line: 1, sentence }];
      }),
    );
  },
};
