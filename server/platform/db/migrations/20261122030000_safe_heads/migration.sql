-- Remembers how far the chain calls its blocks safe, so that fans see more than "not yet final".

-- Zero until the indexer looks next; what is final counts as safe before that too.
ALTER TABLE "mirror"."cursor" ADD COLUMN "safe_number" BIGINT NOT NULL DEFAULT 0;
