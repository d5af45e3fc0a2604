// Wire schemas of roles: who may do what for an event, and who operates the platform.
import { z } from "zod";
import { EVENT_ROLES } from "../domain/role.ts";
import { Address, Time } from "./fields.ts";

export const RoleName = z.enum(EVENT_ROLES);

export const RoleRequest = z.strictObject({ address: Address, role: RoleName });

export const OperatorRequest = z.strictObject({ address: Address });

export const OperatorResponse = z.strictObject({
  address: Address,
  grantedBy: z.string().describe("A wallet, or the part of the installation that named it first."),
  grantedAt: Time,
});

export const RoleResponse = OperatorResponse.extend({ role: RoleName });

export const RoleListResponse = z.strictObject({ roles: z.array(RoleResponse) });

export const OperatorListResponse = z.strictObject({ operators: z.array(OperatorResponse) });
