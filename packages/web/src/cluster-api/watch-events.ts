// What a list becomes by the events of a watch. Pure.
import { isRecord, type Json, listAt, textAt, uidOf } from "./objects.ts";

export interface ListState {
  /** By uid. */
  readonly items: ReadonlyMap<string, Json>;
  readonly resourceVersion: string;
}

export type WatchStep =
  | { readonly kind: "next"; readonly state: ListState }
  /** The list must be read anew. */
  | { readonly kind: "again" };

/** A list says once what all its objects are; each of them says it here. */
export function listState(list: Json): ListState {
  const what = { apiVersion: textAt(list, "apiVersion"), kind: textAt(list, "kind").replace(/List$/, "") };
  const items = listAt(list, "items").map((item) => ({ ...what, ...item }));
  return {
    items: new Map(items.map((item) => [uidOf(item), item])),
    resourceVersion: textAt(list, "metadata", "resourceVersion"),
  };
}

/** Applies one event of a watch, as text. */
export function afterEvent(state: ListState, text: string): WatchStep {
  const event = parsed(text);
  if (!isRecord(event) || !isRecord(event.object)) return { kind: "again" };
  const { object } = event;
  const resourceVersion = textAt(object, "metadata", "resourceVersion") || state.resourceVersion;
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
      return { kind: "next", state: { items: new Map(state.items).set(uidOf(object), object), resourceVersion } };
    case "DELETED": {
      const items = new Map(state.items);
      items.delete(uidOf(object));
      return { kind: "next", state: { items, resourceVersion } };
    }
    case "BOOKMARK":
      return { kind: "next", state: { items: state.items, resourceVersion } };
    default:
      return { kind: "again" };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
