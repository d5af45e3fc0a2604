// What the test runner hands to a suite.

/** Where a suite takes some of many moments, the long profile takes them all. */
export function isThorough(): boolean {
  return process.env.TEST_THOROUGH === "yes";
}

/** What chance comes from; a run that failed is repeated by setting it. */
export function seedOr(usual: number): number {
  const given = process.env.TEST_SEED ?? "";
  return given === "" ? usual : Number(given);
}

export function requireVariable(
  name:
    | "TEST_DATABASE_URL"
    | "TEST_REDIS_URL"
    | "TEST_RPC_URL"
    | "TEST_BLOCK_LOCK"
    | "STAGEDOOR_URL"
    | "STAGEDOOR_RPC_URL",
): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: run this through ./stagedoor test.`);
  }
  return value;
}
