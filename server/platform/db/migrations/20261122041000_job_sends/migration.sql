-- Counts what was sent apart from what was put off: only a transaction that reverts costs gas.

-- What is on its way counts from here; none has reverted so often that it matters.
ALTER TABLE "sale"."chain_job" ADD COLUMN "sends" SMALLINT NOT NULL DEFAULT 0;
