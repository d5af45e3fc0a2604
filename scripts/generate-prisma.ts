// Writes the Prisma client from schema.prisma, without the engine download that the CLI would try.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const schemaPath = join(root, "server/platform/db/schema.prisma");
const stampPath = join(root, "server/platform/db/generated/.schema-sha256");
const GENERATE_TIMEOUT_MS = 120_000;

/** Generates the client when the schema changed; answers whether it had to. */
export function generatePrisma(): boolean {
  const stamp = createHash("sha256").update(readFileSync(schemaPath)).digest("hex");
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return false;
  const cli = join(root, "node_modules/prisma/build/index.js");
  execFileSync(process.execPath, [cli, "generate"], {
    cwd: root,
    // Generating needs no schema engine; naming any program keeps the CLI from fetching one.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      CHECKPOINT_DISABLE: "1",
    },
    stdio: "pipe",
    timeout: GENERATE_TIMEOUT_MS,
  });
  writeFileSync(stampPath, stamp);
  return true;
}

if (import.meta.main) generatePrisma();
