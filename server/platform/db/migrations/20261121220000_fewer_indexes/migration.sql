-- Takes away indexes that every order paid for and no question needed.

-- A claim is written twice by every order, and each index with it. What is sold never ends, so it
-- is in no index of ends; nothing asks for ends but of one event.
DROP INDEX "sale"."claim_expires_at_idx";
DROP INDEX "sale"."claim_deployment_event_id_expires_at_idx";
CREATE INDEX "claim_ending_idx" ON "sale"."claim" ("deployment", "event_id", "expires_at")
  WHERE "expires_at" < 'infinity';

-- What is queued or sent has an index of its own already.
DROP INDEX "sale"."mint_line_unminted_idx";
CREATE INDEX "mint_line_attention_idx" ON "sale"."mint_line" ("created_at")
  WHERE "state" = 'attention';
