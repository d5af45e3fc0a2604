-- A page of an event's sales is read from its end, without the others of the event.
CREATE INDEX "sale_event_position_idx" ON "mirror"."sale"("deployment", "event_id", "block_number", "log_index");
-- Where the table was made anew in parts, its indexes have names of their own.
DROP INDEX IF EXISTS "mirror"."sale_deployment_event_id_idx";

-- No question finds sales by who sold or bought, and a wallet's counts are in its row.
DROP INDEX IF EXISTS "mirror"."sale_seller_idx";
DROP INDEX IF EXISTS "mirror"."sale_buyer_idx";
