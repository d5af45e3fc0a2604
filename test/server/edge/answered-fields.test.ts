// What the API may answer at all: fields that its schemas name, and among those no secret of anybody (S4).
import { expect } from "chai";
import { z } from "zod";
import type { Route } from "#server/api/route.ts";
import { ROUTES } from "#server/api/routes.ts";

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  [key: string]: unknown;
}

const SOUNDS_SECRET = /secret|token|password|private|mnemonic|cookie|signature|hash|nonce|key/i;

/** On chain for everybody, or the hash of what is. */
const PUBLIC_FIELDS = new Set(["txHash", "planHash", "hash", "tokenId", "passkeys"]);
/** Made for whoever asks and shown once, or a count that everybody may know. */
const OWN_FIELDS = new Set([
  // How a receiver knows our webhooks, told to who set it up.
  ...["addWebhook.secret", "renewWebhookSecret.secret"],
  // A proof of work is solved with these, and a sign-in is signed with that.
  ...["nonce", "signature", "keyLength", "keyPrefix", "keySignature"].map(
    (field) => `createChallenge.${field}`,
  ),
  "createNonce.nonce",
  // What a wallet takes to the box office to pay: signed for its payer, useless to others.
  ...["nonce", "signature", "token"].map((field) => `createPayment.${field}`),
  // How often a ticket moved.
  ...["getTicket", "listTickets", "getSeatTicket", "getPaidOrder", "getTransaction"]
    .concat("listEventTickets", "getOrderTickets")
    .map((name) => `${name}.nonce`),
]);
/** Options in the browser's own form, which grows without us; a plan as its organiser sent it. */
const OPEN_ANSWERS = new Set(["createPasskeyOptions", "createPasskeyChallenge", "getPlan"]);

describe("the fields of answers", () => {
  const answers = (Object.entries(ROUTES) as [string, Route][]).flatMap(([name, route]) =>
    route.response === undefined
      ? []
      : [{ name, schema: z.toJSONSchema(route.response, { unrepresentable: "any" }) as Schema }],
  );

  /** Calls for every object in a schema, wherever it is. */
  function visit(schema: unknown, see: (object: Schema) => void): void {
    if (typeof schema !== "object" || schema === null) return;
    const found = schema as Schema;
    if (found.type === "object") see(found);
    for (const part of Object.values(found)) visit(part, see);
  }

  it("are those that are named, in every object of every answer", () => {
    for (const { name, schema } of answers) {
      if (OPEN_ANSWERS.has(name)) continue;
      visit(schema, ({ properties, additionalProperties }) => {
        if (properties === undefined) return;
        expect(additionalProperties, `${name}: ${Object.keys(properties)}`).to.equal(false);
      });
    }
  });

  it("are nobody's secrets", () => {
    const found = new Set<string>();
    for (const { name, schema } of answers) {
      visit(schema, ({ properties = {} }) => {
        for (const field of Object.keys(properties)) {
          const isPublic = !SOUNDS_SECRET.test(field) || PUBLIC_FIELDS.has(field);
          if (!isPublic) found.add(`${name}.${field}`);
        }
      });
    }
    expect([...found].sort()).to.deep.equal([...OWN_FIELDS].sort());
  });
});
