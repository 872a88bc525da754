// Reservations and volumes that an operator makes on what is free on an agent, or only offered: those offers are rescinded.
// Facts: mesos 1.12 (RESERVE_RESOURCES and its kin).
import type { Operation } from "@cke/mesos";
import { containsBag } from "../../resources/bag.ts";
import { bagText } from "../../resources/format.ts";
import { addFilter, rescindOffer } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord } from "../state/records.ts";
import { conversion } from "./reservations.ts";

type OperatorResult = { readonly kind: "done" } | { readonly kind: "invalid" | "conflict"; readonly words: string };

/** Applies one operation; `principal` is the authenticated one. */
export function applyByOperator(
  state: MasterState,
  agent: AgentRecord,
  operation: Operation,
  principal: string | undefined,
): OperatorResult {
  const change = conversion(principal === undefined ? {} : { principal }, operation);
  if (typeof change === "string") return { kind: "invalid", words: change };
  const { ledger } = agent;
  const offers = [...state.frameworks.values()].flatMap((framework) =>
    [...framework.offers.values()].filter(({ agentId }) => agentId === agent.id).map((offer) => ({ framework, offer })),
  );
  for (const { framework, offer } of offers) {
    if (containsBag(ledger.available, change.from)) break;
    rescindOffer(state, framework, offer);
    addFilter(state, framework, offer, offer.resources, undefined);
  }
  if (!containsBag(ledger.available, change.from)) {
    const words = `Invalid ${operation.type} Operation: ${bagText(ledger.available)} does not contain ${bagText(change.from)}`;
    return { kind: "conflict", words };
  }
  ledger.convert(change.from, change.to);
  state.sendToAgent(agent.id, { type: "CHECKPOINT_RESOURCES", resources: [...ledger.total] });
  state.allocateSoon();
  return { kind: "done" };
}
