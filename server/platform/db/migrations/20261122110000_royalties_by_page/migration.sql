-- Finds a page of an event's royalties by its key, and its payees without reading what each was paid.
DROP INDEX "mirror"."royalty_deployment_event_id_idx";
CREATE INDEX "royalty_event_position_idx" ON "mirror"."royalty"("deployment", "event_id", "block_number", "log_index", "position");
DROP INDEX "mirror"."royalty_payee_idx";
CREATE INDEX "royalty_event_payee_idx" ON "mirror"."royalty"("deployment", "event_id", "payee");
