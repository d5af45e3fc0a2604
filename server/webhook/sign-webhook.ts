// Signs a message as Standard Webhooks describes it, with the secret that its receiver was given.
import { createHmac } from "node:crypto";

const SECRET_PREFIX = "whsec_";

export interface WebhookMessage {
  id: string;
  /** The exact bytes that are sent: a receiver verifies these, not what it parsed. */
  body: string;
}

/** Several secrets while one replaces another: a receiver takes the message if any of them fits. */
export function webhookHeaders(
  { id, body }: WebhookMessage,
  { secrets, nowMs }: { secrets: readonly string[]; nowMs: number },
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000).toString();
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
