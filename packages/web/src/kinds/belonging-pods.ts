// Which pods belong to an object: those of a workload or a service by its selector, those of a node by its name. Pure.
import { type Json, labelText, listAt, nameOf, namespaceOf, recordAt, textAt } from "../cluster-api/objects.ts";

/** Path of their list; undefined for an object that has none. */
export function podsPath(kind: string, object: Json): string | undefined {
  if (kind === "nodes")
    return `/api/v1/pods?${new URLSearchParams({ fieldSelector: `spec.nodeName=${nameOf(object)}` })}`;
  const selector = recordAt(object, "spec", "selector");
  const text = kind === "services" ? labelText(selector) : selectorText(selector);
  if (text === "") return undefined;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespaceOf(object))}/pods`;
  return `${path}?${new URLSearchParams({ labelSelector: text })}`;
}

/** A selector of labels as the API takes it in a query. */
export function selectorText(selector: Json): string {
  const labels = labelText(recordAt(selector, "matchLabels"));
  const expressions = listAt(selector, "matchExpressions").map(expressionText);
  return [labels, ...expressions].filter((part) => part !== "").join(",");
}

function expressionText(expression: Json): string {
  const key = textAt(expression, "key");
  const values = Array.isArray(expression.values) ? expression.values.join(",") : "";
  switch (textAt(expression, "operator")) {
    case "In":
      return `${key} in (${values})`;
    case "NotIn":
      return `${key} notin (${values})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return "";
  }
}
