// One run of the allocator with all that belongs to it, in order: drains that are over are settled, then free resources are
// offered, then frameworks are asked to leave machines that are scheduled for maintenance.
import { settleDrains } from "./agents/draining.ts";
import { sendInverseOffers } from "./offers/inverse-offers.ts";
import { allocateOffers } from "./offers/offer-allocation.ts";
import type { MasterState } from "./state/master-state.ts";

/** Runs the allocator and sends what it decided. */
export function runAllocator(state: MasterState): void {
  state.allocationStarted();
  settleDrains(state);
  allocateOffers(state);
  sendInverseOffers(state);
}
