// The body of `POST …/floating-ips`: what the address is for. Pure.
import { z } from "zod";
import type { AskedFloating } from "../network/floating-spec.ts";
import { nodeAddress } from "../ranges/node-address.ts";

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const podWords = 'the name of a pod, "web-0", or with its namespace, "shop/web-0"';
const podField = z
  .string(podWords)
  .max(320, podWords)
  .regex(new RegExp(`^(${label}/)?${label}(\\.${label})*$`), podWords)
  .transform((text) => {
    const [first = "", second] = text.split("/");
    return second === undefined ? { namespace: "default", name: first } : { namespace: first, name: second };
  });

export const floatingBody = z
  .strictObject({
    pod: podField.optional().describe("it follows this pod, also to another node"),
    address: nodeAddress.optional().describe("an address in the cluster's range of pods"),
    floating_ip: nodeAddress.optional().describe("this address of the pool; default: the lowest that is free"),
  })
  .refine(({ pod, address }) => (pod === undefined) !== (address === undefined), {
    path: ["pod"],
    message: 'or address must be named, and only one of them: what gets the floating address ("pod": "shop/web-0")',
  });

export const askedFloating = ({ pod, address, floating_ip }: z.infer<typeof floatingBody>): AskedFloating => ({
  ...(pod === undefined ? {} : { pod }),
  ...(address === undefined ? {} : { target: address }),
  ...(floating_ip === undefined ? {} : { address: floating_ip }),
});
