// Asks for a hold, and solves the puzzle first where the sale wants one.
import type { SeatKey } from "#server/domain/ticket-id.ts";
import { call } from "../api/call.ts";
import { isFailure } from "../api/failure.ts";
import type { Hold } from "../api/wire.ts";

export async function holdSeats(eventId: string, seats: SeatKey[]): Promise<Hold> {
  const wish = { params: { eventId }, body: { seats } };
  try {
    return await call("createHold", wish);
  } catch (error) {
    if (!isFailure(error, "hold/proof-required")) throw error;
  }
  const { challenge } = await call("createChallenge", { params: { eventId } });
  // Most sales ask for none, so its code comes only when one does.
  const { solveProof } = await import("./solve-proof.ts");
  return call("createHold", {
    ...wish,
    proof: challenge === null ? undefined : await solveProof(challenge),
  });
}
