// What a pod is to the floating address that follows it, of the answer of its API server. Whoever administers the cluster may write a pod's
// status, so an address outside of the range of its pods is never taken. Pure.
import { boundedText } from "@cke/foundation";
import { z } from "zod";
import type { SeenPod } from "../network/floating-spec.ts";
import { common } from "../ranges/range-checks.ts";

const podSchema = z.object({
  metadata: z.object({ deletionTimestamp: z.string().optional() }),
  spec: z.object({ hostNetwork: z.boolean().optional() }).optional(),
  status: z.object({ phase: z.string().optional(), podIP: z.string().optional() }).optional(),
});

/** A pod that has ended keeps its address in its status, while another pod may have it already (pod-lifecycle, "Pod phase"). */
const ended: readonly string[] = ["Succeeded", "Failed"];
const shown = (text: string) => boundedText(text, { maxBytes: 100 });

/** `pods`: the range of the cluster's pods. */
export function seenPod(answer: unknown, pods: string): SeenPod {
  const { data } = podSchema.safeParse(answer);
  if (data === undefined) return { problem: "what its API server says of it is no Pod" };
  const { phase = "", podIP = "" } = data.status ?? {};
  if (data.metadata.deletionTimestamp !== undefined) return { problem: "it is being deleted" };
  if (ended.includes(phase)) return { problem: `it has ended (${phase})` };
  if (data.spec?.hostNetwork === true)
    return { problem: "it has the network of its node (hostNetwork), and no address of its own" };
  if (podIP === "") return { problem: "it has no address yet" };
  if (!common(pods, `${podIP}/32`))
    return { problem: `its address ${shown(podIP)} is not in ${pods}, the range of the cluster's pods` };
  return { target: podIP, problem: "" };
}
