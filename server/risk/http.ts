// The route of challenges.
import type { Handlers } from "../api/handler.ts";
import { parseEventId } from "../domain/ticket-id.ts";
import { makeChallenge, type ProofDeps } from "./proof.ts";

export function riskHandlers(deps: ProofDeps): Handlers<"createChallenge"> {
  return {
    createChallenge: async ({ params, caller }) => {
      const holder = { event: parseEventId(params.eventId), sessionId: caller.sessionId };
      const made = await makeChallenge(deps, holder);
      if (made === undefined)
        return { body: { required: false, challenge: null, expiresAt: null } };
      const { challenge, expiresAt } = made;
      return { body: { required: true, challenge, expiresAt: expiresAt.toISOString() } };
    },
  };
}
