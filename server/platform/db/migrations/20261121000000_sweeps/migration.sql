-- What the sweeps look for, so that they cost the same after a million tickets as on the first day.
CREATE INDEX "mint_line_unminted_idx" ON "sale"."mint_line" ("state") WHERE "state" <> 'minted';
CREATE INDEX "mint_line_minted_updated_at_idx" ON "sale"."mint_line" ("updated_at") WHERE "state" = 'minted';
CREATE INDEX "order_claimed_expires_at_idx" ON "sale"."order" ("expires_at") WHERE "state" = 'claimed';
CREATE INDEX "order_unfulfilled_idx" ON "sale"."order" ("id") WHERE "state" IN ('paid', 'attention');
CREATE INDEX "payment_open_updated_at_idx" ON "sale"."payment" ("updated_at") WHERE "state" IN ('started', 'authorised');
CREATE INDEX "chain_tx_live_idx" ON "sale"."chain_tx" ("chain_id", "signer", "nonce") WHERE "state" IN ('signed', 'sent');
CREATE INDEX "session_expires_at_idx" ON "sale"."session" ("expires_at");
