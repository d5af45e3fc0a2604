-- Finds an event's few releases and refunds among its many deposits, newest first.
DROP INDEX "mirror"."escrow_entry_deployment_event_id_idx";
CREATE INDEX "escrow_entry_event_kind_idx" ON "mirror"."escrow_entry"("deployment", "event_id", "kind", "block_number", "log_index");
