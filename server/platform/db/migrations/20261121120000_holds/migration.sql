-- Places of an area get their numbers when they are claimed: this is the last one that was given out.
ALTER TABLE "sale"."area" ADD COLUMN "last_serial" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "sale"."area" ADD CONSTRAINT "area_last_serial_check" CHECK ("last_serial" BETWEEN 0 AND "capacity");

-- Claims that ended are given out again, and those that live are shown: both are looked for by event.
CREATE INDEX "claim_deployment_event_id_expires_at_idx" ON "sale"."claim" ("deployment", "event_id", "expires_at");
