// Which accounts have which roles of the tickets contract.
import type { Projection } from "../draft.ts";
import { stateTable } from "../table.ts";

const roleTable = stateTable("role_member", {
  key: ["role", "account"],
  columns: { role: "hex", account: "hex", held: "boolean" },
});

export const roles: Projection = {
  tables: [roleTable],

  wants(fact, wanted) {
    if (fact.kind !== "role-granted" && fact.kind !== "role-revoked") return;
    wanted.add(roleTable, { role: fact.role, account: fact.account });
  },

  apply(fact, draft) {
    if (fact.kind !== "role-granted" && fact.kind !== "role-revoked") return;
    const { role, account } = fact;
    draft.write(roleTable, { role, account, held: fact.kind === "role-granted" }, fact);
  },
};
