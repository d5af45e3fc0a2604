-- Blocks that came back were kept as orphans, and nobody can tell which: who was on one begins anew.
DELETE FROM mirror.orphan;
