-- Remembers the blocks that reorgs took out, so that who had read on from one is told where to go back to.
CREATE TABLE "mirror"."orphan" (
    "deployment" SMALLINT NOT NULL,
    "number" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "parent_hash" TEXT NOT NULL,

    CONSTRAINT "orphan_pkey" PRIMARY KEY ("deployment","number","hash")
);

GRANT SELECT ON "mirror"."orphan" TO "stagedoor_server";
GRANT SELECT, INSERT, UPDATE, DELETE ON "mirror"."orphan" TO "stagedoor_indexer";
