// What holds for every step of a kind, in one table. A kind of step that is missing in it does not compile. Pure.
import type { Step } from "./step.ts";

interface StepTraits {
  /** It is carried out when an offer is good enough. */
  readonly waitsForOffer: boolean;
  /** It launches something, or ends a launch that is to be made elsewhere: it does not happen during a pause. A kill may too. */
  readonly launches: boolean;
}

const neither: StepTraits = { waitsForOffer: false, launches: false };
const traits: Readonly<Record<Step["kind"], StepTraits>> = {
  "launch-unit": { waitsForOffer: true, launches: true },
  "relaunch-process": { waitsForOffer: true, launches: true },
  "hold-resources": { waitsForOffer: true, launches: true },
  // A removal goes on during a pause.
  "clean-up-unit": { waitsForOffer: true, launches: false },
  "evict-launch": { waitsForOffer: false, launches: true },
  "relocate-unit": { waitsForOffer: false, launches: true },
  "grant-resources": neither,
  "kill-task": neither,
  "retire-launch": neither,
  "retire-superseded": neither,
  "abandon-orphaned": neither,
  wait: neither,
};

export const waitsForOffer = ({ kind }: Step): boolean => traits[kind].waitsForOffer;
export const launches = ({ kind }: Step): boolean => traits[kind].launches;
