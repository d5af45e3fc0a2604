-- Who reads a replica for lookups: the mirror and nothing of the sale, so that no stock is ever read from a late copy.
DO $$
BEGIN
  BEGIN
    CREATE ROLE "stagedoor_lookup" NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  EXECUTE format('GRANT %I TO CURRENT_USER', 'stagedoor_lookup');
END $$;

GRANT USAGE ON SCHEMA "mirror" TO "stagedoor_lookup";
GRANT SELECT ON ALL TABLES IN SCHEMA "mirror" TO "stagedoor_lookup";
